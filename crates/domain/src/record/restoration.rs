//! Giving access back on purpose: what of a case can be undone, what must not be, and what came of it.
//!
//! INVARIANT: a credential that others may know is never brought back. What is put back is what the case recorded before its
//! first step, and nothing that somebody else has changed since.

use jiff::{SignedDuration, Timestamp};

pub use crate::record::returns::{Restoration, Return, ReturnAnswer};

use crate::countermeasure::{self as card, Countermeasure, Undoing};
use crate::record::case::{Case, Rechecking};
use crate::record::step::{Outcome, StepRecord};
use crate::words::ended::Ended;
use crate::words::request::Request;

impl Restoration {
    /// What a restoration of this case would do, the last step first. Empty where nothing was done.
    pub fn of(case: &Case, request: Request, now: Timestamp) -> Self {
        let steps = last_taken(case)
            .map(|(step, record)| Return {
                step,
                countermeasure: record.step.countermeasure.clone(),
                answer: answer(case, record),
                outcome: None,
                confirmation: None,
            })
            .collect();
        Self { request, at: now, steps }
    }
}

/// The steps that were taken, the last one first. What came back was ended more than once; undone it is once, and the last time
/// counts.
pub fn last_taken(case: &Case) -> impl Iterator<Item = (usize, &StepRecord)> {
    let taken = case.steps.iter().enumerate().rev().filter(|(_, record)| record.was_taken());
    taken.filter(|(n, record)| !same_target(case, record).any(|(other, of)| other > *n && of.was_taken()))
}

/// The steps of a case against the very same thing, this one among them.
fn same_target<'a>(case: &'a Case, record: &'a StepRecord) -> impl Iterator<Item = (usize, &'a StepRecord)> {
    let step = &record.step.countermeasure;
    case.steps.iter().enumerate().filter(|(_, of)| of.step.countermeasure.is_same_target(step))
}

/// What a restoration does about one step that was taken.
pub fn answer(case: &Case, record: &StepRecord) -> ReturnAnswer {
    let step = &record.step.countermeasure;
    let card = step.card();
    let keep = |why: &str| ReturnAnswer::Keep { why: why.to_owned() };
    // Others' own work: it was so before we came.
    let was_so = !same_target(case, record).any(|(_, of)| matches!(of.outcome, Some(Outcome::Applied { .. })));
    if was_so && card.is_shared() {
        return keep("it was in effect before this case, or its target is gone: another case may rely on it");
    }
    // What a contained identity made is in the same hands.
    let in_danger = case.signal.kind.is_immediate_danger() || case.signal.follows.is_some();
    match card.undoing() {
        Undoing::Never(why) => keep(why),
        Undoing::UnlessExposed => match exposed(case, record) {
            // Nobody works with it, so nothing takes its place.
            Some(why) if is_foreign(case, step) => keep(&format!("{why}: delete it")),
            Some(why) => ReturnAnswer::Rotate { why: with_rotation(case, step, why) },
            None => ReturnAnswer::Undo,
        },
        Undoing::LiftedKeepingSessionsDenied if in_danger => match alive(case).as_slice() {
            [] => ReturnAnswer::UndoKeepingSessionsDenied,
            alive => keep(&format!("nothing else holds {} down", alive.join(", "))),
        },
        Undoing::StaysInDanger(why) if in_danger => keep(why),
        Undoing::Undone | Undoing::LiftedKeepingSessionsDenied | Undoing::StaysInDanger(_) => ReturnAnswer::Undo,
    }
}

/// Where the key that takes the place of an exposed one is, if the case had its secret rotated.
fn with_rotation(case: &Case, step: &Countermeasure, why: String) -> String {
    let rotated = case.steps.iter().find_map(|record| match &record.step.countermeasure {
        Countermeasure::RotateSecret(card::RotateSecret { secret }) if record.was_taken() => Some(secret),
        _ => None,
    });
    match (step.ends(), rotated) {
        (Some(Ended::AccessKey { .. }), Some(secret)) => {
            format!("{why}; the rotation of {secret} was started, which makes another one")
        }
        _ => why,
    }
}

/// Why others may know the credential that a step ended, if they may.
fn exposed(case: &Case, record: &StepRecord) -> Option<String> {
    let ended = record.step.countermeasure.ends()?;
    if case.signal.follows.is_some() {
        return Some("a contained identity made it".to_owned());
    }
    if !case.signal.kind.is_immediate_danger() {
        return None;
    }
    if same_target(case, record).any(|(_, of)| of.recheck > 0) {
        return Some("it appeared while the identity was being contained".to_owned());
    }
    if let Some(why) = case.inventory.created_at(&ended).and_then(|created| in_doubt(case, created)) {
        return Some(why);
    }
    match (&case.signal.access_key, ended) {
        (Some(named), Ended::AccessKey { id, .. }) if named == id => Some("the claim names it".to_owned()),
        // Whoever holds one long-term key learns no other secret by it.
        (Some(named), _) if !named.is_temporary() => None,
        _ => Some("the claim does not say which credential others know, so it may be any".to_owned()),
    }
}

/// Why what was made then may be somebody else's work, if it may. A tool sees a thief some time after the theft, and a person need not
/// know of it at all.
fn in_doubt(case: &Case, created: Timestamp) -> Option<String> {
    let since = case.signal.exposed_since();
    if created >= since {
        return Some(format!("it was made at {created:.0}, after the identity was in other hands"));
    }
    let look_back = case.rechecking.as_ref().map_or(SignedDuration::ZERO, Rechecking::look_back);
    (created >= since - look_back).then(|| {
        let when = if case.signal.is_exposure_known() {
            format!("less than {} hours before the identity was seen in other hands", look_back.as_hours())
        } else {
            format!(
                "and nobody says since when the identity has been in other hands ({} hours are taken)",
                look_back.as_hours()
            )
        };
        format!("it was made at {created:.0}, {when}, so it may be somebody else's")
    })
}

/// Whether a credential was not there while the identity was in its owner's hands.
pub fn is_foreign(case: &Case, step: &Countermeasure) -> bool {
    let Some(ended) = step.ends().filter(|ended| !matches!(ended, Ended::Password { .. })) else { return false };
    case.signal.follows.is_some()
        || !case.inventory.holds(&ended)
        || case.inventory.created_at(&ended).is_some_and(|created| created >= case.signal.exposed_since())
}

/// The credentials that were to be ended, and of which that was not seen: only a quarantine holds them down.
pub fn alive(case: &Case) -> Vec<String> {
    // One that came back was ended more than once, and the last time counts.
    let is_last =
        |n: usize, record: &StepRecord| !same_target(case, record).any(|(later, of)| later > n && of.was_taken());
    let unseen = case.steps.iter().enumerate().filter(|(n, record)| !record.is_confirmed() && is_last(*n, record));
    unseen.filter_map(|(_, record)| Some(record.step.countermeasure.ends()?.name().to_owned())).collect()
}
