//! Secrets Manager: secrets with their versions, labels, replicas and rotations.
//!
//! A list is late (API reference, `ListSecrets`: "eventually consistent"), a secret itself is not. A rotation ends by itself when
//! the secret is next described, unless somebody drives it ([`Secret::driven`]).

mod create;
mod lists;
mod rotation;
mod versions;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::lag::Lag;
use crate::state::State;
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

fn refused(code: &str, why: &str) -> Refusal {
    Refusal::new(400, code, why)
}

fn gone() -> Refusal {
    refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

fn epoch(at: Timestamp) -> i64 {
    at.as_second()
}

/// The secret that a call is about: a secret itself is consistent.
fn asked(state: &State, call: &Call) -> Result<(String, Secret), Refusal> {
    state.secrets.find(View::Settled, call.account(), &call.request.region, call.text("SecretId")).ok_or_else(gone)
}

/// The same, to be changed: not a replica, and not one that waits for its deletion.
fn to_change(state: &State, call: &Call) -> Result<(String, Secret), Refusal> {
    let (arn, secret) = asked(state, call)?;
    if secret.deleted.is_some() {
        return Err(marked_for_deletion());
    }
    if secret.primary.is_some() {
        return Err(refused("InvalidRequestException", "You can't perform this operation on a replica secret."));
    }
    Ok((arn, secret))
}

fn marked_for_deletion() -> Refusal {
    let why = "You can't perform this operation on the secret because it was marked for deletion.";
    refused("InvalidRequestException", why)
}

fn store(state: &mut State, call: &Call, arn: &str, secret: Secret) {
    let (at, lag) = state.writing(call);
    let key = (call.account().to_owned(), call.request.region.clone(), arn.to_owned());
    state.secrets.secrets.put(at, &lag, key, secret);
}

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match call.request.operation.as_str() {
        "ListSecrets" => lists::secrets(state, call),
        "DescribeSecret" => {
            rotation::end(state, call)?;
            let (arn, secret) = asked(state, call)?;
            let mut shown = lists::described(&arn, &secret);
            shown["VersionIdsToStages"] = versions::labels(&secret);
            Ok(shown)
        }
        "CreateSecret" => create::create(state, call),
        "GetSecretValue" => versions::value(state, call),
        "ListSecretVersionIds" => versions::ids(state, call),
        "PutSecretValue" => versions::put(state, call),
        "UpdateSecretVersionStage" => versions::label(state, call),
        "RotateSecret" => rotation::rotate(state, call),
        "TagResource" | "UntagResource" => create::tag(state, call),
        "DeleteSecret" | "RestoreSecret" => create::delete(state, call),
        _ => Err(call.unknown()),
    }
}

/// The answer of most writes.
fn named(arn: &str, secret: &Secret) -> Value {
    json!({ "ARN": arn, "Name": secret.name })
}

#[cfg(test)]
mod tests;
