//! What calls of STS name, and how answers name it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{Call, Refusal};
use crate::caller::{Caller, Session};
use crate::evaluate::{arn_of, role_by_arn, user_id};
use crate::state::State;
use crate::store::View;

/// From where STS looks at roles, providers and policies.
pub(super) fn seen_by(call: &Call) -> View {
    if matches!(call.caller, Caller::Stage { .. }) { View::Settled } else { View::Enforced(call.at) }
}

/// Names of sessions and source identities: 2 to 64 of `[\w+=,.@-]` (STS API Reference, `AssumeRole`).
pub(super) fn named<'a>(call: &'a Call, member: &str, longest: usize) -> Result<&'a str, Refusal> {
    let name = call.required(member)?;
    let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(2..=longest).contains(&name.len()) || !name.chars().all(known) {
        let message = format!("1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint");
        return Err(Refusal::new(400, "ValidationError", message));
    }
    Ok(name)
}

/// The account and unique id of the role that is asked for.
pub(super) fn role(state: &State, call: &Call) -> Result<(String, String), Refusal> {
    let arn = call.required("RoleArn")?;
    role_by_arn(state, seen_by(call), arn).ok_or_else(|| {
        let who = format!("User: {}", arn_of(state, seen_by(call), &call.caller));
        Refusal::denied(&who, &call.request.action(), &format!("on resource: {arn}"))
    })
}

pub(super) fn assumed(state: &State, session: &Session) -> Value {
    let caller = Caller::Session(Box::new(session.clone()));
    json!({ "AssumedRoleId": user_id(&caller), "Arn": arn_of(state, View::Settled, &caller) })
}

/// A moment as STS writes it: whole seconds.
pub(super) fn written(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}
