//! How what is written on the command line becomes a type that cannot be wrong.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::{Span, SpanRelativeTo, Timestamp};
use severance_domain::case::CaseId;
use severance_domain::ids::{AccessKeyId, Arn};
use severance_domain::playbook::Mode;
use severance_domain::profile::{Class, Criticality};
use severance_domain::signal::{Severity, SignalKind, Source};

use crate::clock;

/// Whom a claim is about.
#[derive(Debug, Clone)]
pub(crate) enum Named {
    /// An identity.
    Identity(Arn),
    /// Whoever holds this key.
    Key(AccessKeyId),
}

/// Reads one of a closed set of names.
fn one_of<T, const N: usize>(all: [T; N], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.map(name)).try_map(move |text: String| {
        all.into_iter().find(|value| name(*value) == text).ok_or_else(|| "not one of these".to_owned())
    })
}

pub(super) fn signal() -> impl TypedValueParser<Value = SignalKind> {
    one_of(SignalKind::ALL, SignalKind::as_str)
}

pub(super) fn severity() -> impl TypedValueParser<Value = Severity> {
    one_of(Severity::ALL, Severity::as_str)
}

pub(super) fn source() -> impl TypedValueParser<Value = Source> {
    one_of(Source::ALL, Source::as_str)
}

pub(super) fn class() -> impl TypedValueParser<Value = Class> {
    one_of(Class::ALL, Class::as_str)
}

pub(super) fn criticality() -> impl TypedValueParser<Value = Criticality> {
    let all = [Criticality::Low, Criticality::Medium, Criticality::High, Criticality::Critical];
    one_of(all, Criticality::as_str)
}

pub(super) fn mode() -> impl TypedValueParser<Value = Mode> {
    one_of([Mode::Observe, Mode::Review, Mode::Enforce], Mode::as_str)
}

/// An ARN.
pub(super) fn arn(text: &str) -> Result<Arn, String> {
    Arn::try_from(text).map_err(|error| error.to_string())
}

/// An access key's id.
pub(super) fn access_key(text: &str) -> Result<AccessKeyId, String> {
    AccessKeyId::try_from(text).map_err(|error| error.to_string())
}

/// An identity's ARN, or the id of a long-term access key.
pub(super) fn named(text: &str) -> Result<Named, String> {
    if text.starts_with("arn:") {
        return arn(text).map(Named::Identity);
    }
    match access_key(text) {
        Ok(key) if key.is_temporary() => {
            Err("this is the key of a session, which many may share: give the ARN of the user or \
                                              role whose session it is, and the key as --access-key"
                .to_owned())
        }
        Ok(key) if key.as_str().starts_with("AKIA") => Ok(Named::Key(key)),
        _ => Err(format!("expected {}, or the id of an access key (AKIA…)", Arn::EXPECTED)),
    }
}

/// The id of a long-term access key.
pub(super) fn long_term_key(text: &str) -> Result<AccessKeyId, String> {
    match access_key(text) {
        Ok(key) if key.as_str().starts_with("AKIA") => Ok(key),
        _ => Err("expected the id of a long-term access key (AKIA…)".to_owned()),
    }
}

/// A secret's ARN, or the id of a long-term access key.
pub(super) fn secret_or_key(text: &str) -> Result<Named, String> {
    if text.starts_with("AKIA") {
        return long_term_key(text).map(Named::Key);
    }
    let is_secret = |arn: &Arn| arn.service() == "secretsmanager" && arn.resource().starts_with("secret:");
    match Arn::try_from(text) {
        Ok(secret) if is_secret(&secret) => Ok(Named::Identity(secret)),
        // A name says neither account nor Region.
        _ => Err("expected the ARN of a secret (aws secretsmanager describe-secret --secret-id NAME --query ARN), or the id of \
                  the access key that it holds (AKIA…)"
            .to_owned()),
    }
}

/// The ARN of an IAM user.
pub(super) fn user(text: &str) -> Result<Arn, String> {
    match Arn::try_from(text) {
        Ok(user) if user.service() == "iam" && user.name_of("user").is_some() => Ok(user),
        _ => Err("expected the ARN of an IAM user (aws iam get-user --user-name NAME --query User.Arn)".to_owned()),
    }
}

/// A moment that is over, as such or by how long ago it was.
pub(super) fn past(text: &str) -> Result<Timestamp, String> {
    let now = clock::now();
    let ago = || -> Option<Timestamp> {
        let span: Span = text.parse().ok()?;
        let long = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        now.checked_sub(long.abs()).ok()
    };
    let at = text.parse().ok().or_else(ago);
    let at = at.ok_or_else(|| {
        "expected a time with its zone (2026-10-05T08:00:00Z), or how long ago (90m, 3h, 2d)".to_owned()
    })?;
    if at > now { Err(format!("{at} is not over yet")) } else { Ok(at) }
}

/// A case's name, as messages show it.
pub(super) fn case(text: &str) -> Result<CaseId, String> {
    let is_name = text.strip_prefix("sev-").is_some_and(is_hex);
    let case = is_name.then(|| serde_json::from_value(serde_json::Value::from(text)).ok()).flatten();
    case.ok_or_else(|| "expected a case, such as sev-0123456789abcdef0123".to_owned())
}

/// A plan's digest, or the beginning that messages show.
pub(super) fn plan(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    if (16..=64).contains(&digits.len()) && is_hex(digits) {
        return Ok(digits.to_owned());
    }
    Err("expected the plan's digest: at least the 16 digits (0-9, a-f) that the message shows".to_owned())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Words that must be there: an empty reason is none.
pub(super) fn words(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// `KEY=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_moment_is_said_as_such_or_by_how_long_ago_it_was() {
        assert_eq!(past("2026-01-05T08:00Z").unwrap().to_string(), "2026-01-05T08:00:00Z");
        let ago = |text| (clock::now() - past(text).unwrap()).total(jiff::Unit::Minute).unwrap().round();
        assert_eq!((ago("90m"), ago("3h"), ago("2d"), ago("1h 30m")), (90.0, 180.0, 2_880.0, 90.0));
        assert!(past("2999-01-01T00:00:00Z").unwrap_err().contains("not over yet"));
        assert!(past("yesterday").unwrap_err().contains("how long ago"));
        assert!(past("2026-01-05").unwrap_err().contains("zone"));
    }
}
