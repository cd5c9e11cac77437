//! What to ask the policies: real actions that matter, and everything that the policies themselves speak of.
//!
//! A policy that opens one object of one bucket in one Region is open, so a fixed list of questions would miss it. Each pattern of a
//! document, allowing or denying, `Not…` or not, is made into something that is like it; each condition that a request can meet is
//! met, and each denial's that a request can avoid is avoided.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Condition keys that a request brings.
pub(super) type Brought = BTreeMap<String, Vec<String>>;

/// What nothing is called, so that a pattern alone can be like it.
pub(super) const NOBODY: &str = "Zq9";

/// Actions of consequence, each with something that it can be about.
pub(super) const CONSEQUENTIAL: &[(&str, &str)] = &[
    ("iam:CreateAccessKey", "arn:aws:iam::{account}:user/Zq9"),
    ("iam:PutUserPolicy", "arn:aws:iam::{account}:user/Zq9"),
    ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::{account}:role/Zq9"),
    ("iam:CreateUser", "arn:aws:iam::{account}:user/Zq9"),
    ("s3:GetObject", "arn:aws:s3:::Zq9/Zq9"),
    ("s3:PutObject", "arn:aws:s3:::Zq9/Zq9"),
    ("ec2:RunInstances", "arn:aws:ec2:us-east-1:{account}:instance/Zq9"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:{account}:secret:Zq9"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:{account}:table/Zq9"),
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:{account}:function:Zq9"),
    ("kms:Decrypt", "arn:aws:kms:us-east-1:{account}:key/Zq9"),
    ("ec2:DescribeInstances", "*"),
    ("s3:ListAllMyBuckets", "*"),
    ("iam:ListUsers", "*"),
];

/// Actions that a pattern such as `iam:Create*` is taken for first, so that what is reported exists.
const WELL_KNOWN: &[&str] = &[
    "iam:CreateAccessKey",
    "iam:UpdateAccessKey",
    "iam:CreateLoginProfile",
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:PutRolePolicy",
    "iam:PassRole",
    "iam:GetUser",
    "iam:ListUsers",
    "iam:TagUser",
    "iam:DeleteUserPolicy",
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:DeleteObject",
    "ec2:RunInstances",
    "ec2:DescribeInstances",
    "secretsmanager:GetSecretValue",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "lambda:InvokeFunction",
    "kms:Decrypt",
    "sts:TagSession",
    "codecommit:GitPull",
    "codecommit:GitPush",
    "bedrock:InvokeModel",
    "cassandra:Select",
    "logs:PutLogEvents",
];

/// A question without who asks it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Probe {
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) brought: Brought,
}

/// Questions about what these documents could allow in this account, the consequential first.
///
/// `thorough` pairs each action with each resource, because what one policy allows another one may cut down; without, each
/// statement is asked about what it says itself.
pub(super) fn of(documents: &[Value], account: &str, user: Option<&str>, at: Timestamp, thorough: bool) -> Vec<Probe> {
    let statements: Vec<&Value> = documents.iter().flat_map(statements).collect();
    let mut pairs: Vec<(String, String)> = CONSEQUENTIAL
        .iter()
        .map(|(action, resource)| ((*action).to_owned(), resource.replace("{account}", account)))
        .collect();
    let mut seen: BTreeSet<(String, String)> = pairs.iter().cloned().collect();
    let mut pair = |action: &str, resource: &str| {
        let one = (action.to_owned(), resource.to_owned());
        if seen.insert(one.clone()) {
            pairs.push(one);
        }
    };
    let mut all_actions = BTreeSet::new();
    let mut all_resources = BTreeSet::new();
    for statement in &statements {
        let mut actions: Vec<String> = texts(statement, "Action").iter().flat_map(|of| actions_like(of)).collect();
        if statement.get("NotAction").is_some() {
            // All but these is something else.
            actions.extend(actions_like("*"));
        }
        let mut resources: Vec<String> =
            texts(statement, "Resource").iter().flat_map(|of| resources_like(of, user)).collect();
        if statement.get("NotResource").is_some() {
            resources.push("*".to_owned());
        }
        for action in &actions {
            for resource in &resources {
                pair(action, resource);
            }
            pair(action, &resource_of(action, account));
        }
        // The whole of a service's or of AWS's actions needs no further example.
        for resource in &resources {
            for (action, _) in CONSEQUENTIAL.iter().filter(|(action, _)| same_service(action, resource)) {
                pair(action, resource);
            }
        }
        all_actions.extend(actions);
        all_resources.extend(resources);
    }
    if thorough {
        for action in &all_actions {
            for resource in &all_resources {
                pair(action, resource);
            }
        }
    }
    let contexts = contexts(&statements, at);
    pairs
        .iter()
        .flat_map(|(action, resource)| {
            contexts.iter().map(|brought| Probe {
                action: action.clone(),
                resource: resource.clone(),
                brought: brought.clone(),
            })
        })
        .collect()
}

