//! Who answers for an identity, and what kind of holder it has.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Who answers for a subject, and what kind of holder it has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Everyone named as owner, in lower case, sorted.
    pub owners: Vec<String>,
    /// Its class, where something says one that we know.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class: Option<Class>,
    /// Where it runs (`prod`, `staging`, …), in lower case, as its owner writes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub environment: Option<String>,
    /// What would break without it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub criticality: Option<Criticality>,
    /// Whether it may administer the account. Inferred only where it is true: what cannot be seen is not denied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub privileged: Option<bool>,
    /// The day after which nobody means it to exist.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_on: Option<Date>,
    /// The day until which its owner must say that it is still needed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub review_by: Option<Date>,
    /// Where each of the above is from.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub basis: BTreeMap<Field, Basis>,
    /// The identity's tags as AWS gave them, for policies. Never stored: people write anything into tags.
    #[serde(skip)]
    pub tags: BTreeMap<String, String>,
}

/// One part of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// [`Profile::owners`].
    Owners,
    /// [`Profile::class`].
    Class,
    /// [`Profile::environment`].
    Environment,
    /// [`Profile::criticality`].
    Criticality,
    /// [`Profile::privileged`].
    Privileged,
    /// [`Profile::expires_on`].
    ExpiresOn,
    /// [`Profile::review_by`].
    ReviewBy,
}

/// Where a part of a profile is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// Who says so.
    pub origin: Origin,
    /// The tag key, or what it was inferred from.
    pub detail: String,
    /// How far it can be relied on.
    pub confidence: Confidence,
}

/// Who states a part of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A tag on the identity.
    Tag,
    /// The registry.
    Registry,
    /// Nobody: it was inferred.
    Inferred,
}

/// How far a part of a profile can be relied on. The order is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A guess by a name.
    Low,
    /// Likely, by how it is used.
    Medium,
    /// AWS's own configuration leaves little else.
    High,
    /// Its owner says so.
    Stated,
}

/// What kind of holder an identity has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Every class.
    pub const ALL: [Self; 6] =
        [Self::Human, Self::Workload, Self::Pipeline, Self::Agent, Self::ThirdParty, Self::BreakGlass];

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

    /// Whether such an identity is meant to live on for years, so that somebody must say now and then that it should.
    pub fn is_durable(self) -> bool {
        matches!(self, Self::Workload | Self::ThirdParty | Self::BreakGlass)
    }
}

/// What would break without an identity. The order is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// Nothing that anybody waits for.
    Low,
    /// Somebody's day.
    Medium,
    /// A service.
    High,
    /// The business.
    Critical,
}

impl Criticality {
    /// The name as written in tags and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Reads a tag's value.
    pub fn from_tag(value: &str) -> Option<Self> {
        match value.trim().to_ascii_lowercase().as_str() {
            "low" => Some(Self::Low),
            "medium" => Some(Self::Medium),
            "high" => Some(Self::High),
            "critical" => Some(Self::Critical),
            _ => None,
        }
    }
}

impl Profile {
    /// Whether its class is stated, by a tag or the registry, and not inferred.
    pub fn is_class_stated(&self) -> bool {
        self.class.is_some() && self.basis.get(&Field::Class).is_none_or(|basis| basis.origin != Origin::Inferred)
    }

    /// Whether its class says that it is the way in when all else fails.
    pub fn is_break_glass(&self) -> bool {
        self.class == Some(Class::BreakGlass)
    }

    /// Whether that is the word of a tag, which whoever may tag the identity may have written.
    pub fn is_break_glass_by_tag(&self) -> bool {
        self.is_break_glass() && self.basis.get(&Field::Class).is_some_and(|basis| basis.origin == Origin::Tag)
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
