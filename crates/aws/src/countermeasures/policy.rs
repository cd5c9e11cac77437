//! The inline policies that we write, and how to tell that one is in place.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// Denies everything, whatever else allows it. Long-term keys carry no token issue time, so the first statement has no
/// condition. The second denies nothing more: it says which sessions stay denied where the first is lifted.
pub(super) fn quarantine_since(moment: Timestamp) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [deny_all(), deny_older_sessions(moment)]
    })
}

/// What a quarantine policy of ours says of its own moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quarantine {
    /// It names the moment.
    Since(Timestamp),
    /// An earlier version of Severance wrote it, without a moment.
    Undated,
}

/// Whether a document which IAM returned is a quarantine of ours, whenever it was written.
pub(super) fn quarantine(returned: &str) -> Option<Quarantine> {
    let found = decode(returned)?;
    if found == json!({"Version": "2012-10-17", "Statement": [deny_all()]}) {
        return Some(Quarantine::Undated);
    }
    let moment = moment_of(found.pointer("/Statement/1")?)?;
    (found == quarantine_since(moment)).then_some(Quarantine::Since(moment))
}

/// Denies everything to sessions that were issued before a moment.
pub(super) fn deny_sessions_before(moment: Timestamp) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [deny_older_sessions(moment)]
    })
}

/// The moment that a document which IAM returned denies older sessions by, if it is ours in all else.
pub(super) fn sessions_denied_before(returned: &str) -> Option<Timestamp> {
    let found = decode(returned)?;
    let moment = moment_of(found.pointer("/Statement/0")?)?;
    (found == deny_sessions_before(moment)).then_some(moment)
}

/// A document as IAM returns it, which is URL-encoded.
pub(super) fn decode(returned: &str) -> Option<Value> {
    serde_json::from_str(&decoded(returned)?).ok()
}

/// The text of a document as IAM returns it.
pub(super) fn decoded(returned: &str) -> Option<String> {
    percent_decode_str(returned).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn deny_all() -> Value {
    json!({"Sid": "SeveranceQuarantine", "Effect": "Deny", "Action": "*", "Resource": "*"})
}

fn deny_older_sessions(moment: Timestamp) -> Value {
    json!({
        "Sid": "SeveranceRevokeOlderSessions",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment.to_string()}}
    })
}

fn moment_of(statement: &Value) -> Option<Timestamp> {
    statement.pointer("/Condition/DateLessThan/aws:TokenIssueTime")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment() -> Timestamp {
        "2026-01-02T03:04:05.678Z".parse().unwrap()
    }

    #[test]
    fn a_quarantine_is_recognised_encoded_or_not_and_nothing_else_is() {
        let plain = quarantine_since(moment()).to_string();
        let encoded = percent_encoding::utf8_percent_encode(&plain, percent_encoding::NON_ALPHANUMERIC).to_string();
        let since = Some(Quarantine::Since(moment()));
        assert_eq!((quarantine(&plain), quarantine(&encoded)), (since, since));
        assert_eq!(quarantine(&plain.replace("Deny", "Allow")), None);
        assert_eq!(quarantine(&plain.replacen("\"Resource\":\"*\"", "\"Resource\":\"arn:aws:s3:::b\"", 1)), None);
        assert_eq!(quarantine(&deny_sessions_before(moment()).to_string()), None);
        assert!(quarantine("").is_none() && quarantine("%ff").is_none());
    }

    #[test]
    fn the_quarantine_of_an_earlier_version_is_one_too() {
        let statement = r#"{"Sid":"SeveranceQuarantine","Effect":"Deny","Action":"*","Resource":"*"}"#;
        let old = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        assert_eq!(quarantine(&old), Some(Quarantine::Undated));
    }

    #[test]
    fn older_sessions_are_denied_before_the_moment_that_the_document_names() {
        assert_eq!(sessions_denied_before(&deny_sessions_before(moment()).to_string()), Some(moment()));
        assert_eq!(sessions_denied_before(&quarantine_since(moment()).to_string()), None);
        assert_eq!(sessions_denied_before(&deny_sessions_before(moment()).to_string().replace("Deny", "Allow")), None);
    }
}
