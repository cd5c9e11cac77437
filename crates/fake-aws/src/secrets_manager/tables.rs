//! Secrets and their versions.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::lag::Lag;
use crate::store::{Table, View};

/// A secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Secret {
    /// The name, which does not change.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The key that it is encrypted with; none for AWS's own.
    pub kms_key: Option<String>,
    /// Tags by key.
    pub tags: BTreeMap<String, String>,
    /// The function that rotates it; none where it does not rotate.
    pub rotation: Option<String>,
    /// Every so many days.
    pub rotates_after_days: i64,
    /// Whether somebody drives its rotation. Else the next look at it finds the rotation ended.
    pub driven: bool,
    /// By version id.
    pub versions: BTreeMap<String, Version>,
    /// When it was made.
    pub created: Timestamp,
    /// When a rotation last ended.
    pub rotated: Option<Timestamp>,
    /// When it was given up; it waits for its deletion then.
    pub deleted: Option<Timestamp>,
    /// The Region that it is replicated from.
    pub primary: Option<String>,
    /// The Regions that it is replicated to, and how that went: `InSync`, `InProgress`, `Failed`.
    pub replicas: BTreeMap<String, String>,
}

/// A version of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The value; none until whoever rotates has stored it.
    pub value: Option<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
}

impl Secret {
    /// The version that is under way: labelled as pending, and not the current one.
    pub fn pending(&self) -> Option<&str> {
        let is_pending = |of: &Version| of.has("AWSPENDING") && !of.has("AWSCURRENT");
        self.versions.iter().find(|(_, version)| is_pending(version)).map(|(id, _)| id.as_str())
    }

    /// The version that carries a label.
    pub fn labelled(&self, label: &str) -> Option<&str> {
        self.versions.iter().find(|(_, version)| version.has(label)).map(|(id, _)| id.as_str())
    }

    /// The current value.
    pub fn value(&self) -> Option<&str> {
        self.versions.get(self.labelled("AWSCURRENT")?)?.value.as_deref()
    }
}

impl Version {
    /// Whether it carries a label.
    pub fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|held| held == label)
    }
}

/// What the service holds.
#[derive(Debug)]
pub struct SecretsManager {
    /// Secrets: account, Region, ARN.
    pub secrets: Table<Secret>,
}

impl Default for SecretsManager {
    fn default() -> Self {
        Self { secrets: Table::new("secret") }
    }
}

impl SecretsManager {
    /// A secret by its name or ARN, with its ARN. A replica shows what its primary holds.
    pub fn find(&self, view: View, account: &str, region: &str, id: &str) -> Option<(String, Secret)> {
        let here = self.secrets.of(view, account, region).find(|(arn, of)| *arn == id || of.name == id);
        here.map(|(arn, of)| (arn.to_owned(), of.clone())).or_else(|| self.replica(view, account, region, id))
    }

    fn replica(&self, view: View, account: &str, region: &str, id: &str) -> Option<(String, Secret)> {
        self.secrets.in_account(view, account).find_map(|(primary, arn, of)| {
            // One that failed holds nothing yet.
            if of.replicas.get(region).is_none_or(|status| status == "Failed") {
                return None;
            }
            let there = arn.replacen(&format!(":{primary}:"), &format!(":{region}:"), 1);
            let secret = Secret { primary: Some(primary.to_owned()), replicas: BTreeMap::new(), ..of.clone() };
            (there == id || of.name == id).then_some((there, secret))
        })
    }

    /// Changes a secret as a test wants it, seen at once. Nothing where there is none.
    pub fn edit(&mut self, at: Timestamp, account: &str, region: &str, id: &str, change: impl FnOnce(&mut Secret)) {
        let here = self.secrets.of(View::Settled, account, region).find(|(arn, of)| *arn == id || of.name == id);
        if let Some((arn, mut secret)) = here.map(|(arn, of)| (arn.to_owned(), of.clone())) {
            change(&mut secret);
            self.secrets.put(at, &Lag::NONE, (account.to_owned(), region.to_owned(), arn), secret);
        }
    }
}
