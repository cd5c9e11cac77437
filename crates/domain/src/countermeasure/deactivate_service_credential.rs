use serde::{Deserialize, Serialize};

use crate::ids::{CredentialId, IamName};

/// Set a service-specific credential, such as a long-term API key, to Inactive
/// (`iam:UpdateServiceSpecificCredential`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeactivateServiceCredential {
    /// Whose credential.
    pub user: IamName,
    /// Which credential.
    pub credential: CredentialId,
    /// The service that it is for, such as `bedrock.amazonaws.com`.
    pub service: String,
}
