//! A user's credentials.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::ids::{AccessKeyId, CredentialId};

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

/// An SSH public key or a signing certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// Whether AWS accepts it.
    pub active: bool,
    /// When it was uploaded; missing only if AWS did not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<Timestamp>,
}

/// A credential for one service. Its secret half is never read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceCredential {
    /// Its id.
    pub id: CredentialId,
    /// The service that it is for, such as `codecommit.amazonaws.com` or `bedrock.amazonaws.com`.
    pub service: String,
    /// Whether AWS accepts it.
    pub state: CredentialState,
    /// When it was made; missing only if AWS did not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<Timestamp>,
    /// When it ends by itself; missing where it never does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
}

/// Whether AWS accepts a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialState {
    /// It does.
    Active,
    /// It does not, and can be told to again.
    Inactive,
    /// It never will again.
    Expired,
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
