use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::IamName;

/// Deny a role's sessions that were issued before a moment (`iam:PutRolePolicy`, `aws:TokenIssueTime`). Later sessions
/// work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeRoleSessions {
    /// Which role.
    pub role: IamName,
    /// Sessions issued before this are denied.
    pub issued_before: Timestamp,
}
