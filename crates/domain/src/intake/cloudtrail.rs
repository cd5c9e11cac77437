//! What every `CloudTrail` record has in common, whichever service it is about.

use crate::words::ids::AccountId;
use crate::words::malformed::Malformed;

use super::event::{Envelope, Intake};
use super::node::Node;

/// The detail type that `EventBridge` gives API calls that `CloudTrail` saw.
pub(super) const API_CALL: &str = "AWS API Call via CloudTrail";

/// Whether the envelope holds a call of this API.
pub(super) fn is_call(envelope: &Envelope, event_source: &str, event_names: &[&str]) -> bool {
    let detail = envelope.detail();
    envelope.detail_type == API_CALL
        && envelope.source.starts_with("aws.")
        && detail.get("eventSource").as_str() == Some(event_source)
        && detail.get("eventName").as_str().is_some_and(|name| event_names.contains(&name))
}

/// A call that AWS refused changed nothing. The reason to ignore it, if it is one.
pub(super) fn refused_call(record: &Node<'_>) -> Option<Intake> {
    let code = record.get("errorCode");
    let text = code.as_str()?;
    Some(Intake::ignore(code.path(), format!("AWS refused the call ({text}): nothing came of it")))
}

/// The account in which the call took effect.
pub(super) fn account(envelope: &Envelope, record: &Node<'_>) -> Result<AccountId, Malformed> {
    let recipient = record.get("recipientAccountId");
    if recipient.is_present() {
        return recipient.account();
    }
    envelope.account()
}
