//! A secret's versions, their values and their labels.

use serde_json::{Value, json};

use super::asked::{asked, epoch, named, store, to_change};
use super::create::MOST_BYTES;
use super::refusals::{gone, marked_for_deletion, refused};
use super::tables::{Secret, Version};
use crate::call::{Answer, Call};
use crate::pages::uuid;
use crate::state::State;

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// Versions with labels: those without any are given up.
pub(super) fn labels(of: &Secret) -> Value {
    let labelled = of.versions.iter().filter(|(_, version)| !version.labels.is_empty());
    Value::Object(labelled.map(|(id, version)| (id.clone(), json!(version.labels))).collect())
}

pub(super) fn value(state: &State, call: &Call) -> Answer {
    let (arn, secret) = asked(state, call)?;
    if secret.deleted.is_some() {
        return Err(marked_for_deletion());
    }
    let label = if call.text("VersionStage").is_empty() { CURRENT } else { call.text("VersionStage") };
    let id = match call.text("VersionId") {
        "" => secret.labelled(label).ok_or_else(gone)?,
        id => id,
    };
    let version = secret.versions.get(id).ok_or_else(gone)?;
    if !call.text("VersionStage").is_empty() && !version.has(label) {
        return Err(refused(
            "InvalidRequestException",
            "You provided a VersionStage that is not associated to the provided VersionId.",
        ));
    }
    let held = version.value.as_ref().ok_or_else(gone)?;
    let mut shown = named(&arn, &secret);
    shown["VersionId"] = id.into();
    shown["SecretString"] = held.as_str().into();
    shown["VersionStages"] = json!(version.labels);
    shown["CreatedDate"] = epoch(version.created).into();
    Ok(shown)
}

pub(super) fn ids(state: &State, call: &Call) -> Answer {
    let (arn, secret) = asked(state, call)?;
    let shown = secret.versions.iter().filter(|(_, of)| !of.labels.is_empty() || call.flag("IncludeDeprecated"));
    let entry = |(id, of): (&String, &Version)| json!({ "VersionId": id, "VersionStages": of.labels, "CreatedDate": epoch(of.created) });
    let mut answer = named(&arn, &secret);
    answer["Versions"] = shown.map(entry).collect();
    Ok(answer)
}

pub(super) fn put(state: &mut State, call: &Call) -> Answer {
    let (arn, mut secret) = to_change(state, call)?;
    let value = call.text("SecretString").to_owned();
    if value.len() > MOST_BYTES {
        return Err(refused("ValidationException", "Value at 'secretString' must have length at most 65536"));
    }
    let id = match call.text("ClientRequestToken") {
        "" => uuid(&state.unique("version")),
        token => token.to_owned(),
    };
    match secret.versions.get(&id).and_then(|version| version.value.as_ref()) {
        // The same call again.
        Some(held) if *held == value => return Ok(shown(&arn, &secret, &id)),
        // "If a version with this value already exists" and the contents differ, the operation fails: a version never changes
        // (API reference, `PutSecretValue`).
        Some(_) => {
            let why = "You can't use ClientRequestToken because that token is already in use for another version.";
            return Err(refused("ResourceExistsException", why));
        }
        None => {}
    }
    let asked: Vec<String> = match call.request.input["VersionStages"].as_array() {
        Some(labels) => labels.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => vec![CURRENT.to_owned()],
    };
    let version =
        secret.versions.entry(id.clone()).or_insert_with(|| Version { value: None, labels: vec![], created: call.at });
    version.value = Some(value);
    for label in asked {
        move_label(&mut secret, &label, Some(&id));
    }
    let answer = shown(&arn, &secret, &id);
    store(state, call, &arn, secret);
    Ok(answer)
}

fn shown(arn: &str, secret: &Secret, id: &str) -> Value {
    let mut answer = named(arn, secret);
    answer["VersionId"] = id.into();
    answer["VersionStages"] = json!(secret.versions.get(id).map(|version| &version.labels));
    answer
}

/// A label is on one version at most. What was current becomes the previous one.
pub(super) fn move_label(secret: &mut Secret, label: &str, to: Option<&str>) {
    let from = secret.labelled(label).map(str::to_owned);
    if from.as_deref() == to {
        return;
    }
    let is_moved = |held: &String| held == label || (label == CURRENT && held == PREVIOUS);
    for version in secret.versions.values_mut() {
        version.labels.retain(|held| !is_moved(held));
    }
    if let (true, Some(version)) = (label == CURRENT, from.and_then(|from| secret.versions.get_mut(&from))) {
        version.labels.push(PREVIOUS.to_owned());
    }
    if let Some(version) = to.and_then(|to| secret.versions.get_mut(to)) {
        version.labels.push(label.to_owned());
    }
}

/// `UpdateSecretVersionStage`: whoever moves a label names the version that has it (API reference).
pub(super) fn label(state: &mut State, call: &Call) -> Answer {
    let (arn, mut secret) = to_change(state, call)?;
    let label = call.text("VersionStage").to_owned();
    let named_version = |name: &str| Some(call.text(name).to_owned()).filter(|id| !id.is_empty());
    let (to, from) = (named_version("MoveToVersionId"), named_version("RemoveFromVersionId"));
    let holder = secret.labelled(&label).map(str::to_owned);
    let invalid = |why: String| Err(refused("InvalidParameterException", &why));
    if to.as_ref().is_some_and(|to| !secret.versions.contains_key(to)) {
        return Err(gone());
    }
    if to.is_some() && holder == to {
        return Ok(named(&arn, &secret));
    }
    if holder != from {
        let on = holder.as_deref().unwrap_or("no version");
        return invalid(format!(
            "The parameter RemoveFromVersionId doesn't name it. Staging label {label} is currently attached to version {on}."
        ));
    }
    if to.is_none() && label == CURRENT {
        return invalid("You can only move staging label AWSCURRENT to a different secret version.".to_owned());
    }
    move_label(&mut secret, &label, to.as_deref());
    let answer = named(&arn, &secret);
    store(state, call, &arn, secret);
    Ok(answer)
}
