//! Conditions, filters and key conditions: one grammar (developer guide, "Condition and filter expressions, operators, and
//! functions").

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::refusals::invalid;
use super::scope::{Part, Path, Scope, Words, at_path, syntax};
use super::value::{self, Item};
use crate::call::Refusal;

/// A condition, read.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Compare(Operand, String, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path, bool),
    Type(Path, Operand),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

#[derive(Debug, Clone)]
pub(super) enum Operand {
    Path(Path),
    Value(Value),
    Size(Path),
}

const COMPARATORS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

/// "Up to 100 values" (developer guide, the `IN` operator).
const MOST_IN: usize = 100;

impl Condition {
    pub(super) fn read(expression: &str, scope: &mut Scope<'_>) -> Result<Self, Refusal> {
        let mut words = Words::of(expression, scope)?;
        let (condition, _) = any(&mut words)?;
        if words.is_at_end() { Ok(condition) } else { Err(syntax(words.peek())) }
    }

    /// Whether it holds of an item; none has no attributes.
    pub(super) fn holds(&self, item: Option<&Item>) -> bool {
        match self {
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Or(a, b) => a.holds(item) || b.holds(item),
            Self::Not(a) => !a.holds(item),
            Self::Compare(a, operator, b) => compares(a.of(item).as_ref(), operator, b.of(item).as_ref()),
            Self::Between(a, from, to) => {
                compares(a.of(item).as_ref(), ">=", from.of(item).as_ref())
                    && compares(a.of(item).as_ref(), "<=", to.of(item).as_ref())
            }
            Self::In(a, list) => list.iter().any(|b| compares(a.of(item).as_ref(), "=", b.of(item).as_ref())),
            Self::Exists(path, wanted) => item.and_then(|item| at_path(item, path)).is_some() == *wanted,
            Self::Type(path, kind) => {
                let found = item.and_then(|item| at_path(item, path)).and_then(value::parts);
                kind.of(item).is_some_and(|kind| found.is_some_and(|(found, _)| kind["S"] == found))
            }
            Self::BeginsWith(a, b) => a.of(item).zip(b.of(item)).is_some_and(|(a, b)| value::begins_with(&a, &b)),
            Self::Contains(a, b) => a.of(item).zip(b.of(item)).is_some_and(|(a, b)| value::contains(&a, &b)),
        }
    }

    /// Its parts, each of which must hold.
    pub(super) fn all(&self) -> Vec<&Self> {
        match self {
            Self::And(a, b) => [a.all(), b.all()].concat(),
            other => vec![other],
        }
    }

    /// The attributes of an item that it looks at.
    pub(super) fn attributes(&self) -> Vec<&str> {
        let (paths, operands): (Vec<&Path>, Vec<&Operand>) = match self {
            Self::And(a, b) | Self::Or(a, b) => return [a.attributes(), b.attributes()].concat(),
            Self::Not(a) => return a.attributes(),
            Self::Compare(a, _, b) | Self::BeginsWith(a, b) | Self::Contains(a, b) => (vec![], vec![a, b]),
            Self::Between(a, b, c) => (vec![], vec![a, b, c]),
            Self::In(a, list) => (vec![], std::iter::once(a).chain(list).collect()),
            Self::Exists(path, _) => (vec![path], vec![]),
            Self::Type(path, operand) => (vec![path], vec![operand]),
        };
        let named = operands.into_iter().filter_map(|operand| match operand {
            Operand::Path(path) | Operand::Size(path) => Some(path),
            Operand::Value(_) => None,
        });
        paths
            .into_iter()
            .chain(named)
            .filter_map(|path| match path.first() {
                Some(Part::Name(name)) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }
}

impl Operand {
    fn of(&self, item: Option<&Item>) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Path(path) => at_path(item?, path).cloned(),
            Self::Size(path) => Some(json!({ "N": value::length(at_path(item?, path)?)?.to_string() })),
        }
    }
}

