//! How a reaction ended. Nothing else counts as done.

pub use crate::words::verdict::Verdict;

use crate::record::case::{Case, Purpose};
use crate::record::returns::{Restoration, Return, ReturnAnswer};
use crate::record::step::{Confirmation, Outcome, StepRecord, is_superseded};
use crate::words::ruling::Disposition;

impl Verdict {
    /// The verdict that a case's present state allows: the worst that is true of any part of it.
    pub fn of(case: &Case) -> Self {
        match case.purpose() {
            Purpose::Restore(restoration) => return Self::of_restoration(restoration),
            Purpose::Verify(verification) if !verification.alive.is_empty() => return Self::Reappeared,
            Purpose::Verify(_) | Purpose::React => {}
        }
        let verdict = Self::of_steps(&case.steps);
        if !matches!(verdict, Self::VerifiedRevoked | Self::RevokedUnverified) {
            return verdict;
        }
        // Where rechecks are revisions of their own, what follows the case is rechecked as well, and may be verified yet.
        let goes_on = case.rechecking.is_some();
        let is_loose = |verdict: Option<Self>| match verdict {
            Some(Self::VerifiedRevoked) => false,
            Some(Self::RevokedUnverified) => !goes_on,
            _ => true,
        };
        let is_unverified = |verdict: Option<Self>| verdict == Some(Self::RevokedUnverified);
        match case.rechecks.last() {
            _ if case.followed.iter().any(|of| is_loose(of.verdict)) => Self::Partial,
            // What the last recheck found was ended too, but nobody has rechecked since, nor will.
            Some(recheck) if !recheck.is_quiet() && case.recheck_due_at().is_none() => Self::Partial,
            Some(recheck) if !recheck.is_clean() => Self::RevokedUnverified,
            _ if case.awaited_until().is_some() => Self::RevokedUnverified,
            _ if case.followed.iter().any(|of| is_unverified(of.verdict)) => Self::RevokedUnverified,
            _ => verdict,
        }
    }

    /// Access is back where all that was to be undone is, and was seen to be. What another case holds is not back yet.
    fn of_restoration(restoration: &Restoration) -> Self {
        let undone = |of: &&Return| of.was_taken() && of.is_confirmed();
        let to_undo: Vec<&Return> = restoration.steps.iter().filter(|of| of.answer.changes()).collect();
        let is_held = restoration.steps.iter().any(|of| matches!(of.answer, ReturnAnswer::Held { .. }));
        match to_undo.iter().filter(|of| undone(of)).count() {
            all if all == to_undo.len() && is_held => Self::Partial,
            0 => Self::Failed,
            all if all == to_undo.len() => Self::Restored,
            _ => Self::Partial,
        }
    }

    /// The verdict that these steps allow by themselves.
    pub fn of_steps(steps: &[StepRecord]) -> Self {
        let mut taken = Tally::default();
        let (mut held, mut left) = (false, false);
        let last = steps.iter().enumerate().filter(|(n, _)| !is_superseded(steps, *n)).map(|(_, step)| step);
        for step in last {
            match step.step.disposition {
                Disposition::Enforce => taken.count(step),
                Disposition::Review | Disposition::Refuse => held = true,
                Disposition::Decline if step.step.is_judged() => {}
                Disposition::Observe | Disposition::Decline => left = true,
            }
        }
        match taken {
            Tally { confirmed: 0, unconfirmed: 0, failed: 0 } if held => Self::AwaitingReview,
            Tally { confirmed: 0, unconfirmed: 0, failed: 0 } => Self::Observed,
            Tally { confirmed: 0, unconfirmed: 0, .. } => Self::Failed,
            Tally { failed: 1.., .. } => Self::Partial,
            _ if held || left => Self::Partial,
            Tally { unconfirmed: 1.., .. } => Self::RevokedUnverified,
            Tally { .. } => Self::VerifiedRevoked,
        }
    }
}

#[derive(Default)]
struct Tally {
    confirmed: usize,
    unconfirmed: usize,
    failed: usize,
}

