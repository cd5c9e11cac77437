//! What a caller may do at all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::caller::Caller;
use crate::state::State;
use crate::store::View;

use super::condition::moment;
use super::context::Context;
use super::document::Document;
use super::pattern::{like, literal};
use super::question::Decision;
use super::rights::Rights;

/// Keys that a caller chooses by how and when they call.
const CHOSEN: [&str; 9] = [
    "aws:requestedregion",
    "aws:sourceip",
    "aws:useragent",
    "aws:referer",
    "aws:securetransport",
    "aws:tagkeys",
    "iam:policyarn",
    "iam:permissionsboundary",
    "iam:passedtoservice",
];

/// What a caller may do of these actions and of all that their own policies name, on some resource, in some Region, now or at a
/// moment that a policy names and that lies ahead: `action on resource`. Empty for a caller that may do nothing.
///
/// Calls that nobody can be denied do not count: `sts:GetCallerIdentity`, and `sts:GetSessionToken`, whose credentials may do no
/// more than the user.
pub fn may_do_anything(state: &State, view: View, at: Timestamp, caller: &Caller, probes: &[&str]) -> Vec<String> {
    let rights = Rights::of(state, view, Some(at), caller);
    let documents: Vec<&Document> = rights.documents().collect();
    let mut actions: BTreeSet<String> = probes.iter().map(|&action| action.to_owned()).collect();
    let mut resources = BTreeSet::from(["*".to_owned(), "arn:aws:s3:::any/any".to_owned()]);
    for statement in documents.iter().flat_map(|document| &document.statements) {
        if !statement.denies && !statement.actions.not {
            for pattern in &statement.actions.patterns {
                // What a probe stands for already needs no name of its own.
                if !probes.iter().any(|probe| like(pattern, probe, None, true)) {
                    actions.insert(instance(pattern, &rights.context));
                }
            }
        }
        // Also of what denies: what it leaves out may lie beside it.
        for pattern in statement.resources.iter().flat_map(|names| &names.patterns) {
            resources.insert(instance(pattern, &rights.context));
        }
    }
    let ends = match caller {
        Caller::Session(session) => Some(session.expires_at),
        _ => None,
    };
    let contexts = contexts(&rights.context, &documents, at, ends);
    let mut found = Vec::new();
    for action in
        actions.iter().filter(|action| !["sts:GetCallerIdentity", "sts:GetSessionToken"].contains(&action.as_str()))
    {
        let allowed = |resource: &&String| {
            contexts.iter().any(|context| rights.decide(action, resource, context) == Decision::Allowed)
        };
        if let Some(resource) = resources.iter().find(allowed) {
            found.push(format!("{action} on {resource}"));
        }
    }
    found
}

/// Something that a pattern matches.
fn instance(pattern: &str, context: &Context) -> String {
    let text = literal(pattern, Some(context)).unwrap_or_else(|| pattern.to_owned());
    if text == "*" { text } else { text.replace(['*', '?'], "x") }
}

/// The context as it is, and as the caller could bring it about: for each statement with conditions, what it asks for.
fn contexts(base: &Context, documents: &[&Document], at: Timestamp, ends: Option<Timestamp>) -> Vec<Context> {
    let chosen = |key: &str| CHOSEN.contains(&key) || key.starts_with("aws:requesttag/") || key.starts_with("sts:");
    let mut found = vec![base.clone()];
    let mut seen = BTreeSet::new();
    for statement in documents.iter().flat_map(|document| &document.statements) {
        let mut brought = BTreeMap::new();
        for condition in &statement.conditions {
            if chosen(&condition.key)
                && let Some(value) = condition.values.first()
            {
                brought.insert(condition.key.clone(), vec![instance(value, base)]);
            }
        }
        let times = statement.conditions.iter().filter(|of| matches!(&*of.key, "aws:currenttime" | "aws:epochtime"));
        let moments = times.flat_map(|condition| &condition.values).filter_map(|value| moment(value));
        // On either side of a moment that is named.
        let ahead = moments.flat_map(|at| [at - SignedDuration::from_secs(1), at, at + SignedDuration::from_secs(1)]);
        for moment in
            ahead.filter(|moment| *moment > at && ends.is_none_or(|ends| *moment < ends)).map(Some).chain([None])
        {
            let mut all = brought.clone();
            if let Some(moment) = moment {
                all.insert("aws:currenttime".to_owned(), vec![moment.to_string()]);
                all.insert("aws:epochtime".to_owned(), vec![moment.as_second().to_string()]);
            }
            if !all.is_empty() && seen.insert(all.clone()) {
                found.push(base.with(&all));
            }
        }
    }
    found
}
