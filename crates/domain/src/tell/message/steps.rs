//! What came of each step, and why: in the policies' words, and in those of whoever exempted it.

use std::fmt::Write as _;

use super::facts::is_only_observed;
use super::words::Item;
use crate::record::case::{Case, Confirmation, Outcome, StepRecord};
use crate::record::exemption::ExemptionUse;
use crate::record::plan::Step;
use crate::words::profile::{Field, Origin, Profile};
use crate::words::ruling::Disposition;
use crate::words::ruling::{PolicyReason, Ruling};

/// Whether only the mode kept a person from being asked.
fn would_ask(step: &Step) -> bool {
    step.ruling.as_ref().is_some_and(|ruling| ruling.answer == Disposition::Review)
}

pub(super) fn step_item(record: &StepRecord, rulings: Rulings) -> Item {
    let mut what = record.step.countermeasure.describe();
    if record.recheck > 0 {
        let _ = write!(what, " (after recheck {})", record.recheck);
    }
    let reason = &record.step.reason;
    let came_of_it = match (record.step.disposition, &record.outcome, &record.confirmation) {
        (Disposition::Observe, ..) if would_ask(&record.step) => "would wait for a person in enforce mode".to_owned(),
        (Disposition::Observe, ..) if is_only_observed(&record.step) => "would be done in enforce mode".to_owned(),
        (Disposition::Observe, ..) => "not done, the policy only records it".to_owned(),
        (Disposition::Review, Some(Outcome::Failed { action, code, .. }), _) => {
            format!("tried once, {action} answered {code}; now waits for a person")
        }
        (Disposition::Review, ..) => "waits for a person".to_owned(),
        (Disposition::Refuse, ..) => "REFUSED".to_owned(),
        (Disposition::Decline, ..) if record.step.is_judged() => "judged by a person, see Review".to_owned(),
        (Disposition::Decline, ..) => "NOT DONE, see Review".to_owned(),
        (_, Some(Outcome::Failed { action, code, message, retryable, .. }), _) => {
            let again = if *retryable { "; will be tried again" } else { "" };
            format!("FAILED, {action} answered {code} ({message}){again}")
        }
        (_, None, _) => "NOT DONE".to_owned(),
        (_, Some(outcome), confirmation) => {
            let done = match outcome {
                Outcome::AlreadyInEffect { note, .. } => format!("was so already ({note})"),
                Outcome::Applied { note: Some(note), .. } => format!("done ({note})"),
                _ => "done".to_owned(),
            };
            match confirmation {
                Some(Confirmation::Confirmed { .. }) => format!("{done}, confirmed"),
                Some(Confirmation::Unconfirmed { contradicted: true, .. }) => format!("{done}, NOT IN EFFECT"),
                _ => format!("{done}, NOT CONFIRMED"),
            }
        }
    };
    let policy = match (rulings, &record.step.ruling) {
        (Rulings::Each, Some(ruling)) => format!("; policy says {}", ruling_words(ruling)),
        _ => String::new(),
    };
    Item::of(&format!("{what}: {came_of_it} [because {reason}{policy}]"))
}

/// Where the policies' words stand: beside each step, or once for all of them.
#[derive(Clone, Copy)]
pub(super) enum Rulings {
    Once,
    Each,
}

/// The policies' words, where they are the same for every step that they were asked about.
pub(super) fn common_ruling(case: &Case) -> Option<String> {
    let mut words = case.steps.iter().filter_map(|record| record.step.ruling.as_ref()).map(ruling_words);
    let first = words.next()?;
    words.all(|other| other == first).then_some(first)
}

/// What the policies said, and what lowered it.
fn ruling_words(ruling: &Ruling) -> String {
    let said = |reason: &PolicyReason| match &reason.says {
        Some(says) => format!("{} ({says})", reason.id),
        None => reason.id.clone(),
    };
    let answer = match ruling.answer {
        Disposition::Enforce => "act",
        Disposition::Review => "ask",
        _ => "only record",
    };
    let policies: Vec<String> = ruling.policies.iter().map(said).collect();
    let lowered = ruling.lowered_by.as_ref().map(|by| format!("; but {by}")).unwrap_or_default();
    let by = if policies.is_empty() { String::new() } else { format!(": {}", policies.join(", ")) };
    format!("{answer}{by}{lowered}")
}

pub(super) fn exemption_item(exemption: &ExemptionUse) -> Item {
    Item::of(&format!(
        "{} covers {} until {:.0}, answered for by {} ({}, ticket {}); the way out of it: {}",
        exemption.id,
        exemption.covered.join(", "),
        exemption.expires_at,
        exemption.owner,
        exemption.reason,
        exemption.ticket,
        exemption.way_out,
    ))
}

pub(super) fn profile_words(profile: &Profile) -> String {
    let mut words = vec![profile.class.map_or("class unknown".to_owned(), |class| format!("class {}", class.as_str()))];
    if let Some(basis) = profile.basis.get(&Field::Class).filter(|basis| basis.origin == Origin::Inferred) {
        words.push(format!("inferred: {}", basis.detail));
    }
    words.extend(profile.environment.as_ref().map(|environment| format!("environment {environment}")));
    words.extend(profile.criticality.map(|criticality| format!("criticality {}", criticality.as_str())));
    if profile.privileged == Some(true) {
        words.push("privileged".to_owned());
    }
    words.join(", ")
}