/// What is absent, or of another type, compares with nothing; it only differs.
fn compares(a: Option<&Value>, operator: &str, b: Option<&Value>) -> bool {
    let both = a.zip(b);
    let order = || both.and_then(|(a, b)| value::order(a, b));
    match operator {
        "=" => both.is_some_and(|(a, b)| value::same(a, b)),
        "<>" => !both.is_some_and(|(a, b)| value::same(a, b)),
        "<" => order().is_some_and(Ordering::is_lt),
        "<=" => order().is_some_and(Ordering::is_le),
        ">" => order().is_some_and(Ordering::is_gt),
        _ => order().is_some_and(Ordering::is_ge),
    }
}

/// A condition, and whether it stands in parentheses of its own.
type ReadCondition = Result<(Condition, bool), Refusal>;

fn any(words: &mut Words<'_, '_>) -> ReadCondition {
    let (mut left, mut in_parentheses) = all(words)?;
    while words.take("OR") {
        words.operator()?;
        left = Condition::Or(Box::new(left), Box::new(all(words)?.0));
        in_parentheses = false;
    }
    Ok((left, in_parentheses))
}

fn all(words: &mut Words<'_, '_>) -> ReadCondition {
    let (mut left, mut in_parentheses) = one(words)?;
    while words.take("AND") {
        words.operator()?;
        left = Condition::And(Box::new(left), Box::new(one(words)?.0));
        in_parentheses = false;
    }
    Ok((left, in_parentheses))
}

fn one(words: &mut Words<'_, '_>) -> ReadCondition {
    if words.take("NOT") {
        words.operator()?;
        return Ok((Condition::Not(Box::new(one(words)?.0)), false));
    }
    if words.take("(") {
        let (inner, is_redundant) = any(words)?;
        words.expect(")")?;
        if is_redundant {
            return Err(invalid("Invalid expression: The expression has redundant parentheses;"));
        }
        return Ok((inner, true));
    }
    if words.peek() != "size"
        && let Some(function) = words.function()
    {
        words.operator()?;
        let condition = match function.as_str() {
            "attribute_exists" => Condition::Exists(words.path()?, true),
            "attribute_not_exists" => Condition::Exists(words.path()?, false),
            "attribute_type" => {
                let path = words.path()?;
                words.expect(",")?;
                Condition::Type(path, operand(words)?)
            }
            "begins_with" | "contains" => {
                let a = operand(words)?;
                words.expect(",")?;
                let b = operand(words)?;
                if function == "contains" { Condition::Contains(a, b) } else { Condition::BeginsWith(a, b) }
            }
            other => return Err(invalid(format!("Invalid function name; function: {other}"))),
        };
        words.expect(")")?;
        return Ok((condition, false));
    }
    let left = operand(words)?;
    words.operator()?;
    if words.take("BETWEEN") {
        let from = operand(words)?;
        words.expect("AND")?;
        return Ok((Condition::Between(left, from, operand(words)?), false));
    }
    if words.take("IN") {
        words.expect("(")?;
        let mut list = vec![operand(words)?];
        while words.take(",") {
            list.push(operand(words)?);
        }
        words.expect(")")?;
        if list.len() > MOST_IN {
            return Err(invalid("Invalid expression: The IN operator is provided with too many operands;"));
        }
        return Ok((Condition::In(left, list), false));
    }
    let comparator = words.next();
    if !COMPARATORS.contains(&comparator.as_str()) {
        return Err(syntax(&comparator));
    }
    Ok((Condition::Compare(left, comparator, operand(words)?), false))
}

fn operand(words: &mut Words<'_, '_>) -> Result<Operand, Refusal> {
    if let Some(value) = words.value() {
        return value.map(Operand::Value);
    }
    if words.peek() == "size" && words.function().is_some() {
        words.operator()?;
        let path = words.path()?;
        words.expect(")")?;
        return Ok(Operand::Size(path));
    }
    words.path().map(Operand::Path)
}
