use serde::{Deserialize, Serialize};

use crate::ids::IamName;

/// Deny a user everything by an inline policy (`iam:PutUserPolicy`): its password, keys and sessions stay but are
/// worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineUser {
    /// Which user.
    pub user: IamName,
}
