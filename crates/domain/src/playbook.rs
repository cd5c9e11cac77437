//! From a claim and what AWS says of its subject to a plan. Pure: the same inputs give the same plan.
//!
//! The playbook says which countermeasures fit a claim that AWS's own state bears out. Whether one of them is taken is the
//! policy's answer; refusals, the breaker and the stack's mode can only lower it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::exemption::{Exemption, ExemptionUse};
use crate::ids::{AccessKeyId, IamName};
use crate::plan::{Countermeasure, Disposition, Plan, Step};
use crate::policy::{Attribution, Policy, Question};
use crate::profile::{Class, Profile};
use crate::refusals;
use crate::signal::{Signal, SignalKind, Source, SubjectHint};
use crate::subject::{AccessKey, Inventory, LastUsed, Subject, SubjectKind};

/// How far this stack goes by itself, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everything up to the call, and its evidence.
    Observe,
    /// The call once a person approves it.
    Review,
    /// The call as well.
    Enforce,
}

impl Mode {
    /// The name as written in settings, policies and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Review => "review",
            Self::Enforce => "enforce",
        }
    }
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
    /// Exemptions, whether in force or not.
    pub exemptions: Vec<Exemption>,
    /// Whether the breaker of the account or of the organization is open.
    pub breaker_open: bool,
    /// The organizational units that the account is in, the innermost first.
    pub organizational_units: Vec<String>,
}

/// Decides what to do about one subject of a signal.
pub fn decide(
    signal: &Signal,
    subject: &Subject,
    profile: &Profile,
    inventory: &Inventory,
    context: &Context,
    policy: &dyn Policy,
) -> Plan {
    let mut plan = propose(signal, subject, profile, inventory, context);
    plan.steps.extend(inventory.unread.iter().map(|unread| held(unread)));
    let attribution = attribution(signal, subject, profile).map_or(Attribution::Direct, |(attribution, _)| attribution);
    let in_force: Vec<&Exemption> =
        context.exemptions.iter().filter(|exemption| exemption.is_in_force(context.now)).collect();
    let mut uses: Vec<(&Exemption, Vec<String>)> = Vec::new();
    // Holding for review touches nothing, so there is nothing in it to ask about or to refuse.
    for step in plan.steps.iter_mut().filter(|step| step.disposition == Disposition::Enforce) {
        let exemption = in_force.iter().find(|exemption| exemption.covers(subject, &step.countermeasure));
        if let Some(exemption) = exemption {
            let name = step.countermeasure.as_str().to_owned();
            match uses.iter_mut().find(|(known, _)| known.id == exemption.id) {
                Some((_, covered)) if covered.contains(&name) => {}
                Some((_, covered)) => covered.push(name),
                None => uses.push((exemption, vec![name])),
            }
        }
        let ruling = policy.answer(&Question {
            countermeasure: &step.countermeasure,
            subject,
            profile,
            inventory,
            signal,
            attribution,
            exempted: exemption.is_some(),
            breaker_open: context.breaker_open,
            mode: context.mode,
            organizational_units: &context.organizational_units,
            now: context.now,
        });
        step.disposition = ruling.answer;
        step.ruling = Some(ruling);
    }
    plan.exemptions = uses.into_iter().map(|(exemption, covered)| ExemptionUse::of(exemption, covered)).collect();
    if let Some(refusal) = refusals::refusal(subject, profile, &context.own_roles) {
        for step in plan.steps.iter_mut().filter(|step| step.countermeasure != Countermeasure::HoldForReview) {
            step.lower(Disposition::Refuse, refusal);
            step.reason = format!("{refusal} (asked for because {})", step.reason);
        }
    }
    if context.breaker_open {
        plan.lower(Disposition::Review, BREAKER_OPEN);
    }
    match context.mode {
        // An approval would be refused, so nobody is asked for one.
        Mode::Observe => {
            for step in plan.steps.iter_mut().filter(|step| step.ruling.is_some()) {
                if matches!(step.disposition, Disposition::Enforce | Disposition::Review) {
                    step.lower(Disposition::Observe, "the stack's mode is observe");
                }
            }
        }
        Mode::Review => plan.lower(Disposition::Review, "the stack's mode is review"),
        Mode::Enforce => {}
    }
    plan
}

