use serde::{Deserialize, Serialize};

use crate::ids::IamName;

/// Deny a user's sessions that were issued before the step is taken (`iam:PutUserPolicy`, `aws:TokenIssueTime`). Its
/// long-term credentials work on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeUserSessions {
    /// Which user.
    pub user: IamName,
}
