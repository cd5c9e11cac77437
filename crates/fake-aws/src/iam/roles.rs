//! Roles.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::caller::Caller;
use crate::state::State;
use crate::store::View;

use super::lists::{encoded, paged, time, unless_empty};
use super::names::{Kind, conflict, invalid, named, new_name, number, path, reserved, to_change};
use super::{Iam, Identity, RoleSettings, Trust, attachments, id_of, of_id, tags};

/// A role as lists show it: without tags, boundary and last use.
pub(super) fn listed(iam: &Iam, view: View, account: &str, id: &str, role: &Identity) -> Value {
    let settings = iam.role_settings.get(view, &of_id(account, id));
    let trust = iam.trust(view, account, id).or_else(|| iam.trust(View::Settled, account, id));
    json!({
        "RoleName": role.name, "RoleId": id, "Path": role.path, "Arn": super::arn(account, "role", role),
        "CreateDate": time(role.created),
        "AssumeRolePolicyDocument": trust.map(|trust| encoded(&trust.shown(iam))),
        "Description": settings.map(|of| of.description.as_str()).filter(|text| !text.is_empty()),
        "MaxSessionDuration": iam.max_session_seconds(view, account, id),
    })
}

/// A role with all that is said of it alone.
pub(super) fn shown(iam: &Iam, view: View, account: &str, id: &str) -> Value {
    let Some(role) = iam.role(view, account, id) else { return Value::Null };
    let mut role = listed(iam, view, account, id, role);
    role["Tags"] = unless_empty(&tags::shown(iam, view, account, id));
    role["PermissionsBoundary"] = attachments::boundary_shown(iam, view, account, id);
    role["RoleLastUsed"] = last_used(iam, id);
    role
}

/// When a role was last used; without members if never.
pub(super) fn last_used(iam: &Iam, id: &str) -> Value {
    let last = iam.last_used.get(id);
    last.map_or_else(|| json!({}), |last| json!({ "LastUsedDate": time(last.at), "Region": last.region }))
}

/// From one to twelve hours (`CreateRole`, `MaxSessionDuration`).
fn max_session(call: &Call) -> Result<Option<i64>, Refusal> {
    match number(call, "MaxSessionDuration") {
        Some(seconds) if !(3_600..=43_200).contains(&seconds) => Err(invalid(
            "1 validation error detected: Value at 'maxSessionDuration' failed to satisfy constraint: Member must have value from \
             3600 to 43200",
        )),
        asked => Ok(asked),
    }
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let name = new_name(call, "RoleName", Kind::Role.longest())?;
    let path = path(call, "Path")?;
    let max_session_seconds = max_session(call)?.unwrap_or(3_600);
    let account = call.account();
    if reserved(&path) && !matches!(call.caller, Caller::Stage { .. } | Caller::Service { .. }) {
        return Err(invalid("The path of a role must not begin with /aws-service-role/ or /aws-reserved/"));
    }
    let tags = tags::asked(call)?;
    let trust = Trust::written(state, call.account(), call.required("AssumeRolePolicyDocument")?)?;
    if id_of(&state.iam.roles, View::Settled, account, name).is_some() {
        return Err(Kind::Role.taken(name));
    }
    let boundary = attachments::asked_boundary(state, call)?;
    let id = state.unique("AROA");
    let (at, lag) = state.writing(call);
    let address = of_id(account, &id);
    state.iam.roles.put(at, &lag, address.clone(), Identity { name: name.to_owned(), path, created: at });
    let settings = RoleSettings { description: call.text("Description").to_owned(), max_session_seconds };
    state.iam.role_settings.put(at, &lag, address.clone(), settings);
    state.iam.trusts.put(at, &lag, address.clone(), trust);
    tags::put(state, call, &id, tags)?;
    if let Some(boundary) = boundary {
        state.iam.boundaries.put(at, &lag, address, boundary);
    }
    Ok(json!({ "Role": shown(&state.iam, View::Settled, account, &id) }))
}

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let view = View::Reads(call.at);
    let id = named(state, view, call, Kind::Role)?;
    Ok(json!({ "Role": shown(&state.iam, view, call.account(), &id) }))
}

pub(super) fn list(state: &State, call: &Call) -> Answer {
    let (view, account, prefix) = (View::Reads(call.at), call.account(), call.text("PathPrefix"));
    let roles = state.iam.roles.in_account(view, account).filter(|(_, _, role)| role.path.starts_with(prefix));
    let roles = roles.map(|(id, _, role)| (id.to_owned(), listed(&state.iam, view, account, id, role)));
    paged(state, call, "Roles", roles)
}

pub(super) fn update(state: &mut State, call: &Call) -> Answer {
    let id = to_change(state, call, Kind::Role)?;
    let asked = max_session(call)?;
    let (at, lag) = state.writing(call);
    let address = of_id(call.account(), &id);
    let mut settings = state.iam.role_settings.get(View::Settled, &address).expect("every role has them").clone();
    if let Some(description) = call.request.input["Description"].as_str() {
        description.clone_into(&mut settings.description);
    }
    if call.request.operation == "UpdateRole" {
        // "If you do not specify a value for this setting, the default value of one hour is applied."
        settings.max_session_seconds = asked.unwrap_or(3_600);
    }
    state.iam.role_settings.put(at, &lag, address, settings);
    Ok(json!({}))
}

pub(super) fn update_trust(state: &mut State, call: &Call) -> Answer {
    let id = to_change(state, call, Kind::Role)?;
    let trust = Trust::written(state, call.account(), call.required("PolicyDocument")?)?;
    let (at, lag) = state.writing(call);
    state.iam.trusts.put(at, &lag, of_id(call.account(), &id), trust);
    Ok(json!({}))
}

/// Deletes a role that has neither policies nor instance profiles any more. Trust, tags and boundary go with it.
pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let id = to_change(state, call, Kind::Role)?;
    let account = call.account();
    let settled = View::Settled;
    let in_profile = state.iam.profiles_of(settled, account, &id).next().is_some();
    let held = [
        (in_profile, "remove roles from instance profile"),
        (state.iam.attached.of(settled, account, &id).next().is_some(), "detach all policies"),
        (state.iam.inline.of(settled, account, &id).next().is_some(), "delete policies"),
    ];
    if let Some((_, first)) = held.iter().find(|(held, _)| *held) {
        return Err(conflict(&format!("Cannot delete entity, must {first} first.")));
    }
    let (at, lag) = state.writing(call);
    state.iam.forget(at, &lag, account, &id);
    let address = of_id(account, &id);
    state.iam.trusts.remove(at, &lag, &address);
    state.iam.role_settings.remove(at, &lag, &address);
    state.iam.roles.remove(at, &lag, &address);
    Ok(json!({}))
}
