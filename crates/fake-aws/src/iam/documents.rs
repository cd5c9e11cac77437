//! Policy documents: what IAM takes for one, and how long it may be.
//!
//! After "Grammar of the IAM JSON policy language" in the IAM User Guide. Not everything that AWS refuses is refused: no catalogue
//! of services, actions and condition keys is here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::call::Refusal;

use super::names::invalid;

/// Which grammar a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    /// Of identities: statements have resources and no principals.
    Identity,
    /// Of a role's trust: statements have principals and no resources, and actions of STS.
    Trust,
}

/// A refused document.
pub(super) fn malformed(why: impl Into<String>) -> Refusal {
    Refusal::new(400, "MalformedPolicyDocument", why)
}

/// Characters of a document as quotas count them: "IAM doesn't count white space" (IAM quotas).
pub(super) fn length(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

/// The statements of a document, which may be one without a list.
pub(super) fn statements(document: &Value) -> Vec<&Value> {
    listed(&document["Statement"])
}

/// What stands alone or in a list.
pub(super) fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Null => vec![],
        one => vec![one],
    }
}

/// Reads a document, or refuses it.
pub(super) fn read(text: &str, grammar: Grammar) -> Result<Value, Refusal> {
    // The pattern and length of every `PolicyDocument` in the API Reference.
    if text.is_empty() || text.len() > 131_072 {
        return Err(invalid(
            "Value at 'policyDocument' failed to satisfy constraint: Member must have length from 1 to 131072",
        ));
    }
    if text.chars().any(|c| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')) {
        return Err(invalid("The specified value for policyDocument is invalid."));
    }
    let document: Value = serde_json::from_str(text).map_err(|_| malformed("Syntax errors in policy."))?;
    let known = ["Version", "Id", "Statement"];
    if !document.is_object() || has_other(&document, &known) {
        return Err(malformed("Syntax errors in policy."));
    }
    match &document["Version"] {
        Value::Null => {}
        Value::String(version) if ["2012-10-17", "2008-10-17"].contains(&version.as_str()) => {}
        _ => return Err(malformed("The policy must contain a valid version string")),
    }
    let statements = statements(&document);
    if statements.is_empty() {
        return Err(malformed("Syntax errors in policy."));
    }
    let mut sids = BTreeSet::new();
    for statement in statements {
        check(statement, grammar)?;
        if let Some(sid) = statement["Sid"].as_str().filter(|sid| !sid.is_empty())
            && !sids.insert(sid)
        {
            return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
        }
    }
    Ok(document)
}

fn has_other(object: &Value, known: &[&str]) -> bool {
    object.as_object().is_some_and(|object| object.keys().any(|name| !known.contains(&name.as_str())))
}

fn check(statement: &Value, grammar: Grammar) -> Result<(), Refusal> {
    const KNOWN: [&str; 9] =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    if !statement.is_object() || has_other(statement, &KNOWN) {
        return Err(malformed("Syntax errors in policy."));
    }
    match &statement["Sid"] {
        Value::Null => {}
        Value::String(sid) if sid.chars().all(|c| c.is_ascii_alphanumeric()) => {}
        _ => {
            return Err(malformed(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
            ));
        }
    }
    if !matches!(statement["Effect"].as_str(), Some("Allow" | "Deny")) {
        return Err(malformed("Syntax errors in policy."));
    }
    let actions =
        either(statement, "Action", "NotAction").ok_or_else(|| malformed("Policy statement must contain actions."))?;
    for action in actions {
        match action.split_once(':') {
            _ if action == "*" => {}
            Some((vendor, name)) if !vendor.is_empty() && !name.is_empty() && !name.contains(':') => {}
            _ => return Err(malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")),
        }
    }
    check_condition(&statement["Condition"])?;
    match grammar {
        Grammar::Identity => check_identity(statement),
        Grammar::Trust => check_trust(statement),
    }
}

fn check_identity(statement: &Value) -> Result<(), Refusal> {
    if statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some() {
        return Err(malformed("Policy document should not specify a principal."));
    }
    let resources = either(statement, "Resource", "NotResource")
        .ok_or_else(|| malformed("Policy statement must contain resources."))?;
    match resources.iter().find(|resource| **resource != "*" && !resource.starts_with("arn:")) {
        Some(resource) => Err(malformed(format!("Resource {resource} must be in ARN format or \"*\"."))),
        None => Ok(()),
    }
}

fn check_trust(statement: &Value) -> Result<(), Refusal> {
    if statement.get("Resource").is_some() || statement.get("NotResource").is_some() {
        return Err(malformed("Has prohibited field Resource"));
    }
    let of_sts = |action: &str| action.to_ascii_lowercase().starts_with("sts:");
    if statement.get("NotAction").is_none()
        && !listed(&statement["Action"]).iter().all(|of| of.as_str().is_some_and(of_sts))
    {
        return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
    }
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(_), None) => Ok(()),
        (None, Some(_)) if statement["Effect"] == "Deny" => Ok(()),
        (None, Some(_)) => Err(malformed("Allow with NotPrincipal is not allowed.")),
        _ => Err(malformed("AssumeRolepolicy must contain a principal.")),
    }
}

