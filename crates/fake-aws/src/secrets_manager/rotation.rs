//! Rotations: they begin with a call, and end later.

use serde_json::json;

use super::asked::{asked, store, to_change};
use super::refusals::refused;
use super::tables::Version;
use super::versions::move_label;
use crate::call::{Answer, Call, Refusal};
use crate::pages::uuid;
use crate::state::State;

pub(super) fn rotate(state: &mut State, call: &Call) -> Answer {
    let (arn, mut secret) = to_change(state, call)?;
    let input = &call.request.input;
    if let Some(function) = input["RotationLambdaARN"].as_str() {
        secret.rotation = Some(function.to_owned());
    }
    if let Some(days) = input["RotationRules"]["AutomaticallyAfterDays"].as_i64() {
        secret.rotates_after_days = days;
    }
    if secret.rotation.is_none() {
        let why = "No Lambda rotation function ARN is associated with this secret.";
        return Err(refused("InvalidRequestException", why));
    }
    let mut answer = json!({ "ARN": arn, "Name": secret.name });
    if input["RotateImmediately"] == false {
        store(state, call, &arn, secret);
        return Ok(answer);
    }
    if secret.pending().is_some() {
        let why = "A previous rotation isn't complete. That rotation will be reattempted.";
        return Err(refused("InvalidRequestException", why));
    }
    let id = match call.text("ClientRequestToken") {
        "" => uuid(&state.unique("version")),
        token => token.to_owned(),
    };
    answer["VersionId"] = id.as_str().into();
    // A version that is there already was made by the same call: nothing is rotated twice.
    if !secret.versions.contains_key(&id) {
        let version = Version { value: None, labels: vec![], created: call.at };
        secret.versions.insert(id.clone(), version);
        move_label(&mut secret, "AWSPENDING", Some(&id));
    }
    store(state, call, &arn, secret);
    Ok(answer)
}

/// Ends a rotation that nobody drives: its new version becomes the current one, with a value of its own.
pub(super) fn end(state: &mut State, call: &Call) -> Result<(), Refusal> {
    let (arn, mut secret) = asked(state, call)?;
    let Some(id) = secret.pending().map(str::to_owned) else { return Ok(()) };
    if secret.driven || secret.primary.is_some() {
        return Ok(());
    }
    if let Some(version) = secret.versions.get_mut(&id) {
        version.value.get_or_insert_with(|| format!("value of {id}"));
    }
    move_label(&mut secret, "AWSCURRENT", Some(&id));
    secret.rotated = Some(call.at);
    store(state, call, &arn, secret);
    Ok(())
}
