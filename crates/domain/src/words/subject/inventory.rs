//! All that a subject holds, as AWS stated it at one moment.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AccessKey, Credential, CredentialState, RolesAnywhereProfile, ServiceCredential, Trust};
use crate::words::ended::Ended;
use crate::words::ids::{AccountId, Arn, ResourceId};

/// Every credential of a subject that we know of, as AWS stated it at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// A user's access keys, inactive ones too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub access_keys: Vec<AccessKey>,
    /// Whether a user has a console password; missing where that was not asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub console_password: Option<bool>,
    /// A user's SSH public keys, inactive ones too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ssh_public_keys: Vec<Credential>,
    /// A user's X.509 signing certificates, inactive ones too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signing_certificates: Vec<Credential>,
    /// A user's service-specific credentials, long-term API keys among them, inactive and expired ones too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub service_credentials: Vec<ServiceCredential>,
    /// A role's trust policy: who may start sessions of it. Missing where that was not read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trust: Option<Trust>,
    /// The profiles of IAM Roles Anywhere that name a role, disabled ones too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub roles_anywhere: Vec<RolesAnywhereProfile>,
    /// A directory user's accounts, those that come by a group too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub account_assignments: Vec<AccountAssignment>,
    /// A directory user's groups.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub group_memberships: Vec<GroupMembership>,
    /// A secret's rotation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<SecretState>,
    /// When the identity itself was made; missing where AWS did not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<Timestamp>,
    /// The names of the managed policies that are attached to it or to its groups; missing where that was not asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attached_policies: Option<Vec<String>>,
    /// A user's or role's permissions boundary; none where it has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub permissions_boundary: Option<Arn>,
    /// Who deleted the key that the claim names, by CloudTrail's word, where that was somebody else than the identity itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub named_key_deleted_by: Option<Arn>,
    /// What a decision needs and AWS did not tell, and why. Each holds part of the plan for review.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unread: Vec<String>,
    /// What is not enumerated. Access may live on there.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub gaps: Vec<String>,
}

impl Inventory {
    /// Marks a credential as ended.
    pub fn end(&mut self, ended: &Ended<'_>) {
        match *ended {
            Ended::AccessKey { id, .. } => {
                self.access_keys.iter_mut().filter(|key| key.id == *id).for_each(|key| key.active = false);
            }
            Ended::SshPublicKey { id, .. } => {
                self.ssh_public_keys.iter_mut().filter(|held| held.id == *id).for_each(|held| held.active = false);
            }
            Ended::SigningCertificate { id, .. } => {
                let named = self.signing_certificates.iter_mut().filter(|held| held.id == *id);
                named.for_each(|held| held.active = false);
            }
            Ended::ServiceCredential { id, .. } => {
                let named = self.service_credentials.iter_mut().filter(|held| held.id == *id);
                named.for_each(|held| held.state = CredentialState::Inactive);
            }
            Ended::Password { .. } => self.console_password = Some(false),
        }
    }

    /// Whether a credential is among those that were listed.
    pub fn holds(&self, ended: &Ended<'_>) -> bool {
        match *ended {
            Ended::AccessKey { id, .. } => self.access_keys.iter().any(|of| of.id == *id),
            Ended::SshPublicKey { id, .. } => self.ssh_public_keys.iter().any(|of| of.id == *id),
            Ended::SigningCertificate { id, .. } => self.signing_certificates.iter().any(|of| of.id == *id),
            Ended::ServiceCredential { id, .. } => self.service_credentials.iter().any(|of| of.id == *id),
            Ended::Password { .. } => self.console_password == Some(true),
        }
    }

    /// When a credential was made, where AWS says it.
    pub fn created_at(&self, ended: &Ended<'_>) -> Option<Timestamp> {
        match *ended {
            Ended::AccessKey { id, .. } => self.access_keys.iter().find(|of| of.id == *id)?.created_at,
            Ended::SshPublicKey { id, .. } => self.ssh_public_keys.iter().find(|of| of.id == *id)?.created_at,
            Ended::SigningCertificate { id, .. } => {
                self.signing_certificates.iter().find(|of| of.id == *id)?.created_at
            }
            Ended::ServiceCredential { id, .. } => self.service_credentials.iter().find(|of| of.id == *id)?.created_at,
            Ended::Password { .. } => None,
        }
    }

    /// How many credentials of a user AWS accepts, a console password among them.
    pub fn active_credentials(&self) -> usize {
        self.access_keys.iter().filter(|key| key.active).count()
            + usize::from(self.console_password == Some(true))
            + self.ssh_public_keys.iter().filter(|held| held.active).count()
            + self.signing_certificates.iter().filter(|held| held.active).count()
            + self.service_credentials.iter().filter(|held| held.state == CredentialState::Active).count()
    }
}

/// One account that a directory user may use, with which rights.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountAssignment {
    /// The account.
    pub account: AccountId,
    /// The permission set.
    pub permission_set: Arn,
    /// The group that it comes by; none where the user is assigned directly.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by_group: Option<ResourceId>,
}

/// One group that a directory user is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMembership {
    /// The group.
    pub group: ResourceId,
    /// The membership's own id. A restored one has another.
    pub membership: ResourceId,
    /// The directory.
    pub store: ResourceId,
}

/// What Secrets Manager says of a secret's rotation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretState {
    /// Whether rotation is configured and on.
    pub rotation_enabled: bool,
    /// When it was last rotated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_rotated_at: Option<Timestamp>,
    /// Whether it is scheduled for deletion.
    #[serde(default)]
    pub deletion_scheduled: bool,
}
