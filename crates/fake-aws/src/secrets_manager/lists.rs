//! Secrets as they are listed and described: never their values.

use serde_json::{Value, json};

use super::asked::epoch;
use super::tables::Secret;
use super::versions;
use crate::call::{Answer, Call};
use crate::pages::{Names, page_of, seen_by};
use crate::state::State;

pub(super) fn secrets(state: &State, call: &Call) -> Answer {
    let input = &call.request.input;
    let filters = input["Filters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let shown = |of: &Secret| {
        (of.deleted.is_none() || call.flag("IncludePlannedDeletion"))
            && filters.iter().all(|filter| matches(of, filter))
    };
    let listed = state.secrets.secrets.of(seen_by(call), call.account(), &call.request.region);
    let all = listed.filter(|(_, of)| shown(of)).map(|(arn, of)| {
        let mut entry = described(arn, of);
        entry["SecretVersionsToStages"] = versions::labels(of);
        entry
    });
    let names = Names { list: "SecretList", token: "NextToken", most: "MaxResults" };
    page_of(all.collect(), names, state.page, input)
}

/// API reference, `Filter`: texts are prefixes, one of several values is enough, and a `!` turns a value round.
fn matches(of: &Secret, filter: &Value) -> bool {
    let begins = |text: &str, value: &str| text.starts_with(value);
    let folded = |text: &str, value: &str| text.to_lowercase().starts_with(&value.to_lowercase());
    let description = of.description.as_deref().unwrap_or_default();
    let one = |value: &str| match filter["Key"].as_str().unwrap_or_default() {
        "name" => begins(&of.name, value),
        "description" => folded(description, value),
        "tag-key" => of.tags.keys().any(|key| begins(key, value)),
        "tag-value" => of.tags.values().any(|tag| begins(tag, value)),
        "primary-region" => of.primary.as_deref().is_some_and(|region| begins(region, value)),
        "owning-service" => false,
        _ => {
            folded(&of.name, value)
                || folded(description, value)
                || of.tags.iter().any(|(key, tag)| folded(key, value) || folded(tag, value))
        }
    };
    let values = filter["Values"].as_array().into_iter().flatten().filter_map(Value::as_str);
    values.into_iter().any(|value| value.strip_prefix('!').map_or_else(|| one(value), |value| !one(value)))
}

pub(super) fn described(arn: &str, of: &Secret) -> Value {
    let tags: Vec<Value> = of.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let replicas: Vec<Value> = of
        .replicas
        .iter()
        .map(|(region, status)| {
            let why = (status == "Failed").then_some("Replication failed: the key is not there in the replica Region");
            json!({ "Region": region, "Status": status, "StatusMessage": why })
        })
        .collect();
    let changed = of.versions.values().map(|version| version.created).max().unwrap_or(of.created);
    json!({
        "ARN": arn, "Name": of.name, "Description": of.description, "KmsKeyId": of.kms_key,
        "RotationEnabled": of.rotation.is_some(), "RotationLambdaARN": of.rotation,
        "RotationRules": of.rotation.as_ref().map(|_| json!({ "AutomaticallyAfterDays": of.rotates_after_days })),
        "LastRotatedDate": of.rotated.map(epoch), "LastChangedDate": epoch(changed), "CreatedDate": epoch(of.created),
        "DeletedDate": of.deleted.map(epoch), "Tags": tags, "PrimaryRegion": of.primary, "ReplicationStatus": replicas,
    })
}
