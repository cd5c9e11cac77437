//! The durable record of one reaction: what was intended, what came of it, what was confirmed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::record::left_out::{LeftOut, MOST_BYTES, MOST_NAMED, MOST_STEPS_IN_ALL};
pub use crate::record::recheck::{Followed, INCONSISTENT, Recheck, Rechecking, Verification};
pub use crate::record::step::{Confirmation, DENIED, Outcome, StepRecord, is_superseded};
pub use crate::words::case_id::CaseId;

use crate::countermeasure::Countermeasure;
use crate::record::exemption::ExemptionUse;
use crate::record::plan::Step;
use crate::record::returns::{Restoration, Return};
use crate::record::review::{Decision, Review, plan_digest};
use crate::words::blast_radius::BlastRadius;
use crate::words::digest::Digest;
use crate::words::mode::Mode;
use crate::words::profile::Profile;
use crate::words::ruling::Disposition;
use crate::words::signal::Signal;
use crate::words::subject::{Inventory, Renamed, Subject};
use crate::words::verdict::Verdict;

/// One reaction, from its claim to its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// Its name.
    pub id: CaseId,
    /// 1 for the first published state; grows by one with each later one.
    pub revision: u32,
    /// The digest of the revision before this one; none for the first.
    pub previous: Option<Digest>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When this revision's verdict was reached; none while steps are being taken.
    pub concluded_at: Option<Timestamp>,
    /// Whether the stack acted or only observed.
    pub mode: Mode,
    /// The claim.
    pub signal: Signal,
    /// Whom it is about.
    pub subject: Subject,
    /// Its name by now, where it was renamed since; `subject` keeps the one of before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub renamed: Option<Renamed>,
    /// Who answers for the subject.
    pub profile: Profile,
    /// What the subject held when the plan was made.
    pub inventory: Inventory,
    /// The plan's steps and what came of each.
    pub steps: Vec<StepRecord>,
    /// The plan's notes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// The exemptions that covered steps of the plan.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exemptions: Vec<ExemptionUse>,
    /// What the identity could do, before anything was done about it; none where that was not read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub radius: Option<BlastRadius>,
    /// How it is rechecked, where what was ended may come back meanwhile.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rechecking: Option<Rechecking>,
    /// How often the identity was rechecked after its credentials were ended, and what had appeared meanwhile.
    #[serde(skip_serializing_if = "Vec::is_empty", default, rename = "rounds")]
    pub rechecks: Vec<Recheck>,
    /// The cases of what the contained identity had made.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub followed: Vec<Followed>,
    /// What was counted and not kept, because there was more than a record holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub left_out: Option<LeftOut>,
    /// Access that was given back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub restoration: Option<Restoration>,
    /// The last time that somebody had everything read back once more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verification: Option<Verification>,
    /// What a person is, or was, asked to decide.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub review: Option<Review>,
    /// The verdict of this revision.
    pub verdict: Option<Verdict>,
}

/// What a revision is for. A stored case says it by what it holds besides its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// Access is ended, or it is said what would end it.
    React,
    /// Access that the case had ended is given back.
    Restore(&'a Restoration),
    /// All that the case had ended is read back once more.
    Verify(&'a Verification),
}

impl Case {
    /// What this revision is for.
    pub fn purpose(&self) -> Purpose<'_> {
        match (&self.restoration, &self.verification) {
            // What was given back is not read back as dead.
            (Some(restoration), _) => Purpose::Restore(restoration),
            (None, Some(verification)) => Purpose::Verify(verification),
            (None, None) => Purpose::React,
        }
    }

    /// What is done about each step of the case to give its access back: nothing, unless the revision is for that.
    pub fn returns(&self) -> &[Return] {
        match self.purpose() {
            Purpose::Restore(restoration) => &restoration.steps,
            Purpose::React | Purpose::Verify(_) => &[],
        }
    }

    /// Whether no step is left to be tried again.
    pub fn is_settled(&self) -> bool {
        self.steps.iter().all(StepRecord::is_settled) && self.returns().iter().all(Return::is_settled)
    }

    /// Whether access was given back on purpose.
    pub fn is_restored(&self) -> bool {
        self.verdict == Some(Verdict::Restored)
    }

    /// Whether its plan contains an identity as a whole, so that it must be rechecked for what appeared meanwhile.
    pub fn contains_identity(&self) -> bool {
        self.steps.iter().any(|record| record.was_taken() && record.step.countermeasure.card().contains_identity())
    }

    /// The digest of what a person would be asked about this plan.
    pub fn plan_digest(&self) -> Digest {
        let steps: Vec<Step> = self.steps.iter().map(|record| record.step.clone()).collect();
        plan_digest(&self.subject, &self.profile, &self.inventory, &steps)
    }

    /// Whether a person, or the policy's answer for silence, let this revision's steps be taken.
    pub fn is_released(&self) -> bool {
        matches!(
            self.review.as_ref().and_then(|review| review.decision.as_ref()),
            Some(Decision::Approved { .. } | Decision::Lapsed { enforced: true, .. })
        )
    }

    /// Whether a person let this revision's steps be taken.
    pub fn is_approved(&self) -> bool {
        matches!(self.review.as_ref().and_then(|review| review.decision.as_ref()), Some(Decision::Approved { .. }))
    }

    /// Whether a step failed, was refused or waits for a person.
    pub fn has_trouble(&self) -> bool {
        self.steps.iter().any(|record| {
            matches!(record.step.disposition, Disposition::Review | Disposition::Refuse)
                || matches!(record.outcome, Some(Outcome::Failed { .. }))
        })
    }

    /// The review that waits for a person, if one does.
    pub fn pending_review(&self) -> Option<&Review> {
        self.review.as_ref().filter(|review| review.is_pending())
    }

    /// Whether an approval would do anything: what no countermeasure fits can only be acknowledged.
    pub fn can_be_approved(&self) -> bool {
        self.steps.iter().any(|record| {
            record.step.disposition == Disposition::Review
                && record.step.countermeasure != Countermeasure::HoldForReview
        })
    }
}
