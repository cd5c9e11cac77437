//! How much harm somebody who holds an identity's credentials could do, and by what.

use serde::{Deserialize, Serialize};

/// How much harm somebody who holds a subject's credentials could do, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlastRadius {
    /// From 0 to 100.
    pub score: u8,
    /// The score in one word.
    pub level: Level,
    /// What it is made of, the weightiest first.
    pub reasons: Vec<Reason>,
    /// What was not read. The score may be higher than stated.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unread: Vec<String>,
}

/// A score in one word. The order is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Below 25: part of one application at most.
    Low,
    /// From 25: data, secrets or the means to stay.
    Moderate,
    /// From 50: the rights of others, by a detour.
    High,
    /// From 75: the account.
    Critical,
}

impl Level {
    /// The level of a score.
    pub fn of(score: u8) -> Self {
        match score {
            75.. => Self::Critical,
            50.. => Self::High,
            25.. => Self::Moderate,
            _ => Self::Low,
        }
    }

    /// The name as written in messages, policies and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// What kind of harm.
    pub kind: ReasonKind,
    /// What it adds, before the caps.
    pub points: u8,
    /// In a responder's words, with the actions and policies.
    pub says: String,
}

/// The kinds of reasons. The order is the one in which those of equal points are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// It may do everything.
    Administrator,
    /// It can give itself everything by IAM alone.
    Escalation,
    /// It can have a service act for it with another role.
    ServiceRole,
    /// It can read secrets or be given credentials.
    SecretsAccess,
    /// Anybody may take a role's place.
    PublicTrust,
    /// It can read data.
    DataAccess,
    /// It can assume other roles.
    AssumesRoles,
    /// It can make credentials or identities that outlive it.
    Persistence,
    /// It can open resources to others.
    ResourceExposure,
    /// It can destroy data or backups.
    Destruction,
    /// It can stop logging or detection.
    Blinding,
    /// Who comes by an identity provider may take a role's place.
    FederatedTrust,
    /// Other accounts may take a role's place.
    CrossAccountTrust,
    /// Whoever may run code in a service may take a role's place there.
    ServiceTrust,
    /// How many credentials work.
    Credentials,
    /// When it was last used.
    RecentUse,
}

impl BlastRadius {
    /// For messages and tables: the score, then its reasons by points, then what was not read.
    pub fn lines(&self) -> Vec<String> {
        let at_least = if self.unread.is_empty() { "" } else { "at least " };
        let first = format!("blast radius {at_least}{} of 100 ({})", self.score, self.level.as_str());
        let reasons = self.reasons.iter().map(|reason| format!("+{} {}", reason.points, reason.says));
        let unread = self.unread.iter().map(|what| format!("not read: {what}"));
        std::iter::once(first).chain(reasons).chain(unread).collect()
    }
}
