//! Console passwords, which IAM calls login profiles.

use serde_json::json;

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::lists::time;
use super::names::{named_or_own, user_name};
use super::of_id;

fn missing(name: &str) -> Refusal {
    Refusal::no_such(&format!("Login Profile for User {name}"))
}

/// A password of 8 characters at least, as without an account's own password policy.
fn checked(password: &str) -> Result<(), Refusal> {
    match password.len() {
        8..=128 => Ok(()),
        _ => Err(Refusal::new(400, "PasswordPolicyViolation", "Password should have a minimum length of 8")),
    }
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let user = named_or_own(state, View::Settled, call)?;
    checked(call.text("Password"))?;
    let address = of_id(call.account(), &user);
    let name = user_name(&state.iam, View::Settled, call.account(), &user).to_owned();
    if state.iam.passwords.get(View::Settled, &address).is_some() {
        return Err(Refusal::new(409, "EntityAlreadyExists", format!("Login Profile for user {name} already exists.")));
    }
    let (at, lag) = state.writing(call);
    state.iam.passwords.put(at, &lag, address, at);
    let reset = call.flag("PasswordResetRequired");
    Ok(json!({ "LoginProfile": { "UserName": name, "CreateDate": time(at), "PasswordResetRequired": reset } }))
}

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let view = View::Reads(call.at);
    let user = named_or_own(state, view, call)?;
    let name = user_name(&state.iam, view, call.account(), &user);
    let made = state.iam.passwords.get(view, &of_id(call.account(), &user)).ok_or_else(|| missing(name))?;
    Ok(json!({ "LoginProfile": { "UserName": name, "CreateDate": time(*made), "PasswordResetRequired": false } }))
}

/// Another password. What was signed in by the old one goes on.
pub(super) fn update(state: &mut State, call: &Call) -> Answer {
    let user = named_or_own(state, View::Settled, call)?;
    if !call.text("Password").is_empty() {
        checked(call.text("Password"))?;
    }
    let address = of_id(call.account(), &user);
    let name = user_name(&state.iam, View::Settled, call.account(), &user);
    let made = *state.iam.passwords.get(View::Settled, &address).ok_or_else(|| missing(name))?;
    let (at, lag) = state.writing(call);
    state.iam.passwords.put(at, &lag, address, made);
    Ok(json!({}))
}

/// The caller's own password for another one.
pub(super) fn change(state: &mut State, call: &Call) -> Answer {
    call.required("OldPassword")?;
    checked(call.required("NewPassword")?)?;
    let mut own = call.clone();
    own.request.input = json!({});
    update(state, &own)
}

pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let user = named_or_own(state, View::Settled, call)?;
    let (at, lag) = state.writing(call);
    let removed = state.iam.passwords.remove(at, &lag, &of_id(call.account(), &user));
    let name = user_name(&state.iam, View::Settled, call.account(), &user);
    removed.map(|_| json!({})).ok_or_else(|| missing(name))
}
