//! Deny a role everything by an inline policy, whoever assumes it and when. Lifting it gives everything back.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};

use super::inline::{Holder, InlinePolicies, PUT_ROLE};
use super::driver::{About, Applied, Driver, Seen, Undo, misdirected};
use crate::error::AwsError;

/// Drives [`Countermeasure::QuarantineRole`].
pub struct QuarantineRole {
    policies: InlinePolicies,
}

impl QuarantineRole {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { policies: InlinePolicies::new(iam) }
    }
}

fn target(step: &Countermeasure) -> Result<Holder<'_>, AwsError> {
    match step {
        Countermeasure::QuarantineRole(card::QuarantineRole { role }) => Ok(Holder::Role(role)),
        _ => Err(misdirected(PUT_ROLE)),
    }
}

#[async_trait]
impl Driver for QuarantineRole {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        self.policies.quarantine(target(step)?).await
    }

    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        self.policies.quarantined(target(step)?).await
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        self.policies.lift_quarantine(target(step)?, undo).await
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        self.policies.quarantine_lifted(target(step)?, undo).await
    }
}
