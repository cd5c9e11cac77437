use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Arn};

/// Deny an identity everything by a service control policy on its account (`organizations:CreatePolicy`,
/// `organizations:AttachPolicy`): nobody in the account can lift it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineByScp {
    /// Whom: a user, a role, or a user of IAM Identity Center.
    pub principal: Arn,
    /// The account that the policy is attached to.
    pub account: AccountId,
}
