//! One step of a case: its intent, what came of it, and whether that was seen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::countermeasure::Countermeasure;
use crate::record::plan::Step;
use crate::words::ruling::Disposition;

/// How what lowered a step begins where a person decided against it.
pub const DENIED: &str = "denied by ";

/// One step and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepRecord {
    /// What was planned.
    #[serde(flatten)]
    pub step: Step,
    /// The recheck after which it was planned; 0 for the first plan.
    #[serde(skip_serializing_if = "is_zero", default, rename = "round")]
    pub recheck: u32,
    /// When it was written down that the step will be taken, which is before it is; none for steps that are not taken.
    pub intent_at: Option<Timestamp>,
    /// What came of it; none for a step that was not taken (yet).
    pub outcome: Option<Outcome>,
    /// Whether its effect was seen; none for a step that was not taken (yet) or failed.
    pub confirmation: Option<Confirmation>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(recheck: &u32) -> bool {
    *recheck == 0
}

/// Whether a later step of the case was taken against the same thing: then that one says how it stands, as where a denial was
/// lifted and written anew.
pub fn is_superseded(steps: &[StepRecord], n: usize) -> bool {
    let Some(record) = steps.get(n) else { return false };
    let what = &record.step.countermeasure;
    *what != Countermeasure::HoldForReview
        && steps.iter().skip(n + 1).any(|later| later.was_taken() && later.step.countermeasure.is_same_target(what))
}

impl StepRecord {
    /// Whether it started a rotation that was not seen to end.
    pub fn is_unfinished_rotation(&self) -> bool {
        matches!(self.step.countermeasure, Countermeasure::RotateSecret(_) | Countermeasure::AdoptAccessKey(_))
            && self.was_taken()
            && matches!(self.confirmation, Some(Confirmation::Unconfirmed { .. }))
    }

    /// A step as it is planned, with its intent if it is to be taken.
    pub fn planned(step: Step, recheck: u32, now: Timestamp) -> Self {
        let intent_at = (step.disposition == Disposition::Enforce).then_some(now);
        Self { step, recheck, intent_at, outcome: None, confirmation: None }
    }

    /// Whether the step was taken, or found to be in effect already.
    pub fn was_taken(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Applied { .. } | Outcome::AlreadyInEffect { .. }))
    }

    /// When it was taken, or found to be in effect already; none where it was not.
    pub fn taken_at(&self) -> Option<Timestamp> {
        match &self.outcome {
            Some(Outcome::Applied { at, .. } | Outcome::AlreadyInEffect { at, .. }) => Some(*at),
            Some(Outcome::Failed { .. }) | None => None,
        }
    }

    /// Whether its effect was seen.
    pub fn is_confirmed(&self) -> bool {
        matches!(self.confirmation, Some(Confirmation::Confirmed { .. }))
    }

    /// Whether it is to be taken and was not tried to an end.
    pub fn is_ahead(&self) -> bool {
        self.step.disposition == Disposition::Enforce
            && matches!(self.outcome, None | Some(Outcome::Failed { retryable: true, .. }))
    }

    /// Whether a person decided against it, in this revision or in an earlier one.
    pub fn was_denied(&self) -> bool {
        self.step.disposition == Disposition::Decline
            && self
                .step
                .ruling
                .as_ref()
                .and_then(|ruling| ruling.lowered_by.as_ref())
                .is_some_and(|by| by.starts_with(DENIED))
    }

    /// Whether nothing is left to do about this step.
    pub fn is_settled(&self) -> bool {
        self.step.disposition != Disposition::Enforce
            || match &self.outcome {
                Some(Outcome::Applied { .. } | Outcome::AlreadyInEffect { .. }) => self.confirmation.is_some(),
                Some(Outcome::Failed { retryable, .. }) => !retryable,
                None => false,
            }
    }
}

/// What came of taking a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// AWS accepted the call.
    Applied {
        /// When.
        at: Timestamp,
        /// What a reader should know beside it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        note: Option<String>,
    },
    /// It was so already; no call was made, or the call found nothing to change.
    AlreadyInEffect {
        /// When that was seen.
        at: Timestamp,
        /// How it was.
        note: String,
    },
    /// AWS refused the call or never answered.
    Failed {
        /// When.
        at: Timestamp,
        /// The IAM action that failed, such as `iam:UpdateAccessKey`.
        action: String,
        /// The error's code, such as `AccessDenied`.
        code: String,
        /// AWS's own words.
        message: String,
        /// Whether another delivery may fare better.
        retryable: bool,
    },
}

/// Whether a step's effect was read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Confirmation {
    /// AWS shows the effect.
    Confirmed {
        /// When it was seen.
        at: Timestamp,
        /// What was seen, and by which call.
        observed: String,
    },
    /// The wait ended without it.
    Unconfirmed {
        /// When the wait ended.
        at: Timestamp,
        /// What was seen instead.
        reason: String,
        /// Whether AWS showed that the step is not in effect; false where it showed nothing.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        contradicted: bool,
    },
}
