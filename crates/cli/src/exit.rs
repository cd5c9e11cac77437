//! Exit codes. They are stable, and stand in docs/EVIDENCE.md, docs/OPERATIONS.md and in each `--help`.

use serde::{Serialize, Serializer};
use severance_domain::evidence::verify::Class;

/// How a verification ended, or how it ended for one file or case. The order is from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// All is as it was signed, and whole.
    Verified,
    /// A file could not be read, or the key is none.
    Unreadable,
    /// Not an envelope of evidence.
    Malformed,
    /// A case's revisions are not whole or do not follow on each other.
    ChainBroken,
    /// Signed with another key.
    WrongKey,
    /// Genuine, but contradicts itself.
    Inconsistent,
    /// Changed after it was signed.
    Altered,
}

impl Status {
    /// The process's exit code. clap exits with 2 on wrong usage.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::Unreadable => 10,
            Self::Malformed => 11,
            Self::Altered => 12,
            Self::WrongKey => 13,
            Self::ChainBroken => 14,
            Self::Inconsistent => 15,
        }
    }

    /// The name in `--json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unreadable => "unreadable",
            Self::Malformed => Class::Malformed.as_str(),
            Self::Altered => Class::Altered.as_str(),
            Self::WrongKey => Class::WrongKey.as_str(),
            Self::ChainBroken => "chain_broken",
            Self::Inconsistent => Class::Inconsistent.as_str(),
        }
    }

    /// The first words of a report.
    pub(crate) fn headline(self) -> &'static str {
        match self {
            Self::Verified => "VERIFIED",
            Self::Unreadable => "UNREADABLE",
            Self::Malformed => "NOT EVIDENCE",
            Self::Altered => "ALTERED",
            Self::WrongKey => "WRONG KEY",
            Self::ChainBroken => "CHAIN BROKEN",
            Self::Inconsistent => "INCONSISTENT",
        }
    }
}

impl From<Class> for Status {
    fn from(class: Class) -> Self {
        match class {
            Class::Malformed => Self::Malformed,
            Class::Altered => Self::Altered,
            Class::WrongKey => Self::WrongKey,
            Class::Inconsistent => Self::Inconsistent,
        }
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A policy that does not hold: see `sever policy check`.
pub(crate) const BROKEN_POLICY: u8 = 20;
/// The responder understood, and refuses.
const REFUSED: u8 = 21;
/// The responder did not answer, or failed.
const UNANSWERED: u8 = 22;
/// A file to import holds something else than rows of the registry.
const BAD_FILE: u8 = 23;
/// The responder answered, but access was not seen to end.
pub(crate) const NOT_CONTAINED: u8 = 24;
/// The responder answered, but not all that was to come back did.
pub(crate) const NOT_RESTORED: u8 = 25;
/// Something lives that a case had ended.
pub(crate) const LIVES: u8 = 26;

/// Why a command ended without doing what it is for. Printed once, by `main`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The options make no sense together.
    #[error("{0}")]
    Usage(String),
    /// Something could not be read or written.
    #[error("{0}")]
    Unreadable(String),
    /// A policy does not hold.
    #[error("{0}")]
    Policy(String),
    /// The responder refuses.
    #[error("refused: {0}")]
    Refused(String),
    /// The responder did not answer.
    #[error("{0}")]
    Unanswered(String),
    /// A file to import is not as it must be.
    #[error("{0}")]
    BadFile(String),
}

impl Failure {
    /// The process's exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Unreadable(_) => Status::Unreadable.code(),
            Self::Policy(_) => BROKEN_POLICY,
            Self::Refused(_) => REFUSED,
            Self::Unanswered(_) => UNANSWERED,
            Self::BadFile(_) => BAD_FILE,
        }
    }
}
