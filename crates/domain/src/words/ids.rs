//! Identifiers that AWS assigns, checked once where they enter.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that is not the identifier it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct InvalidId {
    /// What would have been accepted.
    pub expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What a text must be to be accepted.
            pub const EXPECTED: &'static str = $expected;

            /// The identifier as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidId;
            fn try_from(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId { expected: $expected }) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::try_from(text.as_str())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// An AWS account id. Kept as text: some begin with zero.
    AccountId, "an AWS account id of 12 digits", |t| t.len() == 12 && t.bytes().all(|b| b.is_ascii_digit())
);

text_id!(
    /// The id of an access key, long-term (`AKIA…`) or temporary (`ASIA…`). Not secret.
    AccessKeyId, "an access key id (letters, digits and _, at most 128)",
    |t| (4..=128).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
);

text_id!(
    /// The immutable id of an IAM entity: `AIDA…` for a user, `AROA…` for a role. Names are reused, these are not.
    UniqueId, "an IAM unique id (letters, digits and _, at most 128)",
    |t| (4..=128).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
);

text_id!(
    /// The name of an IAM user or role, without its path.
    IamName, "an IAM name (letters, digits and +=,.@_-, at most 128)",
    |t| (1..=128).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b))
);

text_id!(
    /// The id that IAM gives to an SSH public key (`APKA…`), a signing certificate or a service-specific credential (`ACCA…`).
    /// Not secret.
    CredentialId, "a credential's id (letters, digits and _, at most 128)",
    |t| (4..=128).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
);

text_id!(
    /// An id in AWS's own form that holds letters, digits and hyphens: a profile of Roles Anywhere, a user, a group or a
    /// membership of the Identity Center directory.
    ResourceId, "an id (letters, digits, - and _, at most 128)",
    |t| (1..=128).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
);

impl AccessKeyId {
    /// Whether this is the key of a session (`ASIA…`), which cannot be deactivated, only denied.
    pub fn is_temporary(&self) -> bool {
        self.0.starts_with("ASIA")
    }
}

/// An Amazon Resource Name, taken apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Arn {
    text: String,
    /// Byte offsets of the five colons that separate the six parts.
    colons: [usize; 5],
}

impl Arn {
    /// What a text must be to be accepted.
    pub const EXPECTED: &'static str = "an ARN (arn:partition:service:region:account:resource)";

    fn part(&self, n: usize) -> &str {
        let start = n.checked_sub(1).and_then(|i| self.colons.get(i)).map_or(0, |colon| colon + 1);
        let end = self.colons.get(n).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service's namespace, such as `iam`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The Region; empty for global services.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account; empty for some resources.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// All after the fifth colon, such as `user/ci/deployer`.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// The last segment of a resource of this type: `deployer` for type `user` of `user/ci/deployer`.
    pub fn name_of(&self, resource_type: &str) -> Option<&str> {
        let rest = self.resource().strip_prefix(resource_type)?.strip_prefix('/')?;
        rest.rsplit('/').next().filter(|name| !name.is_empty())
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<&str> for Arn {
    type Error = InvalidId;
    fn try_from(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { expected: Self::EXPECTED };
        let mut colons = [0; 5];
        let mut found = text.match_indices(':').map(|(at, _)| at);
        for colon in &mut colons {
            *colon = found.next().ok_or(invalid.clone())?;
        }
        let arn = Self { text: text.to_owned(), colons };
        if arn.part(0) != "arn" || arn.partition().is_empty() || arn.service().is_empty() || arn.resource().is_empty() {
            return Err(invalid);
        }
        Ok(arn)
    }
}

impl TryFrom<String> for Arn {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::try_from(text.as_str())
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> String {
        arn.text
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart() {
        let arn = Arn::try_from("arn:aws:iam::012345678901:user/ci/eu/deploy+bot@x.io").unwrap();
        assert_eq!((arn.partition(), arn.service(), arn.region()), ("aws", "iam", ""));
        assert_eq!(arn.account(), "012345678901");
        assert_eq!(arn.name_of("user"), Some("deploy+bot@x.io"));
        assert_eq!(arn.name_of("role"), None);
        let secret = Arn::try_from("arn:aws:secretsmanager:eu-west-1:012345678901:secret:db:main-AbCdEf").unwrap();
        assert_eq!(secret.resource(), "secret:db:main-AbCdEf");
    }

    #[test]
    fn what_is_no_identifier_is_refused() {
        for text in ["", "arn:aws:iam", "arn:aws:iam::1:", "arn::iam::1:user/x", "urn:aws:iam::1:user/x"] {
            assert!(Arn::try_from(text).is_err(), "{text}");
        }
        for text in ["", "12345678901", "1234567890123", "12345678901a"] {
            assert!(AccountId::try_from(text).is_err(), "{text}");
        }
        for text in ["", "a/b", "a b", "ä", &"x".repeat(129)] {
            assert!(IamName::try_from(text).is_err(), "{text}");
        }
        assert!(IamName::try_from("+=,.@_-aZ9").is_ok());
        assert!(AccessKeyId::try_from("AKIA EXAMPLE").is_err());
    }
}
