//! The signed statement of a case: an in-toto Statement in a DSSE envelope. docs/EVIDENCE.md defines every field.

pub mod dsse;
mod proof;
pub mod verify;

use serde::{Deserialize, Serialize};

use crate::record::case::Case;
use crate::words::digest::{Digest, canonical_json};
use crate::words::ids::Arn;

pub use proof::{Proof, Residual};

/// The type of the statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The type of the predicate, which is defined in docs/EVIDENCE.md. Changes in meaning get a new number.
pub const PREDICATE_TYPE: &str = "urn:severance:evidence:v1";

/// The type of the envelope's payload.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The installation that made a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// The `CloudFormation` stack.
    pub name: String,
    /// The account that it runs in.
    pub account: String,
    /// The Region that it runs in.
    pub region: String,
    /// The version of Severance.
    pub version: String,
    /// The key that signs its evidence.
    pub signing_key: SigningKey,
}

/// The key that signs an installation's evidence. Inside the signed payload, so that no other key can be put in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// The KMS key (not an alias of it).
    pub arn: Arn,
    /// The fingerprint of its public key ([`dsse::fingerprint_of_spki`]), as `kms:GetPublicKey` gave it.
    pub fingerprint: String,
}

/// An in-toto Statement about one revision of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub statement_type: String,
    /// The identity that the statement is about.
    pub subject: Vec<ResourceDescriptor>,
    /// Always [`PREDICATE_TYPE`].
    pub predicate_type: String,
    /// What is stated.
    pub predicate: Evidence,
}

/// An identity as in-toto names things: by name and digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDescriptor {
    /// The ARN.
    pub name: String,
    /// Digests by algorithm.
    pub digest: DigestSet,
}

/// Digests by algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestSet {
    /// SHA-256 of the subject's canonical JSON, which holds its unique id: an identity is not an artifact with bytes.
    pub sha256: Digest,
}

/// What is stated: the whole case, what is proven of it, and what is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The installation that acted.
    pub stack: Stack,
    /// The case.
    pub case: Case,
    /// How far the end of access is proven.
    pub proof: Proof,
}

impl Statement {
    /// The statement of a case's present revision.
    pub fn of(case: &Case, stack: &Stack) -> Self {
        let subject = serde_json::to_value(&case.subject).unwrap_or_default();
        Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: vec![ResourceDescriptor {
                name: case.subject.label(),
                digest: DigestSet { sha256: Digest::of_json(&subject) },
            }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Evidence { stack: stack.clone(), case: case.clone(), proof: Proof::of(case) },
        }
    }

    /// The canonical bytes that are signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical_json(&serde_json::to_value(self).unwrap_or_default())
    }

    /// The key under which a revision's envelope is kept in the evidence bucket.
    pub fn object_key(case: &Case) -> String {
        format!(
            "evidence/{account}/{day}/{case}/r{revision:04}.dsse.json",
            account = case.subject.account,
            day = case.opened_at.strftime("%Y/%m/%d"),
            case = case.id,
            revision = case.revision,
        )
    }
}
