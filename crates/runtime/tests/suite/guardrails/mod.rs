//! The guardrails' stores: what is counted, whatever interleaves, dies, repeats or cannot be read.

mod admission;
mod exemptions;
mod faults;
mod lanes;
mod opened;
mod registry;
mod windows;

use std::collections::BTreeMap;

use crate::common::*;
use jiff::Timestamp;
use serde_json::json;
use severance_aws::error::AwsError;
use severance_aws::guardrails::Admission;
use severance_domain::case::CaseId;
use severance_domain::digest::Digest;
use severance_domain::exemption::{Exemption, ExemptionRequest};
use severance_domain::ids::Arn;

const ACCOUNT_BREAKER: &str = "GUARDRAILS BREAKER#ACCOUNT#111122223333";
const ORGANIZATION_BREAKER: &str = "GUARDRAILS BREAKER#ORGANIZATION";

fn case(name: &str) -> CaseId {
    let id = format!("sev-{}", &Digest::of(name.as_bytes()).as_hex()[..20]);
    serde_json::from_value(json!(id)).unwrap()
}

fn is_admitted(admission: &Result<Admission, AwsError>) -> bool {
    matches!(admission, Ok(Admission::Admitted))
}

fn opened_now(admission: &Result<Admission, AwsError>) -> bool {
    matches!(admission, Ok(Admission::Refused { opened_now: true, .. }))
}

/// The slots of a breaker, by name.
fn slots(item: &serde_json::Map<String, serde_json::Value>) -> BTreeMap<String, String> {
    let slots = item.iter().filter(|(name, _)| name.strip_prefix('s').is_some_and(|n| n.parse::<u32>().is_ok()));
    slots.map(|(name, value)| (name.clone(), value["S"].as_str().unwrap().to_owned())).collect()
}

fn slots_in(aws: &FakeAws, key: &str) -> BTreeMap<String, String> {
    aws.state().table.get(key).map(slots).unwrap_or_default()
}

fn until(slot: &str) -> i64 {
    slot.split('#').next().unwrap().parse().unwrap()
}

/// Makes what stands in these slots count no more.
fn expire(aws: &FakeAws, key: &str, which: impl Fn(&str) -> bool) {
    let mut state = aws.state();
    let item = state.table.get_mut(key).unwrap();
    for (name, slot) in slots(item) {
        if which(&slot) {
            let (_, rest) = slot.split_once('#').unwrap();
            item.insert(name, json!({"S": format!("{:013}#{rest}", 1)}));
        }
    }
}

fn a_minute_has_passed(aws: &FakeAws) {
    aws.state().table.get_mut(ACCOUNT_BREAKER).unwrap().insert("alarm_by".to_owned(), json!({"N": "1"}));
}

fn put(aws: &FakeAws, pk: &str, sk: &str, attributes: &serde_json::Value) {
    let mut item = attributes.as_object().unwrap().clone();
    item.insert("pk".to_owned(), json!({"S": pk}));
    item.insert("sk".to_owned(), json!({"S": sk}));
    aws.state().table.insert(format!("{pk} {sk}"), item);
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn exemption(n: usize) -> Exemption {
    Exemption {
        id: format!("exm-{n}"),
        request: ExemptionRequest {
            subject: format!("arn:aws:iam::111122223333:user/batch-{n}"),
            countermeasures: vec![],
            owner: "payments@example.com".to_owned(),
            reason: "yearly closing".to_owned(),
            ticket: "OPS-1".to_owned(),
            way_out: "move to a role by March".to_owned(),
            expires_at: at("2026-02-01T00:00:00Z"),
        },
        created_by: Arn::try_from("arn:aws:sts::111122223333:assumed-role/admin/alice").unwrap(),
        standing: None,
        created_at: at("2026-01-01T00:00:00Z"),
        warned_at: None,
    }
}
