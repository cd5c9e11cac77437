use serde::{Deserialize, Serialize};

use crate::ids::{CredentialId, IamName};

/// Set an SSH public key to Inactive (`iam:UpdateSSHPublicKey`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeactivateSshPublicKey {
    /// Whose key.
    pub user: IamName,
    /// Which key.
    pub key: CredentialId,
}
