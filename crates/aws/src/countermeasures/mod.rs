//! The countermeasures: each knows how to apply and confirm itself, and which IAM actions it needs.

mod deactivate_access_key;
mod policy;
mod quarantine_user;
mod revoke_role_sessions;
mod rotate_secret;

use async_trait::async_trait;
use severance_domain::case::CaseId;
use severance_domain::plan::Countermeasure;

use crate::error::AwsError;

pub use deactivate_access_key::DeactivateAccessKey;
pub use quarantine_user::QuarantineUser;
pub use revoke_role_sessions::RevokeRoleSessions;
pub use rotate_secret::RotateSecret;

/// What applying a countermeasure came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// AWS accepted the change; a note where a reader should know more.
    Changed(Option<String>),
    /// There was nothing left to change, and why.
    Already(String),
}

/// What reading a countermeasure's effect back showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The effect, and by which call it was seen.
    InEffect(String),
    /// Something else. IAM is eventually consistent, so this may change.
    NotYet(String),
}

/// Takes one kind of countermeasure.
///
/// Applying is idempotent: a crash after the call and before its outcome is stored leads to a second call.
#[async_trait]
pub trait Driver: Send + Sync {
    /// The IAM actions that its calls need.
    fn actions(&self) -> &'static [&'static str];

    /// Whether this step is of its kind.
    fn drives(&self, step: &Countermeasure) -> bool;

    /// Makes the change.
    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError>;

    /// Reads the effect back, once.
    async fn confirm(&self, step: &Countermeasure, case: &CaseId) -> Result<Seen, AwsError>;
}

/// The answer of a driver that was handed a step which it does not drive. Only a wrongly composed function gets it.
fn misdirected(action: &'static str) -> AwsError {
    AwsError {
        action,
        code: "NotDriven".to_owned(),
        message: "this step is not one of this countermeasure".to_owned(),
        retryable: false,
    }
}
