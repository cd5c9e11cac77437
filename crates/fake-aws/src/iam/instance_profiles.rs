//! Instance profiles, through which EC2 hands out a role's sessions.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::lists::{paged, time};
use super::names::{Kind, conflict, named, new_name, path, to_change};
use super::{Iam, InstanceProfile, of_id, roles};

fn missing(name: &str) -> Refusal {
    Refusal::no_such(&format!("Instance Profile {name}"))
}

fn shown(iam: &Iam, view: View, account: &str, name: &str, profile: &InstanceProfile) -> Value {
    let roles: Vec<Value> = profile
        .role
        .iter()
        .filter_map(|id| Some(roles::listed(iam, view, account, id, iam.role(view, account, id)?)))
        .collect();
    json!({
        "InstanceProfileName": name, "InstanceProfileId": profile.id, "Path": profile.path, "CreateDate": time(profile.created),
        "Arn": format!("arn:aws:iam::{account}:instance-profile{}{name}", profile.path), "Roles": roles,
    })
}

/// The instance profiles of a role, as results have them.
pub(super) fn of_role(iam: &Iam, view: View, account: &str, role: &str) -> Vec<(String, Value)> {
    let of_role = iam.profiles_of(view, account, role);
    of_role.map(|(name, profile)| (name.to_owned(), shown(iam, view, account, name, profile))).collect()
}

fn found(state: &State, view: View, call: &Call) -> Result<(String, InstanceProfile), Refusal> {
    let name = call.required("InstanceProfileName")?;
    let profile = state.iam.instance_profiles.get(view, &of_id(call.account(), name));
    Ok((name.to_owned(), profile.ok_or_else(|| missing(name))?.clone()))
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let name = new_name(call, "InstanceProfileName", 128)?;
    let path = path(call, "Path")?;
    let address = of_id(call.account(), name);
    if state.iam.instance_profiles.get(View::Settled, &address).is_some() {
        return Err(Refusal::new(409, "EntityAlreadyExists", format!("Instance Profile {name} already exists.")));
    }
    let id = state.unique("AIPA");
    let (at, lag) = state.writing(call);
    let profile = InstanceProfile { id, path, created: at, role: None };
    let answer = json!({ "InstanceProfile": shown(&state.iam, View::Settled, call.account(), name, &profile) });
    state.iam.instance_profiles.put(at, &lag, address, profile);
    Ok(answer)
}

pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let (name, profile) = found(state, View::Settled, call)?;
    if profile.role.is_some() {
        return Err(conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    let (at, lag) = state.writing(call);
    state.iam.instance_profiles.remove(at, &lag, &of_id(call.account(), &name));
    Ok(json!({}))
}

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let view = View::Reads(call.at);
    let (name, profile) = found(state, view, call)?;
    Ok(json!({ "InstanceProfile": shown(&state.iam, view, call.account(), &name, &profile) }))
}

/// An instance profile holds one role (IAM quotas, "Roles in an instance profile", not adjustable).
pub(super) fn add_role(state: &mut State, call: &Call) -> Answer {
    let (name, mut profile) = found(state, View::Settled, call)?;
    let role = to_change(state, call, Kind::Role)?;
    if profile.role.is_some() {
        return Err(Refusal::limit("InstanceSessionsPerInstanceProfile: 1"));
    }
    profile.role = Some(role);
    let (at, lag) = state.writing(call);
    state.iam.instance_profiles.put(at, &lag, of_id(call.account(), &name), profile);
    Ok(json!({}))
}

pub(super) fn remove_role(state: &mut State, call: &Call) -> Answer {
    let (name, mut profile) = found(state, View::Settled, call)?;
    let role = to_change(state, call, Kind::Role)?;
    if profile.role != Some(role) {
        return Err(Refusal::no_such(&format!("role {} in instance profile {name}", call.text("RoleName"))));
    }
    profile.role = None;
    let (at, lag) = state.writing(call);
    state.iam.instance_profiles.put(at, &lag, of_id(call.account(), &name), profile);
    Ok(json!({}))
}

pub(super) fn list(state: &State, call: &Call) -> Answer {
    let (view, account, prefix) = (View::Reads(call.at), call.account(), call.text("PathPrefix"));
    let all = state.iam.instance_profiles.in_account(view, account);
    let all = all.filter(|(_, _, profile)| profile.path.starts_with(prefix));
    let all = all.map(|(name, _, profile)| (name.to_owned(), shown(&state.iam, view, account, name, profile)));
    paged(state, call, "InstanceProfiles", all)
}

pub(super) fn list_for_role(state: &State, call: &Call) -> Answer {
    let view = View::Reads(call.at);
    let role = named(state, view, call, Kind::Role)?;
    paged(state, call, "InstanceProfiles", of_role(&state.iam, view, call.account(), &role))
}
