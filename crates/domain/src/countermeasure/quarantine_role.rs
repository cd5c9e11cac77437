use serde::{Deserialize, Serialize};

use crate::ids::IamName;

/// Deny a role everything by an inline policy (`iam:PutRolePolicy`), whoever assumes it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineRole {
    /// Which role.
    pub role: IamName,
}
