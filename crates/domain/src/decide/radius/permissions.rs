//! What policies say a user or a role may do: their documents, read once.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::words::pattern;

/// The policies that apply to one user or role, as far as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Its own, and those of its groups.
    pub policies: Vec<GrantedPolicy>,
    /// Its permissions boundary, where it has one that was read.
    pub boundary: Option<PolicyDocument>,
    /// What was not read, and why.
    pub unread: Vec<String>,
}

/// One policy that applies to an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedPolicy {
    /// Its name.
    pub name: String,
    /// How it comes to apply.
    pub via: Via,
    /// What it says.
    pub document: PolicyDocument,
}

/// How a policy comes to apply to an identity. The order is the one in which they are listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// It is a managed policy, attached to the identity itself.
    Attached,
    /// It stands in the identity itself.
    Inline,
    /// It is attached to this group, or stands in it.
    Group(String),
}

/// The policies that contain an identity, ours and AWS's: their denials end with the containment, and what the identity
/// could do before is the question. What one of this name allows still counts, or a policy could hide behind the name.
const CONTAINMENT: [&str; 3] = [
    crate::words::marks::QUARANTINE_POLICY,
    crate::words::marks::REVOKE_SESSIONS_POLICY,
    "AWSCompromisedKeyQuarantine",
];

impl GrantedPolicy {
    pub(super) fn contains(&self) -> bool {
        let [quarantine, revoke, by_aws] = CONTAINMENT;
        self.name == quarantine || self.name == revoke || self.name.starts_with(by_aws)
    }

    /// In a reader's words.
    pub(super) fn label(&self) -> String {
        match &self.via {
            Via::Attached | Via::Inline => format!("policy {}", self.name),
            Via::Group(group) => format!("policy {} of group {group}", self.name),
        }
    }
}

/// A policy's text that is no policy for an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no policy that can be read: {problem}")]
pub struct UnreadablePolicy {
    /// What is wrong, and where.
    pub problem: String,
}

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawDocument")]
pub struct PolicyDocument {
    pub(super) statements: Vec<Statement>,
}

impl PolicyDocument {
    /// Reads the JSON text, not percent-encoded.
    ///
    /// # Errors
    /// Says what is not as AWS's policy grammar has it.
    pub fn parse(json: &str) -> Result<Self, UnreadablePolicy> {
        serde_json::from_str(json).map_err(|error| UnreadablePolicy { problem: error.to_string() })
    }
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    pub(super) actions: Selection,
    pub(super) resources: Selection,
    /// Whether a condition must hold as well. What it asks for is not read.
    pub(super) conditional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// What fits one of these patterns.
    Only(Vec<String>),
    /// What fits none of them.
    AllBut(Vec<String>),
}

impl Selection {
    /// Whether an action is among these.
    pub(super) fn has_action(&self, action: &str) -> bool {
        let fits = |patterns: &[String]| patterns.iter().any(|pattern| pattern::fits(pattern, action));
        match self {
            Self::Only(patterns) => fits(patterns),
            Self::AllBut(patterns) => !fits(patterns),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawDocument {
    statement: OneOrMany<RawStatement>,
}

/// Beside these a statement for an identity has a `Sid`. One with a `Principal` is a resource's.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawStatement {
    effect: Effect,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    resource: Option<OneOrMany<String>>,
    not_resource: Option<OneOrMany<String>>,
    condition: Option<serde_json::Map<String, serde_json::Value>>,
    principal: Option<IgnoredAny>,
    not_principal: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "one, or a list")]
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub(super) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl TryFrom<RawDocument> for PolicyDocument {
    type Error = String;

    fn try_from(raw: RawDocument) -> Result<Self, String> {
        let statements = raw.statement.into_vec().into_iter().enumerate().map(|(number, statement)| {
            Statement::try_from(statement).map_err(|problem| format!("statement {}: {problem}", number + 1))
        });
        Ok(Self { statements: statements.collect::<Result<_, _>>()? })
    }
}

impl TryFrom<RawStatement> for Statement {
    type Error = &'static str;

    fn try_from(raw: RawStatement) -> Result<Self, Self::Error> {
        if raw.principal.is_some() || raw.not_principal.is_some() {
            return Err("it names a principal, so it is no identity's");
        }
        Ok(Self {
            effect: raw.effect,
            actions: selection(raw.action, raw.not_action).ok_or("either Action or NotAction must be there")?,
            resources: selection(raw.resource, raw.not_resource)
                .ok_or("either Resource or NotResource must be there")?,
            conditional: raw.condition.is_some_and(|operators| !operators.is_empty()),
        })
    }
}

fn selection(only: Option<OneOrMany<String>>, all_but: Option<OneOrMany<String>>) -> Option<Selection> {
    match (only, all_but) {
        (Some(only), None) => Some(Selection::Only(only.into_vec())),
        (None, Some(all_but)) => Some(Selection::AllBut(all_but.into_vec())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_single_values_read_alike() {
        let one = r#"{"Version":"2012-10-17","Statement":
            {"Sid":"x","Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{}}}"#;
        let many = r#"{"Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"]}]}"#;
        assert_eq!(PolicyDocument::parse(one), PolicyDocument::parse(many));
        assert!(!PolicyDocument::parse(one).unwrap().statements[0].conditional);
    }

    #[test]
    fn what_is_no_policy_is_an_error_and_never_less_permission() {
        for (text, problem) in [
            ("", "EOF"),
            ("[]", "invalid"),
            (r#"{"Version":"2012-10-17"}"#, "Statement"),
            (r#"{"Statement":[{"Action":"*","Resource":"*"}]}"#, "one, or a list"),
            (r#"{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}"#, "one, or a list"),
            (r#"{"Statement":[{"Effect":"Allow","Action":"*"}]}"#, "statement 1: either Resource"),
            (r#"{"Statement":[{"Effect":"Allow","Resource":"*"}]}"#, "statement 1: either Action"),
            (r#"{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"a:b","Resource":"*"}]}"#, "either Action"),
            (r#"{"Statement":[{"Effect":"Allow","Action":7,"Resource":"*"}]}"#, "one, or a list"),
            (r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#, "a principal"),
        ] {
            let error = PolicyDocument::parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
