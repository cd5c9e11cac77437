//! From a claim and what AWS says of its subject to a plan. Pure: the same inputs give the same plan.

use jiff::Timestamp;

use crate::ids::{AccessKeyId, IamName};
use crate::plan::{Countermeasure, Disposition, Plan, Step};
use crate::refusals;
use crate::signal::{Signal, SignalKind, Source, SubjectHint};
use crate::subject::{AccessKey, Class, Inventory, LastUsed, Profile, Subject, SubjectKind};

/// Whether this stack acts or only says what it would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everything up to the call, and its evidence.
    Observe,
    /// The call as well.
    Enforce,
}

/// What a decision depends on besides the signal and its subject.
#[derive(Debug, Clone)]
pub struct Context {
    /// Whether the stack acts.
    pub mode: Mode,
    /// The moment of the decision.
    pub now: Timestamp,
    /// From this age on a key is stale.
    pub stale_key_days: i64,
    /// From this many days without use on a key is unused.
    pub unused_key_days: i64,
    /// Names of the roles that are Severance's own. Names, not a prefix: anybody may name a role alike.
    pub own_roles: Vec<String>,
}

/// Decides what to do about one subject of a signal.
pub fn decide(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory, context: &Context) -> Plan {
    let mut plan = match subject.kind {
        SubjectKind::User => for_user(signal, subject, profile, inventory, context),
        SubjectKind::Role => for_role(signal, subject, profile, context),
        SubjectKind::Secret => for_secret(signal, subject, profile, inventory),
        SubjectKind::Root => hold("the root user's credentials can be ended only by root itself or through AssumeRoot"),
        SubjectKind::Person if signal.source == Source::IdentityCenter => hold(
            "the directory names them only by an id, which no owner tag here carries: find out who left, and request their \
             offboarding by name",
        ),
        SubjectKind::Person => note("no identity of this account, and no secret of this Region, names them as owner"),
        // What is unread says why.
        SubjectKind::Unresolved if !inventory.unread.is_empty() => Plan::default(),
        SubjectKind::Unresolved => hold("the identity could not be read, so nothing can be decided about it"),
    };
    plan.steps.extend(inventory.unread.iter().map(|unread| held(unread)));
    if let Some(refusal) = refusals::refusal(subject, profile, &context.own_roles) {
        // Holding for review touches nothing, so there is nothing in it to refuse.
        for step in plan.steps.iter_mut().filter(|step| step.disposition != Disposition::Review) {
            step.disposition = Disposition::Refuse;
            step.reason = format!("{refusal} (asked for because {})", step.reason);
        }
    }
    if context.mode == Mode::Observe {
        for step in plan.steps.iter_mut().filter(|step| step.disposition == Disposition::Enforce) {
            step.disposition = Disposition::Observe;
        }
    }
    plan
}

fn for_user(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory, context: &Context) -> Plan {
    let Ok(user) = IamName::try_from(subject.name.as_str()) else {
        return hold("the user's name is not one that IAM allows");
    };
    match signal.kind {
        SignalKind::CredentialExposed if !holds_named_key(signal, inventory) => hold(
            "the exposed key is not among the user's keys any more: deleted by its owner, or replaced by whoever has it",
        ),
        SignalKind::CredentialExposed | SignalKind::IdentityCompromised => {
            contain(signal, &user, inventory, "somebody else may be using its credentials")
        }
        SignalKind::CredentialCreated => for_new_key(signal, &user, profile, inventory),
        SignalKind::CredentialStale => {
            for_keys_past(signal, &user, inventory, context.stale_key_days, "how old it is", |key| {
                key.age_days(context.now).map(|days| (days, format!("it is {days} days old")))
            })
        }
        SignalKind::CredentialUnused if signal.is_about_password() => {
            hold("a console password can be ended only by deleting it, which cannot be undone")
        }
        SignalKind::CredentialUnused | SignalKind::IdentityDormant => {
            for_keys_past(signal, &user, inventory, context.unused_key_days, "when it was last used", |key| {
                let (verb, rest) = match key.last_used {
                    LastUsed::Never => ("made", " and never used"),
                    LastUsed::At(_) | LastUsed::NotAsked => ("last used", ""),
                };
                key.idle_days(context.now).map(|days| (days, format!("it was {verb} {days} days ago{rest}")))
            })
        }
        SignalKind::Offboarding => match used_alone(signal, subject, profile) {
            Ok(reason) => contain(signal, &user, inventory, &reason),
            Err(reason) => hold(&reason),
        },
        SignalKind::IdentityOverPrivileged
        | SignalKind::IdentityOwnerless
        | SignalKind::SecretUnrotated
        | SignalKind::SecretDuplicated
        | SignalKind::TrustExposed => hold("no countermeasure of this release fits this claim about a user"),
    }
}

fn for_role(signal: &Signal, subject: &Subject, profile: &Profile, context: &Context) -> Plan {
    let Ok(role) = IamName::try_from(subject.name.as_str()) else {
        return hold("the role's name is not one that IAM allows");
    };
    let revoke = |reason: &str| Plan {
        steps: vec![Step {
            countermeasure: Countermeasure::RevokeRoleSessions { role, issued_before: context.now },
            disposition: Disposition::Enforce,
            reason: reason.to_owned(),
        }],
        notes: vec!["whoever the role trusts can still start new sessions".to_owned()],
    };
    match signal.kind {
        SignalKind::CredentialExposed | SignalKind::IdentityCompromised => {
            revoke("somebody else may hold one of its sessions")
        }
        SignalKind::Offboarding => match used_alone(signal, subject, profile) {
            Ok(reason) => revoke(&reason),
            Err(reason) => hold(&reason),
        },
        _ => hold("no countermeasure of this release fits this claim about a role"),
    }
}

