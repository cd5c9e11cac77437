//! Policy documents: statements, and what of a request they are about.

use serde_json::Value;

use super::condition::Condition;
use super::context::Context;
use super::pattern::like;

/// A policy document, read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document {
    pub(crate) statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) denies: bool,
    pub(crate) actions: Names,
    /// Absent in a trust policy, which is about its role.
    pub(crate) resources: Option<Names>,
    /// Present in a trust policy alone.
    pub(crate) principals: Option<Principals>,
    pub(crate) conditions: Vec<Condition>,
    /// Whether `${aws:username}` is a variable: only in version 2012-10-17, otherwise it is text.
    pub(crate) variables: bool,
}

/// Patterns, or all but these.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) not: bool,
    pub(crate) patterns: Vec<String>,
}

/// Who a statement is about: kind (`AWS`, `Service`, `Federated`) and text, or everybody but these.
#[derive(Debug, Clone)]
pub(crate) struct Principals {
    pub(crate) not: bool,
    pub(crate) named: Vec<(String, String)>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Panics
    /// Where the text is no JSON: the services refuse that before they keep it.
    pub(crate) fn read(text: &str) -> Self {
        Self::of(
            &serde_json::from_str(text).unwrap_or_else(|error| panic!("a policy that is no JSON ({error}): {text}")),
        )
    }

    /// A document that is JSON already.
    pub(crate) fn of(document: &Value) -> Self {
        let variables = document["Version"] == "2012-10-17";
        let statements = match &document["Statement"] {
            Value::Array(all) => all.iter().map(|one| Statement::of(one, variables)).collect(),
            Value::Null => vec![],
            one => vec![Statement::of(one, variables)],
        };
        Self { statements }
    }

    /// Whether a statement of this effect is about this request, whoever the principal is.
    pub(crate) fn says(&self, denies: bool, action: &str, resource: &str, context: &Context) -> bool {
        self.statements.iter().any(|one| one.denies == denies && one.covers(action, resource, context))
    }
}

impl Statement {
    fn of(statement: &Value, variables: bool) -> Self {
        let principals =
            principals(&statement["Principal"], false).or_else(|| principals(&statement["NotPrincipal"], true));
        let mut conditions = Vec::new();
        for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                let read = Condition::read(operator, key, texts(values));
                conditions.push(read.unwrap_or_else(|| panic!("IAM knows no condition operator {operator}")));
            }
        }
        Self {
            denies: statement["Effect"] == "Deny",
            // A statement without actions is about none.
            actions: names(statement, "Action").unwrap_or(Names { not: false, patterns: vec![] }),
            resources: names(statement, "Resource"),
            principals,
            conditions,
            variables,
        }
    }

    /// Whether the statement is about this action on this resource in this context.
    pub(crate) fn covers(&self, action: &str, resource: &str, context: &Context) -> bool {
        // Actions hold no variables and know no case.
        let of_action = self.actions.patterns.iter().any(|pattern| like(pattern, action, None, true));
        let variables = self.variables.then_some(context);
        of_action != self.actions.not
            && self.resources.as_ref().is_none_or(|resources| {
                resources.patterns.iter().any(|pattern| like(pattern, resource, variables, false)) != resources.not
            })
            && self.conditions.iter().all(|condition| condition.holds(context, self.variables))
    }
}

/// Whether this is a policy without principals, as far as the services check before they keep one.
pub(crate) fn is_policy(document: &Value) -> bool {
    let statements = match &document["Statement"] {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let operators = |statement: &Value| {
        let all = statement["Condition"].as_object().into_iter().flatten();
        let mut all = all.map(|(operator, _)| Condition::read(operator, "", vec![]));
        all.all(|read| read.is_some())
    };
    !statements.is_empty()
        && statements.iter().all(|statement| {
            matches!(statement["Effect"].as_str(), Some("Allow" | "Deny"))
                && principals(&statement["Principal"], false).is_none()
                && names(statement, "Action").is_some()
                && names(statement, "Resource").is_some()
                && operators(statement)
        })
}

fn names(statement: &Value, element: &str) -> Option<Names> {
    let other = format!("Not{element}");
    let (not, value) = match (statement.get(element), statement.get(&other)) {
        (Some(value), _) => (false, value),
        (None, Some(value)) => (true, value),
        (None, None) => return None,
    };
    Some(Names { not, patterns: texts(value) })
}

fn principals(value: &Value, not: bool) -> Option<Principals> {
    let named = match value {
        Value::Null => return None,
        Value::Object(kinds) => {
            kinds.iter().flat_map(|(kind, of)| texts(of).into_iter().map(move |text| (kind.clone(), text))).collect()
        }
        // `"*"` and `{"AWS": "*"}` are the same (IAM's reference of the element Principal).
        all => texts(all).into_iter().map(|text| ("AWS".to_owned(), text)).collect(),
    };
    Some(Principals { not, named })
}

/// One value or a list of them, as texts: policies write `true` and `"true"` alike.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null => vec![],
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_statement_covers_what_it_names_or_all_but_that() {
        let document = |statement: Value| Document::of(&json!({ "Version": "2012-10-17", "Statement": statement }));
        let context = Context::default();
        let table = [
            (json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }), "s3:GetObject", "arn:aws:s3:::a/b", true),
            (json!({ "Effect": "Allow", "Action": "S3:getobject", "Resource": "*" }), "s3:GetObject", "x", true),
            (json!({ "Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*" }), "iam:GetUser", "*", false),
            (json!({ "Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*" }), "s3:GetObject", "*", true),
            (
                json!({ "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::a/*" }),
                "s3:GetObject",
                "arn:aws:s3:::a/b",
                false,
            ),
            (
                json!({ "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::a/*" }),
                "s3:GetObject",
                "arn:aws:s3:::c",
                true,
            ),
            (
                json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*" }),
                "s3:GetObject",
                "*",
                false,
            ),
            (json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }]), "s3:GetObject", "*", false),
        ];
        for (statement, action, resource, covered) in table {
            assert_eq!(document(statement.clone()).says(false, action, resource, &context), covered, "{statement}");
        }
    }
}
