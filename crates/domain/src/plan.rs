//! What is to be done about a signal: the ordered steps, each with its disposition and its reason.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::exemption::ExemptionUse;
use crate::ids::{AccessKeyId, AccountId, Arn, CredentialId, IamName, ResourceId};
use crate::policy::Ruling;

/// One reversible-first step against one credential or identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Countermeasure {
    /// Set an access key to Inactive (`iam:UpdateAccessKey`).
    DeactivateAccessKey {
        /// Whose key.
        user: IamName,
        /// Which key.
        access_key: AccessKeyId,
    },
    /// Deny a user everything by an inline policy (`iam:PutUserPolicy`): its password, keys and sessions stay but are
    /// worth nothing.
    QuarantineUser {
        /// Which user.
        user: IamName,
    },
    /// Delete a console password (`iam:DeleteLoginProfile`). It has no inactive state, so only a new one can follow it.
    RemoveConsolePassword {
        /// Whose.
        user: IamName,
    },
    /// Set an SSH public key to Inactive (`iam:UpdateSSHPublicKey`).
    DeactivateSshPublicKey {
        /// Whose key.
        user: IamName,
        /// Which key.
        key: CredentialId,
    },
    /// Set an X.509 signing certificate to Inactive (`iam:UpdateSigningCertificate`).
    DeactivateSigningCertificate {
        /// Whose certificate.
        user: IamName,
        /// Which certificate.
        certificate: CredentialId,
    },
    /// Set a service-specific credential, such as a long-term API key, to Inactive
    /// (`iam:UpdateServiceSpecificCredential`).
    DeactivateServiceCredential {
        /// Whose credential.
        user: IamName,
        /// Which credential.
        credential: CredentialId,
        /// The service that it is for, such as `bedrock.amazonaws.com`.
        service: String,
    },
    /// Deny a user's sessions that were issued before the step is taken (`iam:PutUserPolicy`, `aws:TokenIssueTime`). Its
    /// long-term credentials work on.
    RevokeUserSessions {
        /// Which user.
        user: IamName,
    },
    /// Deny a role's sessions that were issued before a moment (`iam:PutRolePolicy`, `aws:TokenIssueTime`). Later sessions
    /// work.
    RevokeRoleSessions {
        /// Which role.
        role: IamName,
        /// Sessions issued before this are denied.
        issued_before: Timestamp,
    },
    /// Deny a role everything by an inline policy (`iam:PutRolePolicy`), whoever assumes it and when.
    QuarantineRole {
        /// Which role.
        role: IamName,
    },
    /// Let nobody start a session of a role any more, by a denial in its trust policy (`iam:UpdateAssumeRolePolicy`). What
    /// stands there stays.
    CloseRoleTrust {
        /// Which role.
        role: IamName,
    },
    /// Take a role out of a profile of IAM Roles Anywhere (`rolesanywhere:UpdateProfile`), or disable a profile that has no
    /// other (`rolesanywhere:DisableProfile`).
    LeaveRolesAnywhere {
        /// Which role.
        role: Arn,
        /// Which profile.
        profile: Arn,
    },
    /// Take one account away from a user of IAM Identity Center (`sso:DeleteAccountAssignment`).
    RemoveAccountAssignment {
        /// The user's id in the directory.
        user: ResourceId,
        /// In which account.
        account: AccountId,
        /// With which permission set.
        permission_set: Arn,
    },
    /// Take a user of IAM Identity Center out of a group (`identitystore:DeleteGroupMembership`).
    RemoveGroupMembership {
        /// The user's id in the directory.
        user: ResourceId,
        /// The directory.
        store: ResourceId,
        /// Out of which group.
        group: ResourceId,
        /// The membership's own id.
        membership: ResourceId,
    },
    /// Put an older version of a customer managed policy, or one that allows nothing, in the place of this one
    /// (`iam:SetDefaultPolicyVersion`, `iam:CreatePolicyVersion`).
    NeutralizePolicy {
        /// Which policy.
        policy: Arn,
        /// The version that counts until then.
        version: String,
    },
    /// Deny an identity everything by a service control policy on its account (`organizations:CreatePolicy`,
    /// `organizations:AttachPolicy`): nobody in the account can lift it.
    QuarantineByScp {
        /// Whom: a user, a role, or a user of IAM Identity Center.
        principal: Arn,
        /// The account that the policy is attached to.
        account: AccountId,
    },
    /// Delete an access key (`iam:DeleteAccessKey`) that was replaced and is inactive. It frees the slot that the next
    /// rotation needs.
    DeleteAccessKey {
        /// Whose key.
        user: IamName,
        /// Which key.
        access_key: AccessKeyId,
    },
    /// Put a user's access key under management: a secret is made for it and rotated at once
    /// (`secretsmanager:CreateSecret`, `secretsmanager:RotateSecret`, `iam:TagUser`).
    AdoptAccessKey {
        /// Whose key.
        user: IamName,
        /// The key that the secret's first one replaces, once its consumers have moved.
        access_key: AccessKeyId,
        /// The name of the secret.
        secret: String,
    },
    /// Start the rotation that a secret has configured (`secretsmanager:RotateSecret`).
    RotateSecret {
        /// Which secret.
        secret: Arn,
    },
    /// Nothing here fits: a person decides.
    HoldForReview,
}