/// The texts of one of two members; None where neither or both are there, or one is empty.
fn either<'a>(statement: &'a Value, one: &str, other: &str) -> Option<Vec<&'a str>> {
    let ((Some(held), None) | (None, Some(held))) = (statement.get(one), statement.get(other)) else { return None };
    let texts: Option<Vec<&str>> = listed(held).into_iter().map(Value::as_str).collect();
    texts.filter(|texts| !texts.is_empty())
}

/// "IAM JSON policy elements: Condition operators".
fn check_condition(condition: &Value) -> Result<(), Refusal> {
    const OPERATORS: [&str; 27] = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "Null",
    ];
    if condition.is_null() {
        return Ok(());
    }
    let operators = condition.as_object().ok_or_else(|| malformed("Syntax errors in policy."))?;
    for (operator, keys) in operators {
        let bare = operator.strip_prefix("ForAllValues:").or_else(|| operator.strip_prefix("ForAnyValue:"));
        let bare = bare.unwrap_or(operator);
        let bare = bare.strip_suffix("IfExists").unwrap_or(bare);
        if !OPERATORS.iter().any(|known| known.eq_ignore_ascii_case(bare)) {
            return Err(malformed(format!("Invalid Condition type : {operator}.")));
        }
        let keys = keys.as_object().ok_or_else(|| malformed("Syntax errors in policy."))?;
        if keys.keys().any(|key| !key.contains(':')) {
            return Err(malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, grammar: Grammar) -> Option<String> {
        read(text, grammar).err().map(|refusal| refusal.message)
    }

    #[test]
    fn a_document_is_refused_for_what_iam_refuses_it_for() {
        let identity = |text: &str| refused(text, Grammar::Identity);
        assert_eq!(identity(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#), None);
        assert_eq!(identity("severance").as_deref(), Some("Syntax errors in policy."));
        assert_eq!(identity(r#"{"Statement":[]}"#).as_deref(), Some("Syntax errors in policy."));
        for (statement, why) in [
            (r#""Action":"*","Resource":"*","Sid":"a-b""#, "Statement IDs (SID) must be alpha-numeric"),
            (r#""Action":"*""#, "must contain resources"),
            (r#""Action":"*","Resource":"bucket""#, "ARN format"),
            (r#""Action":[],"Resource":"*""#, "must contain actions"),
            (r#""Action":"*","Resource":"*","Principal":"*""#, "should not specify a principal"),
            (r#""Action":"*","Resource":"*","Condition":{"StringIs":{"a:b":"c"}}"#, "Invalid Condition type"),
        ] {
            let message = identity(&format!(r#"{{"Statement":[{{"Effect":"Deny",{statement}}}]}}"#)).unwrap();
            assert!(message.contains(why), "{statement}: {message}");
        }
        let twice = r#"{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}"#;
        assert!(identity(&format!(r#"{{"Statement":[{twice},{twice}]}}"#)).unwrap().contains("must be unique"));
    }

    #[test]
    fn white_space_does_not_count() {
        assert_eq!(length("{ \"a\" :\n\t1 }"), 7);
    }
}
