//! What of IAM gives and takes rights, typed: for the evaluation and the oracle.

use std::collections::BTreeMap;

use crate::store::View;

use super::{Iam, Trust, managed_document, of_id};

/// A policy that an identity has, itself or through a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityPolicy {
    /// The unique id of the user, role or group that it hangs on.
    pub holder: String,
    /// Its name where it is inline, its ARN where it is managed.
    pub name: String,
    /// What it says.
    pub document: String,
}

impl Iam {
    /// The policies of a user or role, as they are seen from there: inline and managed, and for a user those of their groups, too.
    pub fn identity_policies(&self, view: View, account: &str, id: &str) -> Vec<IdentityPolicy> {
        let mut policies = Vec::new();
        for holder in std::iter::once(id.to_owned()).chain(self.groups_of(view, account, id)) {
            for (name, document) in self.inline.of(view, account, &holder) {
                let (name, document) = (name.to_owned(), document.clone());
                policies.push(IdentityPolicy { holder: holder.clone(), name, document });
            }
            for (arn, ()) in self.attached.of(view, account, &holder) {
                if let Some(document) = self.policy_document(view, account, arn) {
                    policies.push(IdentityPolicy { holder: holder.clone(), name: arn.to_owned(), document });
                }
            }
        }
        policies
    }

    /// The unique ids of a user's groups, as they are seen from there.
    pub fn groups_of(&self, view: View, account: &str, user_id: &str) -> Vec<String> {
        let groups = self.memberships.of(view, account, user_id).map(|(group, ())| group.to_owned());
        groups.filter(|group| self.groups.get(view, &of_id(account, group)).is_some()).collect()
    }

    /// The document of a managed policy that is in force, as it is seen from there: AWS's own or the account's.
    pub fn policy_document(&self, view: View, account: &str, arn: &str) -> Option<String> {
        if let Some(document) = managed_document(arn) {
            return Some(document.to_owned());
        }
        self.policies.get(view, &of_id(account, arn)).map(|policy| policy.document.clone())
    }

    /// The ARN of the permissions boundary of a user or role, as it is seen from there.
    pub fn boundary(&self, view: View, account: &str, id: &str) -> Option<&str> {
        self.boundaries.get(view, &of_id(account, id)).map(String::as_str)
    }

    /// A role's trust, as it is seen from there.
    pub fn trust(&self, view: View, account: &str, role_id: &str) -> Option<&Trust> {
        self.trusts.get(view, &of_id(account, role_id))
    }

    /// The tags of a user or role, as they are seen from there.
    pub fn tags_of(&self, view: View, account: &str, id: &str) -> BTreeMap<String, String> {
        self.tags.of(view, account, id).map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// The longest session of a role in seconds, as it is seen from there.
    pub fn max_session_seconds(&self, view: View, account: &str, role_id: &str) -> i64 {
        self.role_settings.get(view, &of_id(account, role_id)).map_or(3_600, |of| of.max_session_seconds)
    }
}
