//! How a reaction ended. Nothing else counts as done.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::case::{Confirmation, Outcome, StepRecord};
use crate::plan::Disposition;

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
    /// The verdict that these steps allow: the worst that is true of any of them.
    pub fn of(steps: &[StepRecord]) -> Self {
        let mut taken = Tally::default();
        let (mut held, mut left) = (false, false);
        for step in steps {
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
    use crate::plan::{Countermeasure, Step};
    use jiff::Timestamp;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn step(disposition: Disposition, outcome: Option<Outcome>, confirmation: Option<Confirmation>) -> StepRecord {
        let step =
            Step { countermeasure: Countermeasure::HoldForReview, disposition, reason: String::new(), ruling: None };
        StepRecord { step, intent_at: None, outcome, confirmation }
    }

    fn confirmed() -> StepRecord {
        let seen = Confirmation::Confirmed { at: AT, observed: String::new() };
        step(Disposition::Enforce, Some(Outcome::Applied { at: AT, note: None }), Some(seen))
    }

    fn unconfirmed() -> StepRecord {
        let unseen = Confirmation::Unconfirmed { at: AT, reason: String::new() };
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
            assert_eq!(Verdict::of(&steps), expected, "{steps:?}");
        }
    }
}
