//! How a reaction ended, in one word. Nothing else counts as done.

use std::fmt;

use serde::{Deserialize, Serialize};

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
                "Every step that was to be taken was, AWS showed the effect of each, the last recheck found nothing new, \
                 and so ended every case that was followed. Of a rotation alone: the new version is the current one; \
                 the old key works on until a case of kind `credential_superseded` ends it."
            }
            Self::RevokedUnverified => {
                "Every step that was to be taken was, but not every effect was seen in time, or the last recheck could \
                 not see everything. Or somebody else may be using what was ended, and IAM and CloudTrail had not had their \
                 time yet (`case.rechecking`), for it or for a case that was followed."
            }
            Self::Partial => {
                "Some steps were taken; others failed, await a person, or were left undone by a policy or by a \
                 person. Or the last recheck still found something new and no other is due, or a case that was followed did not end so well. \
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
