//! What fits a claim about an IAM user.

use jiff::tz::TimeZone;

use super::attribution::attribution;
use super::contain;
use super::context::Context;
use super::keys::{inactive_already, named_key};
use super::managed;
use super::part::{held, hold, note, step};
use crate::countermeasure::{self as card, Countermeasure};
use crate::record::plan::{Plan, Step};
use crate::words::ids::{AccessKeyId, IamName};
use crate::words::profile::{Class, Profile};
use crate::words::signal::{Signal, SignalKind, Source};
use crate::words::subject::{AccessKey, Inventory, LastUsed, Subject};

pub(super) fn propose(
    signal: &Signal,
    subject: &Subject,
    profile: &Profile,
    inventory: &Inventory,
    context: &Context,
) -> Plan {
    let Ok(user) = IamName::try_from(subject.name.as_str()) else {
        return hold("the user's name is not one that IAM allows");
    };
    if let Some(planted) = signal.planted() {
        return contain::planted(planted, &user, inventory);
    }
    match signal.kind {
        // Whoever had it may have made others and sessions with it, and deleted it so that nobody finds them.
        SignalKind::CredentialExposed if !holds_named_key(signal, inventory) => match &inventory.named_key_deleted_by {
            Some(by) => hold(&format!(
                "the exposed key is not among the user's keys any more: {by} deleted it. Sessions that were started with it live for up \
                 to 36 hours"
            )),
            None => contain::user(
                signal,
                &user,
                inventory,
                "the exposed key is not among its keys any more, so whoever had it may hold others, or sessions",
            ),
        },
        SignalKind::CredentialExposed => {
            let mut plan = contain::user(signal, &user, inventory, "somebody else may be using its credentials");
            managed::rotate_beside(&mut plan, signal, profile);
            plan
        }
        SignalKind::IdentityCompromised => {
            contain::user(signal, &user, inventory, "somebody else may be using its credentials")
        }
        SignalKind::CredentialCreated => for_new_key(signal, &user, profile, inventory),
        SignalKind::CredentialStale if managed::secret_of(profile).is_some() => {
            managed::rotate_stale(signal, profile, inventory, context)
        }
        SignalKind::CredentialStale => {
            for_keys_past(signal, &user, inventory, context.stale_key_days, "how old it is", |key| {
                let last_use = match (key.last_used, key.idle_days(context.now)) {
                    (LastUsed::Never, _) => " (never used)".to_owned(),
                    (LastUsed::At(_), Some(idle)) => format!(" (last used {idle} days ago)"),
                    _ => String::new(),
                };
                key.age_days(context.now).map(|days| (days, format!("it is {days} days old{last_use}")))
            })
        }
        SignalKind::CredentialUnused if signal.is_about_password() => for_unused_password(&user, inventory),
        SignalKind::CredentialUnused | SignalKind::IdentityDormant => {
            for_keys_past(signal, &user, inventory, context.unused_key_days, "when it was last used", |key| {
                let (verb, rest) = match key.last_used {
                    LastUsed::Never => ("made", " and never used"),
                    LastUsed::At(_) | LastUsed::NotAsked => ("last used", ""),
                };
                key.idle_days(context.now).map(|days| (days, format!("it was {verb} {days} days ago{rest}")))
            })
        }
        SignalKind::Offboarding => match attribution(signal, subject, profile) {
            Ok((_, reason)) => contain::user(signal, &user, inventory, &reason),
            Err(reason) => hold(&reason),
        },
        SignalKind::IdentityOwnerless if !profile.owners.is_empty() && signal.source != Source::Recertification => {
            note(&format!("the claim is not borne out: it is owned by {}", profile.owners.join(", ")))
        }
        SignalKind::IdentityOwnerless
            if signal.source == Source::Recertification
                && profile.review_by.is_some_and(|day| day >= context.now.to_zoned(TimeZone::UTC).date()) =>
        {
            note("the claim is not borne out: it has been confirmed since")
        }
        SignalKind::IdentityOwnerless => for_ownerless(signal, &user, inventory),
        SignalKind::SecretUnrotated => managed::rotate(signal, profile, inventory),
        SignalKind::CredentialUnmanaged => managed::adopt(signal, &user, profile, inventory),
        SignalKind::CredentialSuperseded => managed::superseded(signal, &user, inventory),
        SignalKind::IdentityOverPrivileged | SignalKind::SecretDuplicated | SignalKind::TrustExposed => {
            hold("no countermeasure of this release fits this claim about a user")
        }
    }
}

