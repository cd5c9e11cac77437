//! The organization and its accounts.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::state::State;
use crate::store::View;

use super::lists::{page, reads};
use super::refusals::{constraint, refused};
use super::tables::{Member, of};

pub(super) fn organization(state: &State, _call: &Call) -> Answer {
    let organizations = &state.organizations;
    let Some(management) = organizations.management() else {
        return Err(refused("AWSOrganizationsNotInUseException", "There is no organization."));
    };
    let id = organizations.id();
    Ok(json!({ "Organization": {
        "Id": id,
        "Arn": format!("arn:aws:organizations::{management}:organization/{id}"),
        "FeatureSet": "ALL",
        "MasterAccountArn": organizations.account_arn(management),
        "MasterAccountId": management,
        "MasterAccountEmail": format!("{management}@example.com"),
    } }))
}

fn shown(state: &State, account: &str, member: &Member) -> Value {
    json!({
        "Id": account,
        "Arn": state.organizations.account_arn(account),
        "Email": format!("{account}@example.com"),
        "Name": member.name,
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": member.joined.as_second(),
    })
}

pub(super) fn describe(state: &State, call: &Call) -> Answer {
    let account = call.text("AccountId");
    match state.organizations.members.get(reads(call), &of(account, "")) {
        Some(member) => Ok(json!({ "Account": shown(state, account, member) })),
        None => Err(refused("AccountNotFoundException", "You specified an account that doesn't exist.")),
    }
}

pub(super) fn list(state: &State, call: &Call) -> Value {
    let members = &state.organizations.members;
    let accounts = members.accounts();
    let found = accounts.into_iter().filter_map(|account| Some((account, members.get(reads(call), &of(account, ""))?)));
    let all: Vec<Value> = found.map(|(account, member)| shown(state, account, member)).collect();
    page(state, call, "Accounts", &all)
}

/// An account that is not in the organization any more is not bound by its policies.
pub(super) fn remove(state: &mut State, call: &Call, account: &str) -> Answer {
    if state.organizations.management() == Some(account) {
        return Err(constraint("MASTER_ACCOUNT_CANNOT_LEAVE_ORGANIZATION"));
    }
    if state.organizations.members.get(View::Settled, &of(account, "")).is_none() {
        return Err(refused("AccountNotFoundException", "You specified an account that doesn't exist."));
    }
    let (at, lag) = state.writing(call);
    state.organizations.members.remove(at, &lag, &of(account, ""));
    let attached = state.organizations.attached.in_account(View::Settled, account);
    let ids: Vec<String> = attached.map(|(id, ..)| id.to_owned()).collect();
    for id in ids {
        state.organizations.attached.remove(at, &lag, &of(account, &id));
    }
    Ok(json!({}))
}
