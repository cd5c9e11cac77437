//! Organizations: one organization, its accounts, and service control policies that are attached to accounts.
//!
//! Roots and organizational units are not known: a policy is attached to an account or nowhere.

mod accounts;
mod lists;
mod policies;
mod refusals;
mod tables;

#[cfg(test)]
mod tests;

use crate::call::{Answer, Call};
use crate::caller::Caller;
use crate::state::State;

pub use tables::{FULL_ACCESS, Member, Organizations, Scp};

use refusals::refused;

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    let operation = call.request.operation.as_str();
    let account = call.account();
    if state.organizations.id_for(account).is_none() && !matches!(call.caller, Caller::Stage { .. }) {
        return Err(refused("AWSOrganizationsNotInUseException", "Your account is not a member of an organization."));
    }
    let of_members = ["DescribeOrganization", "LeaveOrganization"].contains(&operation);
    if !of_members && !state.organizations.administers(account) && !matches!(call.caller, Caller::Stage { .. }) {
        // Only the management account, or an account that it delegated this to.
        return Err(refused("AccessDeniedException", "You don't have permissions to access this resource."));
    }
    match operation {
        "CreatePolicy" => policies::create(state, call),
        "UpdatePolicy" => policies::update(state, call),
        "DeletePolicy" => policies::delete(state, call),
        "DescribePolicy" => policies::describe(state, call),
        "ListPolicies" => Ok(policies::list(state, call)),
        "AttachPolicy" => policies::attach(state, call),
        "DetachPolicy" => policies::detach(state, call),
        "ListPoliciesForTarget" => policies::list_for_target(state, call),
        "ListTargetsForPolicy" => policies::list_targets(state, call),
        "TagResource" => policies::tag(state, call),
        "UntagResource" => policies::untag(state, call),
        "ListTagsForResource" => policies::list_tags(state, call),
        "DescribeOrganization" => accounts::organization(state, call),
        "DescribeAccount" => accounts::describe(state, call),
        "ListAccounts" => Ok(accounts::list(state, call)),
        "LeaveOrganization" => accounts::remove(state, call, call.account()),
        "RemoveAccountFromOrganization" => accounts::remove(state, call, call.text("AccountId")),
        _ => Err(call.unknown()),
    }
}