/// A password cannot be made inactive, so what ends it cannot be undone: whether it is ended is for the policy to say.
fn for_unused_password(user: &IamName, inventory: &Inventory) -> Plan {
    match inventory.console_password {
        Some(true) => {
            let remove = Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user: user.clone() });
            let reason = "it was not used for longer than it may be; deleting it cannot be undone, only a new one set";
            Plan { steps: vec![step(remove, reason)], ..Plan::default() }
        }
        Some(false) => note("the claim is not borne out: there is no console password any more"),
        None => hold("whether there is a console password could not be read"),
    }
}

/// A new key is a step only while it works; whether it may live is for the policy to say.
fn for_new_key(signal: &Signal, user: &IamName, profile: &Profile, inventory: &Inventory) -> Plan {
    if signal.access_key.is_none() {
        return hold("the event does not say which key was created");
    }
    let Some(key) = named_key(signal, inventory) else {
        if !inventory.unread.is_empty() {
            return Plan::default();
        }
        return note("the new key does not exist any more: nothing to do");
    };
    if !key.active {
        return note(&inactive_already(key));
    }
    let reason = match profile.class {
        _ if profile.owners.is_empty() => "the user has no owner, so nobody answers for its new key".to_owned(),
        Some(Class::Human) => "the user is a person's: people sign in for sessions instead of holding keys".to_owned(),
        _ => format!("it is a new long-term key of a user that is owned by {}", profile.owners.join(", ")),
    };
    deactivate([&key.id], user, &reason)
}

/// Nobody answers for it: its keys, which can be given back, and not more.
fn for_ownerless(signal: &Signal, user: &IamName, inventory: &Inventory) -> Plan {
    let active: Vec<_> = inventory.access_keys.iter().filter(|key| key.active).map(|key| &key.id).collect();
    if active.is_empty() && inventory.unread.is_empty() {
        return note("nobody answers for it, but it has no active access key");
    }
    let reason = match signal.source {
        Source::Recertification => "its owner did not confirm in time that it is still needed",
        _ => "nobody answers for it",
    };
    deactivate(active, user, reason)
}

/// The active keys in question that bear the claim out, and nothing else. An inactive key is never a step: undoing that
/// step would bring to life what was dead before we came.
fn for_keys_past(
    signal: &Signal,
    user: &IamName,
    inventory: &Inventory,
    limit: i64,
    unknown: &str,
    measure: impl Fn(&AccessKey) -> Option<(i64, String)>,
) -> Plan {
    let in_question: Vec<&AccessKey> = match &signal.access_key {
        Some(_) => named_key(signal, inventory).into_iter().collect(),
        None => inventory.access_keys.iter().collect(),
    };
    let mut plan = Plan::default();
    for key in in_question {
        match measure(key) {
            _ if !key.active => plan.notes.push(inactive_already(key)),
            Some((days, measured)) if days >= limit => {
                plan.steps.extend(deactivate([&key.id], user, &format!("{measured}, and the limit is {limit}")).steps);
            }
            Some((_, measured)) => {
                plan.notes.push(format!("{} is left alone: {measured}, and the limit is {limit}", key.id));
            }
            None => plan.steps.push(held(&format!("AWS does not say of {} {unknown}", key.id))),
        }
    }
    if plan.steps.is_empty() && signal.access_key.is_none() && inventory.console_password == Some(true) {
        plan.steps
            .push(held("no active key bears the claim out, but there is a console password that it may be about"));
    } else if plan.steps.is_empty() && inventory.unread.is_empty() {
        plan.notes.push(format!("the claim is not borne out: no active key in question has reached {limit} days"));
    }
    plan
}

/// A signal that names no long-term key is about the user as a whole. Where the keys could not be read, nobody knows that
/// the named one is gone.
fn holds_named_key(signal: &Signal, inventory: &Inventory) -> bool {
    signal.access_key.as_ref().is_none_or(AccessKeyId::is_temporary)
        || named_key(signal, inventory).is_some()
        || !inventory.unread.is_empty()
}

fn deactivate<'a>(keys: impl IntoIterator<Item = &'a AccessKeyId>, user: &IamName, reason: &str) -> Plan {
    let steps = keys
        .into_iter()
        .map(|key| {
            let key = card::DeactivateAccessKey { user: user.clone(), access_key: key.clone() };
            Step::fitting(Countermeasure::DeactivateAccessKey(key), reason)
        })
        .collect();
    Plan { steps, ..Plan::default() }
}
