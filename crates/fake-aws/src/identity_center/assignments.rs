//! Accounts of users and groups.

use serde_json::{Value, json};

use super::refusals::gone;
use super::tables::{Requested, assignment};
use crate::call::{Answer, Call, Refusal};
use crate::pages::{Names, page_of, seen_by, uuid};
use crate::state::State;

pub(super) fn answer(state: &mut State, call: &Call) -> Answer {
    let center = &state.identity_center;
    if call.request.operation == "ListInstances" {
        let shown = json!({
            "InstanceArn": center.instance, "IdentityStoreId": center.store, "OwnerAccountId": center.administrator,
            "Status": "ACTIVE",
        });
        let all = if center.sees(call) { vec![shown] } else { vec![] };
        let names = Names { list: "Instances", token: "NextToken", most: "MaxResults" };
        return page_of(all, names, state.page, &call.request.input);
    }
    if !center.sees(call) || call.text("InstanceArn") != center.instance {
        return Err(Refusal::new(
            400,
            "AccessDeniedException",
            "the caller's account does not administer this instance",
        ));
    }
    match call.request.operation.as_str() {
        "ListAccountAssignmentsForPrincipal" => list(state, call),
        "CreateAccountAssignment" | "DeleteAccountAssignment" => change(state, call),
        "DescribeAccountAssignmentCreationStatus" => status(state, call, "Creation"),
        "DescribeAccountAssignmentDeletionStatus" => status(state, call, "Deletion"),
        _ => Err(call.unknown()),
    }
}

fn principal_exists(state: &State, kind: &str, id: &str) -> Result<(), Refusal> {
    let known = if kind == "GROUP" { &state.identity_center.groups } else { &state.identity_center.users };
    if known.contains_key(id) { Ok(()) } else { Err(gone(kind)) }
}

/// A user's own assignments and those of the groups; a group's own.
fn list(state: &State, call: &Call) -> Answer {
    let (kind, id) = (call.text("PrincipalType"), call.text("PrincipalId"));
    principal_exists(state, kind, id)?;
    let center = &state.identity_center;
    let view = seen_by(call);
    let access = if kind == "GROUP" {
        let holder = format!("GROUP {id}");
        let accounts = center.assignments.accounts();
        let of = accounts
            .into_iter()
            .flat_map(|account| center.assignments.of(view, account, &holder).map(move |(set, ())| (account, set)));
        of.map(|(account, set)| (account.to_owned(), set.to_owned(), Some(id.to_owned()))).collect()
    } else {
        center.access_of(view, id)
    };
    let wanted = call.request.input["Filter"]["AccountId"].as_str();
    let all = access.into_iter().filter(|(account, ..)| wanted.is_none_or(|wanted| wanted == account)).map(
        |(account, set, group)| {
            let (kind, id) = group.as_deref().map_or(("USER", id), |group| ("GROUP", group));
            json!({ "AccountId": account, "PermissionSetArn": set, "PrincipalType": kind, "PrincipalId": id })
        },
    );
    let names = Names { list: "AccountAssignments", token: "NextToken", most: "MaxResults" };
    page_of(all.collect(), names, state.page, &call.request.input)
}

/// Answers at once, and happens a little later.
fn change(state: &mut State, call: &Call) -> Answer {
    let creates = call.request.operation.starts_with("Create");
    let (kind, id) = (call.text("PrincipalType"), call.text("PrincipalId"));
    if creates {
        principal_exists(state, kind, id)?;
    }
    let key = assignment(call.text("TargetId"), kind, id, call.text("PermissionSetArn"));
    let (at, lag) = state.writing(call);
    let request = uuid(&state.unique("assignment"));
    let center = &mut state.identity_center;
    let done_at = at + lag.of_write(&format!("assignment {}", center.requests.len()), 0).0;
    let failed = center.fails.clone();
    // The assignment itself is late from then on, as every write is.
    if failed.is_none() && creates {
        center.assignments.put(done_at, &lag, key, ());
    } else if failed.is_none() {
        center.assignments.remove(done_at, &lag, &key);
    }
    let shown = json!({
        "RequestId": request, "TargetId": call.text("TargetId"), "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": call.text("PermissionSetArn"), "PrincipalType": kind, "PrincipalId": id,
        "CreatedDate": at.as_second(),
    });
    let mut under_way = shown.clone();
    under_way["Status"] = "IN_PROGRESS".into();
    center.requests.insert(request, Requested { done_at, failed, shown });
    let name = if creates { "AccountAssignmentCreationStatus" } else { "AccountAssignmentDeletionStatus" };
    Ok(json!({ name: under_way }))
}

fn status(state: &State, call: &Call, what: &str) -> Answer {
    let id = call.text(&format!("AccountAssignment{what}RequestId"));
    let known = state.identity_center.requests.get(id).ok_or_else(|| gone("Request"))?;
    let mut shown: Value = known.shown.clone();
    shown["Status"] = match &known.failed {
        _ if call.at < known.done_at => "IN_PROGRESS".into(),
        Some(why) => {
            shown["FailureReason"] = why.as_str().into();
            "FAILED".into()
        }
        None => "SUCCEEDED".into(),
    };
    Ok(json!({ format!("AccountAssignment{what}Status"): shown }))
}
