//! Who a case is about and what they hold: read from AWS, never from the event. Who answers for them is in [`crate::profile`].

mod credentials;
mod inventory;
mod trust;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::ids::{AccountId, Arn, IamName, UniqueId};

pub use credentials::{AccessKey, Credential, CredentialState, LastUsed, ServiceCredential};
pub use inventory::{AccountAssignment, GroupMembership, Inventory, SecretState};
pub use trust::{GivenBack, LetIn, RolesAnywhereProfile, Trust, TrustPolicy};

/// One non-human identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// The account that it lives in.
    pub account: AccountId,
    /// Its name in that account: user or role name, secret name, `root`.
    pub name: String,
    /// Its ARN; missing only where the event named something that AWS does not know.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arn: Option<Arn>,
    /// Its immutable id; users and roles have one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unique_id: Option<UniqueId>,
}

/// The name that a user bears by now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Renamed {
    /// Its name.
    pub name: IamName,
    /// Its ARN.
    pub arn: Arn,
    /// When it was found under this name.
    pub at: Timestamp,
}

/// What a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// An IAM user.
    User,
    /// An IAM role.
    Role,
    /// An account's root user.
    Root,
    /// A secret in Secrets Manager.
    Secret,
    /// A user in the directory of IAM Identity Center.
    DirectoryUser,
    /// A person or workload that left and owns nothing here.
    Person,
    /// Something that could not be found or reached.
    Unresolved,
}

/// Why nobody was found under what a claim names. It is about one reading, and is not kept: in a case, text says it to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// AWS says that there is nobody like that, or shows somebody else under the name.
    Gone,
    /// It could not be looked for, or not be read: it may be there.
    Unread,
}

impl SubjectKind {
    /// In a reader's words.
    pub fn as_words(self) -> &'static str {
        match self {
            Self::User => "IAM user",
            Self::Role => "IAM role",
            Self::Root => "root user",
            Self::Secret => "secret",
            Self::DirectoryUser => "Identity Center user",
            Self::Person => "leaver",
            Self::Unresolved => "unresolved identity",
        }
    }
}

impl Subject {
    /// What tells this subject from every other, also from a later one of the same name.
    pub fn key(&self) -> String {
        match (&self.unique_id, &self.arn) {
            (Some(id), _) => format!("{}/{id}", self.account),
            (None, Some(arn)) => arn.to_string(),
            (None, None) => format!("{}/{}", self.account, self.name),
        }
    }

    /// The ARN, or the best name there is.
    pub fn label(&self) -> String {
        self.arn.as_ref().map_or_else(|| format!("{} in account {}", self.name, self.account), ToString::to_string)
    }
}
