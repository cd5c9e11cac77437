//! Who answers for an identity, and what kind of holder it has: stated by tags, else by the registry, else inferred.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::words::subject::{Inventory, Subject, SubjectKind};

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

/// The tag keys that say who answers for an identity. Each list in order of preference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagKeys {
    /// Keys whose value names owners, separated by spaces, commas or semicolons.
    pub owner: Vec<String>,
    /// Keys whose value is a class.
    pub class: Vec<String>,
    /// Keys whose value is an environment.
    pub environment: Vec<String>,
    /// Keys whose value is a criticality.
    pub criticality: Vec<String>,
    /// Keys whose value is the last day of the identity, `YYYY-MM-DD`.
    pub expiry: Vec<String>,
    /// Keys whose value is the day until which its owner must confirm it, `YYYY-MM-DD`.
    pub review_by: Vec<String>,
}

/// What the registry says of one identity: a row of the user's own inventory (CMDB).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistryEntry {
    /// Whom it is about: the ARN, as AWS writes it.
    pub arn: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// Its class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What would break without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    /// Whether it may administer the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// The day after which nobody means it to exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<Date>,
    /// The day until which its owner must confirm it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_by: Option<Date>,
}

/// Whose word counts where tags and the registry differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precedence {
    /// Tags: whoever may tag an identity may speak for it.
    #[default]
    Tags,
    /// The registry: who may tag is not who may speak.
    Registry,
}

/// What says nothing itself but lets a profile be inferred.
#[derive(Debug, Clone, Copy)]
pub struct Clues<'a> {
    /// The identity.
    pub subject: &'a Subject,
    /// What it holds.
    pub inventory: &'a Inventory,
    /// A role's trust policy, as JSON.
    pub trust: Option<&'a str>,
}

impl Profile {
    /// Reads the profile from an identity's tags. All owner keys count together; of the others the first key that is set.
    pub fn from_tags(tags: &BTreeMap<String, String>, keys: &TagKeys) -> Self {
        let mut profile = Self { tags: tags.clone(), ..Self::default() };
        let owner_keys: Vec<&str> = keys
            .owner
            .iter()
            .filter(|key| tags.get(*key).is_some_and(|v| !v.trim().is_empty()))
            .map(String::as_str)
            .collect();
        profile.owners =
            names(owner_keys.iter().filter_map(|key| tags.get(*key)).flat_map(|value| value.split([',', ';', ' '])));
        if !profile.owners.is_empty() {
            profile.state(Field::Owners, Origin::Tag, &owner_keys.join(", "));
        }
        let first = |keys: &[String]| {
            keys.iter().find_map(|key| {
                tags.get(key).filter(|v| !v.trim().is_empty()).map(|value| (key.clone(), value.clone()))
            })
        };
        if let Some((key, class)) = first(&keys.class).and_then(|(k, v)| Class::from_tag(&v).map(|c| (k, c))) {
            profile.class = Some(class);
            profile.state(Field::Class, Origin::Tag, &key);
        }
        if let Some((key, value)) = first(&keys.environment) {
            profile.environment = Some(value.trim().to_lowercase());
            profile.state(Field::Environment, Origin::Tag, &key);
        }
        if let Some((key, value)) =
            first(&keys.criticality).and_then(|(k, v)| Criticality::from_tag(&v).map(|c| (k, c)))
        {
            profile.criticality = Some(value);
            profile.state(Field::Criticality, Origin::Tag, &key);
        }
        if let Some((key, date)) = first(&keys.expiry).and_then(|(k, v)| v.trim().parse().ok().map(|d| (k, d))) {
            profile.expires_on = Some(date);
            profile.state(Field::ExpiresOn, Origin::Tag, &key);
        }
        if let Some((key, date)) = first(&keys.review_by).and_then(|(k, v)| v.trim().parse().ok().map(|d| (k, d))) {
            profile.review_by = Some(date);
            profile.state(Field::ReviewBy, Origin::Tag, &key);
        }
        profile
    }

