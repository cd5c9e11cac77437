use serde::{Deserialize, Serialize};

use crate::ids::{AccessKeyId, IamName};

/// Put a user's access key under management: a secret is made for it and rotated at once
/// (`secretsmanager:CreateSecret`, `secretsmanager:RotateSecret`, `iam:TagUser`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdoptAccessKey {
    /// Whose key.
    pub user: IamName,
    /// The key that the secret's first one replaces, once its consumers have moved.
    pub access_key: AccessKeyId,
    /// The name of the secret.
    pub secret: String,
}
