//! Exit codes. They are stable, and stand in docs/EVIDENCE.md and in `sever verify --help`.

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
