//! Organizations: one organization, its accounts, and service control policies that are attached to accounts.
//!
//! Roots and organizational units are not known: a policy is attached to an account or nowhere.

mod accounts;
mod policies;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::caller::Caller;
use crate::lag::Lag;
use crate::state::State;
use crate::store::{Table, View};

/// The policy of AWS that allows everything, and that an account gets when it joins.
pub const FULL_ACCESS: &str = "p-FullAWSAccess";

/// A service control policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scp {
    /// Its name.
    pub name: String,
    /// In words.
    pub description: String,
    /// The document.
    pub content: String,
}

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// When it joined.
    pub joined: Timestamp,
}

/// What the service holds.
#[derive(Debug)]
pub struct Organizations {
    management: String,
    delegated: BTreeSet<String>,
    /// Accounts: number, nothing, nothing.
    pub members: Table<Member>,
    /// Policies: management account, id, nothing.
    pub policies: Table<Scp>,
    /// Which are attached: account, policy's id, nothing.
    pub attached: Table<()>,
    /// Tags of policies and accounts: management account, id, key.
    pub tags: Table<String>,
}

impl Default for Organizations {
    fn default() -> Self {
        Self {
            management: String::new(),
            delegated: BTreeSet::new(),
            members: Table::new("member account"),
            policies: Table::new("service control policy"),
            attached: Table::new("policy attachment"),
            tags: Table::new("organization tag"),
        }
    }
}

fn of(account: &str, id: &str) -> (String, String, String) {
    (account.to_owned(), id.to_owned(), String::new())
}

impl Organizations {
    /// Makes an organization of this management account and these accounts, each with `FullAWSAccess`; or adds them to it.
    pub fn join(&mut self, management: &str, members: &[&str]) {
        management.clone_into(&mut self.management);
        let at = Timestamp::UNIX_EPOCH;
        let full =
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
        let full = Scp {
            name: "FullAWSAccess".to_owned(),
            description: "Allows access to every operation".to_owned(),
            content: full.to_string(),
        };
        self.policies.put(at, &Lag::NONE, of(management, FULL_ACCESS), full);
        for account in std::iter::once(management).chain(members.iter().copied()) {
            let member = Member { name: format!("account-{account}"), joined: at };
            self.members.put(at, &Lag::NONE, of(account, ""), member);
            self.attached.put(at, &Lag::NONE, of(account, FULL_ACCESS), ());
        }
    }

    /// Lets an account call what otherwise only the management account may.
    pub fn delegate(&mut self, account: &str) {
        self.delegated.insert(account.to_owned());
    }

    /// Attaches a policy to an account at once, whatever the quotas: for setting the stage.
    pub fn plant(&mut self, id: &str, account: &str, content: &str) {
        let at = Timestamp::UNIX_EPOCH;
        let scp = Scp { name: id.to_owned(), description: String::new(), content: content.to_owned() };
        self.policies.put(at, &Lag::NONE, of(&self.management, id), scp);
        self.attached.put(at, &Lag::NONE, of(account, id), ());
    }

    /// The management account, if there is an organization.
    pub fn management(&self) -> Option<&str> {
        Some(self.management.as_str()).filter(|account| !account.is_empty())
    }

    /// Whether an account may call what is the management account's.
    pub fn administers(&self, account: &str) -> bool {
        self.management() == Some(account) || self.delegated.contains(account)
    }

    /// Whether an account is in the organization, and not its management account.
    pub fn is_member(&self, account: &str) -> bool {
        self.management() != Some(account) && self.members.get(View::Settled, &of(account, "")).is_some()
    }

    /// The documents of the service control policies that bind an account, as they are seen from there. None where none can: outside
    /// of the organization, and in its management account, which they never bind (Organizations User Guide, "Service control
    /// policies").
    pub fn binding(&self, view: View, account: &str) -> Option<Vec<String>> {
        let management = self.management().filter(|management| *management != account)?;
        self.members.get(view, &of(account, ""))?;
        let ids = self.attached.in_account(view, account).map(|(id, ..)| id);
        let contents = ids.filter_map(|id| {
            // An attachment can be seen before the policy: then it has the text that it has for writes.
            let scp = self.policies.get(view, &of(management, id));
            scp.or_else(|| self.policies.get(View::Settled, &of(management, id)))
        });
        Some(contents.map(|scp| scp.content.clone()).collect())
    }

    /// The id of the organization that an account is in.
    pub(crate) fn id_for(&self, account: &str) -> Option<String> {
        self.members.get(View::Settled, &of(account, "")).map(|_| self.id())
    }

    fn id(&self) -> String {
        format!("o-{}", self.management)
    }

    pub(crate) fn account_arn(&self, account: &str) -> String {
        format!("arn:aws:organizations::{}:account/{}/{account}", self.management, self.id())
    }

    pub(crate) fn policy_arn(&self, policy: &str) -> String {
        if policy == FULL_ACCESS {
            return format!("arn:aws:organizations::aws:policy/service_control_policy/{policy}");
        }
        format!("arn:aws:organizations::{}:policy/{}/service_control_policy/{policy}", self.management, self.id())
    }
}

fn refused(code: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, code, message)
}

/// A quota or rule of the service, by its reason (Organizations API Reference, `ConstraintViolationException`).
fn constraint(reason: &str) -> Refusal {
    let mut refusal = refused("ConstraintViolationException", format!("You have violated a constraint: {reason}"));
    *refusal.extra = json!({ "Reason": reason });
    refusal
}

fn reads(call: &Call) -> View {
    if matches!(call.caller, Caller::Stage { .. }) { View::Settled } else { View::Reads(call.at) }
}

/// One page of a list; 20 at most (Organizations API Reference).
fn page(state: &State, call: &Call, list: &str, all: &[Value]) -> Value {
    let from: usize = call.text("NextToken").parse().unwrap_or(0);
    let asked = call.request.input["MaxResults"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(20);
    let size = asked.clamp(1, 20).min(state.page);
    let mut answer = json!({ list: all.iter().skip(from).take(size).collect::<Vec<_>>() });
    if from + size < all.len() {
        answer["NextToken"] = (from + size).to_string().into();
    }
    answer
}

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
