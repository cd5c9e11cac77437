//! The inline policies that we write, and how to tell that one is in place.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// Denies everything, whatever else allows it. Long-term keys carry no token issue time, so there is no condition.
pub(super) fn deny_all() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": "SeveranceQuarantine", "Effect": "Deny", "Action": "*", "Resource": "*"}]
    })
}

/// Denies everything to sessions that were issued before a moment.
pub(super) fn deny_sessions_before(moment: jiff::Timestamp) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "SeveranceRevokeOlderSessions",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment.to_string()}}
        }]
    })
}

/// The moment that a document which IAM returned denies older sessions by, if it is ours in all else.
pub(super) fn sessions_denied_before(returned: &str) -> Option<jiff::Timestamp> {
    let found = decode(returned)?;
    let moment = found.pointer("/Statement/0/Condition/DateLessThan/aws:TokenIssueTime")?.as_str()?.parse().ok()?;
    (found == deny_sessions_before(moment)).then_some(moment)
}

/// Whether the document that IAM returned, URL-encoded as it is, says the same as this one.
pub(super) fn is_in_place(returned: &str, expected: &Value) -> bool {
    decode(returned).is_some_and(|found| found == *expected)
}

fn decode(returned: &str) -> Option<Value> {
    serde_json::from_str(&percent_decode_str(returned).decode_utf8().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_recognised_encoded_or_not_and_nothing_else_is() {
        let expected = deny_all();
        let plain = expected.to_string();
        let encoded = percent_encoding::utf8_percent_encode(&plain, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert!(is_in_place(&plain, &expected) && is_in_place(&encoded, &expected));
        assert!(!is_in_place(&plain.replace("Deny", "Allow"), &expected));
        let moment: jiff::Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        assert_eq!(sessions_denied_before(&deny_sessions_before(moment).to_string()), Some(moment));
        assert_eq!(sessions_denied_before(&plain), None);
        assert!(!is_in_place("", &expected) && !is_in_place("%ff", &expected));
    }
}
