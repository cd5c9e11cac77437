//! The countermeasures: each has a card, a file that says all there is to say of it.

macro_rules! countermeasures {
    ($($module:ident :: $name:ident),* $(,)?) => {
        $(mod $module; pub use $module::$name;)*

        /// One reversible-first step against one credential or identity.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        pub enum Countermeasure {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)*
            /// Nothing here fits: a person decides.
            HoldForReview,
        }

        impl Countermeasure {
            /// The names of all that change something.
            pub const NAMES: [&'static str; Self::COUNT] = [$(stringify!($module)),*];

            const COUNT: usize = [$(stringify!($module)),*].len();

            /// The name as written in logs and evidence.
            pub fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($module),)*
                    Self::HoldForReview => "hold_for_review",
                }
            }
        }
    };
}

use serde::{Deserialize, Serialize};

countermeasures! {
    deactivate_access_key::DeactivateAccessKey,
    quarantine_user::QuarantineUser,
    remove_console_password::RemoveConsolePassword,
    deactivate_ssh_public_key::DeactivateSshPublicKey,
    deactivate_signing_certificate::DeactivateSigningCertificate,
    deactivate_service_credential::DeactivateServiceCredential,
    revoke_user_sessions::RevokeUserSessions,
    revoke_role_sessions::RevokeRoleSessions,
    quarantine_role::QuarantineRole,
    close_role_trust::CloseRoleTrust,
    leave_roles_anywhere::LeaveRolesAnywhere,
    remove_account_assignment::RemoveAccountAssignment,
    remove_group_membership::RemoveGroupMembership,
    neutralize_policy::NeutralizePolicy,
    quarantine_by_scp::QuarantineByScp,
    delete_access_key::DeleteAccessKey,
    adopt_access_key::AdoptAccessKey,
    rotate_secret::RotateSecret,
}

impl Countermeasure {
    /// Whether the other one is the same step against the same thing, whenever it was planned.
    pub fn is_same_target(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::RevokeRoleSessions(RevokeRoleSessions { role: one, .. }),
                Self::RevokeRoleSessions(RevokeRoleSessions { role: other, .. }),
            ) => one == other,
            (
                Self::RemoveGroupMembership(RemoveGroupMembership { user, group, .. }),
                Self::RemoveGroupMembership(RemoveGroupMembership { user: other, group: of, .. }),
            ) => (user, group) == (other, of),
            _ => self == other,
        }
    }

    /// In a reader's words.
    pub fn describe(&self) -> String {
        match self {
            Self::DeactivateAccessKey(DeactivateAccessKey { user, access_key }) => {
                format!("deactivate access key {access_key} of user {user}")
            }
            Self::QuarantineUser(QuarantineUser { user }) => format!("quarantine user {user} with a deny-all policy"),
            Self::RemoveConsolePassword(RemoveConsolePassword { user }) => {
                format!("remove the console password of user {user}")
            }
            Self::DeactivateSshPublicKey(DeactivateSshPublicKey { user, key }) => {
                format!("deactivate SSH public key {key} of user {user}")
            }
            Self::DeactivateSigningCertificate(DeactivateSigningCertificate { user, certificate }) => {
                format!("deactivate signing certificate {certificate} of user {user}")
            }
            Self::DeactivateServiceCredential(DeactivateServiceCredential { user, credential, service }) => {
                format!("deactivate credential {credential} of user {user} for {service}")
            }
            Self::RevokeUserSessions(RevokeUserSessions { user }) => {
                format!("revoke sessions of user {user} issued until now")
            }
            Self::RevokeRoleSessions(RevokeRoleSessions { role, issued_before }) => {
                format!("revoke sessions of role {role} issued before {issued_before}")
            }
            Self::QuarantineRole(QuarantineRole { role }) => format!("quarantine role {role} with a deny-all policy"),
            Self::CloseRoleTrust(CloseRoleTrust { role }) => format!("let nobody assume role {role}"),
            Self::LeaveRolesAnywhere(LeaveRolesAnywhere { role, profile }) => {
                format!("take {role} out of the Roles Anywhere profile {profile}")
            }
            Self::RemoveAccountAssignment(RemoveAccountAssignment { user, account, permission_set }) => {
                format!("take account {account} with {permission_set} away from directory user {user}")
            }
            Self::RemoveGroupMembership(RemoveGroupMembership { user, group, .. }) => {
                format!("take directory user {user} out of group {group}")
            }
            Self::NeutralizePolicy(NeutralizePolicy { policy, version }) => {
                format!("put {policy} {version} out of force")
            }
            Self::QuarantineByScp(QuarantineByScp { principal, account }) => {
                format!("deny {principal} everything by a service control policy on account {account}")
            }
            Self::DeleteAccessKey(DeleteAccessKey { user, access_key }) => {
                format!("delete access key {access_key} of user {user}, which was replaced")
            }
            Self::AdoptAccessKey(AdoptAccessKey { user, access_key, secret }) => {
                format!("put access key {access_key} of user {user} under management, in secret {secret}")
            }
            Self::RotateSecret(RotateSecret { secret }) => format!("start rotation of secret {secret}"),
            Self::HoldForReview => "hold for review".to_owned(),
        }
    }

    /// Whether it is for the responder alone to take, on a person's word: no event function holds the right to it.
    pub fn needs_responder(&self) -> bool {
        matches!(self, Self::QuarantineByScp(_) | Self::DeleteAccessKey(_) | Self::AdoptAccessKey(_))
    }

    /// Whether nothing can undo it. A rotation is none of these: Secrets Manager keeps the value before it.
    pub fn is_irreversible(&self) -> bool {
        matches!(self, Self::RemoveConsolePassword(_) | Self::DeleteAccessKey(_))
    }

    /// Whether it holds an identity down as a whole, and is found missing only by reading it back.
    pub fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::QuarantineUser(_)
                | Self::QuarantineRole(_)
                | Self::RevokeUserSessions(_)
                | Self::RevokeRoleSessions(_)
                | Self::CloseRoleTrust(_)
        )
    }

    /// Whether it ends a long-term credential that somebody may hold a copy of.
    pub fn ends_credential(&self) -> bool {
        matches!(
            self,
            Self::DeactivateAccessKey(_)
                | Self::RemoveConsolePassword(_)
                | Self::DeactivateSshPublicKey(_)
                | Self::DeactivateSigningCertificate(_)
                | Self::DeactivateServiceCredential(_)
        )
    }
}
