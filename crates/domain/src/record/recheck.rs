//! What was seen of a case's identity after its credentials had been ended.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::words::case_id::CaseId;
use crate::words::request::Request;
use crate::words::verdict::Verdict;

/// The longest that IAM is taken to be inconsistent, where the case does not say: what was written is in force everywhere by then.
pub const INCONSISTENT: SignedDuration = SignedDuration::from_secs(15);

/// How a case is rechecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rechecking {
    /// The longest that IAM is taken to be inconsistent after a write, in seconds.
    pub settle_seconds: u32,
    /// How long after the access was shut CloudTrail is awaited, in minutes; 0 where it is not read.
    pub trail_minutes: u32,
    /// How many rechecks may find something new before the rest is left to people.
    pub most: u32,
    /// What was made in so many hours before the identity was known to be in other hands
    /// ([`Signal::exposed_since`](crate::signal::Signal::exposed_since)) may be somebody else's work: it is held for a person, and
    /// does not come back by itself. 0 where CloudTrail is not read.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub look_back_hours: u32,
    /// When the next one is due; none where no more is needed, or none is left.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_at: Option<Timestamp>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(hours: &u32) -> bool {
    *hours == 0
}

impl Rechecking {
    /// The longest that IAM is taken to be inconsistent after a write.
    pub fn settle(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.settle_seconds))
    }

    /// See [`Rechecking::look_back_hours`].
    pub fn look_back(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.look_back_hours))
    }
}

/// One recheck of a contained identity after what was known of it had been ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recheck {
    /// 1 for the first.
    pub number: u32,
    /// When AWS was asked.
    pub at: Timestamp,
    /// What had appeared, or was gone that should hold it down.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub found: Vec<String>,
    /// What could not be looked at, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unread: Vec<String>,
}

impl Recheck {
    /// Whether nothing had appeared, as far as it could be seen.
    pub fn is_quiet(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether everything could be looked at, and nothing had appeared.
    pub fn is_clean(&self) -> bool {
        self.is_quiet() && self.unread.is_empty()
    }
}

/// The case of something that a contained identity had made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Followed {
    /// What, in words.
    pub what: String,
    /// Its own case; none where it could not be opened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub case: Option<CaseId>,
    /// How that case stood when this one was concluded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<Verdict>,
}

/// Everything was read back once more, by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Who asked for it, as AWS vouches for it, and why.
    pub request: Request,
    /// When.
    pub at: Timestamp,
    /// What lives that this case had ended.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub alive: Vec<String>,
}
