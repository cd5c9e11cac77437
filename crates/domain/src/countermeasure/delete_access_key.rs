use serde::{Deserialize, Serialize};

use crate::ids::{AccessKeyId, IamName};

/// Delete an access key (`iam:DeleteAccessKey`) that was replaced and is inactive. It frees the slot that the next
/// rotation needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteAccessKey {
    /// Whose key.
    pub user: IamName,
    /// Which key.
    pub access_key: AccessKeyId,
}
