//! SHA-256 over bytes and over canonical JSON.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use fmt::Write as _;
        Self(Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        }))
    }

    /// The digest of a JSON value in its canonical form (RFC 8785), so that white space and key order do not count.
    pub fn of_json(value: &serde_json::Value) -> Self {
        Self::of(&canonical_json(value))
    }

    /// The 64 hexadecimal digits.
    pub fn as_hex(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The canonical bytes (RFC 8785) of a JSON value.
pub fn canonical_json(value: &serde_json::Value) -> Vec<u8> {
    // A `Value` has string keys and finite numbers only, and those are the two things the scheme can refuse.
    serde_json_canonicalizer::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_and_space_do_not_change_a_json_digest() {
        let a: serde_json::Value = serde_json::from_str(r#"{"b":1,  "a":[true,null]}"#).unwrap();
        assert_eq!(canonical_json(&a), br#"{"a":[true,null],"b":1}"#);
        assert_eq!(Digest::of_json(&a), Digest::of_json(&json!({"a":[true,null],"b":1})));
        assert_ne!(Digest::of_json(&a), Digest::of_json(&json!({"a":[true],"b":1})));
    }

    #[test]
    fn a_digest_is_the_published_test_vector() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").as_hex(), abc);
    }
}
