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

/// Whether the document that IAM returned, URL-encoded as it is, says the same as this one.
pub(super) fn is_in_place(returned: &str, expected: &Value) -> bool {
    percent_decode_str(returned)
        .decode_utf8()
        .ok()
        .and_then(|text| serde_json::from_str::<Value>(&text).ok())
        .is_some_and(|found| found == *expected)
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
        assert!(!is_in_place("", &expected) && !is_in_place("%ff", &expected));
    }
}