/// The statements of a document, one or many.
pub(super) fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(many) => many.iter().collect(),
        Value::Null => vec![],
        one => vec![one],
    }
}

/// One text or many, of a member or its `Not…`.
pub(super) fn texts(statement: &Value, member: &str) -> Vec<String> {
    let found = statement.get(member).or_else(|| statement.get(format!("Not{member}")));
    found.map(values).unwrap_or_default()
}

pub(super) fn values(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().flat_map(values).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null => vec![],
        other => vec![other.to_string()],
    }
}

fn actions_like(pattern: &str) -> Vec<String> {
    let lower = pattern.to_ascii_lowercase();
    if lower == "*" || lower == "*:*" {
        return vec![format!("{}:{NOBODY}", NOBODY.to_ascii_lowercase())];
    }
    let mut found: Vec<String> = WELL_KNOWN
        .iter()
        .filter(|known| matches(&lower, &known.to_ascii_lowercase()))
        .map(|&of| of.to_owned())
        .collect();
    found.truncate(3);
    found.push(instance(pattern));
    found
}

fn resources_like(pattern: &str, user: Option<&str>) -> Vec<String> {
    let mut pattern = pattern.to_owned();
    if let Some(user) = user {
        pattern = pattern.replace("${aws:username}", user);
    }
    // Other variables stand for something that the caller is or carries; what they leave open is tried with `*`'s example.
    while let Some((before, rest)) = pattern.split_once("${") {
        let after = rest.split_once('}').map_or("", |(_, after)| after);
        pattern = format!("{before}*{after}");
    }
    match pattern.as_str() {
        "*" => vec!["*".to_owned()],
        other => vec![instance(other)],
    }
}

/// Something that is like a pattern, and hardly like any other one.
pub(super) fn instance(pattern: &str) -> String {
    pattern.replace('*', NOBODY).replace('?', "Z")
}

fn resource_of(action: &str, account: &str) -> String {
    let service = action.split(':').next().unwrap_or_default();
    match CONSEQUENTIAL.iter().find(|(of, resource)| *resource != "*" && of.split(':').next() == Some(service)) {
        Some((_, resource)) => resource.replace("{account}", account),
        None => format!("arn:aws:{service}:us-east-1:{account}:{NOBODY}/{NOBODY}"),
    }
}

fn same_service(action: &str, resource: &str) -> bool {
    resource == "*" || resource.split(':').nth(2) == action.split(':').next()
}

/// Whether a text is like a pattern of `*` and `?`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // reached[i]: the first i letters of the pattern are like what was read of the text.
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    for i in 0..pattern.len() {
        reached[i + 1] = reached[i] && pattern[i] == '*';
    }
    for letter in text {
        let mut next = vec![false; pattern.len() + 1];
        for i in 0..pattern.len() {
            next[i + 1] = match pattern[i] {
                '*' => reached[i + 1] || next[i],
                '?' => reached[i],
                same => reached[i] && same == letter,
            };
        }
        reached = next;
    }
    reached[pattern.len()]
}

/// Whether a condition key follows from who calls, from where and when: no request can choose it.
pub(super) fn is_given(key: &str) -> bool {
    const GIVEN: &[&str] = &[
        "aws:principal",
        "aws:userid",
        "aws:username",
        "aws:token",
        "aws:current",
        "aws:epoch",
        "aws:multifactor",
        "aws:federatedprovider",
        "aws:sourceidentity",
        "aws:sourceip",
        "aws:vpcsourceip",
        "aws:sourcevpc",
        "aws:viaawsservice",
        "aws:calledvia",
        "aws:assumedroot",
        "ec2:sourceinstance",
        "lambda:sourcefunction",
        "identitystore:",
        "saml:",
    ];
    let key = key.to_ascii_lowercase();
    GIVEN.iter().any(|given| key.starts_with(given))
}