impl Countermeasure {
    /// The names of all that change something.
    pub const NAMES: [&'static str; 18] = [
        "deactivate_access_key",
        "quarantine_user",
        "remove_console_password",
        "deactivate_ssh_public_key",
        "deactivate_signing_certificate",
        "deactivate_service_credential",
        "revoke_user_sessions",
        "revoke_role_sessions",
        "quarantine_role",
        "close_role_trust",
        "leave_roles_anywhere",
        "remove_account_assignment",
        "remove_group_membership",
        "neutralize_policy",
        "quarantine_by_scp",
        "delete_access_key",
        "adopt_access_key",
        "rotate_secret",
    ];

    /// The name as written in logs and evidence.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::DeactivateAccessKey { .. } => "deactivate_access_key",
            Self::QuarantineUser { .. } => "quarantine_user",
            Self::RemoveConsolePassword { .. } => "remove_console_password",
            Self::DeactivateSshPublicKey { .. } => "deactivate_ssh_public_key",
            Self::DeactivateSigningCertificate { .. } => "deactivate_signing_certificate",
            Self::DeactivateServiceCredential { .. } => "deactivate_service_credential",
            Self::RevokeUserSessions { .. } => "revoke_user_sessions",
            Self::RevokeRoleSessions { .. } => "revoke_role_sessions",
            Self::QuarantineRole { .. } => "quarantine_role",
            Self::CloseRoleTrust { .. } => "close_role_trust",
            Self::LeaveRolesAnywhere { .. } => "leave_roles_anywhere",
            Self::RemoveAccountAssignment { .. } => "remove_account_assignment",
            Self::RemoveGroupMembership { .. } => "remove_group_membership",
            Self::NeutralizePolicy { .. } => "neutralize_policy",
            Self::QuarantineByScp { .. } => "quarantine_by_scp",
            Self::DeleteAccessKey { .. } => "delete_access_key",
            Self::AdoptAccessKey { .. } => "adopt_access_key",
            Self::RotateSecret { .. } => "rotate_secret",
            Self::HoldForReview => "hold_for_review",
        }
    }

    /// Whether the other one is the same step against the same thing, whenever it was planned.
    pub fn is_same_target(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::RevokeRoleSessions { role: one, .. }, Self::RevokeRoleSessions { role: other, .. }) => one == other,
            (
                Self::RemoveGroupMembership { user, group, .. },
                Self::RemoveGroupMembership { user: other, group: of, .. },
            ) => (user, group) == (other, of),
            _ => self == other,
        }
    }

    /// In a reader's words.
    pub fn describe(&self) -> String {
        match self {
            Self::DeactivateAccessKey { user, access_key } => {
                format!("deactivate access key {access_key} of user {user}")
            }
            Self::QuarantineUser { user } => format!("quarantine user {user} with a deny-all policy"),
            Self::RemoveConsolePassword { user } => format!("remove the console password of user {user}"),
            Self::DeactivateSshPublicKey { user, key } => format!("deactivate SSH public key {key} of user {user}"),
            Self::DeactivateSigningCertificate { user, certificate } => {
                format!("deactivate signing certificate {certificate} of user {user}")
            }
            Self::DeactivateServiceCredential { user, credential, service } => {
                format!("deactivate credential {credential} of user {user} for {service}")
            }
            Self::RevokeUserSessions { user } => format!("revoke sessions of user {user} issued until now"),
            Self::RevokeRoleSessions { role, issued_before } => {
                format!("revoke sessions of role {role} issued before {issued_before}")
            }
            Self::QuarantineRole { role } => format!("quarantine role {role} with a deny-all policy"),
            Self::CloseRoleTrust { role } => format!("let nobody assume role {role}"),
            Self::LeaveRolesAnywhere { role, profile } => {
                format!("take {role} out of the Roles Anywhere profile {profile}")
            }
            Self::RemoveAccountAssignment { user, account, permission_set } => {
                format!("take account {account} with {permission_set} away from directory user {user}")
            }
            Self::RemoveGroupMembership { user, group, .. } => {
                format!("take directory user {user} out of group {group}")
            }
            Self::NeutralizePolicy { policy, version } => format!("put {policy} {version} out of force"),
            Self::QuarantineByScp { principal, account } => {
                format!("deny {principal} everything by a service control policy on account {account}")
            }
            Self::DeleteAccessKey { user, access_key } => {
                format!("delete access key {access_key} of user {user}, which was replaced")
            }
            Self::AdoptAccessKey { user, access_key, secret } => {
                format!("put access key {access_key} of user {user} under management, in secret {secret}")
            }
            Self::RotateSecret { secret } => format!("start rotation of secret {secret}"),
            Self::HoldForReview => "hold for review".to_owned(),
        }
    }

    /// Whether it is for the responder alone to take, on a person's word: no event function holds the right to it.
    pub fn needs_responder(&self) -> bool {
        matches!(self, Self::QuarantineByScp { .. } | Self::DeleteAccessKey { .. } | Self::AdoptAccessKey { .. })
    }

    /// Whether nothing can undo it. A rotation is none of these: Secrets Manager keeps the value before it.
    pub fn is_irreversible(&self) -> bool {
        matches!(self, Self::RemoveConsolePassword { .. } | Self::DeleteAccessKey { .. })
    }

    /// Whether it holds an identity down as a whole, and is found missing only by reading it back.
    pub fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::QuarantineUser { .. }
                | Self::QuarantineRole { .. }
                | Self::RevokeUserSessions { .. }
                | Self::RevokeRoleSessions { .. }
                | Self::CloseRoleTrust { .. }
        )
    }

    /// Whether it ends a long-term credential that somebody may hold a copy of.
    pub fn ends_credential(&self) -> bool {
        matches!(
            self,
            Self::DeactivateAccessKey { .. }
                | Self::RemoveConsolePassword { .. }
                | Self::DeactivateSshPublicKey { .. }
                | Self::DeactivateSigningCertificate { .. }
                | Self::DeactivateServiceCredential { .. }
        )
    }
}

