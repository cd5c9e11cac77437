//! Conditions: an operator, a key and values.

use jiff::Timestamp;

use super::context::Context;
use super::pattern::{like, literal};

/// One key under one operator.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    quantifier: Quantifier,
    if_exists: bool,
    negated: bool,
    kind: Kind,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Quantifier {
    One,
    ForAllValues,
    ForAnyValue,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
    Bool,
    Numeric(Comparison),
    Date(Comparison),
    Ip,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// A condition as a statement writes it; nothing where the operator is not one of IAM's.
    pub(crate) fn read(operator: &str, key: &str, values: Vec<String>) -> Option<Self> {
        let (quantifier, rest) = match operator.split_once(':') {
            Some(("ForAllValues", rest)) => (Quantifier::ForAllValues, rest),
            Some(("ForAnyValue", rest)) => (Quantifier::ForAnyValue, rest),
            _ => (Quantifier::One, operator),
        };
        let (rest, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |rest| (rest, true));
        // Their case does not matter, to IAM neither.
        let lower = rest.to_ascii_lowercase();
        let (lower, negated) = match lower.split_once("not") {
            Some((before, after)) => (format!("{before}{after}"), true),
            None => (lower, false),
        };
        let kind = match lower.as_str() {
            "stringequals" | "binaryequals" => Some(Kind::Equals),
            "stringequalsignorecase" => Some(Kind::EqualsIgnoreCase),
            "stringlike" => Some(Kind::Like),
            "arnequals" | "arnlike" => Some(Kind::Arn),
            "bool" => Some(Kind::Bool),
            "ipaddress" => Some(Kind::Ip),
            "null" => Some(Kind::Null),
            other => match (other.strip_prefix("numeric"), other.strip_prefix("date")) {
                (Some(comparison), _) => comparison_of(comparison).map(Kind::Numeric),
                (_, Some(comparison)) => comparison_of(comparison).map(Kind::Date),
                _ => None,
            },
        };
        Some(Self { quantifier, if_exists, negated, kind: kind?, key: key.to_ascii_lowercase(), values })
    }

    /// Whether the condition holds in this context. All values of a key are alternatives.
    ///
    /// A key that is absent fails what is asked of it, but for negations, `…IfExists` and `ForAllValues`
    /// (IAM User Guide, "Condition operators" and "Multivalued context keys").
    pub(crate) fn holds(&self, context: &Context, variables: bool) -> bool {
        let present = context.get(&self.key).filter(|values| !values.is_empty());
        if self.kind == Kind::Null {
            return self.values.iter().any(|value| value.eq_ignore_ascii_case("true") == present.is_none());
        }
        let Some(present) = present else {
            return self.if_exists
                || match self.quantifier {
                    Quantifier::One => self.negated,
                    Quantifier::ForAllValues => true,
                    Quantifier::ForAnyValue => false,
                };
        };
        let variables = variables.then_some(context);
        let named = |value: &String| self.values.iter().any(|of| self.compare(of, value, variables));
        match self.quantifier {
            Quantifier::One => present.iter().any(named) != self.negated,
            Quantifier::ForAllValues => present.iter().all(|value| named(value) != self.negated),
            Quantifier::ForAnyValue => present.iter().any(|value| named(value) != self.negated),
        }
    }

    fn compare(&self, of: &str, value: &str, variables: Option<&Context>) -> bool {
        match self.kind {
            Kind::Equals => literal(of, variables).is_some_and(|of| of == value),
            Kind::EqualsIgnoreCase => literal(of, variables).is_some_and(|of| of.eq_ignore_ascii_case(value)),
            Kind::Like => like(of, value, variables, false),
            Kind::Arn => arn_like(of, value, variables),
            Kind::Bool => of.eq_ignore_ascii_case(value),
            Kind::Numeric(comparison) => match (of.parse::<f64>(), value.parse::<f64>()) {
                (Ok(of), Ok(value)) => value.partial_cmp(&of).is_some_and(|order| comparison.is(order)),
                _ => false,
            },
            Kind::Date(comparison) => match (moment(of), moment(value)) {
                (Some(of), Some(value)) => comparison.is(value.cmp(&of)),
                _ => false,
            },
            Kind::Ip => in_range(of, value),
            Kind::Null => false,
        }
    }
}

