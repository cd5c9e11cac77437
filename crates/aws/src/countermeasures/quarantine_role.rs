//! Deny a role everything, whoever assumes it and when. Lifting it gives everything back.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};

use super::inline::{Holder, PUT_ROLE};
use super::ladder::{Everything, Ladder};
use super::driver::{About, Applied, Driver, Seen, Undo, misdirected};
use crate::error::AwsError;

/// Drives [`Countermeasure::QuarantineRole`].
pub struct QuarantineRole {
    ladder: Ladder,
}

impl QuarantineRole {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { ladder: Ladder::new(iam) }
    }
}

fn target(step: &Countermeasure) -> Result<Everything<'_>, AwsError> {
    match step {
        Countermeasure::QuarantineRole(card::QuarantineRole { role, earlier, every_way }) => {
            Ok(Everything { of: Holder::Role(role), earlier: earlier.as_ref(), every_way: *every_way })
        }
        _ => Err(misdirected(PUT_ROLE)),
    }
}

#[async_trait]
impl Driver for QuarantineRole {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        self.ladder.deny(target(step)?).await
    }

    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        self.ladder.denied(target(step)?.of).await
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        self.ladder.lift(target(step)?, step, undo).await
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        self.ladder.lifted(target(step)?, step, undo).await
    }
}
