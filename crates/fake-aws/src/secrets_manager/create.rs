//! Secrets come, are tagged, and go.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::asked::{asked, epoch, named, store, to_change};
use super::refusals::{marked_for_deletion, refused};
use super::tables::{Secret, Version};
use crate::call::{Answer, Call};
use crate::pages::uuid;
use crate::state::State;
use crate::store::View;

/// "Secret value size: 65,536 bytes" (user guide, Quotas).
pub(super) const MOST_BYTES: usize = 65_536;

/// "Maximum number of tags per secret" (user guide, Quotas).
const MOST_TAGS: usize = 50;

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let name = call.text("Name").to_owned();
    // API reference, `CreateSecret`: "ASCII letters, numbers, and the following characters: /_+=.@-", up to 512.
    let is_name = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if name.is_empty() || name.len() > 512 || !name.chars().all(is_name) {
        let why =
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
        return Err(refused("ValidationException", why));
    }
    let value = call.request.input["SecretString"].as_str().map(str::to_owned);
    if value.as_ref().is_some_and(|value| value.len() > MOST_BYTES) {
        return Err(refused("ValidationException", "Value at 'secretString' must have length at most 65536"));
    }
    let token = call.text("ClientRequestToken").to_owned();
    if let Some((arn, known)) = state.secrets.find(View::Settled, call.account(), &call.request.region, &name) {
        if known.deleted.is_some() {
            let why = "You can't create this secret because a secret with this name is already scheduled for deletion.";
            return Err(refused("InvalidRequestException", why));
        }
        // The same call again: its token names the version that it made.
        let made_it = known.versions.get(&token).is_some_and(|version| version.value == value);
        if made_it && !token.is_empty() {
            return Ok(made(&arn, &known, &token));
        }
        let why = format!("The operation failed because the secret {name} already exists.");
        return Err(refused("ResourceExistsException", &why));
    }
    let tags = tags_of(&call.request.input["Tags"]);
    if tags.len() > MOST_TAGS {
        return Err(refused("InvalidParameterException", "A secret has 50 tags at most."));
    }
    let unique = state.unique("secret");
    let version = if token.is_empty() { uuid(&unique) } else { token };
    let (account, region) = (call.account(), &call.request.region);
    let suffix = unique.get(unique.len() - 6..).unwrap_or_default();
    let arn = format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-{suffix}");
    let of_value = |value| Version { value: Some(value), labels: vec!["AWSCURRENT".to_owned()], created: call.at };
    let replicas = call.request.input["AddReplicaRegions"].as_array().into_iter().flatten();
    let text = |name: &str| call.request.input[name].as_str().map(str::to_owned);
    let secret = Secret {
        name,
        description: text("Description"),
        kms_key: text("KmsKeyId"),
        tags,
        rotation: None,
        rotates_after_days: 0,
        driven: false,
        versions: value.map(|value| (version.clone(), of_value(value))).into_iter().collect(),
        created: call.at,
        rotated: None,
        deleted: None,
        primary: None,
        replicas: replicas.filter_map(|of| Some((of["Region"].as_str()?.to_owned(), "InSync".to_owned()))).collect(),
    };
    let shown = made(&arn, &secret, &version);
    store(state, call, &arn, secret);
    Ok(shown)
}

fn made(arn: &str, secret: &Secret, version: &str) -> Value {
    let mut shown = named(arn, secret);
    if secret.versions.contains_key(version) {
        shown["VersionId"] = version.into();
    }
    shown
}

fn tags_of(tags: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let pair = |tag: &Value| Some((text(&tag["Key"])?, text(&tag["Value"]).unwrap_or_default()));
    tags.as_array().into_iter().flatten().filter_map(pair).collect()
}

pub(super) fn tag(state: &mut State, call: &Call) -> Answer {
    let (arn, mut secret) = to_change(state, call)?;
    secret.tags.extend(tags_of(&call.request.input["Tags"]));
    for key in call.request.input["TagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        secret.tags.remove(key);
    }
    if secret.tags.len() > MOST_TAGS {
        return Err(refused("InvalidParameterException", "A secret has 50 tags at most."));
    }
    store(state, call, &arn, secret);
    Ok(json!({}))
}

/// A secret that is deleted waits for 7 to 30 days, and can be had back, unless it is forced.
pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let (arn, mut secret) = asked(state, call)?;
    if call.request.operation == "RestoreSecret" {
        secret.deleted = None;
        let shown = named(&arn, &secret);
        store(state, call, &arn, secret);
        return Ok(shown);
    }
    if secret.deleted.is_some() {
        return Err(marked_for_deletion());
    }
    if secret.primary.is_some() || !secret.replicas.is_empty() {
        let why = "You can't delete secret that still has replica regions.";
        return Err(refused("InvalidRequestException", why));
    }
    let mut shown = named(&arn, &secret);
    if call.flag("ForceDeleteWithoutRecovery") {
        let (at, lag) = state.writing(call);
        let key = (call.account().to_owned(), call.request.region.clone(), arn);
        state.secrets.secrets.remove(at, &lag, &key);
        shown["DeletionDate"] = epoch(call.at).into();
        return Ok(shown);
    }
    let days = call.request.input["RecoveryWindowInDays"].as_i64().unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(refused("InvalidParameterException", "The recovery window must be between 7 and 30 days."));
    }
    secret.deleted = Some(call.at);
    shown["DeletionDate"] = epoch(call.at + SignedDuration::from_hours(24 * days)).into();
    store(state, call, &arn, secret);
    Ok(shown)
}
