//! Who speaks, and what their word is for.

use serde::{Deserialize, Serialize};

use crate::words::ids::Arn;

/// Somebody who asks, as AWS vouches for them: by the answer of `sts:GetCallerIdentity` to the caller's own signature, or by what
/// Lambda writes into the event of a function URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The ARN. Of a role's session it holds the role's name and the session's, and not the role's path.
    pub arn: Arn,
    /// The unique id: `AIDA…` of a user, `AROA…:SESSION` of a role's session, the account's of its root. A name is given again, this
    /// is not. None where it is not known, as of a request that was stored before it was kept.
    pub principal_id: Option<String>,
}

/// What somebody's word does. Each has a list of principals of its own among the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It claims something, or has something read back. The policies and the breaker decide what comes of it.
    Asks,
    /// It lets something be done or undone that would not be so otherwise, or changes what later decisions rest on.
    Approves,
}

/// How a caller was let in. Part of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The caller's unique id, as AWS vouches for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub principal_id: Option<String>,
    /// The setting, and the entry in it, that let the caller in: `ApproverPrincipals: 111122223333`.
    pub allowed_by: String,
}
