//! The countermeasures: each knows how to apply, confirm and undo itself. Which rights that takes, its card says.

mod adopt_access_key;
mod close_role_trust;
mod deactivate_access_key;
mod deactivate_service_credential;
mod deactivate_signing_certificate;
mod deactivate_ssh_public_key;
mod delete_access_key;
mod inline;
mod leave_roles_anywhere;
mod neutralize_policy;
mod policy;
mod quarantine_by_scp;
mod quarantine_role;
mod quarantine_user;
mod remove_account_assignment;
mod remove_console_password;
mod remove_group_membership;
mod revoke_role_sessions;
mod revoke_user_sessions;
mod rotate_secret;
mod status;

use async_trait::async_trait;
use severance_domain::case::{Case, CaseId};
use severance_domain::countermeasure::Countermeasure;

use crate::error::AwsError;

pub use adopt_access_key::{AdoptAccessKey, Attachment};
pub use close_role_trust::CloseRoleTrust;
pub use deactivate_access_key::DeactivateAccessKey;
pub use deactivate_service_credential::DeactivateServiceCredential;
pub use deactivate_signing_certificate::DeactivateSigningCertificate;
pub use deactivate_ssh_public_key::DeactivateSshPublicKey;
pub use delete_access_key::DeleteAccessKey;
pub use leave_roles_anywhere::LeaveRolesAnywhere;
pub use neutralize_policy::NeutralizePolicy;
pub use quarantine_by_scp::QuarantineByScp;
pub use quarantine_role::QuarantineRole;
pub use quarantine_user::QuarantineUser;
pub use remove_account_assignment::RemoveAccountAssignment;
pub use remove_console_password::RemoveConsolePassword;
pub use remove_group_membership::RemoveGroupMembership;
pub use revoke_role_sessions::RevokeRoleSessions;
pub use revoke_user_sessions::RevokeUserSessions;
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
/// It calls what [`Kind::rights`](severance_domain::countermeasure::Kind::rights) names, and nothing else.
///
/// Applying is idempotent: a crash after the call and before its outcome is stored leads to a second call.
#[async_trait]
pub trait Driver: Send + Sync {
    /// Whether this step is of its kind.
    fn drives(&self, step: &Countermeasure) -> bool;

    /// Makes the change.
    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError>;

    /// Reads the effect back, once.
    async fn confirm(&self, step: &Countermeasure, case: &CaseId) -> Result<Seen, AwsError>;

    /// Undoes the change, as far as nobody else has changed the same thing since: that is left alone, and said.
    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError>;

    /// Reads back, once, that it is undone, or that somebody else's work was left alone.
    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError>;
}

/// What undoing a step depends on besides the step.
#[derive(Debug, Clone, Copy)]
pub struct Undo<'a> {
    /// The case, whose inventory says how things were before its first step.
    pub case: &'a Case,
    /// Whether sessions that were issued before the step stay denied.
    pub keep_sessions_denied: bool,
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

/// None where AWS says that there is no such thing: whatever was to be done to it has no object any more.
fn unless_gone<T>(answer: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_no_such_entity() => Ok(None),
        Err(error) => Err(error),
    }
}