/// What lowers a step while the breaker is open.
pub const BREAKER_OPEN: &str = "the breaker is open: too many steps were asked for in its window";

/// The steps that fit the claim, as far as AWS's state bears it out.
fn propose(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory, context: &Context) -> Plan {
    match subject.kind {
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
    }
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
                let last_use = match (key.last_used, key.idle_days(context.now)) {
                    (LastUsed::Never, _) => " (never used)".to_owned(),
                    (LastUsed::At(_), Some(idle)) => format!(" (last used {idle} days ago)"),
                    _ => String::new(),
                };
                key.age_days(context.now).map(|days| (days, format!("it is {days} days old{last_use}")))
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
        SignalKind::Offboarding => match attribution(signal, subject, profile) {
            Ok((_, reason)) => contain(signal, &user, inventory, &reason),
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
        SignalKind::IdentityOverPrivileged
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
            ruling: None,
        }],
        notes: vec!["whoever the role trusts can still start new sessions".to_owned()],
        exemptions: vec![],
    };
    match signal.kind {
        SignalKind::CredentialExposed | SignalKind::IdentityCompromised => {
            revoke("somebody else may hold one of its sessions")
        }
        SignalKind::Offboarding => match attribution(signal, subject, profile) {
            Ok((_, reason)) => revoke(&reason),
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
                ruling: None,
            }],
            ..Plan::default()
        },
        None => hold("its ARN is not known"),
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

/// Deny first, so that a key that is minted while we work is worth nothing; then the keys.
fn contain(signal: &Signal, user: &IamName, inventory: &Inventory, reason: &str) -> Plan {
    let quarantine = Step {
        countermeasure: Countermeasure::QuarantineUser { user: user.clone() },
        disposition: Disposition::Enforce,
        reason: reason.to_owned(),
        ruling: None,
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

/// How a leaver is tied to an identity, and in words; or why nobody can say that it is theirs to be ended.
fn attribution(signal: &Signal, subject: &Subject, profile: &Profile) -> Result<(Attribution, String), String> {
    let (identifiers, leaver, is_person) = match &signal.subject {
        _ if signal.kind != SignalKind::Offboarding => return Ok((Attribution::Direct, String::new())),
        SubjectHint::Person { identifiers } => (identifiers, "person who left", true),
        SubjectHint::Workload { identifiers } => (identifiers, "workload that was retired", false),
        _ => return Ok((Attribution::Direct, "it was named as retired".to_owned())),
    };
    let others = profile.owners_beside(identifiers);
    if !others.is_empty() {
        return Err(format!("it has other owners as well: {}", others.join(", ")));
    }
    let class = profile.class.map_or("unknown", Class::as_str);
    if !profile.owners.is_empty() {
        let owns = format!("the {leaver} is its only owner (its class is {class})");
        return Ok((if is_person { Attribution::PersonOwns } else { Attribution::WorkloadOwns }, owns));
    }
    if identifiers.iter().any(|name| name.trim().eq_ignore_ascii_case(&subject.name)) {
        let bears = format!("it bears the name of the {leaver} (its class is {class})");
        return Ok((if is_person { Attribution::PersonByName } else { Attribution::WorkloadByName }, bears));
    }
    Err(format!("neither an owner nor its name says that it belongs to the {leaver}"))
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
            ruling: None,
        })
        .collect();
    Plan { steps, ..Plan::default() }
}

fn held(reason: &str) -> Step {
    Step {
        countermeasure: Countermeasure::HoldForReview,
        disposition: Disposition::Review,
        reason: reason.to_owned(),
        ruling: None,
    }
}

fn hold(reason: &str) -> Plan {
    Plan { steps: vec![held(reason)], ..Plan::default() }
}

fn note(note: &str) -> Plan {
    Plan { notes: vec![note.to_owned()], ..Plan::default() }
}
