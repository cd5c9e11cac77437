//! How far a stack goes by itself.

use serde::{Deserialize, Serialize};

/// How far this stack goes by itself, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everything up to the call, and its evidence.
    Observe,
    /// The call once a person approves it.
    Review,
    /// The call as well.
    Enforce,
}

impl Mode {
    /// The name as written in settings, policies and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Review => "review",
            Self::Enforce => "enforce",
        }
    }
}
