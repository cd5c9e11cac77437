//! How a reaction ended. Nothing else counts as done.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::record::case::{Case, Confirmation, Outcome, Purpose, StepRecord, is_superseded};
use crate::record::plan::Disposition;
use crate::record::restoration::{Restoration, Return};

/// How a reaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every step was taken and its effect read back.
    VerifiedRevoked,
    /// Every step was taken, but not every effect was seen.
    RevokedUnverified,
    /// Some steps were taken, others failed, await review, or were left undone by a policy or a person.
    Partial,
    /// Every step failed.
    Failed,
    /// Access that was dead lives again.
    Reappeared,
    /// Access was given back on purpose.
    Restored,
    /// Nothing was to be done, or only looked at.
    Observed,
    /// A person decides.
    AwaitingReview,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 8] = [
        Self::VerifiedRevoked,
        Self::RevokedUnverified,
        Self::Partial,
        Self::Failed,
        Self::Reappeared,
        Self::Restored,
        Self::Observed,
        Self::AwaitingReview,
    ];

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
        let loose = case.followed.iter().any(|followed| followed.verdict != Some(Self::VerifiedRevoked));
        match case.rounds.last() {
            _ if loose => Self::Partial,
            // What the last look found was ended too, but nobody has looked since.
            Some(round) if !round.is_quiet() => Self::Partial,
            Some(round) if !round.unread.is_empty() => Self::RevokedUnverified,
            _ => verdict,
        }
    }

    /// Access is back where all that was to be undone is, and was seen to be.
    fn of_restoration(restoration: &Restoration) -> Self {
        let undone = |of: &&Return| of.was_taken() && of.is_confirmed();
        let to_undo: Vec<&Return> = restoration.steps.iter().filter(|of| of.answer.changes()).collect();
        match to_undo.iter().filter(|of| undone(of)).count() {
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

    /// The name as written in evidence and message attributes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifiedRevoked => "verified_revoked",
            Self::RevokedUnverified => "revoked_unverified",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Reappeared => "reappeared",
            Self::Restored => "restored",
            Self::Observed => "observed",
            Self::AwaitingReview => "awaiting_review",
        }
    }

    /// When it is reached, as the documents say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::VerifiedRevoked => {
                "Every step that was to be taken was, AWS showed the effect of each, the last look found nothing new, \
                 and so ended every case that was followed. Of a rotation alone: the new version is the current one; \
                 the old key works on until a case of kind `credential_superseded` ends it."
            }
            Self::RevokedUnverified => {
                "Every step that was to be taken was, but not every effect was seen in time, or the last look could \
                 not see everything."
            }
            Self::Partial => {
                "Some steps were taken; others failed, await a person, or were left undone by a policy or by a \
                 person. Or the last look still found something new, or a case that was followed did not end so well. \
                 Or of what was to be given back, some was not seen to be."
            }
            Self::Failed => {
                "Steps were to be taken, and none was. Access is alive. Or nothing that was to be given back was seen \
                 to be."
            }
            Self::Reappeared => {
                "Somebody had it read back once more, and AWS showed that something which had been ended is not in \
                 effect any more."
            }
            Self::Restored => {
                "Access was given back on purpose: all that was to be undone was seen to be. What stays, stays \
                 (`case.restoration.steps[].answer`)."
            }
            Self::Observed => {
                "Nothing was to be done, or only recorded: by the policies, by an exemption, by the mode `observe`, \
                 by a denial or by silence."
            }
            Self::AwaitingReview => "Nothing was done; a person decides, or Severance refuses.",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
    use crate::record::plan::Step;
    use jiff::Timestamp;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn step(disposition: Disposition, outcome: Option<Outcome>, confirmation: Option<Confirmation>) -> StepRecord {
        let step =
            Step { countermeasure: Countermeasure::HoldForReview, disposition, reason: String::new(), ruling: None };
        StepRecord { step, round: 0, intent_at: None, outcome, confirmation }
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
            (vec![failed(), failed()], Verdict::Failed),
            (vec![failed(), held()], Verdict::Failed),
            (vec![untaken()], Verdict::Failed),
        ];
        for (steps, expected) in cases {
            assert_eq!(Verdict::of_steps(&steps), expected, "{steps:?}");
        }
    }
}
