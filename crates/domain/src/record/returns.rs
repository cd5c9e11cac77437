//! What is done about each step of a case to give access back, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::countermeasure::Countermeasure;
use crate::record::step::{Confirmation, Outcome};
use crate::words::case_id::CaseId;
use crate::words::ids::Arn;
use crate::words::request::Request;

/// One restoration of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Restoration {
    /// Who asked for it, as AWS vouches for it, and why.
    pub request: Request,
    /// When it was asked for.
    pub at: Timestamp,
    /// Sessions that were issued before it stay denied, where the identity was in other hands: it lies behind the last moment at which a
    /// credential that was ended may have started one, and IAM has had its time. None where nothing is denied for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sessions_before: Option<Timestamp>,
    /// The other cases about the identity, by which it was decided what stays.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub beside: Vec<CaseId>,
    /// What is done about each step that was taken, the last one first.
    pub steps: Vec<Return>,
}

/// What a restoration does about one step of its case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Return {
    /// The step, counted from 0.
    pub step: usize,
    /// What was done then.
    pub countermeasure: Countermeasure,
    /// What is done about it now.
    pub answer: ReturnAnswer,
    /// What came of it; none while it was not tried, or where nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Outcome>,
    /// Whether its effect was seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmation: Option<Confirmation>,
}

/// Whether a step is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ReturnAnswer {
    /// It is undone.
    Undo,
    /// What it holds is lifted, but sessions issued before it stay denied: stolen ones may still live.
    UndoKeepingSessionsDenied,
    /// It stays, because others may know the credential. A new one takes its place.
    Rotate {
        /// Why others may know it.
        why: String,
    },
    /// It stays, for this reason.
    Keep {
        /// Why.
        why: String,
    },
    /// It stays for as long as other cases about the identity hold it, and is undone with the last of them.
    Held {
        /// These cases.
        by: Vec<CaseId>,
    },
}

impl ReturnAnswer {
    /// Whether anything is to be changed.
    pub fn changes(&self) -> bool {
        matches!(self, Self::Undo | Self::UndoKeepingSessionsDenied)
    }
}

impl Return {
    /// Whether nothing is left to do about it.
    pub fn is_settled(&self) -> bool {
        !self.answer.changes()
            || match &self.outcome {
                Some(Outcome::Applied { .. } | Outcome::AlreadyInEffect { .. }) => self.confirmation.is_some(),
                Some(Outcome::Failed { retryable, .. }) => !retryable,
                None => false,
            }
    }

    /// Whether it is to be undone and that was not tried to an end.
    pub fn is_ahead(&self) -> bool {
        self.answer.changes() && matches!(self.outcome, None | Some(Outcome::Failed { retryable: true, .. }))
    }

    /// Whether it was undone, or found to be so already.
    pub fn was_taken(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Applied { .. } | Outcome::AlreadyInEffect { .. }))
    }

    /// Whether its effect was seen.
    pub fn is_confirmed(&self) -> bool {
        matches!(self.confirmation, Some(Confirmation::Confirmed { .. }))
    }
}

impl Restoration {
    /// Who asked.
    pub fn by(&self) -> &Arn {
        &self.request.by
    }
}

/// These cases in words: `case sev-…`, `cases sev-… and sev-…`.
pub fn cases(ids: &[CaseId]) -> String {
    let all: Vec<&str> = ids.iter().map(CaseId::as_str).collect();
    match all.split_last() {
        Some((last, [])) => format!("case {last}"),
        Some((last, rest)) => format!("cases {} and {last}", rest.join(", ")),
        None => "no case".to_owned(),
    }
}
