//! What tags and the registry state of an identity.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::words::profile::{Basis, Class, Confidence, Criticality, Field, Origin, Profile};

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
        // The registry alone makes an identity untouchable, so no tag may take that away: neither by another class nor by the same
        // one, which would then be a tag's word.
        if entry.class == Some(Class::BreakGlass) {
            profile.class = entry.class;
            profile.state(Field::Class, Origin::Registry, "registry");
        }
        // Recertifications are written there, so its date is the later word.
        if let (Some(day), Some(basis)) = recertified {
            profile.review_by = Some(day);
            profile.basis.insert(Field::ReviewBy, basis);
        }
        profile
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn no_tag_takes_break_glass_from_what_the_registry_protects() {
        let entry = RegistryEntry { class: Some(Class::BreakGlass), ..RegistryEntry::default() };
        for precedence in [Precedence::Tags, Precedence::Registry] {
            for tag in ["workload", "break-glass", "no class at all", ""] {
                let tagged = Profile::from_tags(&tags(&[("severance:class", tag)]), &keys());
                let merged = tagged.with_registry(Some(&entry), precedence);
                assert!(merged.is_break_glass() && !merged.is_break_glass_by_tag(), "{tag} {precedence:?}");
            }
        }
        let tagged = Profile::from_tags(&tags(&[("severance:class", "break-glass")]), &keys());
        let row = RegistryEntry { owners: vec!["alice".to_owned()], ..RegistryEntry::default() };
        for precedence in [Precedence::Tags, Precedence::Registry] {
            assert!(tagged.clone().with_registry(Some(&row), precedence).is_break_glass_by_tag(), "{precedence:?}");
        }
    }
}