/// The name of the inline policy by which a user is quarantined.
pub const QUARANTINE_POLICY: &str = "SeveranceQuarantine";

/// The tag on a quarantined user that names the case. Inline policies cannot be tagged themselves.
pub const QUARANTINE_TAG: &str = "severance:quarantined-by";

/// The name of the inline policy that denies older sessions of a role or a user.
pub const REVOKE_SESSIONS_POLICY: &str = "SeveranceRevokeOlderSessions";

/// How the statement is named by which a role's trust policy lets nobody in.
pub const CLOSED_TRUST_SID: &str = "SeveranceClosed";

/// What the policy answers for one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Do it now.
    Enforce,
    /// Do all but the call, and say what would have been done.
    Observe,
    /// A person decides.
    Review,
    /// Never done by Severance, whatever any policy says.
    Refuse,
    /// A person decided against it, or nobody decided in time.
    Decline,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What.
    pub countermeasure: Countermeasure,
    /// Whether.
    pub disposition: Disposition,
    /// Why it fits: what the signal claims, and what AWS says of it.
    pub reason: String,
    /// What the policies answered; none for a step that asks nothing of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ruling: Option<Ruling>,
}

/// The ordered steps, and what a reader should know about how they came to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// In the order in which they are taken.
    pub steps: Vec<Step>,
    /// Why there are no more, or no, steps.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// The exemptions that covered steps of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exemptions: Vec<ExemptionUse>,
}

impl Plan {
    /// Lowers every step that would be enforced, and says by what.
    pub fn lower(&mut self, to: Disposition, by: &str) {
        for step in self.steps.iter_mut().filter(|step| step.disposition == Disposition::Enforce) {
            step.lower(to, by);
        }
    }
}

impl Step {
    /// Lowers this step, and says by what.
    pub fn lower(&mut self, to: Disposition, by: &str) {
        self.disposition = to;
        if let Some(ruling) = &mut self.ruling {
            ruling.lowered_by = Some(by.to_owned());
        }
    }
}
