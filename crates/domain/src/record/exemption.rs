//! Who is left alone, by whose word, why, until when, and what must be done meanwhile.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::countermeasure::Countermeasure;
use crate::words::caller::Standing;
use crate::words::ids::Arn;
use crate::words::subject::Subject;

/// What somebody asks for: an exemption without what only the responder can state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExemptionRequest {
    /// ARNs that it covers. `*` stands for any text, as in IAM.
    pub subject: String,
    /// The countermeasures that are not taken; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countermeasures: Vec<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why it is needed.
    pub reason: String,
    /// Where it is followed up.
    pub ticket: String,
    /// What will be done so that it is not needed any more.
    pub way_out: String,
    /// When it stops counting.
    pub expires_at: Timestamp,
}

/// An exemption in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exemption {
    /// Its name, such as `exm-3f2a91c0`.
    pub id: String,
    /// What was asked for.
    #[serde(flatten)]
    pub request: ExemptionRequest,
    /// Who asked, as AWS STS vouches for it.
    pub created_by: Arn,
    /// When.
    pub created_at: Timestamp,
    /// When its owner was warned that it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned_at: Option<Timestamp>,
    /// How who asked was let in; none before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Why an exemption is refused. Names the field and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("$.{field} {problem}")]
pub struct InvalidExemption {
    field: &'static str,
    problem: String,
}

/// Lengths of free text that are worth keeping.
const TEXT_LIMIT: usize = 1_000;

impl ExemptionRequest {
    /// Checks what is asked for.
    ///
    /// # Errors
    /// Names the first field that is missing, too long or out of range, and what it must be.
    pub fn validate(&self, now: Timestamp, longest_days: i64) -> Result<(), InvalidExemption> {
        let invalid = |field, problem: String| Err(InvalidExemption { field, problem });
        for (field, value) in [
            ("subject", &self.subject),
            ("owner", &self.owner),
            ("reason", &self.reason),
            ("ticket", &self.ticket),
            ("wayOut", &self.way_out),
        ] {
            if value.trim().is_empty() {
                return invalid(field, "must not be empty".to_owned());
            }
            if value.chars().count() > TEXT_LIMIT {
                return invalid(field, format!("must not be longer than {TEXT_LIMIT} characters"));
            }
        }
        let parts: Vec<&str> = self.subject.split(':').collect();
        // A pattern of stars alone would switch Severance off, which is what the stack's mode is for.
        let resource = parts.get(5..).map(|rest| rest.join(":")).unwrap_or_default();
        let name = ["user/", "role/", "secret:"].iter().find_map(|kind| resource.strip_prefix(kind));
        let names_something = name.is_some_and(|name| name.chars().any(|c| c.is_ascii_alphanumeric()));
        if parts.len() < 6 || parts.first() != Some(&"arn") || !names_something {
            return invalid(
                "subject",
                "must be the ARN of a user, a role or a secret, or one with * in it that names more than *, such as \
                 arn:aws:iam::111122223333:user/batch-*"
                    .to_owned(),
            );
        }
        if let Some(unknown) = self.countermeasures.iter().find(|name| !Countermeasure::NAMES.contains(&name.as_str()))
        {
            let known = Countermeasure::NAMES.join(", ");
            return invalid("countermeasures", format!("names {unknown:?}; known are {known}"));
        }
        if self.expires_at <= now {
            return invalid("expiresAt", format!("must be in the future; it is {}", self.expires_at));
        }
        let longest = jiff::SignedDuration::from_hours(24 * longest_days);
        if self.expires_at.duration_since(now) > longest {
            return invalid("expiresAt", format!("must be within {longest_days} days, the stack's limit"));
        }
        Ok(())
    }
}

impl Exemption {
    /// Whether it counts now. An expired one stops by itself.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        now < self.request.expires_at
    }

    /// Whether it covers this step against this subject.
    pub fn covers(&self, subject: &Subject, countermeasure: &Countermeasure) -> bool {
        let names = &self.request.countermeasures;
        (names.is_empty() || names.iter().any(|name| name == countermeasure.as_str()))
            && subject.arn.as_ref().is_some_and(|arn| matches_pattern(&self.request.subject, &arn.to_string()))
    }
}

/// Whether `*` in the pattern can stand for what the text has in its place.
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    true
}

/// One use of an exemption, as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExemptionUse {
    /// Its name.
    pub id: String,
    /// Who answers for it.
    pub owner: String,
    /// Why it is needed.
    pub reason: String,
    /// Where it is followed up.
    pub ticket: String,
    /// What will be done so that it is not needed any more.
    pub way_out: String,
    /// When it stops counting.
    pub expires_at: Timestamp,
    /// Who made it, as AWS STS vouches for it.
    pub created_by: Arn,
    /// The countermeasures of this plan that it covered.
    pub covered: Vec<String>,
    /// How who made it was let in; none before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

impl ExemptionUse {
    /// The use of this exemption for these steps.
    pub fn of(exemption: &Exemption, covered: Vec<String>) -> Self {
        let ExemptionRequest { owner, reason, ticket, way_out, expires_at, .. } = exemption.request.clone();
        let (id, created_by) = (exemption.id.clone(), exemption.created_by.clone());
        let standing = exemption.standing.clone();
        Self { id, owner, reason, ticket, way_out, expires_at, created_by, covered, standing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> ExemptionRequest {
        ExemptionRequest {
            subject: "arn:aws:iam::111122223333:user/batch-*".to_owned(),
            countermeasures: vec!["deactivate_access_key".to_owned()],
            owner: "payments@example.com".to_owned(),
            reason: "yearly closing".to_owned(),
            ticket: "OPS-1".to_owned(),
            way_out: "move to a role by March".to_owned(),
            expires_at: "2026-02-01T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "ab", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*b", "a-b", false),
            ("ab*ba", "aba", false),
            ("**", "", true),
        ] {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_refusal_names_the_field_and_what_it_must_be() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let refused = |change: fn(&mut ExemptionRequest)| {
            let mut request = request();
            change(&mut request);
            request.validate(now, 90).unwrap_err().to_string()
        };
        assert_eq!(request().validate(now, 90), Ok(()));
        assert_eq!(refused(|r| r.way_out = " ".into()), "$.wayOut must not be empty");
        assert_eq!(refused(|r| r.ticket = String::new()), "$.ticket must not be empty");
        assert!(refused(|r| r.owner = "x".repeat(1_001)).starts_with("$.owner must not be longer"));
        assert!(refused(|r| r.subject = "batch".into()).starts_with("$.subject must be the ARN"));
        assert!(refused(|r| r.subject = "arn:aws:iam::111122223333:user/*".into()).contains("more than *"));
        for all in ["arn:aws:iam::*:*", "arn:aws:iam::111122223333:user*", "arn:aws:iam::111122223333:*r*"] {
            let whole = ExemptionRequest { subject: all.into(), ..request() };
            assert!(whole.validate(now, 90).unwrap_err().to_string().contains("more than *"), "{all}");
        }
        let below_a_path = ExemptionRequest { subject: "arn:aws:iam::111122223333:user/ci/*".into(), ..request() };
        assert_eq!(below_a_path.validate(now, 90), Ok(()));
        assert!(refused(|r| r.countermeasures = vec!["kill".into()]).contains("names \"kill\"; known are deactivate"));
        assert!(refused(|r| r.expires_at = "2025-12-31T00:00:00Z".parse().unwrap()).contains("in the future"));
        assert!(refused(|r| r.expires_at = "2026-12-31T00:00:00Z".parse().unwrap()).contains("within 90 days"));
    }
}