impl Comparison {
    fn is(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equals => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

fn comparison_of(name: &str) -> Option<Comparison> {
    Some(match name {
        "equals" => Comparison::Equals,
        "lessthan" => Comparison::Less,
        "lessthanequals" => Comparison::LessOrEqual,
        "greaterthan" => Comparison::Greater,
        "greaterthanequals" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// Each of the six components of an ARN is compared for itself, so that a wildcard does not reach across colons.
fn arn_like(pattern: &str, value: &str, variables: Option<&Context>) -> bool {
    let parts = |text| str::splitn(text, 6, ':').collect::<Vec<_>>();
    let (patterns, values) = (parts(pattern), parts(value));
    // What is no ARN is compared as a text, and so is a pattern that a variable may put colons into.
    if pattern == "*" || values.len() != 6 || pattern.contains("${") {
        return like(pattern, value, variables, false);
    }
    patterns.len() == 6 && patterns.iter().zip(values).all(|(pattern, value)| like(pattern, value, None, false))
}

/// A date as policies write it: W3C's forms of ISO 8601, or seconds since 1970.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        // A year alone is a date, too.
        return if text.len() == 4 { moment(&format!("{text}-01-01")) } else { Timestamp::from_second(seconds).ok() };
    }
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

fn in_range(range: &str, address: &str) -> bool {
    let (base, bits) = range.split_once('/').unwrap_or((range, "32"));
    let (Ok(base), Ok(address), Ok(bits)) =
        (base.parse::<std::net::Ipv4Addr>(), address.parse::<std::net::Ipv4Addr>(), bits.parse::<u32>())
    else {
        return false;
    };
    let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
    u32::from(base) & mask == u32::from(address) & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: &str, key: &str, values: &[&str]) -> bool {
        let mut context = Context::default();
        context.set("aws:username", "bob");
        context.set("aws:PrincipalArn", "arn:aws:iam::111111111111:role/a/b");
        context.set("aws:TokenIssueTime", "2027-01-01T12:00:00.5Z");
        context.set("aws:MultiFactorAuthPresent", "false");
        context.set("aws:SourceIp", "203.0.113.7");
        context.set("s3:max-keys", "10");
        context.add("aws:TagKeys", vec!["team".to_owned(), "cost".to_owned()]);
        let values = values.iter().map(|&value| value.to_owned()).collect();
        Condition::read(operator, key, values).expect("an operator").holds(&context, true)
    }

    #[test]
    fn operators_compare_as_iam_does() {
        let table: &[(&str, &str, &[&str], bool)] = &[
            ("StringEquals", "AWS:UserName", &["alice", "bob"], true),
            ("StringEquals", "aws:username", &["b*"], false),
            ("StringEqualsIgnoreCase", "aws:username", &["BOB"], true),
            ("StringNotEquals", "aws:username", &["alice", "bob"], false),
            ("StringNotEquals", "aws:username", &["alice"], true),
            ("StringLike", "aws:username", &["b?b"], true),
            ("StringNotLike", "aws:username", &["b*"], false),
            ("StringEquals", "aws:username", &["${aws:username}"], true),
            ("ArnLike", "aws:PrincipalArn", &["arn:aws:iam::*:role/*"], true),
            ("ArnLike", "aws:PrincipalArn", &["arn:aws:*:role/*"], false),
            ("ArnEquals", "aws:PrincipalArn", &["arn:aws:iam::111111111111:role/a/b"], true),
            ("ArnNotLike", "aws:PrincipalArn", &["arn:aws:iam::*:user/*"], true),
            ("DateLessThan", "aws:TokenIssueTime", &["2027-01-01T12:00:01Z"], true),
            ("DateLessThan", "aws:TokenIssueTime", &["2027-01-01T12:00:00.5Z"], false),
            ("DateLessThanEquals", "aws:TokenIssueTime", &["2027-01-01T12:00:00.500Z"], true),
            ("DateGreaterThan", "aws:TokenIssueTime", &["1577836800"], true),
            ("DateGreaterThan", "aws:TokenIssueTime", &["2027-01-01"], true),
            ("NumericLessThanEquals", "s3:max-keys", &["10"], true),
            ("NumericGreaterThan", "s3:max-keys", &["9.5"], true),
            ("NumericNotEquals", "s3:max-keys", &["10"], false),
            ("Bool", "aws:MultiFactorAuthPresent", &["False"], true),
            ("IpAddress", "aws:SourceIp", &["203.0.113.0/24"], true),
            ("NotIpAddress", "aws:SourceIp", &["203.0.113.0/24"], false),
            ("IpAddress", "aws:SourceIp", &["0.0.0.0/0"], true),
            ("IpAddress", "aws:SourceIp", &["2001:db8::/32"], false),
            ("Null", "aws:TokenIssueTime", &["true"], false),
            ("Null", "aws:SourceVpc", &["true"], true),
            ("Null", "aws:username", &["false"], true),
        ];
        for (operator, key, values, expected) in table {
            assert_eq!(holds(operator, key, values), *expected, "{operator} {key} {values:?}");
        }
    }

    #[test]
    fn what_is_absent_fails_but_for_negations_if_exists_and_for_all_values() {
        for (operator, expected) in [
            ("StringEquals", false),
            ("StringLike", false),
            ("StringNotEquals", true),
            ("StringNotLike", true),
            ("ArnNotEquals", true),
            ("NotIpAddress", true),
            ("StringEqualsIfExists", true),
            ("DateLessThan", false),
            ("DateLessThanIfExists", true),
            ("BoolIfExists", true),
            ("ForAllValues:StringEquals", true),
            ("ForAnyValue:StringEquals", false),
            ("ForAnyValue:StringNotEquals", false),
        ] {
            assert_eq!(holds(operator, "aws:SourceVpc", &["2027-01-01"]), expected, "{operator}");
        }
    }

    #[test]
    fn many_values_are_quantified() {
        for (operator, values, expected) in [
            ("ForAllValues:StringEquals", vec!["team", "cost", "x"], true),
            ("ForAllValues:StringEquals", vec!["team"], false),
            ("ForAnyValue:StringEquals", vec!["team"], true),
            ("ForAnyValue:StringLike", vec!["x*"], false),
            ("ForAllValues:StringNotEquals", vec!["x"], true),
            ("ForAllValues:StringNotLike", vec!["te*"], false),
            ("ForAnyValue:StringNotEquals", vec!["team"], true),
            ("ForAnyValue:StringNotEquals", vec!["team", "cost"], false),
        ] {
            assert_eq!(holds(operator, "aws:TagKeys", &values), expected, "{operator} {values:?}");
        }
    }
}
