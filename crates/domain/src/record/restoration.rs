//! Giving access back on purpose: what of a case can be undone, what must not be, and what came of it.
//!
//! INVARIANT: a credential that others may know is never brought back. What is put back is what the case recorded before its
//! first step, and nothing that somebody else has changed since.

use jiff::{SignedDuration, Timestamp};

pub use crate::record::returns::{Restoration, Return, ReturnAnswer, cases};

use crate::countermeasure::{self as card, Countermeasure, Undoing};
use crate::record::case::{Case, INCONSISTENT, Rechecking};
use crate::record::step::{Outcome, StepRecord};
use crate::words::ended::Ended;
use crate::words::request::Request;

impl Restoration {
    /// What a restoration of this case would do, the last step first. Empty where nothing was done.
    pub fn of(case: &Case, request: Request, now: Timestamp) -> Self {
        Self::beside(case, request, now, &[])
    }

    /// The same, where these are the other cases about the identity: what another one holds stays until that one is restored, too,
    /// and what another one knows to be in other hands stays dead.
    pub fn beside(case: &Case, request: Request, now: Timestamp, others: &[Case]) -> Self {
        let steps = last_taken(case)
            .map(|(step, record)| Return {
                step,
                countermeasure: record.step.countermeasure.clone(),
                answer: answer_beside(case, record, others),
                outcome: None,
                confirmation: None,
            })
            .collect();
        let beside = others.iter().map(|of| of.id.clone()).filter(|id| *id != case.id).collect();
        Self { request, at: now, sessions_before: sessions_before(case, others, now), beside, steps }
    }
}

impl Case {
    /// Decides anew what its restoration does about each step of which nothing came yet, by what the other cases about the identity
    /// say by now. Says whether anything is to be done.
    pub fn decide_returns_anew(&mut self, others: &[Self], now: Timestamp) -> bool {
        let Some(mut restoration) = self.restoration.take() else { return false };
        let waited = restoration.steps.iter().any(|of| matches!(of.answer, ReturnAnswer::Held { .. }));
        for of in
            restoration.steps.iter_mut().filter(|of| of.is_ahead() || matches!(of.answer, ReturnAnswer::Held { .. }))
        {
            if let Some(record) = self.steps.get(of.step) {
                of.answer = answer_beside(self, record, others);
            }
            if !of.answer.changes() {
                of.outcome = None;
            }
        }
        restoration.beside = others.iter().map(|of| of.id.clone()).filter(|id| *id != self.id).collect();
        let is_ahead = restoration.steps.iter().any(Return::is_ahead);
        if is_ahead {
            // A moment that was waited for is not waited for again, unless another case acted since.
            let acted = self.last_taken_at(others).is_some_and(|at| at > restoration.at);
            if waited || acted || restoration.sessions_before.is_none() {
                restoration.sessions_before = restoration.sessions_before.max(sessions_before(self, others, now));
            }
        }
        self.restoration = Some(restoration);
        is_ahead
    }
}

/// The moment before which an identity's sessions stay denied once its denial is lifted: when IAM is consistent about what was ended
/// last, and about the denial of sessions, which is written now. None where it was never in other hands, or nothing denies it.
fn sessions_before(case: &Case, others: &[Case], now: Timestamp) -> Option<Timestamp> {
    let is_denied = case.steps.iter().any(|record| record.was_taken() && record.step.countermeasure.is_denial());
    if !is_denied || !case.was_in_danger(others) {
        return None;
    }
    let settle: SignedDuration = case.rechecking.as_ref().map_or(INCONSISTENT, Rechecking::settle);
    let ended = case.last_taken_at(others).map(|at| at + settle * 2);
    Some(ended.map_or(now + settle, |ended| ended.max(now + settle)))
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
    answer_beside(case, record, &[])
}

/// The same, where these are the other cases about the identity.
pub fn answer_beside(case: &Case, record: &StepRecord, others: &[Case]) -> ReturnAnswer {
    let step = &record.step.countermeasure;
    let alone = by_itself(case, record, others);
    let by = case.held_by(step, others);
    if alone.changes() && !by.is_empty() { ReturnAnswer::Held { by } } else { alone }
}

