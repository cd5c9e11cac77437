//! What is known of an access key that was replaced when something is decided about it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::words::copy::Copy;
use crate::words::ids::{AccessKeyId, Arn};

/// What is known of a key that was replaced when something is decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CutoverFacts {
    /// What is asked for.
    pub stage: Stage,
    /// The secret whose current version holds the new key.
    pub secret: Arn,
    /// The new key.
    pub replaced_by: AccessKeyId,
    /// When it was replaced.
    pub opened_at: Timestamp,
    /// How long nobody may have used it.
    pub quiet_for: SignedDuration,
    /// When people are asked about it.
    pub deadline: Timestamp,
    /// Its last use by `iam:GetAccessKeyLastUsed`, before or after it was replaced.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_used_at: Option<Timestamp>,
    /// Who used it since it was replaced (`cloudtrail:LookupEvents`, management events only).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub consumers: Vec<Consumer>,
    /// Where copies of it are.
    #[serde(default)]
    pub copies: Copies,
    /// What could not be read about its use, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unread: Vec<String>,
}

impl CutoverFacts {
    /// Whether somebody used the key after it was replaced, or nobody can say that they did not.
    pub fn is_still_used(&self) -> bool {
        self.stage == Stage::Deadline
    }
}

/// What a cutover asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nobody uses the key any more: deactivate it.
    Quiet,
    /// It is still used at its deadline: hold it, or cut it.
    Deadline,
    /// It has been inactive long enough: delete it.
    Deletion,
}

impl Stage {
    /// The name as written in evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Deadline => "deadline",
            Self::Deletion => "deletion",
        }
    }
}

/// Somebody who uses a key, by CloudTrail's own account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    /// The address that its calls come from, or the AWS service that makes them for it.
    pub source_ip: String,
    /// What it calls itself.
    pub user_agent: String,
    /// The service that it calls, such as `s3.amazonaws.com`.
    pub service: String,
    /// In which Region.
    pub region: String,
    /// The last of its calls that was read.
    pub last_seen: Timestamp,
    /// How many of its calls were read.
    pub calls: u32,
}

impl Consumer {
    /// In one line, for a reader.
    pub fn describe(&self) -> String {
        let Self { source_ip, user_agent, service, region, last_seen, .. } = self;
        format!("{source_ip} ({user_agent}) called {service} in {region}, last at {last_seen:.0}")
    }
}

/// The places where a copy of a key was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Copies {
    /// The copies: places and names, never values.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub found: Vec<Copy>,
    /// What could not be searched, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unread: Vec<String>,
}
