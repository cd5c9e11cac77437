//! Tags of users and roles.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::lists::paged;
use super::names::{Kind, invalid, invalid_input, named, to_change};
use super::{Iam, key};

/// Tags on one identity (IAM quotas, "Tags").
const MOST: usize = 50;

/// The tags of a request: keys of 128 characters, values of 256, and keys that differ in more than case (API Reference, `Tag`).
pub(super) fn asked(call: &Call) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    for tag in call.request.input["Tags"].as_array().into_iter().flatten() {
        let (name, value) = (tag["Key"].as_str().unwrap_or_default(), tag["Value"].as_str().unwrap_or_default());
        let fits = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c));
        if name.is_empty() || name.chars().count() > 128 || value.chars().count() > 256 || !fits(name) || !fits(value) {
            return Err(invalid(
                "Value at 'tags' failed to satisfy constraint: a key or value is too long or has other characters",
            ));
        }
        if name.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid_input("Tag keys that begin with aws: are reserved for AWS use."));
        }
        if tags.keys().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
        }
        tags.insert(name.to_owned(), value.to_owned());
    }
    if tags.len() > MOST {
        return Err(Refusal::limit("TagsPerEntity: 50"));
    }
    Ok(tags)
}

/// Gives an identity tags. A key that it has in other letters' case is replaced ("Rules for tagging in IAM and AWS STS").
pub(super) fn put(state: &mut State, call: &Call, id: &str, tags: BTreeMap<String, String>) -> Result<(), Refusal> {
    let account = call.account();
    let held: Vec<String> = state.iam.tags.of(View::Settled, account, id).map(|(name, _)| name.to_owned()).collect();
    let replaced = |name: &str| tags.keys().any(|new| new.eq_ignore_ascii_case(name));
    if held.iter().filter(|name| !replaced(name)).count() + tags.len() > MOST {
        return Err(Refusal::limit("TagsPerEntity: 50"));
    }
    let (at, lag) = state.writing(call);
    for name in held.iter().filter(|name| replaced(name) && !tags.contains_key(*name)) {
        state.iam.tags.remove(at, &lag, &key(account, id, name));
    }
    for (name, value) in tags {
        state.iam.tags.put(at, &lag, key(account, id, &name), value);
    }
    Ok(())
}

/// Tags as results have them.
pub(super) fn shown(iam: &Iam, view: View, account: &str, id: &str) -> Vec<Value> {
    iam.tags.of(view, account, id).map(|(name, value)| json!({ "Key": name, "Value": value })).collect()
}

pub(super) fn tag(state: &mut State, call: &Call, kind: Kind) -> Answer {
    let tags = asked(call)?;
    let id = to_change(state, call, kind)?;
    put(state, call, &id, tags)?;
    Ok(json!({}))
}

pub(super) fn untag(state: &mut State, call: &Call, kind: Kind) -> Answer {
    let id = to_change(state, call, kind)?;
    let (at, lag) = state.writing(call);
    let account = call.account();
    let held: Vec<String> = state.iam.tags.of(View::Settled, account, &id).map(|(name, _)| name.to_owned()).collect();
    for asked in call.request.input["TagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        for name in held.iter().filter(|name| name.eq_ignore_ascii_case(asked)) {
            state.iam.tags.remove(at, &lag, &key(account, &id, name));
        }
    }
    Ok(json!({}))
}

pub(super) fn list(state: &State, call: &Call, kind: Kind) -> Answer {
    let view = View::Reads(call.at);
    let id = named(state, view, call, kind)?;
    let tags = state.iam.tags.of(view, call.account(), &id);
    let tags = tags.map(|(name, value)| (name.to_owned(), json!({ "Key": name, "Value": value })));
    paged(state, call, "Tags", tags)
}
