//! A plan that waits for a person: what is asked, of whom, until when, and what came of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::countermeasure::{self as card, Countermeasure};
use crate::record::plan::Step;
use crate::words::caller::Standing;
use crate::words::digest::Digest;
use crate::words::ids::Arn;
use crate::words::profile::Profile;
use crate::words::ruling::Disposition;
use crate::words::subject::{Absence, Credential, Inventory, Subject};

/// How long people have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewTimes {
    /// After this long without an answer it is announced once more, to more people.
    pub escalate_after: SignedDuration,
    /// After this long without an answer the policy's answer for silence counts.
    pub expire_after: SignedDuration,
}

/// A plan that waits for a person, or waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The digest of the plan as it is shown. An approval names it; a changed situation has another one.
    pub plan: Digest,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// When it is asked again.
    pub escalate_at: Timestamp,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
    /// Whether all of it is carried out if nobody answers: only where the policy says so of each step.
    pub enforce_on_silence: bool,
    /// When it was asked again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escalated_at: Option<Timestamp>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decision: Option<Decision>,
}

/// What came of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Decision {
    /// Somebody said yes.
    Approved {
        /// Who, as AWS STS vouches for it.
        by: Arn,
        /// Why, in their words.
        reason: String,
        /// When.
        at: Timestamp,
        /// How they were let in; none before it was kept.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        standing: Option<Standing>,
    },
    /// Somebody said no.
    Denied {
        /// Who, as AWS STS vouches for it.
        by: Arn,
        /// Why, in their words.
        reason: String,
        /// When.
        at: Timestamp,
        /// How they were let in; none before it was kept.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        standing: Option<Standing>,
    },
    /// Nobody said anything in time.
    Lapsed {
        /// Whether the policy's answer for silence was to carry it out.
        enforced: bool,
        /// When.
        at: Timestamp,
    },
}

impl Decision {
    /// Whether a person answered.
    pub fn is_a_persons(&self) -> bool {
        match self {
            Self::Approved { .. } | Self::Denied { .. } => true,
            Self::Lapsed { .. } => false,
        }
    }
}

impl Decision {
    /// The decision that closes a review whose identity was not found when it was to be carried out. None where the answer does
    /// not count, and the question stays.
    pub fn without_subject(&self, absent: Absence) -> Option<Self> {
        match (self, absent) {
            // Nobody is left to ask about it.
            (Self::Lapsed { at, .. }, Absence::Gone) => Some(Self::Lapsed { enforced: false, at: *at }),
            (Self::Lapsed { .. }, Absence::Unread)
            | (Self::Approved { .. } | Self::Denied { .. }, Absence::Gone | Absence::Unread) => None,
        }
    }
}

impl Review {
    /// What is asked about these steps, if any of them waits for a person.
    pub fn of(
        subject: &Subject,
        profile: &Profile,
        inventory: &Inventory,
        steps: &[Step],
        times: ReviewTimes,
        now: Timestamp,
    ) -> Option<Self> {
        let held = || steps.iter().filter(|step| step.disposition == Disposition::Review);
        held().next()?;
        let enforce_on_silence = held().all(|step| {
            step.countermeasure != Countermeasure::HoldForReview
                && step.ruling.as_ref().is_some_and(|ruling| ruling.enforce_on_silence)
        });
        Some(Self {
            plan: plan_digest(subject, profile, inventory, steps),
            requested_at: now,
            escalate_at: now + times.escalate_after,
            expires_at: now + times.expire_after,
            enforce_on_silence,
            escalated_at: None,
            decision: None,
        })
    }

    /// Whether it still waits.
    pub fn is_pending(&self) -> bool {
        self.decision.is_none()
    }

    /// The part of the plan's digest that people copy.
    pub fn short_plan(&self) -> &str {
        self.plan.as_hex().get(..SHORT).unwrap_or_default()
    }

    /// Whether a text names this plan: its digest, or the beginning that is shown.
    pub fn is_named_by(&self, text: &str) -> bool {
        text.len() >= SHORT && self.plan.as_hex().starts_with(text)
    }

    /// When something is due if nobody answers.
    pub fn due_at(&self) -> Timestamp {
        if self.escalated_at.is_none() { self.escalate_at.min(self.expires_at) } else { self.expires_at }
    }
}

/// 64 bits: more than enough against a mistake, and nobody can choose what they are for.
const SHORT: usize = 16;

/// What a person sees and says yes to: upon whom, which steps, and the facts that they rest on. Ages and times, which change by
/// themselves, are no part of it.
pub fn plan_digest(subject: &Subject, profile: &Profile, inventory: &Inventory, steps: &[Step]) -> Digest {
    let steps: Vec<serde_json::Value> = steps
        .iter()
        // What asked for a person before may now need none, as once the breaker is reset: it is the same step.
        .filter(|step| matches!(step.disposition, Disposition::Review | Disposition::Enforce))
        .map(|step| {
            let what = match &step.countermeasure {
                // Without its moment, which is that of the decision.
                Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role, .. }) => {
                    serde_json::json!({ "role": role })
                }
                // Without the membership's own id, which changes when somebody leaves and comes back.
                Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership { user, group, .. }) => {
                    serde_json::json!({ "user": user, "group": group })
                }
                other => serde_json::json!(other),
            };
            let held_for = (step.countermeasure == Countermeasure::HoldForReview).then_some(&step.reason);
            serde_json::json!([step.countermeasure.as_str(), what, held_for])
        })
        .collect();
    let keys: Vec<serde_json::Value> =
        inventory.access_keys.iter().map(|key| serde_json::json!([key.id, key.active])).collect();
    let mut facts = serde_json::json!({
        "subject": subject.key(),
        "steps": steps,
        "keys": keys,
        "password": inventory.console_password,
        "secret": inventory.secret.as_ref().map(|secret| (secret.rotation_enabled, secret.deletion_scheduled)),
        "owners": profile.owners,
        "class": profile.class,
        "environment": profile.environment,
        "criticality": profile.criticality,
        "privileged": profile.privileged,
    });
    // Only where there are any, so that a question that an earlier version asked keeps its digest.
    let mut more = |name: &str, held: Vec<serde_json::Value>| {
        if let (Some(facts), false) = (facts.as_object_mut(), held.is_empty()) {
            facts.insert(name.to_owned(), held.into());
        }
    };
    let uploaded = |held: &[Credential]| held.iter().map(|held| serde_json::json!([held.id, held.active])).collect();
    more("sshPublicKeys", uploaded(&inventory.ssh_public_keys));
    more("signingCertificates", uploaded(&inventory.signing_certificates));
    more(
        "serviceCredentials",
        inventory.service_credentials.iter().map(|held| serde_json::json!([held.id, held.state])).collect(),
    );
    more("trust", inventory.trust.iter().map(|trust| serde_json::json!(trust.document)).collect());
    Digest::of_json(&facts)
}
