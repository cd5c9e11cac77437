//! Profiles and trust anchors.

use jiff::Timestamp;
use serde_json::Value;

use crate::store::{Table, View};

/// A profile: which roles a certificate may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub enabled: bool,
    /// The roles, by ARN. There may be none.
    pub roles: Vec<String>,
    /// What sessions are cut down with, a document.
    pub session_policy: Option<String>,
    /// Managed policies that sessions are cut down with.
    pub managed_policies: Vec<String>,
    /// How many seconds a session lasts.
    pub seconds: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// A trust anchor: whose certificates are believed.
#[derive(Debug, Clone, PartialEq)]
pub struct TrustAnchor {
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub enabled: bool,
    /// The certificate authority.
    pub source: Value,
    /// When it was made.
    pub created: Timestamp,
}

/// What the service holds.
#[derive(Debug)]
pub struct RolesAnywhere {
    /// Profiles: account, Region, id.
    pub profiles: Table<Profile>,
    /// Trust anchors: account, Region, id.
    pub anchors: Table<TrustAnchor>,
}

impl Default for RolesAnywhere {
    fn default() -> Self {
        Self { profiles: Table::new("profile"), anchors: Table::new("trust anchor") }
    }
}

impl RolesAnywhere {
    /// A profile by its id.
    pub fn profile(&self, view: View, account: &str, region: &str, id: &str) -> Option<&Profile> {
        self.profiles.get(view, &key_of(account, region, id))
    }

    /// A trust anchor by its id.
    pub fn anchor(&self, view: View, account: &str, region: &str, id: &str) -> Option<&TrustAnchor> {
        self.anchors.get(view, &key_of(account, region, id))
    }
}

pub(super) fn key_of(account: &str, region: &str, id: &str) -> (String, String, String) {
    (account.to_owned(), region.to_owned(), id.to_owned())
}

/// `arn:aws:rolesanywhere:<region>:<account>:<kind>/<id>`, where kind is `profile` or `trust-anchor`.
pub fn arn(region: &str, account: &str, kind: &str, id: &str) -> String {
    format!("arn:aws:rolesanywhere:{region}:{account}:{kind}/{id}")
}
