//! The secret that a call is about, and how writes leave it and answer.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::refusals::{gone, marked_for_deletion, refused};
use super::tables::Secret;
use crate::call::{Call, Refusal};
use crate::state::State;
use crate::store::View;

/// The secret that a call is about: a secret itself is consistent.
pub(super) fn asked(state: &State, call: &Call) -> Result<(String, Secret), Refusal> {
    state.secrets.find(View::Settled, call.account(), &call.request.region, call.text("SecretId")).ok_or_else(gone)
}

/// The same, to be changed: not a replica, and not one that waits for its deletion.
pub(super) fn to_change(state: &State, call: &Call) -> Result<(String, Secret), Refusal> {
    let (arn, secret) = asked(state, call)?;
    if secret.deleted.is_some() {
        return Err(marked_for_deletion());
    }
    if secret.primary.is_some() {
        return Err(refused("InvalidRequestException", "You can't perform this operation on a replica secret."));
    }
    Ok((arn, secret))
}

pub(super) fn store(state: &mut State, call: &Call, arn: &str, secret: Secret) {
    let (at, lag) = state.writing(call);
    let key = (call.account().to_owned(), call.request.region.clone(), arn.to_owned());
    state.secrets.secrets.put(at, &lag, key, secret);
}

/// The answer of most writes.
pub(super) fn named(arn: &str, secret: &Secret) -> Value {
    json!({ "ARN": arn, "Name": secret.name })
}

pub(super) fn epoch(at: Timestamp) -> i64 {
    at.as_second()
}
