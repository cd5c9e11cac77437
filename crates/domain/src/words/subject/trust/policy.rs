//! What a role's trust policy means: who may start sessions by it, whatever its statements are called.
//!
//! INVARIANT: where a document leaves it open who is let in, this says that more are, never fewer. Somebody who wrote the document
//! may have wanted it to look closed.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::strict;
use crate::words::pattern;

/// The actions of STS by which somebody whom a trust policy names starts a session.
pub(super) const STARTS: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// What a trust policy grants beside them: how a session is marked, which starts none.
pub(super) const MARKS: [&str; 3] = ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"];

/// The elements of a statement ("Grammar of the IAM JSON policy language", IAM User Guide).
const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Who may start sessions of a role. Conditions are not looked at: whom they keep out depends on the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetIn {
    /// AWS services, such as `ec2.amazonaws.com`.
    pub services: BTreeSet<String>,
    /// Accounts and identities of AWS; `*` is everybody.
    pub principals: BTreeSet<String>,
    /// Identity providers.
    pub federated: BTreeSet<String>,
}

impl LetIn {
    /// Whether nobody is.
    pub fn is_nobody(&self) -> bool {
        self.services.is_empty() && self.is_no_other_than_services()
    }

    /// Whether nobody is but AWS services, if any.
    pub fn is_no_other_than_services(&self) -> bool {
        self.principals.is_empty() && self.federated.is_empty()
    }

    /// In a reader's words.
    pub fn words(&self) -> String {
        let all = self.principals.iter().chain(&self.federated).chain(&self.services);
        let all: Vec<&str> = all.map(String::as_str).collect();
        if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
    }

    fn add(&mut self, kind: &str, name: &str) {
        let among = match kind {
            "Service" => &mut self.services,
            "Federated" => &mut self.federated,
            _ => &mut self.principals,
        };
        among.insert(name.to_owned());
    }
}

/// A trust policy whose statements can be told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct TrustPolicy {
    /// All but the statements.
    pub(super) document: Map<String, Value>,
    pub(super) statements: Vec<Map<String, Value>>,
}

impl TrustPolicy {
    /// Reads a document as IAM has it. None where it is none, or could be read in two ways: it is not known then whom it lets in.
    pub fn parse(text: &str) -> Option<Self> {
        let Value::Object(mut document) = strict::parse(text)? else { return None };
        let is_known = |name: &String| ["Version", "Id", "Statement"].contains(&name.as_str());
        if !document.keys().all(is_known) {
            return None;
        }
        let listed = match document.remove("Statement")? {
            Value::Array(many) => many,
            one => vec![one],
        };
        let statements: Option<Vec<Map<String, Value>>> = listed.into_iter().map(statement).collect();
        Some(Self { document, statements: statements? })
    }

    /// The document.
    pub fn to_text(&self) -> String {
        let mut document = self.document.clone();
        let statements = self.statements.iter().cloned().map(Value::Object).collect();
        document.insert("Statement".to_owned(), Value::Array(statements));
        Value::Object(document).to_string()
    }

    /// Who may start sessions: whom a statement allows it, and no denial of the document keeps from it.
    pub fn lets_in(&self) -> LetIn {
        let mut let_in = LetIn::default();
        let denials: Vec<Whole<'_>> = self.statements.iter().filter_map(Whole::read).collect();
        for statement in self.statements.iter().filter(|statement| !denies(statement)) {
            let actions = started_by(statement);
            for (kind, name) in allowed(statement) {
                let is_denied =
                    |action: &String| denials.iter().any(|denial| denial.is_of(&kind, &name) && denial.covers(action));
                if !actions.iter().all(is_denied) {
                    let_in.add(&kind, &name);
                }
            }
        }
        let_in
    }

    /// Whom any statement allows to start sessions, whether or not a denial keeps them from it.
    pub fn names(&self) -> LetIn {
        let mut named = LetIn::default();
        let allows = self.statements.iter().filter(|of| !denies(of) && !started_by(of).is_empty());
        for (kind, name) in allows.flat_map(allowed) {
            named.add(&kind, &name);
        }
        named
    }
}

/// A statement, if it has no element that IAM does not know, and one of both effects.
fn statement(value: Value) -> Option<Map<String, Value>> {
    let Value::Object(statement) = value else { return None };
    let is_known = statement.keys().all(|name| ELEMENTS.contains(&name.as_str()));
    let has_effect = matches!(text(&statement, "Effect"), Some("Allow" | "Deny"));
    (is_known && has_effect).then_some(statement)
}

