//! Set a service-specific credential, such as a long-term API key, to Inactive. Reversible while it has not expired:
//! Active brings it back.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::StatusType;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;
use severance_domain::right::iam;

use super::driver::{misdirected, without};
use super::status::{Listed, Switched};
use crate::error::AwsError;

const UPDATE: &str = iam::UPDATE_SERVICE_SPECIFIC_CREDENTIAL.action;
const LIST: &str = iam::LIST_SERVICE_SPECIFIC_CREDENTIALS.action;

/// Drives [`Countermeasure::DeactivateServiceCredential`].
pub struct DeactivateServiceCredential {
    iam: Client,
}

impl DeactivateServiceCredential {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn find(&self, user: &IamName, credential: &str) -> Result<Listed, AwsError> {
        let mut marker = None;
        loop {
            // The SDK has no paginator for this list.
            let list = self.iam.list_service_specific_credentials().user_name(user.as_str()).set_marker(marker);
            let page = list.send().await.map_err(|error| AwsError::of(LIST, &error))?;
            let mut held = page.service_specific_credentials.unwrap_or_default().into_iter();
            if let Some(found) = held.find(|held| held.service_specific_credential_id() == credential) {
                return Ok(Listed::As(Some(found.status)));
            }
            if !page.is_truncated {
                return Ok(Listed::No);
            }
            marker = Some(page.marker.ok_or_else(|| without(LIST, "the marker of its next page"))?);
        }
    }
}

#[async_trait]
impl Switched for DeactivateServiceCredential {
    const LIST: &'static str = LIST;
    const NOUN: &'static str = "credential";

    fn target(step: &Countermeasure) -> Result<(&IamName, &str), AwsError> {
        match step {
            Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential {
                user, credential, ..
            }) => Ok((user, credential.as_str())),
            _ => Err(misdirected(UPDATE)),
        }
    }

    async fn set(&self, user: &IamName, credential: &str, status: StatusType) -> Result<(), AwsError> {
        let update = self.iam.update_service_specific_credential().user_name(user.as_str());
        let answer = update.service_specific_credential_id(credential).status(status).send().await;
        answer.map(drop).map_err(|error| AwsError::of(UPDATE, &error))
    }

    async fn listed(&self, user: &IamName, credential: &str) -> Result<Listed, AwsError> {
        Listed::of(self.find(user, credential).await)
    }

    fn iam(&self) -> &Client {
        &self.iam
    }
}
