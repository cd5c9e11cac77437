//! Who asks for something by hand, and why.

use serde::{Deserialize, Serialize};

use crate::words::ids::Arn;

/// Who asked for a reaction by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The caller, as AWS STS vouches for it.
    pub by: Arn,
    /// Why, in the caller's words.
    pub reason: String,
    /// The ticket that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ticket: Option<String>,
}
