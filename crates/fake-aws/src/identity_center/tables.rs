//! The instance: its directory, and who may use which account.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::call::Call;
use crate::lag::Lag;
use crate::store::{Table, View};

/// What the service holds. There is one instance for the whole organization.
#[derive(Debug)]
pub struct IdentityCenter {
    /// The account that administers it; nobody else sees the instance. Empty where every account of a test does.
    pub administrator: String,
    /// The instance.
    pub instance: String,
    /// Its directory.
    pub store: String,
    /// Users of the directory: id and name.
    pub users: BTreeMap<String, String>,
    /// Groups of the directory: id and name.
    pub groups: BTreeMap<String, String>,
    /// Permission sets: ARN and name.
    pub permission_sets: BTreeMap<String, String>,
    /// Why assignments are not changed after all, once that was asked for.
    pub fails: Option<String>,
    /// Assignments: account, `USER <id>` or `GROUP <id>`, permission set's ARN.
    pub assignments: Table<()>,
    /// Memberships: directory, membership's id, nothing; user and group.
    pub memberships: Table<(String, String)>,
    pub(super) requests: BTreeMap<String, Requested>,
}

/// A change of an assignment that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Requested {
    pub(super) done_at: Timestamp,
    pub(super) failed: Option<String>,
    pub(super) shown: Value,
}

impl Default for IdentityCenter {
    fn default() -> Self {
        Self {
            administrator: String::new(),
            instance: "arn:aws:sso:::instance/ssoins-1111222233334444".to_owned(),
            store: "d-1234567890".to_owned(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            permission_sets: BTreeMap::new(),
            fails: None,
            assignments: Table::new("account assignment"),
            memberships: Table::new("group membership"),
            requests: BTreeMap::new(),
        }
    }
}

impl IdentityCenter {
    /// Puts a user into a group, seen at once, and says the membership's id.
    pub fn add_member(&mut self, at: Timestamp, user: &str, group: &str) -> String {
        let id = format!("membership-{user}-{group}");
        let key = (self.store.clone(), id.clone(), String::new());
        self.memberships.put(at, &Lag::NONE, key, (user.to_owned(), group.to_owned()));
        id
    }

    /// Assigns an account to a user (`USER`) or a group (`GROUP`), seen at once.
    pub fn assign(&mut self, at: Timestamp, account: &str, kind: &str, id: &str, permission_set: &str) {
        self.assignments.put(at, &Lag::NONE, assignment(account, kind, id, permission_set), ());
    }

    /// The groups of a user, as they are seen from there.
    pub fn groups_of(&self, view: View, user: &str) -> BTreeSet<String> {
        let all = self.memberships.in_account(view, &self.store);
        all.filter(|(_, _, (of, _))| of == user).map(|(_, _, (_, group))| group.clone()).collect()
    }

    /// What a user may use, as it is seen from there: account, permission set, and the group that it comes by.
    pub fn access_of(&self, view: View, user: &str) -> Vec<(String, String, Option<String>)> {
        let groups = self.groups_of(view, user);
        let holders = std::iter::once(None).chain(groups.iter().map(|group| Some(group.clone())));
        let mut found = Vec::new();
        for by in holders {
            let holder = by.as_ref().map_or_else(|| format!("USER {user}"), |group| format!("GROUP {group}"));
            for account in self.assignments.accounts() {
                let of = self.assignments.of(view, account, &holder);
                found.extend(of.map(|(set, ())| (account.to_owned(), set.to_owned(), by.clone())));
            }
        }
        found.sort();
        found
    }

    pub(super) fn sees(&self, call: &Call) -> bool {
        self.administrator.is_empty() || self.administrator == call.account()
    }
}

pub(super) fn assignment(account: &str, kind: &str, id: &str, permission_set: &str) -> (String, String, String) {
    (account.to_owned(), format!("{kind} {id}"), permission_set.to_owned())
}
