//! What Secrets Manager asks of a rotation function.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::words::malformed::Malformed;

/// One step of a rotation, as Secrets Manager asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StepRequest {
    /// Which step.
    pub step: RotationStep,
    /// The secret's ARN.
    pub secret_id: String,
    /// The id of the version that is being made.
    pub client_request_token: String,
}

/// The four steps, in the order in which Secrets Manager asks for them. It repeats them from the first on after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RotationStep {
    /// Make a new key and store it as the pending version.
    CreateSecret,
    /// Bring the new value to where it is checked. IAM knows its keys, so there is nothing to bring.
    SetSecret,
    /// Use the pending version.
    TestSecret,
    /// Make the pending version the current one.
    FinishSecret,
}

impl RotationStep {
    /// The name as Secrets Manager writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateSecret => "createSecret",
            Self::SetSecret => "setSecret",
            Self::TestSecret => "testSecret",
            Self::FinishSecret => "finishSecret",
        }
    }
}

impl StepRequest {
    /// Reads a request. Fields that AWS may add later are none of its business.
    ///
    /// # Errors
    /// Names the JSON path of the first thing that is not as it must be.
    pub fn read(payload: &Value) -> Result<Self, Malformed> {
        let expected = "a step of Secrets Manager: {\"Step\", \"SecretId\", \"ClientRequestToken\"}";
        let request: Self = serde_path_to_error::deserialize(payload).map_err(|error| Malformed {
            at: format!("$.{}", error.path()).replace("$..", "$"),
            expected: expected.to_owned(),
            found: error.inner().to_string().chars().take(200).collect(),
        })?;
        for (at, text) in [("$.SecretId", &request.secret_id), ("$.ClientRequestToken", &request.client_request_token)]
        {
            if text.trim().is_empty() {
                return Err(Malformed {
                    at: at.to_owned(),
                    expected: expected.to_owned(),
                    found: "nothing".to_owned(),
                });
            }
        }
        Ok(request)
    }
}
