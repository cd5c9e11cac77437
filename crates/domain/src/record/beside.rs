//! The other cases about a case's identity: what they hold, so that a restoration does not take it from them, and what they know
//! to be in other hands.
//!
//! INVARIANT: a case holds what it has put there, found there, or is about to put there, until its own restoration gives it up. A case
//! that only observed, or was refused, holds nothing.

use jiff::Timestamp;

use crate::countermeasure::{Countermeasure, Denial};
use crate::record::case::{Case, StepRecord};
use crate::record::restoration::exposed;
use crate::record::returns::ReturnAnswer;
use crate::record::review::Decision;
use crate::words::case_id::CaseId;
use crate::words::ended::Ended;

impl Case {
    /// The cases among these, about the same identity, that hold what this step of the case put there: while one does, it stays. Of an
    /// identity that another case contains as a whole nothing comes back.
    pub fn held_by(&self, step: &Countermeasure, others: &[Self]) -> Vec<CaseId> {
        let mut by: Vec<CaseId> =
            self.apart(others).filter(|of| of.holds(self, step)).map(|of| of.id.clone()).collect();
        by.sort();
        by.dedup();
        by
    }

    /// Whether another case is to give this one back once nothing else holds it.
    pub fn waits_for_others(&self) -> bool {
        self.returns().iter().any(|of| matches!(of.answer, ReturnAnswer::Held { .. }))
    }

    /// Why others may know a credential, by what another of these cases says of it.
    pub(super) fn exposed_beside(&self, ended: &Ended<'_>, others: &[Self]) -> Option<String> {
        self.apart(others).find_map(|of| of.exposes(ended).map(|why| format!("case {}: {why}", of.id)))
    }

    /// Whether this case or another of these acted upon the identity while it was, or may have been, in other hands.
    pub(super) fn was_in_danger(&self, others: &[Self]) -> bool {
        self.is_in_danger() || self.apart(others).any(|of| of.is_in_danger() && of.has_acted())
    }

    /// The others that acted upon the identity while it was, or may have been, in other hands.
    pub(super) fn in_danger_beside<'a>(&'a self, others: &'a [Self]) -> impl Iterator<Item = &'a Self> {
        self.apart(others).filter(|of| of.is_in_danger() && of.has_acted())
    }

    /// Whether another of these cases put the very same there.
    pub(super) fn was_applied_beside(&self, step: &Countermeasure, others: &[Self]) -> bool {
        self.apart(others)
            .any(|of| of.taken().any(|record| is_same_effect(of, &record.step.countermeasure, self, step)))
    }

    /// When the last of these cases changed something in danger, this one among them.
    pub(super) fn last_taken_at(&self, others: &[Self]) -> Option<Timestamp> {
        let all = std::iter::once(self).chain(self.apart(others));
        all.flat_map(|of| of.steps.iter().filter_map(StepRecord::taken_at)).max()
    }

    /// The others: never the case itself, whatever was read.
    fn apart<'a>(&self, others: &'a [Self]) -> impl Iterator<Item = &'a Self> {
        let id = self.id.clone();
        others.iter().filter(move |of| of.id != id)
    }

    fn taken(&self) -> impl Iterator<Item = &StepRecord> {
        self.steps.iter().filter(|record| record.was_taken())
    }

    fn has_acted(&self) -> bool {
        self.taken().next().is_some()
    }

    fn holds(&self, of: &Self, step: &Countermeasure) -> bool {
        let is_held = |record: &&StepRecord| record.was_taken() || record.is_ahead();
        self.steps
            .iter()
            .filter(is_held)
            .map(|record| &record.step.countermeasure)
            .any(|own| !self.gives_up(own) && (holds_identity(own) || is_same_effect(self, own, of, step)))
    }

    /// Whether its restoration gives this up, or did, however far it came.
    fn gives_up(&self, step: &Countermeasure) -> bool {
        let given_up = |answer: &ReturnAnswer| answer.changes() || matches!(answer, ReturnAnswer::Held { .. });
        let mut returns = self.restoration.iter().flat_map(|restoration| &restoration.steps);
        returns.any(|of| given_up(&of.answer) && of.countermeasure.is_same_target(step))
    }

    /// Why others may know a credential of the identity, by this case alone.
    fn exposes(&self, ended: &Ended<'_>) -> Option<String> {
        let is_it =
            |record: &&StepRecord| record.step.countermeasure.ends().is_some_and(|of| is_same_credential(&of, ended));
        if let Some(record) = self.taken().find(is_it) {
            return exposed(self, ended, record.recheck > 0);
        }
        let names_it =
            matches!((&self.signal.access_key, ended), (Some(named), Ended::AccessKey { id, .. }) if named == *id);
        let was_denied =
            matches!(self.review.as_ref().and_then(|of| of.decision.as_ref()), Some(Decision::Denied { .. }));
        // A key that is named is in other hands whatever was done about it. What the claim leaves open counts where it was acted upon:
        // a person who denied it has said that it is not so.
        if !names_it && (was_denied || !self.has_acted()) {
            return None;
        }
        match &self.signal.follows {
            // One credential that was put on somebody says nothing of that identity's own.
            Some(follows) if follows.planted.is_some() && !names_it => None,
            _ => exposed(self, ended, false),
        }
    }
}

/// Whether a step holds an identity down as a whole, so that nothing it has may come back meanwhile.
fn holds_identity(step: &Countermeasure) -> bool {
    step.is_full_denial() || step.card().contains_identity() || matches!(step, Countermeasure::QuarantineByScp(_))
}

/// Whether two steps of two cases about one identity come to the same thing there. An identity that was renamed between them has
/// two names in them.
fn is_same_effect(one: &Case, step: &Countermeasure, other: &Case, beside: &Countermeasure) -> bool {
    if step.is_same_target(beside) {
        return true;
    }
    match (step.ends(), beside.ends()) {
        (Some(ended), Some(other)) => return is_same_credential(&ended, &other),
        (None, None) => {}
        _ => return false,
    }
    if step.is_full_denial() && beside.is_full_denial() {
        return true;
    }
    let denies = step.card().denies();
    step.as_str() == beside.as_str()
        && denies != Denial::Nothing
        && step.card().target() == [one.subject.name.as_str()]
        && beside.card().target() == [other.subject.name.as_str()]
}

/// Whether they are the same credential, whatever its holder is called by now.
fn is_same_credential(one: &Ended<'_>, other: &Ended<'_>) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other) && one.name() == other.name()
}
