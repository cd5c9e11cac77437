use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Arn, ResourceId};

/// Take one account away from a user of IAM Identity Center (`sso:DeleteAccountAssignment`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveAccountAssignment {
    /// The user's id in the directory.
    pub user: ResourceId,
    /// In which account.
    pub account: AccountId,
    /// With which permission set.
    pub permission_set: Arn,
}
