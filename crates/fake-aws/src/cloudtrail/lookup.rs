//! `LookupEvents`: by one attribute, the newest first, 50 a page at most.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::history::CloudTrail;
use super::record::{Record, source_of};
use crate::call::{Answer, Call, Refusal};
use crate::caller::Caller;
use crate::lag::draw;

/// "Valid range: minimum value of 1, maximum value of 50" (`MaxResults`, API reference, `LookupEvents`).
const PAGE: usize = 50;

/// The event history holds 90 days.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

pub(super) fn events(trail: &CloudTrail, call: &Call) -> Answer {
    let input = &call.request.input;
    let attribute = attribute(input)?;
    let (from, to) = (second(&input["StartTime"]), second(&input["EndTime"]));
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(refused("InvalidTimeRangeException", "the start is after the end"));
    }
    let most = match &input["MaxResults"] {
        Value::Null => PAGE,
        number => number
            .as_u64()
            .and_then(|most| usize::try_from(most).ok())
            .filter(|most| (1..=PAGE).contains(most))
            .ok_or_else(|| refused("InvalidMaxResultsException", "MaxResults must be between 1 and 50"))?,
    };
    // A token is good for the request that it came from.
    let request = format!("{:?} {from:?} {to:?} {} {}", attribute, call.account(), call.request.region);
    let request = draw(0x70_4e, &[request.as_bytes()]);
    let after = after(&input["NextToken"], request)?;
    let sees_all = matches!(call.caller, Caller::Stage { .. });
    let mut found: Vec<&Record> = trail
        .records()
        .iter()
        .filter(|record| {
            let second = record.at.as_second();
            record.account == call.account()
                && record.region == call.request.region
                && (sees_all || record.visible_at <= call.at)
                && record.at >= call.at - KEPT
                && from.is_none_or(|from| second >= from)
                && to.is_none_or(|to| second <= to)
                && after.is_none_or(|after| place(record) < after)
                && attribute.as_ref().is_none_or(|(key, value)| has(record, key, value))
        })
        .collect();
    found.sort_by_key(|record| std::cmp::Reverse(place(record)));
    let page = found.get(..most.min(found.len())).unwrap_or_default();
    let mut answer = json!({ "Events": page.iter().map(|record| shown(record)).collect::<Vec<_>>() });
    if let (Some(last), true) = (page.last(), found.len() > most) {
        let (second, number) = place(last);
        answer["NextToken"] = format!("{request:016x}.{second}.{number}").into();
    }
    Ok(answer)
}

/// Where a record stands among the others: later ones have later places. A record that becomes visible between two pages moves
/// no other one.
fn place(record: &Record) -> (i64, usize) {
    (record.at.as_second(), record.number)
}

fn attribute(input: &Value) -> Result<Option<(String, String)>, Refusal> {
    const KEYS: [&str; 8] =
        ["EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"];
    let invalid = || refused("InvalidLookupAttributesException", "one known attribute with its value can be given");
    match input["LookupAttributes"].as_array().map(Vec::as_slice) {
        None | Some([]) => Ok(None),
        Some([one]) => {
            let text = |name: &str| one[name].as_str().map(str::to_owned).ok_or_else(invalid);
            let (key, value) = (text("AttributeKey")?, text("AttributeValue")?);
            if KEYS.contains(&key.as_str()) && !value.is_empty() { Ok(Some((key, value))) } else { Err(invalid()) }
        }
        // "Currently the list can contain only one item" (API reference, LookupEvents).
        Some(_) => Err(invalid()),
    }
}

fn has(record: &Record, key: &str, value: &str) -> bool {
    match key {
        "EventId" => record.id() == value,
        "EventName" => record.action.split(':').nth(1) == Some(value),
        "ReadOnly" => record.read_only.to_string() == value,
        "Username" => record.username.as_deref() == Some(value),
        "ResourceType" => record.resources.iter().any(|(kind, _)| kind == value),
        "ResourceName" => record.resources.iter().any(|(_, name)| name == value),
        "EventSource" => record.action.split(':').next().map(source_of).as_deref() == Some(value),
        "AccessKeyId" => record.access_key.as_deref() == Some(value),
        _ => false,
    }
}

fn shown(record: &Record) -> Value {
    let (service, operation) = record.action.split_once(':').unwrap_or_default();
    let resources: Vec<Value> =
        record.resources.iter().map(|(kind, name)| json!({ "ResourceType": kind, "ResourceName": name })).collect();
    let mut event = json!({
        "EventId": record.id(),
        "EventName": operation,
        "ReadOnly": record.read_only.to_string(),
        "EventTime": record.at.as_second(),
        "EventSource": source_of(service),
        "Resources": resources,
        "CloudTrailEvent": record.document.to_string(),
    });
    for (name, value) in [("Username", &record.username), ("AccessKeyId", &record.access_key)] {
        if let Some(value) = value {
            event[name] = value.as_str().into();
        }
    }
    event
}

#[expect(clippy::cast_possible_truncation, reason = "whole seconds of this century")]
fn second(of: &Value) -> Option<i64> {
    match of {
        Value::Number(number) => number.as_f64().map(|second| second.floor() as i64),
        Value::String(text) => text.parse::<Timestamp>().ok().map(Timestamp::as_second),
        _ => None,
    }
}

fn after(token: &Value, request: u64) -> Result<Option<(i64, usize)>, Refusal> {
    let Some(token) = token.as_str() else { return Ok(None) };
    let parts: Vec<&str> = token.split('.').collect();
    let read = match parts.as_slice() {
        [of, second, number] if *of == format!("{request:016x}") => second.parse().ok().zip(number.parse().ok()),
        _ => None,
    };
    read.map(Some).ok_or_else(|| refused("InvalidNextTokenException", "the token is of another request"))
}

fn refused(code: &str, why: &str) -> Refusal {
    Refusal::new(400, code, why)
}
