use serde::{Deserialize, Serialize};

use crate::ids::Arn;

/// Put an older version of a customer managed policy, or one that allows nothing, in the place of this one
/// (`iam:SetDefaultPolicyVersion`, `iam:CreatePolicyVersion`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NeutralizePolicy {
    /// Which policy.
    pub policy: Arn,
    /// The version that counts until then.
    pub version: String,
}