    /// What the registry's row says.
    pub fn from_registry(entry: &RegistryEntry) -> Self {
        let mut profile = Self {
            owners: names(entry.owners.iter().map(String::as_str)),
            class: entry.class,
            environment: entry.environment.as_ref().map(|value| value.trim().to_lowercase()).filter(|v| !v.is_empty()),
            criticality: entry.criticality,
            privileged: entry.privileged,
            expires_on: entry.expires_on,
            review_by: entry.review_by,
            ..Self::default()
        };
        for field in Field::ALL {
            if profile.has(field) {
                profile.state(field, Origin::Registry, "registry");
            }
        }
        profile
    }

    /// Takes from another profile what this one does not say. The first to name owners names them all.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for field in Field::ALL {
            if self.has(field) || !other.has(field) {
                continue;
            }
            match field {
                Field::Owners => self.owners.clone_from(&other.owners),
                Field::Class => self.class = other.class,
                Field::Environment => self.environment.clone_from(&other.environment),
                Field::Criticality => self.criticality = other.criticality,
                Field::Privileged => self.privileged = other.privileged,
                Field::ExpiresOn => self.expires_on = other.expires_on,
                Field::ReviewBy => self.review_by = other.review_by,
            }
            if let Some(basis) = other.basis.get(&field) {
                self.basis.insert(field, basis.clone());
            }
        }
        if self.tags.is_empty() {
            self.tags = other.tags;
        }
        self
    }

    /// Tags and registry together, in this order of preference.
    #[must_use]
    pub fn with_registry(self, entry: Option<&RegistryEntry>, precedence: Precedence) -> Self {
        let Some(entry) = entry else { return self };
        let registry = Self::from_registry(entry);
        let recertified = (registry.review_by, registry.basis.get(&Field::ReviewBy).cloned());
        let mut profile = match precedence {
            Precedence::Tags => self.or(registry),
            Precedence::Registry => registry.or(self),
        };
        // Recertifications are written there, so its date is the later word.
        if let (Some(day), Some(basis)) = recertified {
            profile.review_by = Some(day);
            profile.basis.insert(Field::ReviewBy, basis);
        }
        profile
    }

    /// Fills what nobody states with what the clues suggest, each with its basis and confidence.
    #[must_use]
    pub fn inferred(mut self, clues: &Clues<'_>) -> Self {
        let inferred = if self.class.is_none() { infer_class(clues) } else { None };
        if let Some((class, detail, confidence)) = inferred {
            self.class = Some(class);
            self.basis.insert(Field::Class, Basis { origin: Origin::Inferred, detail, confidence });
        }
        if self.owners.is_empty() && clues.subject.kind == SubjectKind::User && is_mail_address(&clues.subject.name) {
            self.owners = vec![clues.subject.name.to_lowercase()];
            let detail = "its name is a mail address".to_owned();
            let basis = Basis { origin: Origin::Inferred, detail, confidence: Confidence::Medium };
            self.basis.insert(Field::Owners, basis);
        }
        let administers = clues
            .inventory
            .attached_policies
            .iter()
            .flatten()
            .find(|name| ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"].contains(&name.as_str()));
        if let Some(policy) = administers.filter(|_| self.privileged.is_none()) {
            self.privileged = Some(true);
            let detail = format!("policy {policy} is attached");
            let basis = Basis { origin: Origin::Inferred, detail, confidence: Confidence::High };
            self.basis.insert(Field::Privileged, basis);
        }
        self
    }

    /// Whether its class is stated, by a tag or the registry, and not inferred.
    pub fn is_class_stated(&self) -> bool {
        self.class.is_some() && self.basis.get(&Field::Class).is_none_or(|basis| basis.origin != Origin::Inferred)
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

    fn has(&self, field: Field) -> bool {
        match field {
            Field::Owners => !self.owners.is_empty(),
            Field::Class => self.class.is_some(),
            Field::Environment => self.environment.is_some(),
            Field::Criticality => self.criticality.is_some(),
            Field::Privileged => self.privileged.is_some(),
            Field::ExpiresOn => self.expires_on.is_some(),
            Field::ReviewBy => self.review_by.is_some(),
        }
    }

    fn state(&mut self, field: Field, origin: Origin, detail: &str) {
        self.basis.insert(field, Basis { origin, detail: detail.to_owned(), confidence: Confidence::Stated });
    }
}

impl Field {
    const ALL: [Self; 7] = [
        Self::Owners,
        Self::Class,
        Self::Environment,
        Self::Criticality,
        Self::Privileged,
        Self::ExpiresOn,
        Self::ReviewBy,
    ];
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}

fn is_mail_address(name: &str) -> bool {
    name.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
}

/// Who may assume a role says most about who uses it; a user's name says little.
fn infer_class(clues: &Clues<'_>) -> Option<(Class, String, Confidence)> {
    match clues.subject.kind {
        SubjectKind::Role => infer_from_trust(clues.trust?, clues.subject.account.as_str()),
        SubjectKind::User if clues.inventory.console_password == Some(true) => {
            Some((Class::Human, "it has a console password".to_owned(), Confidence::Medium))
        }
        SubjectKind::User if is_mail_address(&clues.subject.name) => {
            Some((Class::Human, "its name is a mail address".to_owned(), Confidence::Medium))
        }
        SubjectKind::User => infer_from_name(&clues.subject.name),
        _ => None,
    }
}

fn infer_from_name(name: &str) -> Option<(Class, String, Confidence)> {
    const WORDS: [(Class, &[&str]); 3] = [
        (Class::Pipeline, &["ci", "cd", "cicd", "deploy", "deployer", "github", "gitlab", "jenkins", "terraform"]),
        (Class::Agent, &["agent", "copilot", "llm", "bedrock"]),
        (Class::Workload, &["svc", "service", "app", "smtp", "backup"]),
    ];
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    WORDS.iter().find_map(|(class, known)| {
        let word = words.iter().find(|word| known.contains(word))?;
        Some((*class, format!("its name holds the word {word}"), Confidence::Low))
    })
}

fn infer_from_trust(document: &str, own_account: &str) -> Option<(Class, String, Confidence)> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    let statements = document.get("Statement")?;
    let statements = statements.as_array().map_or_else(|| std::slice::from_ref(statements), Vec::as_slice);
    let of = |kind: &str| -> Vec<String> {
        let principals = statements.iter().filter_map(|statement| statement.get("Principal")?.get(kind));
        principals
            .flat_map(|value| value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice))
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    };
    let found = |class, who: &str, confidence| Some((class, format!("its trust policy names {who}"), confidence));
    let federated = of("Federated");
    if let Some(who) = federated
        .iter()
        .find(|who| ["githubusercontent", "gitlab", "bitbucket", "circleci"].iter().any(|p| who.contains(p)))
    {
        return found(Class::Pipeline, who, Confidence::High);
    }
    if let Some(who) = federated.iter().find(|who| who.contains(":saml-provider/")) {
        return found(Class::Human, who, Confidence::Medium);
    }
    let services = of("Service");
    if let Some(who) = services.iter().find(|who| who.starts_with("bedrock")) {
        return found(Class::Agent, who, Confidence::High);
    }
    if let Some(who) = services.iter().find(|who| who.starts_with("code")) {
        return found(Class::Pipeline, who, Confidence::High);
    }
    if let Some(who) = services.first() {
        return found(Class::Workload, who, Confidence::High);
    }
    let outside = of("AWS").into_iter().find(|who| !who.contains(own_account) && who != "*")?;
    found(Class::ThirdParty, &outside, Confidence::Medium)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ids::AccountId;

    fn keys() -> TagKeys {
        TagKeys {
            owner: vec!["severance:owner".into(), "owner".into()],
            class: vec!["severance:class".into()],
            environment: vec!["environment".into()],
            criticality: vec!["criticality".into()],
            expiry: vec!["expiry".into()],
            review_by: vec!["review-by".into()],
        }
    }

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn subject(kind: SubjectKind, name: &str) -> Subject {
        let account = AccountId::try_from("111122223333").unwrap();
        Subject { kind, account, name: name.to_owned(), arn: None, unique_id: None }
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
        assert_eq!(profile.basis[&Field::Owners].detail, "severance:owner, owner");
        assert_eq!(profile.basis[&Field::Class].confidence, Confidence::Stated);
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
    fn tags_outrank_the_registry_field_by_field_unless_told_otherwise() {
        let stated = Profile::from_tags(
            &tags(&[("owner", "alice"), ("environment", "Prod"), ("expiry", "2027-01-31"), ("criticality", "odd")]),
            &keys(),
        );
        let entry = RegistryEntry {
            arn: "arn:aws:iam::111122223333:user/x".to_owned(),
            owners: vec!["Team-Payments".to_owned()],
            class: Some(Class::Workload),
            criticality: Some(Criticality::High),
            environment: Some("dev".to_owned()),
            ..RegistryEntry::default()
        };
        let merged = stated.clone().with_registry(Some(&entry), Precedence::Tags);
        assert_eq!(merged.owners, ["alice"]);
        assert_eq!(merged.environment.as_deref(), Some("prod"));
        assert_eq!((merged.class, merged.criticality), (Some(Class::Workload), Some(Criticality::High)));
        assert_eq!(merged.basis[&Field::Class].origin, Origin::Registry);
        assert_eq!(merged.expires_on, "2027-01-31".parse().ok());
        let merged = stated.with_registry(Some(&entry), Precedence::Registry);
        assert_eq!(merged.owners, ["team-payments"]);
        assert_eq!(merged.environment.as_deref(), Some("dev"));
        assert!(merged.tags.contains_key("owner"), "tags stay for policies");
    }

    #[test]
    fn what_nobody_states_is_inferred_with_its_basis() {
        let trust = |principal: &str| format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal}}}]}}"#);
        let infer = |kind, name: &str, password: Option<bool>, trust: Option<&str>| {
            let inventory = Inventory { console_password: password, ..Inventory::default() };
            let subject = subject(kind, name);
            let clues = Clues { subject: &subject, inventory: &inventory, trust };
            let profile = Profile::default().inferred(&clues);
            assert!(!profile.is_class_stated());
            profile.class.map(|class| (class, profile.basis[&Field::Class].confidence))
        };
        let role = |principal: &str| infer(SubjectKind::Role, "r", None, Some(&trust(principal)));
        assert_eq!(role(r#"{"Service":"lambda.amazonaws.com"}"#), Some((Class::Workload, Confidence::High)));
        assert_eq!(role(r#"{"Service":["bedrock.amazonaws.com"]}"#), Some((Class::Agent, Confidence::High)));
        assert_eq!(
            role(r#"{"Federated":"arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"}"#),
            Some((Class::Pipeline, Confidence::High))
        );
        assert_eq!(role(r#"{"AWS":"arn:aws:iam::999988887777:root"}"#), Some((Class::ThirdParty, Confidence::Medium)));
        assert_eq!(role(r#"{"AWS":"arn:aws:iam::111122223333:root"}"#), None);
        assert_eq!(role(r#""*""#), None);
        assert_eq!(infer(SubjectKind::User, "x", Some(true), None), Some((Class::Human, Confidence::Medium)));
        assert_eq!(infer(SubjectKind::User, "ci-runner", None, None), Some((Class::Pipeline, Confidence::Low)));
        assert_eq!(infer(SubjectKind::User, "cinema", None, None), None, "whole words only");
    }

    #[test]
    fn a_stated_class_is_never_inferred_away() {
        let user = subject(SubjectKind::User, "alice@x.io");
        let inventory = Inventory { console_password: Some(true), ..Inventory::default() };
        let stated = Profile::from_tags(&tags(&[("severance:class", "agent"), ("owner", "bob")]), &keys());
        let profile = stated.inferred(&Clues { subject: &user, inventory: &inventory, trust: None });
        assert_eq!((profile.class, profile.owners), (Some(Class::Agent), vec!["bob".to_owned()]));
    }
}
