//! Dead Simple Signing Envelope, version 1: what is signed, and the envelope around it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::words::digest::Digest;

/// A signed payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// The payload's type.
    pub payload_type: String,
    /// The payload in standard base64.
    pub payload: String,
    /// One signature or more, each over the same payload.
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// A hint which key signed: the public key's fingerprint ([`fingerprint_of_spki`]). Not signed itself, so never
    /// trusted: it only tells a wrong key from an altered envelope.
    #[serde(default)]
    pub keyid: String,
    /// ECDSA over P-256 with SHA-256, ASN.1 DER, in standard base64.
    pub sig: String,
}

/// The pre-authentication encoding: the bytes that are signed.
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// The SHA-256 digest that the signing key is asked to sign.
pub fn digest_to_sign(payload_type: &str, payload: &[u8]) -> [u8; 32] {
    Sha256::digest(pre_authentication_encoding(payload_type, payload)).into()
}

/// The name of a public key: `sha256:` and the SHA-256 of its DER `SubjectPublicKeyInfo`, in 64 lower-case hexadecimal
/// digits. `kms:GetPublicKey` answers with that DER, and `openssl pkey -pubin -outform DER` writes it.
pub fn fingerprint_of_spki(der: &[u8]) -> String {
    Digest::of(der).to_string()
}

impl Envelope {
    /// Puts a payload and its signature by the key of this fingerprint into an envelope.
    pub fn seal(payload_type: &str, payload: &[u8], fingerprint: &str, signature_der: &[u8]) -> Self {
        Self {
            payload_type: payload_type.to_owned(),
            payload: STANDARD.encode(payload),
            signatures: vec![Signature { keyid: fingerprint.to_owned(), sig: STANDARD.encode(signature_der) }],
        }
    }

    /// The payload's bytes, if it is base64. Not verified.
    pub fn decode_payload(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_the_specifications_example() {
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }
}
