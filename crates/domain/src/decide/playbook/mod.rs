//! From a claim and what AWS says of its subject to a plan. Pure: the same inputs give the same plan.
//!
//! The playbook says which countermeasures fit a claim that AWS's own state bears out. Whether one of them is taken is the
//! policy's answer; refusals, the breaker and the stack's mode can only lower it.

mod contain;
mod directory_user;
mod follow_up;
mod managed;
mod role;
mod secret;
mod user;

use jiff::Timestamp;

use crate::countermeasure::Countermeasure;
use crate::decide::policy::{Attribution, Policy, Question};
use crate::decide::refusals;
use crate::record::exemption::{Exemption, ExemptionUse};
use crate::record::plan::{Plan, Step};
use crate::words::ids::AccountId;
use crate::words::profile::{Class, Profile};
use crate::words::ruling::Disposition;
use crate::words::signal::{Signal, SignalKind, Source, SubjectHint};
use crate::words::subject::{Inventory, Subject, SubjectKind};

pub use crate::words::mode::Mode;
pub use follow_up::{FollowUp, follow_up, rule_steps};

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
    /// Whether this stack may write service control policies.
    pub scp_quarantine: bool,
    /// The organization's management account, which no service control policy binds.
    pub management_account: Option<AccountId>,
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
    rule(&mut plan, signal, subject, profile, inventory, context, policy);
    plan
}

/// Asks the policies about each step that would be taken, and then lowers what refusals, the breaker or the stack's mode keep
/// from being taken.
fn rule(
    plan: &mut Plan,
    signal: &Signal,
    subject: &Subject,
    profile: &Profile,
    inventory: &Inventory,
    context: &Context,
    policy: &dyn Policy,
) {
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
}

/// What lowers a step while the breaker is open.
pub const BREAKER_OPEN: &str = "the breaker is open: too many steps were asked for in its window";

/// The steps that fit the claim, as far as AWS's state bears it out.
fn propose(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory, context: &Context) -> Plan {
    match subject.kind {
        SubjectKind::User => user::propose(signal, subject, profile, inventory, context),
        SubjectKind::Role => role::propose(signal, subject, profile, inventory, context),
        SubjectKind::DirectoryUser => directory_user::propose(signal, subject, profile, inventory, context),
        SubjectKind::Secret => secret::propose(signal, subject, profile, inventory),
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

fn step(countermeasure: Countermeasure, reason: &str) -> Step {
    Step::fitting(countermeasure, reason)
}

fn held(reason: &str) -> Step {
    Step::held(reason)
}

fn hold(reason: &str) -> Plan {
    Plan { steps: vec![held(reason)], ..Plan::default() }
}

fn note(note: &str) -> Plan {
    Plan { notes: vec![note.to_owned()], ..Plan::default() }
}
