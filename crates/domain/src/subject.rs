//! Who a case is about and what they hold: read from AWS, never from the event. Who answers for them is in [`crate::profile`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccessKeyId, AccountId, Arn, UniqueId};

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

/// What a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A person or workload that left and owns nothing here.
    Person,
    /// Something that could not be found or reached.
    Unresolved,
}

impl SubjectKind {
    /// In a reader's words.
    pub fn as_words(self) -> &'static str {
        match self {
            Self::User => "IAM user",
            Self::Role => "IAM role",
            Self::Root => "root user",
            Self::Secret => "secret",
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
    /// A secret's rotation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<SecretState>,
    /// When the identity itself was made; missing where AWS did not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<Timestamp>,
    /// The names of the managed policies that are attached to it or to its groups; missing where that was not asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attached_policies: Option<Vec<String>>,
    /// What a decision needs and AWS did not tell, and why. Each holds part of the plan for review.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unread: Vec<String>,
    /// What is not enumerated. Access may live on there.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub gaps: Vec<String>,
}

/// One long-term access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Whether AWS accepts it.
    pub active: bool,
    /// When it was made; missing only if AWS did not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<Timestamp>,
    /// Its last use.
    pub last_used: LastUsed,
}

impl AccessKey {
    /// Whole days since it was made.
    pub fn age_days(&self, now: Timestamp) -> Option<i64> {
        self.created_at.map(|created| whole_days(created, now))
    }

    /// Whole days since it was last used, or since it was made if it never was. AWS keeps the first use within each
    /// 15 minutes and looks back 400 days.
    pub fn idle_days(&self, now: Timestamp) -> Option<i64> {
        match self.last_used {
            LastUsed::At(at) => Some(whole_days(at, now)),
            LastUsed::Never => self.age_days(now),
            LastUsed::NotAsked => None,
        }
    }
}

fn whole_days(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs() / 86_400
}

/// When a credential was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "at")]
pub enum LastUsed {
    /// The decision did not depend on it, so AWS was not asked.
    NotAsked,
    /// AWS knows of no use.
    Never,
    /// At this time.
    At(Timestamp),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_used_is_idle_since_it_was_made() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let mut key = AccessKey {
            id: AccessKeyId::try_from("AKIAEXAMPLE").unwrap(),
            active: true,
            created_at: Some("2026-01-01T00:00:01Z".parse().unwrap()),
            last_used: LastUsed::Never,
        };
        assert_eq!((key.age_days(now), key.idle_days(now)), (Some(58), Some(58)));
        key.last_used = LastUsed::At("2026-02-27T00:00:00Z".parse().unwrap());
        assert_eq!(key.idle_days(now), Some(2));
        key.last_used = LastUsed::NotAsked;
        assert_eq!(key.idle_days(now), None);
    }
}
