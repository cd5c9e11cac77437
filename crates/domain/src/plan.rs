//! What is to be done about a signal: the ordered steps, each with its disposition and its reason.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::exemption::ExemptionUse;
use crate::ids::{AccessKeyId, Arn, IamName};
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
    /// Deny a role's sessions that were issued before a moment (`iam:PutRolePolicy`, `aws:TokenIssueTime`). Later sessions
    /// work.
    RevokeRoleSessions {
        /// Which role.
        role: IamName,
        /// Sessions issued before this are denied.
        issued_before: Timestamp,
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
    pub const NAMES: [&'static str; 4] =
        ["deactivate_access_key", "quarantine_user", "revoke_role_sessions", "rotate_secret"];

    /// The name as written in logs and evidence.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::DeactivateAccessKey { .. } => "deactivate_access_key",
            Self::QuarantineUser { .. } => "quarantine_user",
            Self::RevokeRoleSessions { .. } => "revoke_role_sessions",
            Self::RotateSecret { .. } => "rotate_secret",
            Self::HoldForReview => "hold_for_review",
        }
    }

    /// Whether the other one is the same step against the same thing, whenever it was planned.
    pub fn is_same_target(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::RevokeRoleSessions { role: one, .. }, Self::RevokeRoleSessions { role: other, .. }) => one == other,
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
            Self::RevokeRoleSessions { role, issued_before } => {
                format!("revoke sessions of role {role} issued before {issued_before}")
            }
            Self::RotateSecret { secret } => format!("start rotation of secret {secret}"),
            Self::HoldForReview => "hold for review".to_owned(),
        }
    }

    /// The command by which a person undoes this step, if it can be undone.
    pub fn undo_command(&self) -> Option<String> {
        match self {
            Self::DeactivateAccessKey { user, access_key } => Some(format!(
                "aws iam update-access-key --user-name={user} --access-key-id={access_key} --status Active"
            )),
            Self::QuarantineUser { user } => Some(format!(
                "aws iam delete-user-policy --user-name={user} --policy-name {QUARANTINE_POLICY} \
                 && aws iam untag-user --user-name={user} --tag-keys {QUARANTINE_TAG}"
            )),
            Self::RevokeRoleSessions { role, .. } => {
                Some(format!("aws iam delete-role-policy --role-name={role} --policy-name {REVOKE_SESSIONS_POLICY}"))
            }
            Self::RotateSecret { .. } | Self::HoldForReview => None,
        }
    }
}

/// The name of the inline policy by which a user is quarantined.
pub const QUARANTINE_POLICY: &str = "SeveranceQuarantine";

/// The tag on a quarantined user that names the case. Inline policies cannot be tagged themselves.
pub const QUARANTINE_TAG: &str = "severance:quarantined-by";

/// The name of the inline policy that denies a role's older sessions.
pub const REVOKE_SESSIONS_POLICY: &str = "SeveranceRevokeOlderSessions";

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
