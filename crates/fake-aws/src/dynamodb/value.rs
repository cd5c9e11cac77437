//! Attribute values: their order, their equality and their size, by DynamoDB's own rules.

use std::cmp::Ordering;

use aws_smithy_types::base64;
use serde_json::{Map, Value};

use super::refusals::invalid;
use crate::call::Refusal;

/// Attributes by name.
pub type Item = Map<String, Value>;

/// "The maximum item size in DynamoDB is 400 KB, which includes both attribute name binary length (UTF-8 length) and attribute
/// value lengths (again binary length)" (developer guide, Quotas).
pub(super) const MOST_BYTES: usize = 400 * 1024;

/// An item's size as DynamoDB counts it: names plus values.
pub fn size_of(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size_of_value(value)).sum()
}

/// Developer guide, "DynamoDB item sizes and formats".
fn size_of_value(value: &Value) -> usize {
    let Some((kind, value)) = parts(value) else { return 0 };
    let each = |list: &Value, size: fn(&Value) -> usize| list.as_array().into_iter().flatten().map(size).sum::<usize>();
    match kind {
        "S" => text_size(value),
        "N" => number_size(value),
        "B" => binary_size(value),
        "BOOL" | "NULL" => 1,
        "SS" => each(value, text_size),
        "NS" => each(value, number_size),
        "BS" => each(value, binary_size),
        // "requires 3 bytes of overhead", and one byte for each element.
        "L" => 3 + each(value, |value| 1 + size_of_value(value)),
        "M" => {
            let members = value.as_object().into_iter().flatten();
            3 + members.map(|(name, value)| 1 + name.len() + size_of_value(value)).sum::<usize>()
        }
        _ => 0,
    }
}

fn text_size(value: &Value) -> usize {
    value.as_str().map_or(0, str::len)
}

/// "One byte per two significant digits, and one byte", and one for a sign.
fn number_size(value: &Value) -> usize {
    let text = value.as_str().unwrap_or_default();
    let digits: String =
        text.split(['e', 'E']).next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
    significant.div_ceil(2) + 1 + usize::from(text.starts_with('-'))
}

fn binary_size(value: &Value) -> usize {
    bytes(value).len()
}

fn bytes(value: &Value) -> Vec<u8> {
    base64::decode(value.as_str().unwrap_or_default()).unwrap_or_default()
}

/// The type and the plain value: `{"S": "a"}` is of type `S`.
pub(super) fn parts(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.iter().next().map(|(kind, value)| (kind.as_str(), value))
}

/// Refuses what is no attribute value.
pub(super) fn check(value: &Value) -> Result<(), Refusal> {
    let strange = || invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
    let (kind, value) = parts(value).ok_or_else(strange)?;
    match kind {
        "S" | "B" if value.is_string() => Ok(()),
        "BOOL" | "NULL" if value.is_boolean() => Ok(()),
        "N" => number(value)
            .map(drop)
            .ok_or_else(|| invalid(format!("The parameter cannot be converted to a numeric value: {value}"))),
        "SS" | "NS" | "BS" => {
            let set = value.as_array().ok_or_else(strange)?;
            if set.is_empty() {
                return Err(invalid("One or more parameter values were invalid: An string set may not be empty"));
            }
            if set.iter().enumerate().any(|(n, member)| set[..n].contains(member)) {
                return Err(invalid("One or more parameter values were invalid: Input collection contains duplicates"));
            }
            Ok(())
        }
        "L" => value.as_array().ok_or_else(strange)?.iter().try_for_each(check),
        "M" => value.as_object().ok_or_else(strange)?.values().try_for_each(check),
        _ => Err(strange()),
    }
}

/// A number of 38 digits at most; how many digits a fraction has is kept apart from its order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Whole(i128),
    Broken(f64),
}

