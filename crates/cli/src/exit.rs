//! How commands end. The exit codes are the catalogue's.

use serde::{Serialize, Serializer};
use severance_catalogue::exit::{self, Exit};
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
    fn exit(self) -> Exit {
        match self {
            Self::Verified => exit::VERIFIED,
            Self::Unreadable => exit::UNREADABLE_FILE,
            Self::Malformed => exit::MALFORMED,
            Self::Altered => exit::ALTERED,
            Self::WrongKey => exit::WRONG_KEY,
            Self::ChainBroken => exit::CHAIN_BROKEN,
            Self::Inconsistent => exit::INCONSISTENT,
        }
    }

    /// The process's exit code.
    pub(crate) fn code(self) -> u8 {
        self.exit().code
    }

    /// The name in `--json`.
    pub(crate) fn as_str(self) -> &'static str {
        self.exit().name
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
            Self::Usage(_) => exit::USAGE,
            Self::Unreadable(_) => exit::UNREADABLE,
            Self::Policy(_) => exit::BROKEN_POLICY,
            Self::Refused(_) => exit::REFUSED,
            Self::Unanswered(_) => exit::UNANSWERED,
            Self::BadFile(_) => exit::BAD_FILE,
        }
    }
}
