//! SNS: messages, in order.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::tables::Message;
use crate::call::{Answer, Call, Refusal};
use crate::pages::uuid;
use crate::state::State;

/// "Messages must be UTF-8 encoded strings and at most 256 KB in size", attributes included (API reference, `Publish`).
const MOST_BYTES: usize = 262_144;

pub(super) fn publish(state: &mut State, call: &Call) -> Answer {
    let (topic, subject, text) = (call.text("TopicArn"), call.text("Subject"), call.text("Message"));
    let invalid = |why: &str| Refusal::new(400, "InvalidParameter", format!("Invalid parameter: {why}"));
    if !topic.starts_with("arn:") {
        return Err(invalid("TopicArn"));
    }
    // "Subjects must be ASCII text that begins with a letter, number, or punctuation mark; must not include line breaks or control
    // characters; and must be less than 100 characters long" (API reference, `Publish`).
    let is_plain = |c: char| (' '..='~').contains(&c);
    if !subject.is_empty() && (subject.len() > 100 || subject.starts_with(' ') || !subject.chars().all(is_plain)) {
        return Err(invalid("Subject"));
    }
    let given = call.request.input["MessageAttributes"].as_array().into_iter().flatten();
    let attributes: BTreeMap<String, String> = given
        .filter_map(|of| Some((of["Name"].as_str()?.to_owned(), of["Value"]["StringValue"].as_str()?.to_owned())))
        .collect();
    let size = text.len() + attributes.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if text.is_empty() || size > MOST_BYTES {
        return Err(invalid(if text.is_empty() { "Empty message" } else { "Message too long" }));
    }
    let by_protocol: BTreeMap<String, String> = match call.text("MessageStructure") {
        "" => BTreeMap::new(),
        "json" => {
            let parsed: Value = serde_json::from_str(text)
                .map_err(|_| invalid("Message Structure - JSON message body failed to parse"))?;
            let texts = parsed.as_object().into_iter().flatten();
            texts.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
        }
        _ => return Err(invalid("MessageStructure")),
    };
    let body = match (by_protocol.get("default"), by_protocol.is_empty()) {
        (Some(default), _) => default.clone(),
        (None, true) if call.text("MessageStructure").is_empty() => text.to_owned(),
        _ => return Err(invalid("Message Structure - No default entry in JSON message body")),
    };
    let message =
        Message { at: call.at, topic: topic.to_owned(), subject: subject.to_owned(), body, by_protocol, attributes };
    state.publishing.sent.push(message);
    Ok(json!({ "MessageId": uuid(&state.unique("message")) }))
}