/// The requests that matter to these statements: plain, as each allowing one wants it, and the same past all denials; now, and at
/// every later moment at which a statement changes its mind.
pub(super) fn contexts(statements: &[&Value], at: Timestamp) -> Vec<Brought> {
    let mut past_denials = Brought::new();
    let mut wanted: Vec<Brought> = Vec::new();
    for statement in statements {
        let allows = statement["Effect"] != "Deny";
        let brought = brought_for(statement, allows);
        if !allows {
            past_denials.extend(brought);
        } else if !brought.is_empty() && !wanted.contains(&brought) {
            wanted.push(brought);
        }
    }
    // What an identity's policy wants and what its boundary or session policy wants can be wanted of the same request.
    let mut found = vec![Brought::new()];
    for (n, one) in wanted.iter().enumerate() {
        found.push(one.clone());
        found.extend(wanted[n + 1..].iter().map(|other| one.iter().chain(other).map(owned).collect()));
    }
    found.push(wanted.iter().flatten().map(owned).collect());
    let past = found.iter().map(|one| past_denials.iter().chain(one).map(owned).collect());
    let past: Vec<Brought> = past.collect();
    found.extend(past);
    let mut distinct: Vec<Brought> = Vec::new();
    for one in found {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    let mut timed = distinct.clone();
    for moment in moments(statements, &["aws:currenttime", "aws:epochtime"], at).into_iter().filter(|of| *of > at) {
        for one in &distinct {
            let mut one = one.clone();
            set_time(&mut one, moment);
            timed.push(one);
        }
    }
    timed
}

fn owned((key, values): (&String, &Vec<String>)) -> (String, Vec<String>) {
    (key.clone(), values.clone())
}

/// Asks at this moment.
pub(super) fn set_time(brought: &mut Brought, moment: Timestamp) {
    brought.insert("aws:CurrentTime".to_owned(), vec![moment.to_string()]);
    brought.insert("aws:EpochTime".to_owned(), vec![moment.as_second().to_string()]);
}

/// The moment that a question is asked at, where it is not now.
pub(super) fn time_of(brought: &Brought) -> Option<Timestamp> {
    brought.get("aws:CurrentTime")?.first()?.parse().ok()
}

/// Now, and a second after each later moment that conditions of these keys name.
pub(super) fn moments(statements: &[&Value], keys: &[&str], at: Timestamp) -> BTreeSet<Timestamp> {
    let mut found = BTreeSet::from([at]);
    for statement in statements {
        for (_, of, values) in conditions(statement) {
            if keys.iter().any(|key| of.eq_ignore_ascii_case(key)) {
                let later = values.iter().filter_map(|text| date(text)).filter(|moment| *moment >= at);
                found.extend(later.filter_map(|moment| moment.checked_add(SignedDuration::from_secs(1)).ok()));
            }
        }
    }
    found
}

fn date(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

/// Operator, key and values of each condition of a statement.
pub(super) fn conditions(statement: &Value) -> Vec<(&str, &str, Vec<String>)> {
    let operators = statement["Condition"].as_object().into_iter().flatten();
    operators
        .flat_map(|(operator, keys)| {
            keys.as_object().into_iter().flatten().map(move |(key, of)| (&**operator, &**key, values(of)))
        })
        .collect()
}

/// What a request brings so that a statement holds, or does not.
fn brought_for(statement: &Value, holds: bool) -> Brought {
    let mut brought = Brought::new();
    for (operator, key, values) in conditions(statement).into_iter().filter(|(_, key, _)| !is_given(key)) {
        if let Some(value) = value_for(operator, &values, holds) {
            brought.insert(key.to_owned(), vec![value]);
        }
    }
    brought
}

/// A value for which an operator holds, or does not; None where being absent does it, or where nothing can be said.
fn value_for(operator: &str, values: &[String], holds: bool) -> Option<String> {
    let first = values.first()?;
    let operator = operator.to_ascii_lowercase();
    let operator = operator.rsplit(':').next().unwrap_or_default();
    let operator = operator.strip_suffix("ifexists").unwrap_or(operator);
    if operator == "null" {
        let wants_absent = first.eq_ignore_ascii_case("true") == holds;
        return (!wants_absent).then(|| NOBODY.to_owned());
    }
    let alike = operator.contains("not") != holds;
    if operator == "bool" {
        let is_true = first.eq_ignore_ascii_case("true") == holds;
        return Some(is_true.to_string());
    }
    if let Some(comparison) = operator.strip_prefix("numeric") {
        let number: f64 = first.parse().ok()?;
        let further = match (comparison, holds) {
            ("lessthan", true) | ("greaterthanequals", false) => -1.0,
            ("greaterthan" | "notequals", true) | ("lessthanequals" | "equals", false) => 1.0,
            _ => 0.0,
        };
        return Some((number + further).to_string());
    }
    if operator.starts_with("date") || operator.contains("ipaddress") {
        return None;
    }
    Some(if alike { instance(first) } else { NOBODY.to_owned() })
}