fn for_secret(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory) -> Plan {
    let reason = match signal.kind {
        SignalKind::SecretUnrotated => "it was not rotated in time".to_owned(),
        SignalKind::CredentialExposed => "its value is known to others".to_owned(),
        SignalKind::Offboarding => match &signal.subject {
            SubjectHint::Person { identifiers } | SubjectHint::Workload { identifiers } => {
                let others = profile.owners_beside(identifiers);
                if profile.owners.is_empty() {
                    return hold("nothing says that it belongs to the one who leaves: it has no owner");
                } else if !others.is_empty() {
                    return hold(&format!("it has other owners as well: {}", others.join(", ")));
                }
                "the one who leaves owns it and may know its value".to_owned()
            }
            _ => "it was named as retired, and whoever used it may know its value".to_owned(),
        },
        _ => return hold("no countermeasure of this release fits this claim about a secret"),
    };
    let Some(state) = &inventory.secret else {
        return hold("AWS did not say whether it has rotation configured");
    };
    match &subject.arn {
        _ if state.deletion_scheduled => hold("it is scheduled for deletion, so it cannot be rotated"),
        _ if !state.rotation_enabled => hold("it has no rotation configured, so its owner must replace the value"),
        Some(arn) => Plan {
            steps: vec![Step {
                countermeasure: Countermeasure::RotateSecret { secret: arn.clone() },
                disposition: Disposition::Enforce,
                reason,
            }],
            notes: vec![],
        },
        None => hold("its ARN is not known"),
    }
}

/// A new key is stopped where nobody answers for it, and where a person made it: people have sessions.
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
    if profile.owners.is_empty() {
        deactivate([&key.id], user, "the user has no owner, so nobody answers for its new key")
    } else if profile.class == Some(Class::Human) {
        deactivate([&key.id], user, "the user is a person's: people sign in for sessions instead of holding keys")
    } else {
        note(&format!("recorded: the user is owned by {}", profile.owners.join(", ")))
    }
}

/// Deny first, so that a key that is minted while we work is worth nothing; then the keys.
fn contain(signal: &Signal, user: &IamName, inventory: &Inventory, reason: &str) -> Plan {
    let quarantine = Step {
        countermeasure: Countermeasure::QuarantineUser { user: user.clone() },
        disposition: Disposition::Enforce,
        reason: reason.to_owned(),
    };
    let active = inventory.access_keys.iter().filter(|key| key.active).map(|key| &key.id);
    let mut plan = deactivate(active, user, reason);
    plan.steps.insert(0, quarantine);
    plan.notes.extend(inventory.access_keys.iter().filter(|key| !key.active).map(inactive_already));
    if let Some(key) = signal.access_key.as_ref().filter(|key| key.is_temporary()) {
        plan.notes.push(format!("{key} is a session's key, which cannot be deactivated: a quarantine denies it"));
    }
    if inventory.console_password == Some(true) {
        plan.notes
            .push("there is a console password: it is not removed, because a quarantine makes it worthless".to_owned());
    }
    plan
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

fn inactive_already(key: &AccessKey) -> String {
    format!("{} was inactive already", key.id)
}

/// Whether ending an identity hurts only the one who leaves. The reason either way.
fn used_alone(signal: &Signal, subject: &Subject, profile: &Profile) -> Result<String, String> {
    let (identifiers, leaver) = match &signal.subject {
        SubjectHint::Person { identifiers } => (identifiers, "person who left"),
        SubjectHint::Workload { identifiers } => (identifiers, "workload that was retired"),
        _ => return Ok("it was named as retired".to_owned()),
    };
    let bears_their_name = identifiers.iter().any(|name| name.trim().eq_ignore_ascii_case(&subject.name));
    let others = profile.owners_beside(identifiers);
    if !others.is_empty() {
        return Err(format!("it has other owners as well: {}", others.join(", ")));
    }
    if profile.owners.is_empty() && !bears_their_name {
        return Err(format!("neither its owner tags nor its name say that it belongs to the {leaver}"));
    }
    if matches!(signal.subject, SubjectHint::Workload { .. }) {
        return match profile.class {
            _ if !profile.owners.is_empty() => Ok("the workload that it belongs to is retired".to_owned()),
            Some(Class::Human) => {
                Err("it bears the workload's name, but its class says that a person uses it".to_owned())
            }
            _ => Ok("it bears the name of the workload that was retired".to_owned()),
        };
    }
    match profile.class {
        Some(Class::Human) => Ok("the person who left alone uses it".to_owned()),
        None if bears_their_name => Ok("it bears the name of the person who left, who alone uses it".to_owned()),
        Some(class) => {
            Err(format!("it belongs to the person who left, but its class is {}: it needs a new owner", class.as_str()))
        }
        None => {
            Err("the person who left owns it, but nothing says who uses it: it needs a class and a new owner"
                .to_owned())
        }
    }
}

fn named_key<'a>(signal: &Signal, inventory: &'a Inventory) -> Option<&'a AccessKey> {
    inventory.access_keys.iter().find(|key| Some(&key.id) == signal.access_key.as_ref())
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
        .map(|key| Step {
            countermeasure: Countermeasure::DeactivateAccessKey { user: user.clone(), access_key: key.clone() },
            disposition: Disposition::Enforce,
            reason: reason.to_owned(),
        })
        .collect();
    Plan { steps, notes: vec![] }
}

fn held(reason: &str) -> Step {
    Step { countermeasure: Countermeasure::HoldForReview, disposition: Disposition::Review, reason: reason.to_owned() }
}

fn hold(reason: &str) -> Plan {
    Plan { steps: vec![held(reason)], notes: vec![] }
}

fn note(note: &str) -> Plan {
    Plan { steps: vec![], notes: vec![note.to_owned()] }
}