/// Whether a restoration may do so much about a step, where the other cases about the identity are known by name alone.
pub(in crate::record) fn may_answer(case: &Case, record: &StepRecord, given: &ReturnAnswer, has_others: bool) -> bool {
    let alone = answer(case, record);
    let allowed = if has_others && found_so(case, record) { unless_found_so(case, record, &[]) } else { alone };
    allowed == *given || (allowed == ReturnAnswer::Undo && *given == ReturnAnswer::UndoKeepingSessionsDenied)
}

/// Whether it was so before the case came: others' own work, or another case's.
fn found_so(case: &Case, record: &StepRecord) -> bool {
    let was_so = !same_target(case, record).any(|(_, of)| matches!(of.outcome, Some(Outcome::Applied { .. })));
    was_so && record.step.countermeasure.card().is_shared()
}

/// What is done about a step that no other case holds.
fn by_itself(case: &Case, record: &StepRecord, others: &[Case]) -> ReturnAnswer {
    // What another case put there is given back with the last of them.
    if found_so(case, record) && !case.was_applied_beside(&record.step.countermeasure, others) {
        let why = "it was in effect before this case, or its target is gone: another case may rely on it";
        return ReturnAnswer::Keep { why: why.to_owned() };
    }
    unless_found_so(case, record, others)
}

fn unless_found_so(case: &Case, record: &StepRecord, others: &[Case]) -> ReturnAnswer {
    let step = &record.step.countermeasure;
    let keep = |why: &str| ReturnAnswer::Keep { why: why.to_owned() };
    // What a contained identity made is in the same hands.
    let in_danger = case.was_in_danger(others);
    match step.card().undoing() {
        Undoing::Never(why) => keep(why),
        Undoing::UnlessExposed => match exposed_anywhere(case, record, others) {
            // Nobody works with it, so nothing takes its place.
            Some(why) if is_foreign(case, step) => keep(&format!("{why}: delete it")),
            Some(why) => ReturnAnswer::Rotate { why: with_rotation(case, step, why) },
            None => ReturnAnswer::Undo,
        },
        Undoing::LiftedKeepingSessionsDenied if in_danger => {
            let alive: Vec<String> =
                std::iter::once(case).chain(case.in_danger_beside(others)).flat_map(alive).collect();
            match alive.as_slice() {
                [] => ReturnAnswer::UndoKeepingSessionsDenied,
                alive => keep(&format!("nothing else holds {} down", alive.join(", "))),
            }
        }
        Undoing::StaysInDanger(why) if in_danger => keep(why),
        Undoing::Undone | Undoing::LiftedKeepingSessionsDenied | Undoing::StaysInDanger(_) => ReturnAnswer::Undo,
    }
}

/// Why others may know the credential that a step ended, by its case or by another about the identity.
fn exposed_anywhere(case: &Case, record: &StepRecord, others: &[Case]) -> Option<String> {
    let ended = record.step.countermeasure.ends()?;
    let is_added = same_target(case, record).any(|(_, of)| of.recheck > 0);
    exposed(case, &ended, is_added).or_else(|| case.exposed_beside(&ended, others))
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

/// Why others may know a credential by what one case says of it, if they may. `is_added`: a recheck found it.
pub(in crate::record) fn exposed(case: &Case, ended: &Ended<'_>, is_added: bool) -> Option<String> {
    if case.signal.follows.is_some() {
        return Some("a contained identity made it".to_owned());
    }
    if !case.signal.kind.is_immediate_danger() {
        return None;
    }
    if is_added {
        return Some("it appeared while the identity was being contained".to_owned());
    }
    if let Some(why) = case.inventory.created_at(ended).and_then(|created| in_doubt(case, created)) {
        return Some(why);
    }
    match (&case.signal.access_key, ended) {
        (Some(named), Ended::AccessKey { id, .. }) if named == *id => Some("the claim names it".to_owned()),
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
