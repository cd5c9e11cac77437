use serde::{Deserialize, Serialize};

use crate::ids::Arn;

/// Start the rotation that a secret has configured (`secretsmanager:RotateSecret`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotateSecret {
    /// Which secret.
    pub secret: Arn,
}
