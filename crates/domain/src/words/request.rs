//! Who asks for something by hand, and why.

use serde::{Deserialize, Serialize};

use crate::words::caller::{Caller, Standing};
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
    /// How the caller was let in; none where nobody asked, or before it was kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub standing: Option<Standing>,
}

impl Request {
    /// Who asked, as far as it was kept.
    pub fn caller(&self) -> Caller {
        let principal_id = self.standing.as_ref().and_then(|standing| standing.principal_id.clone());
        Caller { arn: self.by.clone(), principal_id }
    }
}
