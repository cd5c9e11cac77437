use serde::{Deserialize, Serialize};

use crate::ids::IamName;

/// Let nobody start a session of a role any more, by a denial in its trust policy (`iam:UpdateAssumeRolePolicy`). What
/// stands there stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloseRoleTrust {
    /// Which role.
    pub role: IamName,
}
