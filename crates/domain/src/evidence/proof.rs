//! How far a case proves that access has ended, and where it does not.

use serde::{Deserialize, Serialize};

use crate::case::{Case, Confirmation, Outcome, StepRecord};
use crate::plan::{Countermeasure, Disposition};

/// How far the end of access is proven: in state, on probe, in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// What AWS showed when each step was read back.
    pub state: Vec<String>,
    /// What is not proven, and what may live on.
    pub not_proven: Vec<String>,
}

impl Proof {
    /// Derives what a case proves from its steps, and from nothing else.
    pub fn of(case: &Case) -> Self {
        let mut proof = Self { state: vec![], not_proven: vec![] };
        for record in &case.steps {
            proof.weigh(record);
        }
        // What a step leaves open stays open whether or not its own effect was seen.
        let acted = |wanted: fn(&Countermeasure) -> bool| {
            case.steps.iter().any(|record| {
                wanted(&record.step.countermeasure)
                    && matches!(record.outcome, Some(Outcome::Applied { .. } | Outcome::AlreadyInEffect { .. }))
            })
        };
        let quarantined = case.steps.iter().any(|record| {
            matches!(record.step.countermeasure, Countermeasure::QuarantineUser { .. })
                && matches!(record.confirmation, Some(Confirmation::Confirmed { .. }))
        });
        if acted(|step| matches!(step, Countermeasure::DeactivateAccessKey { .. })) && !quarantined {
            proof.not_proven.push(
                "sessions started earlier with a deactivated key (GetSessionToken, GetFederationToken) may live up to \
                 36 hours"
                    .to_owned(),
            );
        }
        if quarantined {
            proof.not_proven.push(
                "sessions of roles that the user assumed are not ended: they end by themselves, after 12 hours at most"
                    .to_owned(),
            );
        }
        if acted(|step| matches!(step, Countermeasure::RevokeRoleSessions { .. })) {
            proof.not_proven.push("sessions started after the revocation are not denied".to_owned());
        }
        if acted(|step| matches!(step, Countermeasure::RotateSecret { .. })) {
            proof.not_proven.push(
                "whether the secret's old value is refused where it was used: a new current version does not end the old one"
                    .to_owned(),
            );
        }
        if acted(|_| true) {
            proof.not_proven.push("no call was made with the credential itself (probe)".to_owned());
            proof.not_proven.push("later use was not watched for".to_owned());
        }
        proof.not_proven.extend(case.inventory.gaps.iter().cloned());
        proof
    }

    fn weigh(&mut self, record: &StepRecord) {
        let what = record.step.countermeasure.describe();
        match (record.step.disposition, &record.outcome, &record.confirmation) {
            (Disposition::Observe, ..)
                if record.step.ruling.as_ref().is_some_and(|ruling| ruling.answer == Disposition::Observe) =>
            {
                self.not_proven.push(format!("{what}: not done (the policy only records it)"));
            }
            (Disposition::Observe, ..) => self.not_proven.push(format!("{what}: not done (observe mode)")),
            (Disposition::Review, ..) if record.step.countermeasure != Countermeasure::HoldForReview => {
                self.not_proven.push(format!("{what}: not done (held for review)"));
            }
            (Disposition::Review, ..) => self.not_proven.push(format!("held for review: {}", record.step.reason)),
            (Disposition::Decline, ..) => self.not_proven.push(format!("{what}: not done (declined)")),
            (Disposition::Refuse, ..) => self.not_proven.push(format!("{what}: not done (refused)")),
            (_, Some(Outcome::Failed { action, code, .. }), _) => {
                self.not_proven.push(format!("{what}: failed, {action} answered {code}"));
            }
            (_, None, _) => self.not_proven.push(format!("{what}: not done")),
            (_, _, Some(Confirmation::Confirmed { observed, .. })) => self.state.push(format!("{what}: {observed}")),
            (_, _, Some(Confirmation::Unconfirmed { reason, .. })) => {
                self.not_proven.push(format!("{what}: done but not seen, {reason}"));
            }
            (_, _, None) => self.not_proven.push(format!("{what}: done but not read back")),
        }
    }
}
