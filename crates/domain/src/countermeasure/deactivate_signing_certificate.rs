use serde::{Deserialize, Serialize};

use crate::ids::{CredentialId, IamName};

/// Set an X.509 signing certificate to Inactive (`iam:UpdateSigningCertificate`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeactivateSigningCertificate {
    /// Whose certificate.
    pub user: IamName,
    /// Which certificate.
    pub certificate: CredentialId,
}
