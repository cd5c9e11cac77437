//! What names a case.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::digest::Digest;
use crate::words::signal_kind::SignalKind;
use crate::words::subject::Subject;

/// The name of a case: the same claim about the same subject always has the same one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(String);

impl CaseId {
    /// Derives the name from signal kind, subject and source finding, so that every delivery of a claim meets its first.
    pub fn of(kind: SignalKind, subject: &Subject, finding_id: &str) -> Self {
        let parts = serde_json::json!([kind.as_str(), subject.key(), finding_id]);
        let digest = Digest::of_json(&parts);
        Self(format!("sev-{}", digest.as_hex().get(..20).unwrap_or_default()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of one revision of the case.
    #[must_use]
    pub fn at_revision(&self, revision: u32) -> Self {
        Self(format!("{}/r{revision}", self.0))
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
