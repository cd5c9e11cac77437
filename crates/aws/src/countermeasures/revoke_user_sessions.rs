//! Deny a user's sessions that were issued until the step is taken. Its long-term credentials work on.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;

use super::inline::{Holder, PUT_USER};
use super::ladder::Ladder;
use super::named::on_subject;
use super::driver::{About, Applied, Driver, Seen, Undo, misdirected};
use crate::clock;
use crate::error::AwsError;

/// Drives [`Countermeasure::RevokeUserSessions`].
pub struct RevokeUserSessions {
    iam: Client,
    ladder: Ladder,
}

impl RevokeUserSessions {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { ladder: Ladder::new(iam.clone()), iam }
    }
}

fn target(step: &Countermeasure) -> Result<&IamName, AwsError> {
    match step {
        Countermeasure::RevokeUserSessions(card::RevokeUserSessions { user }) => Ok(user),
        _ => Err(misdirected(PUT_USER)),
    }
}

#[async_trait]
impl Driver for RevokeUserSessions {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let now = clock::now();
        self.ladder.revoke(Holder::User(target(step)?), now, now).await
    }

    /// The step names no moment, so any that is in place is taken for this case's: none is ever replaced by an earlier
    /// one.
    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let user = target(step)?;
        on_subject(self.ladder.revoked(Holder::User(user), None).await?, &self.iam, user, about).await
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        self.ladder.lift_revocation(Holder::User(target(step)?), step, undo).await
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        self.ladder.revocation_lifted(Holder::User(target(step)?), step, undo).await
    }
}
