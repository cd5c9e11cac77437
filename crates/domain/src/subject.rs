//! Who a case is about, what they hold, and who answers for them: read from AWS, never from the event.

use std::collections::BTreeMap;

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

/// Who answers for a subject, and what kind of holder it has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Everyone named in its owner tags, in lower case, sorted.
    pub owners: Vec<String>,
    /// Its class, where a tag says one that we know.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class: Option<Class>,
}

/// What kind of holder an identity has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A person.
    Human,
    /// A durable service.
    Workload,
    /// A build or deployment job.
    Pipeline,
    /// An AI agent.
    Agent,
    /// Somebody outside the organization.
    ThirdParty,
    /// The way in when all else fails. Never touched.
    BreakGlass,
}

impl Class {
    /// The name as written in tags and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Workload => "workload",
            Self::Pipeline => "pipeline",
            Self::Agent => "agent",
            Self::ThirdParty => "third-party",
            Self::BreakGlass => "break-glass",
        }
    }

    /// Reads a tag's value. Words may be joined by a hyphen, an underscore, a space or nothing: a slip of the pen must not
    /// cost a break-glass identity its protection.
    pub fn from_tag(value: &str) -> Option<Self> {
        match value.trim().to_ascii_lowercase().replace(['_', ' '], "-").as_str() {
            "human" => Some(Self::Human),
            "workload" => Some(Self::Workload),
            "pipeline" => Some(Self::Pipeline),
            "agent" => Some(Self::Agent),
            "third-party" | "thirdparty" => Some(Self::ThirdParty),
            "break-glass" | "breakglass" => Some(Self::BreakGlass),
            _ => None,
        }
    }
}

/// The tag keys that say who answers for an identity. Each list in order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagKeys {
    /// Keys whose value names owners, separated by spaces, commas or semicolons.
    pub owner: Vec<String>,
    /// Keys whose value is a class.
    pub class: Vec<String>,
}

impl Profile {
    /// Reads the profile from an identity's tags. All owner keys count together; the first class key that is set counts.
    pub fn from_tags(tags: &BTreeMap<String, String>, keys: &TagKeys) -> Self {
        let mut owners: Vec<String> = keys
            .owner
            .iter()
            .filter_map(|key| tags.get(key))
            .flat_map(|value| value.split([',', ';', ' ']))
            .map(|owner| owner.trim().to_lowercase())
            .filter(|owner| !owner.is_empty())
            .collect();
        owners.sort();
        owners.dedup();
        let class = keys.class.iter().find_map(|key| tags.get(key)).and_then(|value| Class::from_tag(value));
        Self { owners, class }
    }

    /// Whether one of these names is an owner.
    pub fn is_owned_by(&self, identifiers: &[String]) -> bool {
        identifiers.iter().any(|name| self.owners.contains(&name.trim().to_lowercase()))
    }

    /// The owners that go by none of these names.
    pub fn owners_beside(&self, identifiers: &[String]) -> Vec<&str> {
        let names: Vec<String> = identifiers.iter().map(|name| name.trim().to_lowercase()).collect();
        self.owners.iter().filter(|owner| !names.contains(owner)).map(String::as_str).collect()
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

    fn keys() -> TagKeys {
        TagKeys { owner: vec!["severance:owner".into(), "owner".into()], class: vec!["severance:class".into()] }
    }

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn owners_of_all_keys_count_together() {
        let profile = Profile::from_tags(
            &tags(&[
                ("owner", "Bob@x.io; carol@x.io"),
                ("severance:owner", "alice@x.io"),
                ("severance:class", "third_party"),
            ]),
            &keys(),
        );
        assert_eq!(profile.owners, ["alice@x.io", "bob@x.io", "carol@x.io"]);
        assert_eq!(profile.class, Some(Class::ThirdParty));
    }

    #[test]
    fn a_person_listed_under_two_names_is_one_owner() {
        let profile = Profile::from_tags(&tags(&[("owner", "alice@x.io alice")]), &keys());
        let both = ["ALICE".to_owned(), "alice@x.io".to_owned()];
        assert!(profile.owners_beside(&both).is_empty());
        assert!(profile.is_owned_by(&both[..1]) && !profile.owners_beside(&both[..1]).is_empty());
        assert!(!Profile::default().is_owned_by(&both));
    }

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
