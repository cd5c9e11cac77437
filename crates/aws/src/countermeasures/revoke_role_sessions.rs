//! Deny a role's sessions that were issued before a moment. The role goes on working for sessions started later.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use jiff::Timestamp;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};

use super::inline::{Holder, PUT_ROLE};
use super::ladder::Ladder;
use super::driver::{About, Applied, Driver, Seen, Undo, misdirected};
use crate::clock;
use crate::error::AwsError;

/// Drives [`Countermeasure::RevokeRoleSessions`].
pub struct RevokeRoleSessions {
    ladder: Ladder,
}

impl RevokeRoleSessions {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { ladder: Ladder::new(iam) }
    }
}

fn target(step: &Countermeasure) -> Result<(Holder<'_>, Timestamp), AwsError> {
    match step {
        Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role, issued_before }) => {
            Ok((Holder::Role(role), *issued_before))
        }
        _ => Err(misdirected(PUT_ROLE)),
    }
}

#[async_trait]
impl Driver for RevokeRoleSessions {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let (role, issued_before) = target(step)?;
        // A step that is taken late also ends the sessions that were started since it was planned.
        self.ladder.revoke(role, issued_before, clock::now().max(issued_before)).await
    }

    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        let (role, issued_before) = target(step)?;
        self.ladder.revoked(role, Some(issued_before)).await
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        self.ladder.lift_revocation(target(step)?.0, step, undo).await
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        self.ladder.revocation_lifted(target(step)?.0, step, undo).await
    }
}
