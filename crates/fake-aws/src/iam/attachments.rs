//! Managed policies that hang on users, roles and groups, and permissions boundaries.

use serde_json::{Map, Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::lists::{Page, paged};
use super::names::{Kind, invalid_input, named, to_change};
use super::{Iam, key, of_id};

/// Managed policies attached to a user, a role or a group, by default (IAM quotas).
const MOST: usize = 10;

/// The name in a policy's ARN.
pub(super) fn name_in(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The policy of this ARN, if it may hang on something of this account: AWS's own, and the account's.
fn attachable<'a>(state: &State, call: &'a Call, parameter: &str) -> Result<&'a str, Refusal> {
    let arn = call.required(parameter)?;
    if !arn.starts_with("arn:aws:iam::") || !arn.contains(":policy/") {
        return Err(invalid_input(&format!("ARN {arn} is not valid.")));
    }
    match state.iam.policy_document(View::Settled, call.account(), arn) {
        Some(_) => Ok(arn),
        None => Err(Refusal::new(404, "NoSuchEntity", format!("Policy {arn} does not exist or is not attachable."))),
    }
}

pub(super) fn attach(state: &mut State, call: &Call, kind: Kind) -> Answer {
    let holder = to_change(state, call, kind)?;
    let arn = attachable(state, call, "PolicyArn")?;
    let address = key(call.account(), &holder, arn);
    if state.iam.attached.get(View::Settled, &address).is_some() {
        return Ok(json!({}));
    }
    if state.iam.attached.of(View::Settled, call.account(), &holder).count() >= MOST {
        return Err(Refusal::limit(&format!("PoliciesPer{}: {MOST}", kind.word())));
    }
    let (at, lag) = state.writing(call);
    state.iam.attached.put(at, &lag, address, ());
    Ok(json!({}))
}

pub(super) fn detach(state: &mut State, call: &Call, kind: Kind) -> Answer {
    let holder = to_change(state, call, kind)?;
    let arn = call.required("PolicyArn")?;
    let (at, lag) = state.writing(call);
    let removed = state.iam.attached.remove(at, &lag, &key(call.account(), &holder, arn));
    removed.map(|()| json!({})).ok_or_else(|| Refusal::new(404, "NoSuchEntity", format!("Policy {arn} was not found.")))
}

/// What is attached to an identity, as results have it.
pub(super) fn shown(iam: &Iam, view: View, account: &str, holder: &str) -> Vec<Value> {
    iam.attached
        .of(view, account, holder)
        .map(|(arn, ())| json!({ "PolicyName": name_in(arn), "PolicyArn": arn }))
        .collect()
}

pub(super) fn list(state: &State, call: &Call, kind: Kind) -> Answer {
    let view = View::Reads(call.at);
    let holder = named(state, view, call, kind)?;
    let attached = state.iam.attached.of(view, call.account(), &holder);
    let attached = attached.map(|(arn, ())| (arn.to_owned(), json!({ "PolicyName": name_in(arn), "PolicyArn": arn })));
    paged(state, call, "AttachedPolicies", attached)
}

/// Whom a policy hangs on, or bounds.
pub(super) fn list_entities(state: &State, call: &Call) -> Answer {
    let (view, account, arn) = (View::Reads(call.at), call.account(), call.required("PolicyArn")?);
    let iam = &state.iam;
    if iam.policy_document(view, account, arn).is_none() {
        return Err(Refusal::new(404, "NoSuchEntity", format!("Policy {arn} was not found.")));
    }
    let attached =
        iam.attached.in_account(view, account).filter(|(_, held, ())| *held == arn).map(|(holder, ..)| holder);
    let bounded =
        iam.boundaries.in_account(view, account).filter(|(_, _, held)| **held == arn).map(|(holder, ..)| holder);
    let mut holders: Vec<&str> = match call.text("PolicyUsageFilter") {
        "PermissionsPolicy" => attached.collect(),
        "PermissionsBoundary" => bounded.collect(),
        _ => attached.chain(bounded).collect(),
    };
    holders.sort_unstable();
    holders.dedup();
    let kinds: &[Kind] = match call.text("EntityFilter") {
        "User" => &[Kind::User],
        "Role" => &[Kind::Role],
        "Group" => &[Kind::Group],
        "LocalManagedPolicy" | "AWSManagedPolicy" => &[],
        _ => &[Kind::User, Kind::Role, Kind::Group],
    };
    let entities = holders.into_iter().filter_map(|id| {
        let (kind, of) = kinds.iter().find_map(|kind| Some((kind, kind.table(iam).get(view, &of_id(account, id))?)))?;
        let mut entity = Map::new();
        entity.insert(kind.parameter(), of.name.as_str().into());
        entity.insert(format!("{}Id", kind.word()), id.into());
        Some((id.to_owned(), entity.into()))
    });
    let part = Page::asked(state, call)?.of(entities);
    let mut answer: Value = part.result().into();
    for kind in [Kind::User, Kind::Role, Kind::Group] {
        let of_kind = part.items.iter().filter(|(_, entity)| entity.get(kind.parameter()).is_some());
        answer[format!("Policy{}s", kind.word())] = of_kind.map(|(_, entity)| entity.clone()).collect();
    }
    Ok(answer)
}

/// The boundary that something is made with.
pub(super) fn asked_boundary(state: &State, call: &Call) -> Result<Option<String>, Refusal> {
    match call.text("PermissionsBoundary") {
        "" => Ok(None),
        _ => attachable(state, call, "PermissionsBoundary").map(|arn| Some(arn.to_owned())),
    }
}

/// A boundary as results have it, or nothing.
pub(super) fn boundary_shown(iam: &Iam, view: View, account: &str, id: &str) -> Value {
    let boundary = iam.boundary(view, account, id);
    boundary.map_or(Value::Null, |arn| json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn }))
}

pub(super) fn put_boundary(state: &mut State, call: &Call, kind: Kind) -> Answer {
    let holder = to_change(state, call, kind)?;
    let arn = attachable(state, call, "PermissionsBoundary")?;
    let (at, lag) = state.writing(call);
    state.iam.boundaries.put(at, &lag, of_id(call.account(), &holder), arn.to_owned());
    Ok(json!({}))
}

pub(super) fn delete_boundary(state: &mut State, call: &Call, kind: Kind) -> Answer {
    let holder = to_change(state, call, kind)?;
    let (at, lag) = state.writing(call);
    let removed = state.iam.boundaries.remove(at, &lag, &of_id(call.account(), &holder));
    let who = call.text(&kind.parameter());
    removed.map(|_| json!({})).ok_or_else(|| Refusal::no_such(&format!("permissions boundary of {who}")))
}
