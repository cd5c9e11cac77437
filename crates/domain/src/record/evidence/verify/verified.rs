//! What was checked.

use crate::record::evidence::Statement;
use crate::words::digest::Digest;

/// A record that is what its key signed, and that agrees with itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The record.
    pub statement: Statement,
    /// SHA-256 of the payload, which the next revision names.
    pub digest: Digest,
    /// The key whose signature was checked.
    pub fingerprint: String,
    /// How many other signatures the envelope carries, by keys that were not given. They were not checked.
    pub unchecked_signatures: usize,
    /// Whether the proof was derived anew from the steps and found the same. Another version may word it otherwise, so a
    /// difference counts as a contradiction only in a record of this version.
    pub proof_checked: bool,
}