impl Tally {
    fn count(&mut self, step: &StepRecord) {
        match (&step.outcome, &step.confirmation) {
            (Some(Outcome::Applied { .. } | Outcome::AlreadyInEffect { .. }), Some(Confirmation::Confirmed { .. })) => {
                self.confirmed += 1;
            }
            (Some(Outcome::Applied { .. } | Outcome::AlreadyInEffect { .. }), _) => self.unconfirmed += 1,
            // A step that was never taken did not happen, whatever the reason.
            (Some(Outcome::Failed { .. }) | None, _) => self.failed += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::countermeasure::Countermeasure;
    use crate::record::plan::{Doubt, Step};
    use jiff::Timestamp;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn step(disposition: Disposition, outcome: Option<Outcome>, confirmation: Option<Confirmation>) -> StepRecord {
        let step = Step {
            countermeasure: Countermeasure::HoldForReview,
            disposition,
            reason: String::new(),
            ruling: None,
            doubt: None,
        };
        StepRecord { step, recheck: 0, intent_at: None, outcome, confirmation }
    }

    fn confirmed() -> StepRecord {
        let seen = Confirmation::Confirmed { at: AT, observed: String::new() };
        step(Disposition::Enforce, Some(Outcome::Applied { at: AT, note: None }), Some(seen))
    }

    fn unconfirmed() -> StepRecord {
        let unseen = Confirmation::Unconfirmed { at: AT, reason: String::new(), contradicted: false };
        step(Disposition::Enforce, Some(Outcome::AlreadyInEffect { at: AT, note: String::new() }), Some(unseen))
    }

    fn failed() -> StepRecord {
        let (action, code, message) = Default::default();
        step(Disposition::Enforce, Some(Outcome::Failed { at: AT, action, code, message, retryable: false }), None)
    }

    fn held() -> StepRecord {
        step(Disposition::Review, None, None)
    }

    fn declined() -> StepRecord {
        step(Disposition::Decline, None, None)
    }

    fn doubted(disposition: Disposition, doubt: Doubt) -> StepRecord {
        let mut record = step(disposition, None, None);
        record.step.doubt = Some(doubt);
        record
    }

    fn observed() -> StepRecord {
        step(Disposition::Observe, None, None)
    }

    #[test]
    fn a_verdict_is_never_better_than_its_worst_step() {
        let untaken = || step(Disposition::Enforce, None, None);
        let unseen = || step(Disposition::Enforce, Some(Outcome::Applied { at: AT, note: None }), None);
        let cases: Vec<(Vec<StepRecord>, Verdict)> = vec![
            (vec![], Verdict::Observed),
            (vec![observed()], Verdict::Observed),
            (vec![observed(), held()], Verdict::AwaitingReview),
            (vec![step(Disposition::Refuse, None, None)], Verdict::AwaitingReview),
            (vec![declined()], Verdict::Observed),
            (vec![declined(), held()], Verdict::AwaitingReview),
            (vec![declined(), failed()], Verdict::Failed),
            (vec![declined(), unconfirmed()], Verdict::Partial),
            (vec![declined(), confirmed()], Verdict::Partial),
            (vec![confirmed(), confirmed()], Verdict::VerifiedRevoked),
            (vec![confirmed(), unconfirmed()], Verdict::RevokedUnverified),
            (vec![confirmed(), unseen()], Verdict::RevokedUnverified),
            (vec![confirmed(), failed()], Verdict::Partial),
            (vec![confirmed(), untaken()], Verdict::Partial),
            (vec![confirmed(), held()], Verdict::Partial),
            (vec![confirmed(), observed()], Verdict::Partial),
            (vec![unconfirmed(), failed()], Verdict::Partial),
            // What a person has judged costs no more; what silence has answered, and any other step that was declined, does.
            (vec![confirmed(), doubted(Disposition::Review, Doubt::Open)], Verdict::Partial),
            (vec![confirmed(), doubted(Disposition::Decline, Doubt::Open)], Verdict::Partial),
            (vec![confirmed(), doubted(Disposition::Decline, Doubt::Judged)], Verdict::VerifiedRevoked),
            (vec![confirmed(), doubted(Disposition::Review, Doubt::Judged)], Verdict::Partial),
            (vec![doubted(Disposition::Decline, Doubt::Judged)], Verdict::Observed),
            (vec![failed(), failed()], Verdict::Failed),
            (vec![failed(), held()], Verdict::Failed),
            (vec![untaken()], Verdict::Failed),
        ];
        for (steps, expected) in cases {
            assert_eq!(Verdict::of_steps(&steps), expected, "{steps:?}");
        }
    }
}
