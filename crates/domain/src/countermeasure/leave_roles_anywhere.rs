use serde::{Deserialize, Serialize};

use crate::ids::Arn;

/// Take a role out of a profile of IAM Roles Anywhere (`rolesanywhere:UpdateProfile`), or disable a profile that has no
/// other (`rolesanywhere:DisableProfile`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaveRolesAnywhere {
    /// Which role.
    pub role: Arn,
    /// Which profile.
    pub profile: Arn,
}