pub(super) fn number(value: &Value) -> Option<Number> {
    let text = value.as_str()?;
    if let Ok(whole) = text.parse::<i128>() {
        return (whole.unsigned_abs() < 10_u128.pow(38)).then_some(Number::Whole(whole));
    }
    // `parse` also takes `inf` and `nan`.
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    text.parse::<f64>().ok().filter(|number| is_plain && number.is_finite()).map(Number::Broken)
}

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "only where one of the two is a fraction")]
    fn broken(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Broken(number) => number,
        }
    }

    pub(super) fn plus(self, other: Self, sign: i8) -> Option<Value> {
        let text = match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a.checked_add(b.checked_mul(i128::from(sign))?)?.to_string(),
            (a, b) => (a.broken() + f64::from(sign) * b.broken()).to_string(),
        };
        Some(serde_json::json!({ "N": text }))
    }

    fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.broken().partial_cmp(&b.broken()),
        }
    }
}

/// The order of two values of one type; only texts, numbers and bytes have one.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (parts(a)?, parts(b)?) {
        (("S", a), ("S", b)) => Some(a.as_str()?.as_bytes().cmp(b.as_str()?.as_bytes())),
        (("N", a), ("N", b)) => number(a)?.order(number(b)?),
        (("B", a), ("B", b)) => Some(bytes(a).cmp(&bytes(b))),
        _ => None,
    }
}

/// Whether two values are the same one, whatever the order of a set.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    let (Some((kind, plain_a)), Some((kind_b, plain_b))) = (parts(a), parts(b)) else { return false };
    if kind != kind_b {
        return false;
    }
    match kind {
        "N" | "S" | "B" => order(a, b) == Some(Ordering::Equal),
        "SS" | "NS" | "BS" => {
            let (a, b) = (members(plain_a), members(plain_b));
            a.len() == b.len() && a.iter().all(|member| has(kind, b, member))
        }
        "L" => {
            let (a, b) = (members(plain_a), members(plain_b));
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        "M" => match (plain_a.as_object(), plain_b.as_object()) {
            (Some(a), Some(b)) => {
                a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
            }
            _ => false,
        },
        _ => plain_a == plain_b,
    }
}

pub(super) fn members(of: &Value) -> &[Value] {
    of.as_array().map_or(&[], Vec::as_slice)
}

/// Whether a set of this kind has a member.
pub(super) fn has(kind: &str, set: &[Value], member: &Value) -> bool {
    let kind = if kind == "SS" { "S" } else { kind.trim_end_matches('S') };
    let typed = |plain: &Value| serde_json::json!({ kind: plain });
    set.iter().any(|known| order(&typed(known), &typed(member)) == Some(Ordering::Equal))
}

/// `contains(whole, part)`: a part of a text, or a member of a set or list.
pub(super) fn contains(whole: &Value, part: &Value) -> bool {
    let (Some((kind, whole)), Some((part_kind, plain))) = (parts(whole), parts(part)) else { return false };
    match (kind, part_kind) {
        ("S", "S") => whole.as_str().zip(plain.as_str()).is_some_and(|(whole, part)| whole.contains(part)),
        ("B", "B") => {
            let (whole, part) = (bytes(whole), bytes(plain));
            part.is_empty() || whole.windows(part.len()).any(|window| window == part)
        }
        ("SS", "S") | ("NS", "N") | ("BS", "B") => has(kind, members(whole), plain),
        ("L", _) => members(whole).iter().any(|member| same(member, part)),
        _ => false,
    }
}

pub(super) fn begins_with(whole: &Value, part: &Value) -> bool {
    match (parts(whole), parts(part)) {
        (Some(("S", whole)), Some(("S", part))) => {
            whole.as_str().zip(part.as_str()).is_some_and(|(whole, part)| whole.starts_with(part))
        }
        (Some(("B", whole)), Some(("B", part))) => bytes(whole).starts_with(&bytes(part)),
        _ => false,
    }
}

/// `size(path)`
pub(super) fn length(value: &Value) -> Option<usize> {
    Some(match parts(value)? {
        ("S", value) => value.as_str()?.chars().count(),
        ("B", value) => bytes(value).len(),
        ("M", value) => value.as_object()?.len(),
        ("SS" | "NS" | "BS" | "L", value) => members(value).len(),
        _ => return None,
    })
}
