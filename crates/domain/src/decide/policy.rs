//! What the guardrails are asked about each step of a plan, and what they answer. The answer itself is Cedar's (crates/policy).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::words::request::Request;
pub use crate::words::ruling::{PolicyReason, Ruling};

use crate::countermeasure::{self as card, Countermeasure};
use crate::words::mode::Mode;
use crate::words::profile::Profile;
use crate::words::signal::Signal;
use crate::words::subject::{AccessKey, Inventory, LastUsed, Subject};

/// One policy for every step, automatic or by hand.
pub trait Policy: Send + Sync {
    /// Whether one countermeasure is taken on one subject. A policy that cannot answer says `Review`, with the reason: it
    /// never fails open.
    fn answer(&self, question: &Question<'_>) -> Ruling;
}

/// Everything that an answer may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What would be done.
    pub countermeasure: &'a Countermeasure,
    /// Upon whom.
    pub subject: &'a Subject,
    /// Who answers for the subject.
    pub profile: &'a Profile,
    /// What the subject holds.
    pub inventory: &'a Inventory,
    /// Why.
    pub signal: &'a Signal,
    /// How a leaver is tied to the subject.
    pub attribution: Attribution,
    /// Whether an exemption in force covers this step.
    pub exempted: bool,
    /// Whether the breaker of the account or of the organization is open.
    pub breaker_open: bool,
    /// What the stack is set to.
    pub mode: Mode,
    /// The organizational units that the account is in, the innermost first.
    pub organizational_units: &'a [String],
    /// The moment of the decision.
    pub now: Timestamp,
}

/// How recent a use is that counts as [`Question::is_use_corroborated`].
const RECENT_DAYS: i64 = 7;

impl Question<'_> {
    /// The access keys in question: the one that the countermeasure is about, else all that are active.
    pub fn keys_in_question(&self) -> impl Iterator<Item = &AccessKey> {
        let named = match self.countermeasure {
            Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. }) => Some(access_key),
            _ => None,
        };
        self.inventory.access_keys.iter().filter(move |key| match named {
            Some(named) => &key.id == named,
            None => key.active,
        })
    }

    /// Days since the oldest key in question was made.
    pub fn credential_age_days(&self) -> Option<i64> {
        self.keys_in_question().filter_map(|key| key.age_days(self.now)).max()
    }

    /// Days since any key in question was last used; a key that was never used counts from when it was made. None where AWS
    /// was not asked about one of them, or did not say.
    pub fn credential_idle_days(&self) -> Option<i64> {
        let days: Option<Vec<i64>> = self.keys_in_question().map(|key| key.idle_days(self.now)).collect();
        days?.into_iter().min()
    }

    /// Whether IAM itself knows of a use of a key in question in the last 7 days. Not asked, and so false, where danger is
    /// immediate.
    pub fn is_use_corroborated(&self) -> bool {
        self.keys_in_question().any(|key| {
            matches!(key.last_used, LastUsed::At(_)) && key.idle_days(self.now).is_some_and(|days| days <= RECENT_DAYS)
        })
    }

    /// Days since the subject itself was made.
    pub fn subject_age_days(&self) -> Option<i64> {
        self.inventory.created_at.map(|created| self.now.duration_since(created).as_secs() / 86_400)
    }
}

/// How the one who leaves is tied to an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribution {
    /// Nobody leaves: the signal is not an offboarding, or names the identity itself.
    Direct,
    /// A person who leaves is its only owner.
    PersonOwns,
    /// It has no owner, and bears the name of a person who leaves.
    PersonByName,
    /// A workload that is retired is its only owner.
    WorkloadOwns,
    /// It has no owner, and bears the name of a workload that is retired.
    WorkloadByName,
}

impl Attribution {
    /// Every value.
    pub const ALL: [Self; 5] =
        [Self::Direct, Self::PersonOwns, Self::PersonByName, Self::WorkloadOwns, Self::WorkloadByName];

    /// The name as policies write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::PersonOwns => "person_owns",
            Self::PersonByName => "person_by_name",
            Self::WorkloadOwns => "workload_owns",
            Self::WorkloadByName => "workload_by_name",
        }
    }
}
