use serde::{Deserialize, Serialize};

use crate::ids::{AccessKeyId, IamName};

/// Set an access key to Inactive (`iam:UpdateAccessKey`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeactivateAccessKey {
    /// Whose key.
    pub user: IamName,
    /// Which key.
    pub access_key: AccessKeyId,
}
