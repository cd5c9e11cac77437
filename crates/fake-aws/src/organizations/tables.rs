//! The organization: its accounts and policies, and what binds whom.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use crate::lag::Lag;
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

pub(super) fn of(account: &str, id: &str) -> (String, String, String) {
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

    pub(super) fn id(&self) -> String {
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
