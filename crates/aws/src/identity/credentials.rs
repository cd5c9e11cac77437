//! The credentials of a user beside its access keys. All of them are listed; none is ever read.

use aws_sdk_iam::types::StatusType;
use futures::future::try_join3;
use severance_domain::ids::{CredentialId, IamName};
use severance_domain::right::iam;
use severance_domain::subject::{Credential, CredentialState, Inventory, ServiceCredential};

use super::found::{instant, recoverable};
use super::reader::Identities;
use crate::error::AwsError;

const LIST_SSH: &str = iam::LIST_SSH_PUBLIC_KEYS.action;
const LIST_CERTIFICATES: &str = iam::LIST_SIGNING_CERTIFICATES.action;
const LIST_SERVICE: &str = iam::LIST_SERVICE_SPECIFIC_CREDENTIALS.action;

impl Identities {
    /// Adds to an inventory what only matters where a whole user is ended. What AWS refuses to list holds part of the plan for
    /// a person: nobody could say then that nothing is alive.
    pub(super) async fn other_credentials(&self, user: &IamName) -> Result<Inventory, AwsError> {
        let (ssh, certificates, service) = try_join3(
            recoverable(self.ssh_public_keys(user)),
            recoverable(self.signing_certificates(user)),
            recoverable(self.service_credentials(user)),
        )
        .await?;
        let mut held = Inventory::default();
        let mut refused =
            |what: &str, error: AwsError| held.unread.push(format!("{what} could not be listed: {error}"));
        let ssh = ssh.map_err(|error| refused("the user's SSH public keys", error));
        let certificates = certificates.map_err(|error| refused("the user's signing certificates", error));
        let service = service.map_err(|error| refused("the user's service-specific credentials", error));
        held.ssh_public_keys = ssh.unwrap_or_default();
        held.signing_certificates = certificates.unwrap_or_default();
        held.service_credentials = service.unwrap_or_default();
        Ok(held)
    }

    async fn ssh_public_keys(&self, user: &IamName) -> Result<Vec<Credential>, AwsError> {
        let mut keys = Vec::new();
        let mut pages = self.iam.list_ssh_public_keys().user_name(user.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST_SSH, &error))?;
            for key in page.ssh_public_keys() {
                keys.push(Credential {
                    id: id(LIST_SSH, key.ssh_public_key_id())?,
                    active: *key.status() != StatusType::Inactive,
                    created_at: instant(Some(key.upload_date())),
                });
            }
        }
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(keys)
    }

    async fn signing_certificates(&self, user: &IamName) -> Result<Vec<Credential>, AwsError> {
        let mut certificates = Vec::new();
        let mut pages = self.iam.list_signing_certificates().user_name(user.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST_CERTIFICATES, &error))?;
            for certificate in page.certificates() {
                certificates.push(Credential {
                    id: id(LIST_CERTIFICATES, certificate.certificate_id())?,
                    active: *certificate.status() != StatusType::Inactive,
                    created_at: instant(certificate.upload_date()),
                });
            }
        }
        certificates.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(certificates)
    }

    /// By hand, because the SDK has no paginator for it.
    async fn service_credentials(&self, user: &IamName) -> Result<Vec<ServiceCredential>, AwsError> {
        let mut credentials = Vec::new();
        let mut marker = None;
        loop {
            let page = self.iam.list_service_specific_credentials().user_name(user.as_str()).set_marker(marker).send();
            let page = page.await.map_err(|error| AwsError::of(LIST_SERVICE, &error))?;
            for credential in page.service_specific_credentials() {
                credentials.push(ServiceCredential {
                    id: id(LIST_SERVICE, credential.service_specific_credential_id())?,
                    service: credential.service_name().to_owned(),
                    state: match credential.status() {
                        StatusType::Inactive => CredentialState::Inactive,
                        StatusType::Expired => CredentialState::Expired,
                        // A status that this version does not know may well be one that works.
                        _ => CredentialState::Active,
                    },
                    created_at: instant(Some(credential.create_date())),
                    expires_at: instant(credential.expiration_date()),
                });
            }
            if !page.is_truncated() {
                break;
            }
            marker = Some(page.marker.ok_or_else(|| AwsError {
                action: LIST_SERVICE,
                code: "InvalidResponse".to_owned(),
                message: "the answer is without the marker of its next page".to_owned(),
                retryable: false,
            })?);
        }
        credentials.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(credentials)
    }
}

fn id(action: &'static str, text: &str) -> Result<CredentialId, AwsError> {
    CredentialId::try_from(text).map_err(|invalid| AwsError {
        action,
        code: "InvalidResponse".to_owned(),
        message: format!("a credential's id is not {}", invalid.expected),
        retryable: false,
    })
}
