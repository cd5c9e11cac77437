//! Checking evidence offline, with the public key alone.
//!
//! Two questions, asked in this order. Is the file what the key signed ([`verify`])? Are these files the whole story of
//! their cases ([`chains`])?

mod chain;
#[cfg(test)]
mod tests;
mod verified;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature as EcdsaSignature, VerifyingKey};
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use serde_json::Value;

use super::dsse::{self, Envelope};
use super::{PAYLOAD_TYPE, PREDICATE_TYPE, Proof, STATEMENT_TYPE, Statement};
use crate::record::case::{Outcome, StepRecord};
use crate::record::plan::Doubt;
use crate::record::restoration::may_answer;
use crate::record::verdict::Verdict;
use crate::words::case_id::CaseId;
use crate::words::digest::{Digest, canonical_json};
use crate::words::mode::Mode;
use crate::words::ruling::Disposition;

pub use chain::{Chain, ChainFault, chains};
pub use verified::Verified;

/// A public key that evidence may be signed with.
#[derive(Clone)]
pub struct PublicKey {
    key: VerifyingKey,
    fingerprint: String,
}

/// A text that is no public key that Severance signs with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a public key of the curve P-256 in PEM (-----BEGIN PUBLIC KEY-----)")]
pub struct InvalidPublicKey;

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` in PEM, as `openssl pkey -pubin` writes it.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidPublicKey> {
        let key = VerifyingKey::from_public_key_pem(pem).map_err(|_| InvalidPublicKey)?;
        // Encoded anew, so that a key in compressed form has the same fingerprint as the one that KMS hands out.
        let der = key.to_public_key_der().map_err(|_| InvalidPublicKey)?;
        Ok(Self { fingerprint: dsse::fingerprint_of_spki(der.as_bytes()), key })
    }

    /// `sha256:` and 64 hexadecimal digits ([`dsse::fingerprint_of_spki`]).
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint)
    }
}

/// What kind of failure it is. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Not an envelope, or one that holds something else than this version reads.
    Malformed,
    /// Changed after it was signed.
    Altered,
    /// Signed with a key that was not given.
    WrongKey,
    /// Genuine, but contradicts itself.
    Inconsistent,
}

impl Class {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Altered => "altered",
            Self::WrongKey => "wrong_key",
            Self::Inconsistent => "inconsistent",
        }
    }
}

/// Why a file is not accepted as evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Not the JSON of an envelope.
    #[error("not a DSSE envelope: {0}")]
    NotAnEnvelope(String),
    /// An envelope of something else.
    #[error("the envelope's payloadType is {0:?}, and that of evidence is {PAYLOAD_TYPE:?}")]
    OtherPayloadType(String),
    /// Without a signature there is nothing to check.
    #[error("the envelope carries no signature")]
    Unsigned,
    /// The payload cannot be decoded.
    #[error("altered or damaged: the payload is not base64")]
    PayloadNotBase64,
    /// The signature cannot be decoded.
    #[error("altered or damaged: the signature is not an ECDSA signature in DER and base64")]
    SignatureUnreadable,
    /// The right key, but not what it signed.
    #[error(
        "altered: the envelope names the key {fingerprint}, and by that key the signature does not fit the payload"
    )]
    SignatureDoesNotVerify {
        /// The key that was given and that the envelope names.
        fingerprint: String,
    },
    /// The signature fits, but the envelope says that another key made it.
    #[error("altered: the signature is by the key {fingerprint}, but the envelope's keyid is {keyid:?}")]
    KeyIdChanged {
        /// The key that made the signature.
        fingerprint: String,
        /// What the envelope says.
        keyid: String,
    },
    /// The signature does not fit, and the two places that name the key do not agree.
    #[error("altered: the envelope's keyid is {keyid:?}, but its payload names the key {payload:?}")]
    KeyNamesDiffer {
        /// What the envelope says.
        keyid: String,
        /// What the payload says.
        payload: String,
    },
    /// The signature does not fit any key that was given, and the envelope names another.
    #[error("wrong key: the envelope was signed with {named}, and the key given is {given}")]
    WrongKey {
        /// The key that the envelope names.
        named: String,
        /// The keys that were given.
        given: String,
    },
    /// Signed, but not a statement of ours.
    #[error("the signature is genuine, but the payload is no evidence: {0}")]
    NotEvidence(String),
    /// Signed and ours, but beyond this version.
    #[error("the signature is genuine, but this version cannot read the record at {path}: {problem}")]
    UnknownContent {
        /// The place in the payload.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Signed, but not in the one form that a record has.
    #[error("the signature is genuine, but the payload is not canonical JSON (RFC 8785)")]
    NotCanonical,
    /// Signed, but its parts do not agree with each other.
    #[error("the signature is genuine, but {case} revision {revision} contradicts itself: {}", .contradictions.join("; "))]
    Contradicts {
        /// The case.
        case: CaseId,
        /// The revision.
        revision: u32,
        /// What disagrees with what.
        contradictions: Vec<String>,
    },
}

impl Failure {
    /// What kind of failure it is.
    pub fn class(&self) -> Class {
        match self {
            Self::NotAnEnvelope(_)
            | Self::OtherPayloadType(_)
            | Self::Unsigned
            | Self::NotEvidence(_)
            | Self::UnknownContent { .. } => Class::Malformed,
            Self::PayloadNotBase64
            | Self::SignatureUnreadable
            | Self::SignatureDoesNotVerify { .. }
            | Self::KeyIdChanged { .. }
            | Self::KeyNamesDiffer { .. } => Class::Altered,
            Self::WrongKey { .. } => Class::WrongKey,
            Self::NotCanonical | Self::Contradicts { .. } => Class::Inconsistent,
        }
    }
}

/// Checks one envelope against the public keys that are trusted: one of them must have signed it.
pub fn verify(file: &[u8], keys: &[PublicKey]) -> Result<Verified, Failure> {
    let envelope: Envelope = serde_json::from_slice(file).map_err(|e| Failure::NotAnEnvelope(e.to_string()))?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(Failure::OtherPayloadType(envelope.payload_type));
    }
    // Strict base64: no white space, padding as it must be, unused bits zero. So no two texts stand for the same bytes.
    let payload = STANDARD.decode(&envelope.payload).map_err(|_| Failure::PayloadNotBase64)?;
    let (signer, unchecked_signatures) = signer(&envelope, &payload, keys)?;
    let statement = read(&payload)?;
    let contradictions = contradictions(&statement, signer);
    if !contradictions.is_empty() {
        let Statement { predicate, .. } = statement;
        let (case, revision) = (predicate.case.id, predicate.case.revision);
        return Err(Failure::Contradicts { case, revision, contradictions });
    }
    let (digest, fingerprint) = (Digest::of(&payload), signer.fingerprint.clone());
    let proof_checked = statement.predicate.proof.in_todays_words() == Proof::of(&statement.predicate.case);
    Ok(Verified { statement, digest, fingerprint, unchecked_signatures, proof_checked })
}

/// The key that signed, and the number of signatures that claim to be by others.
fn signer<'k>(envelope: &Envelope, payload: &[u8], keys: &'k [PublicKey]) -> Result<(&'k PublicKey, usize), Failure> {
    if envelope.signatures.is_empty() {
        return Err(Failure::Unsigned);
    }
    let to_check = dsse::pre_authentication_encoding(&envelope.payload_type, payload);
    let mut signer = None;
    let mut unchecked = 0;
    for signature in &envelope.signatures {
        let parsed = STANDARD.decode(&signature.sig).ok().and_then(|der| EcdsaSignature::from_der(&der).ok());
        // Both values of s are accepted: KMS answers with either, and one signature does not exclude a second anyway.
        let by = parsed.and_then(|parsed| keys.iter().find(|key| key.key.verify(&to_check, &parsed).is_ok()));
        match by {
            Some(key) if key.fingerprint == signature.keyid => signer = signer.or(Some(key)),
            Some(key) => {
                let (fingerprint, keyid) = (key.fingerprint.clone(), signature.keyid.clone());
                return Err(Failure::KeyIdChanged { fingerprint, keyid });
            }
            None if parsed.is_none() => return Err(Failure::SignatureUnreadable),
            None if keys.iter().any(|key| key.fingerprint == signature.keyid) => {
                return Err(Failure::SignatureDoesNotVerify { fingerprint: signature.keyid.clone() });
            }
            None => unchecked += 1,
        }
    }
    signer.map(|key| (key, unchecked)).ok_or_else(|| unknown_signer(envelope, payload, keys))
}

/// No given key signed. A signature cannot say whether the key or the bytes are wrong, but two places name the key: the
/// envelope and the payload. If both name one that was not given, then the key is most likely the wrong one.
fn unknown_signer(envelope: &Envelope, payload: &[u8], keys: &[PublicKey]) -> Failure {
    let keyid = envelope.signatures.first().map_or_else(String::new, |signature| signature.keyid.clone());
    let payload: Option<Value> = serde_json::from_slice(payload).ok();
    let in_payload =
        payload.as_ref().and_then(|value| value.pointer("/predicate/stack/signingKey/fingerprint")?.as_str());
    match in_payload {
        Some(named) if !envelope.signatures.iter().any(|signature| signature.keyid == named) => {
            Failure::KeyNamesDiffer { keyid, payload: named.to_owned() }
        }
        _ => {
            let given: Vec<&str> = keys.iter().map(PublicKey::fingerprint).collect();
            let named = if keyid.is_empty() { "a key that it does not name".to_owned() } else { keyid };
            Failure::WrongKey { named, given: given.join(", ") }
        }
    }
}

/// Reads a payload whose signature has been checked.
fn read(payload: &[u8]) -> Result<Statement, Failure> {
    let value: Value = serde_json::from_slice(payload).map_err(|e| Failure::NotEvidence(e.to_string()))?;
    for (field, expected) in [("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)] {
        let found = value.get(field).and_then(Value::as_str).unwrap_or_default();
        if found != expected {
            return Err(Failure::NotEvidence(format!("{field} is {found:?}, not {expected:?}")));
        }
    }
    if canonical_json(&value) != payload {
        return Err(Failure::NotCanonical);
    }
    let statement: Statement = serde_path_to_error::deserialize(&value).map_err(|error| Failure::UnknownContent {
        path: error.path().to_string(),
        problem: error.into_inner().to_string(),
    })?;
    // What our types drop or write differently would go unseen by a reader.
    let understood = serde_json::to_value(&statement).unwrap_or_default();
    match first_difference(&value, &understood, String::new()) {
        Some(path) => {
            Err(Failure::UnknownContent { path, problem: "not in the form that this version writes".to_owned() })
        }
        None => Ok(statement),
    }
}

/// The path of the first place where two values differ.
fn first_difference(left: &Value, right: &Value, path: String) -> Option<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            names.into_iter().find_map(|name| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (a.get(name), b.get(name)) {
                    (Some(x), Some(y)) => first_difference(x, y, path),
                    _ => Some(path),
                }
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(n, (x, y))| first_difference(x, y, format!("{path}[{n}]")))
        }
        _ => (left != right).then_some(path),
    }
}

/// What in a signed record does not follow from the rest of it.
fn contradictions(statement: &Statement, signer: &PublicKey) -> Vec<String> {
    let evidence = &statement.predicate;
    let case = &evidence.case;
    let derived = Statement::of(case, &evidence.stack);
    let mut found = Vec::new();
    let mut demand = |holds: bool, what: &dyn Fn() -> String| {
        if !holds {
            found.push(what());
        }
    };
    let named = &evidence.stack.signing_key.fingerprint;
    demand(*named == signer.fingerprint, &|| {
        format!("it names the signing key {named}, but {} signed", signer.fingerprint)
    });
    demand(statement.subject == derived.subject, &|| "the statement's subject is not the case's".to_owned());
    let id = CaseId::of(case.signal.kind, &case.subject, &case.signal.finding_id);
    demand(case.id == id, &|| format!("the case of this signal and subject is {id}, not {}", case.id));
    let allowed = Verdict::of(case);
    demand(case.verdict == Some(allowed), &|| {
        let stated = case.verdict.map_or("none", Verdict::as_str);
        format!("its verdict is {stated}, but its steps allow only {allowed}")
    });
    demand(case.concluded_at.is_some(), &|| "it has a verdict but no time at which it was reached".to_owned());
    let same_version = evidence.stack.version == env!("CARGO_PKG_VERSION");
    let proof_follows = evidence.proof.in_todays_words() == derived.predicate.proof;
    demand(proof_follows || !same_version, &|| "its proof does not follow from its steps".to_owned());
    for of in case.returns() {
        let taken = case.steps.get(of.step).filter(|record| record.was_taken());
        demand(taken.is_some_and(|record| record.step.countermeasure == of.countermeasure), &|| {
            format!("it restores step {}, which was not taken", of.step + 1)
        });
        let has_others = case.restoration.as_ref().is_some_and(|restoration| !restoration.beside.is_empty());
        let follows =
            taken.is_none_or(|record| !of.answer.changes() || may_answer(case, record, &of.answer, has_others));
        demand(follows, &|| format!("it restores step {}, which must stay, or more of it than may be", of.step + 1));
        demand(of.answer.changes() || (of.outcome.is_none() && of.confirmation.is_none()), &|| {
            format!("step {} was to stay, but something came of undoing it", of.step + 1)
        });
    }
    for (n, record) in case.steps.iter().enumerate() {
        let n = n + 1;
        let StepRecord { step, recheck: _, intent_at, outcome, confirmation } = record;
        let enforced = step.disposition == Disposition::Enforce;
        // A try that failed may be followed by a person's decision, as when the breaker opens before the next one.
        let tried = matches!(step.disposition, Disposition::Review | Disposition::Decline)
            && matches!(outcome, Some(Outcome::Failed { retryable: true, .. }));
        let untouched = intent_at.is_none() && (outcome.is_none() || tried) && confirmation.is_none();
        demand(step.doubt != Some(Doubt::Judged) || step.disposition == Disposition::Decline, &|| {
            format!("step {n} was judged by a person, and not answered")
        });
        demand(enforced || untouched, &|| format!("step {n} was not to be taken, but something came of it"));
        demand(!enforced || case.mode != Mode::Observe, &|| format!("step {n} was to be taken in observe mode"));
        demand(!enforced || case.mode != Mode::Review || case.is_released(), &|| {
            format!("step {n} was to be taken in review mode, and nobody approved it")
        });
        demand(outcome.is_none() || !enforced || intent_at.is_some(), &|| format!("step {n} was taken without intent"));
    }
    found
}