pub(super) fn text<'a>(statement: &'a Map<String, Value>, element: &str) -> Option<&'a str> {
    statement.get(element).and_then(Value::as_str)
}

/// The name of a statement; empty where it has none.
pub(super) fn sid(statement: &Map<String, Value>) -> &str {
    text(statement, "Sid").unwrap_or_default()
}

pub(super) fn denies(statement: &Map<String, Value>) -> bool {
    text(statement, "Effect") == Some("Deny")
}

/// One text, or a list of them. None where anything is no text.
pub(super) fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::Array(many) => many.iter().map(Value::as_str).collect(),
        one => one.as_str().map(|one| vec![one]),
    }
}

/// The actions by which whoever a statement allows starts sessions; empty where it allows none that does. A pattern that fits no
/// action which is known here is taken for one that does.
fn started_by(statement: &Map<String, Value>) -> Vec<String> {
    let every = || STARTS.map(str::to_owned).to_vec();
    let Some(patterns) = statement.get("Action").and_then(texts) else { return every() };
    let fits = |action: &&str| patterns.iter().any(|pattern| pattern::fits(pattern, action));
    let known = STARTS.iter().filter(|action| fits(action)).map(|action| (*action).to_owned());
    let is_unknown = |pattern: &&str| !STARTS.iter().chain(&MARKS).any(|action| pattern::fits(pattern, action));
    let unknown = patterns.iter().copied().filter(is_unknown).map(str::to_owned);
    known.chain(unknown).collect()
}

/// Whom a statement allows something, by kind and name.
fn allowed(statement: &Map<String, Value>) -> Vec<(String, String)> {
    let everybody = || vec![("AWS".to_owned(), "*".to_owned())];
    match statement.get("Principal") {
        Some(Value::Object(kinds)) => {
            let named = kinds.iter().flat_map(|(kind, names)| {
                // What is no name is nobody that is known, so it may be anybody.
                let names = texts(names).unwrap_or_else(|| vec!["*"]);
                names.into_iter().map(move |name| (kind.clone(), name.to_owned()))
            });
            named.collect()
        }
        Some(Value::String(name)) => vec![("AWS".to_owned(), name.clone())],
        // NotPrincipal allows everybody but those that it names.
        _ => everybody(),
    }
}

/// A denial without an exception: it holds for everybody whom it names, whatever they bring.
pub(super) struct Whole<'a> {
    principals: &'a Value,
    actions: Vec<&'a str>,
}

impl<'a> Whole<'a> {
    pub(super) fn read(statement: &'a Map<String, Value>) -> Option<Self> {
        let exceptions = ["NotPrincipal", "NotAction", "Resource", "NotResource"];
        if !denies(statement) || exceptions.iter().any(|element| statement.contains_key(*element)) {
            return None;
        }
        if !statement.get("Condition").is_none_or(always_holds) {
            return None;
        }
        let actions = texts(statement.get("Action")?)?;
        Some(Self { principals: statement.get("Principal")?, actions })
    }

    /// Whether everybody of an AWS account is kept from every action that starts a session.
    pub(super) fn is_of_everybody(&self) -> bool {
        self.is_of("AWS", "*") && STARTS.iter().all(|action| self.covers(action))
    }

    /// A denial of `*` may bind others than identities of AWS accounts. That is not relied on: they are to be named. Of these
    /// identities one that is named may come under another name, so only a denial of all of them counts.
    fn is_of(&self, kind: &str, name: &str) -> bool {
        let named = |kind: &str| self.principals.get(kind).and_then(texts).unwrap_or_default();
        match kind {
            "Service" | "Federated" => named(kind).contains(&name),
            _ => self.principals == "*" || named("AWS").contains(&"*"),
        }
    }

    fn covers(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| pattern::fits(pattern, action))
    }
}

/// Whether a condition holds for every value of its keys, and without them.
fn always_holds(condition: &Value) -> bool {
    let Some(operators) = condition.as_object() else { return false };
    operators.iter().all(|(operator, keys)| {
        let any_value = |value: &Value| texts(value).is_some_and(|values| values.contains(&"*"));
        operator == "StringLikeIfExists" && keys.as_object().is_some_and(|keys| keys.values().all(any_value))
    })
}
