//! Profiles are made, changed and shown.

use serde_json::{Value, json};

use super::refusals::{gone, invalid, name_of};
use super::tables::{Profile, arn, key_of};
use crate::call::{Answer, Call, Refusal};
use crate::pages::{Names, page_of, seen_by, uuid};
use crate::state::State;
use crate::store::View;

/// "RoleArnList": up to 250 (API reference).
const MOST_ROLES: usize = 250;

fn shown(call: &Call, id: &str, of: &Profile) -> Value {
    json!({
        "profileId": id, "profileArn": arn(&call.request.region, call.account(), "profile", id), "name": of.name,
        "enabled": of.enabled, "roleArns": of.roles, "sessionPolicy": of.session_policy,
        "managedPolicyArns": of.managed_policies, "durationSeconds": of.seconds, "requireInstanceProperties": false,
        "acceptRoleSessionName": false, "createdAt": of.created.to_string(), "updatedAt": of.updated.to_string(),
    })
}

pub(super) fn list(state: &State, call: &Call) -> Answer {
    let all = state.roles_anywhere.profiles.of(seen_by(call), call.account(), &call.request.region);
    let all = all.map(|(id, of)| shown(call, id, of)).collect();
    page_of(all, Names { list: "profiles", token: "nextToken", most: "pageSize" }, state.page, &call.request.input)
}

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let id = call.text("profileId");
    let found = state.roles_anywhere.profile(seen_by(call), call.account(), &call.request.region, id);
    Ok(json!({ "profile": shown(call, id, found.ok_or_else(|| gone("Profile"))?) }))
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let input = &call.request.input;
    if !input["roleArns"].is_array() {
        return Err(invalid("1 validation error detected: Value null at 'roleArns'"));
    }
    let mut profile = Profile {
        name: name_of(call)?,
        enabled: call.flag("enabled"),
        roles: vec![],
        session_policy: None,
        managed_policies: vec![],
        // "The default value is 3600" (API reference, `CreateProfile`).
        seconds: 3_600,
        created: call.at,
        updated: call.at,
    };
    update(&mut profile, input)?;
    let id = uuid(&state.unique("profile"));
    let (at, lag) = state.writing(call);
    let answer = json!({ "profile": shown(call, &id, &profile) });
    state.roles_anywhere.profiles.put(at, &lag, key_of(call.account(), &call.request.region, &id), profile);
    Ok(answer)
}

/// Changes what is named, and leaves the rest alone.
pub(super) fn update(profile: &mut Profile, input: &Value) -> Result<(), Refusal> {
    let texts =
        |list: &Value| list.as_array().map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    if let Some(name) = input["name"].as_str() {
        name.clone_into(&mut profile.name);
    }
    let roles: Option<Vec<String>> = texts(&input["roleArns"]);
    if let Some(roles) = roles {
        let is_role = |arn: &String| arn.starts_with("arn:") && arn.contains(":role/");
        if roles.len() > MOST_ROLES || !roles.iter().all(is_role) {
            return Err(invalid("1 validation error detected: Value at 'roleArns' failed to satisfy constraint"));
        }
        profile.roles = roles;
    }
    if let Some(policies) = texts(&input["managedPolicyArns"]) {
        profile.managed_policies = policies;
    }
    if let Some(policy) = input["sessionPolicy"].as_str() {
        profile.session_policy = Some(policy.to_owned()).filter(|policy| !policy.is_empty());
    }
    if let Some(seconds) = input["durationSeconds"].as_i64() {
        if !(900..=43_200).contains(&seconds) {
            return Err(invalid(
                "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint",
            ));
        }
        profile.seconds = seconds;
    }
    Ok(())
}

pub(super) fn change(
    state: &mut State,
    call: &Call,
    change: impl FnOnce(&mut Profile) -> Result<(), Refusal>,
) -> Answer {
    let key = key_of(call.account(), &call.request.region, call.text("profileId"));
    let held = state.roles_anywhere.profiles.get(View::Settled, &key).cloned();
    let mut profile = held.ok_or_else(|| gone("Profile"))?;
    change(&mut profile)?;
    profile.updated = call.at;
    let (at, lag) = state.writing(call);
    let answer = json!({ "profile": shown(call, &key.2, &profile) });
    state.roles_anywhere.profiles.put(at, &lag, key, profile);
    Ok(answer)
}

pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let key = key_of(call.account(), &call.request.region, call.text("profileId"));
    let (at, lag) = state.writing(call);
    let removed = state.roles_anywhere.profiles.remove(at, &lag, &key).ok_or_else(|| gone("Profile"))?;
    Ok(json!({ "profile": shown(call, &key.2, &removed) }))
}
