//! A new key is tried by the one call that no policy can refuse.

use aws_config::SdkConfig;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::Credentials;
use aws_sdk_sts::config::retry::RetryConfig;
use severance_domain::ids::{AccessKeyId, Arn};
use severance_domain::rotation::format::SecretText;

use crate::calls::CallCounter;
use crate::error::AwsError;

const WHO: &str = "sts:GetCallerIdentity";

/// By these STS says that it does not know a key, or not yet.
const NOT_YET: [&str; 3] = ["InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDenied"];

/// Asks STS whose a key is, by using it. Each try is one call, without the SDK's retries.
pub struct Trial {
    sts: Client,
}

impl Trial {
    /// Of this key, over this configuration's endpoints.
    pub fn new(sdk: &SdkConfig, calls: &CallCounter, key: &AccessKeyId, secret: &SecretText) -> Self {
        let credentials = Credentials::new(key.as_str(), secret.expose(), None, None, "severance-pending-key");
        let config = aws_sdk_sts::config::Builder::from(sdk)
            .credentials_provider(credentials)
            .retry_config(RetryConfig::disabled())
            .interceptor(calls.clone())
            .build();
        Self { sts: Client::from_conf(config) }
    }

    /// Whose it is; none where the answer names nobody.
    ///
    /// # Errors
    /// Where STS refuses or does not answer.
    pub async fn who(&self) -> Result<Option<Arn>, AwsError> {
        let who = self.sts.get_caller_identity().send().await.map_err(|error| AwsError::of(WHO, &error))?;
        Ok(Arn::try_from(who.arn().unwrap_or_default()).ok())
    }

    /// Whether the same key may be known a moment later.
    pub fn may_be_known_later(error: &AwsError) -> bool {
        error.retryable || NOT_YET.contains(&error.code.as_str())
    }
}
