//! Who may start sessions of a role.

mod closing;
mod policy;
mod strict;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::words::ids::Arn;

pub use closing::GivenBack;
pub use policy::{LetIn, TrustPolicy};

/// Who may start sessions of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trust {
    /// The trust policy as IAM shows it, so that a restore can be compared with it.
    pub document: String,
    /// AWS services that may, such as `ec2.amazonaws.com`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub services: Vec<String>,
    /// Accounts and identities of AWS that may; `*` is everybody.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub principals: Vec<String>,
    /// Identity providers (OIDC, SAML) whose users may.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub federated: Vec<String>,
    /// Whether it lets nobody in, by what its statements mean.
    #[serde(default)]
    pub closed: bool,
}

impl Trust {
    /// Reads a trust policy: who is allowed by any of its statements, and whether its denials keep all of them out. What cannot be
    /// read, or can be read in two ways, is not closed.
    pub fn read(document: &str) -> Self {
        let policy = TrustPolicy::parse(document);
        let named = policy.as_ref().map(TrustPolicy::names).unwrap_or_default();
        Self {
            document: document.to_owned(),
            services: named.services.into_iter().collect(),
            principals: named.principals.into_iter().collect(),
            federated: named.federated.into_iter().collect(),
            closed: policy.is_some_and(|policy| policy.lets_in().is_nobody()),
        }
    }

    /// Whether it lets nobody in but AWS services. They go on by it: what else it may let in would have to be named.
    pub fn lets_in_no_other_than_services(&self) -> bool {
        let policy = TrustPolicy::parse(&self.document);
        self.closed || policy.is_some_and(|policy| policy.lets_in().is_no_other_than_services())
    }
}

/// A profile of IAM Roles Anywhere: by it, whoever holds a certificate starts sessions of its roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolesAnywhereProfile {
    /// Its ARN, which names its Region.
    pub arn: Arn,
    /// Whether it can be used.
    pub enabled: bool,
    /// Its roles.
    pub roles: Vec<String>,
}
