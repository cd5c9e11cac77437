//! The countermeasures: each knows how to apply, confirm and undo itself. Which rights that takes, its card says.

mod attached;
mod boundary;
mod driver;
mod inline;
mod ladder;
mod named;
mod policy;
mod scp;
mod status;

/// The drivers, one file for each: those that need IAM alone, and those that need more.
macro_rules! drivers {
    (iam { $($module:ident::$name:ident),+ $(,)? } more { $($other:ident::$special:ident),+ $(,)? }) => {
        $(mod $module; pub use $module::$name;)+
        $(mod $other; pub use $other::$special;)+

        /// What takes a countermeasure of this kind, where it needs IAM alone.
        pub fn over_iam(kind: Kind, iam: &Iam) -> Option<Box<dyn Driver>> {
            match kind {
                $(Kind::$name => Some(Box::new($name::new(iam.clone()))),)+
                $(Kind::$special => None,)+
            }
        }
    };
}

use aws_sdk_iam::Client as Iam;
use severance_domain::countermeasure::Kind;

pub use adopt_access_key::Attachment;
pub use driver::{About, Applied, Driver, HELD_BY_CASE, Seen, Undo, until};

drivers! {
    iam {
        close_role_trust::CloseRoleTrust,
        deactivate_access_key::DeactivateAccessKey,
        deactivate_service_credential::DeactivateServiceCredential,
        deactivate_signing_certificate::DeactivateSigningCertificate,
        deactivate_ssh_public_key::DeactivateSshPublicKey,
        delete_access_key::DeleteAccessKey,
        neutralize_policy::NeutralizePolicy,
        put_boundary_denial::PutBoundaryDenial,
        quarantine_role::QuarantineRole,
        quarantine_user::QuarantineUser,
        remove_console_password::RemoveConsolePassword,
        revoke_role_sessions::RevokeRoleSessions,
        revoke_user_sessions::RevokeUserSessions,
    }
    more {
        adopt_access_key::AdoptAccessKey,
        leave_roles_anywhere::LeaveRolesAnywhere,
        quarantine_by_scp::QuarantineByScp,
        remove_account_assignment::RemoveAccountAssignment,
        remove_group_membership::RemoveGroupMembership,
        rotate_secret::RotateSecret,
    }
}
