//! Set an X.509 signing certificate to Inactive. Reversible: Active brings it back.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::StatusType;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;
use severance_domain::right::iam;

use super::driver::misdirected;
use super::status::{Listed, Switched};
use crate::error::AwsError;

const UPDATE: &str = iam::UPDATE_SIGNING_CERTIFICATE.action;
const LIST: &str = iam::LIST_SIGNING_CERTIFICATES.action;

/// Drives [`Countermeasure::DeactivateSigningCertificate`].
pub struct DeactivateSigningCertificate {
    iam: Client,
}

impl DeactivateSigningCertificate {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn find(&self, user: &IamName, certificate: &str) -> Result<Listed, AwsError> {
        let mut pages = self.iam.list_signing_certificates().user_name(user.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST, &error))?;
            let mut held = page.certificates.into_iter();
            if let Some(found) = held.find(|held| held.certificate_id() == certificate) {
                return Ok(Listed::As(Some(found.status)));
            }
        }
        Ok(Listed::No)
    }
}

#[async_trait]
impl Switched for DeactivateSigningCertificate {
    const LIST: &'static str = LIST;
    const NOUN: &'static str = "certificate";

    fn target(step: &Countermeasure) -> Result<(&IamName, &str), AwsError> {
        match step {
            Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate { user, certificate }) => {
                Ok((user, certificate.as_str()))
            }
            _ => Err(misdirected(UPDATE)),
        }
    }

    async fn set(&self, user: &IamName, certificate: &str, status: StatusType) -> Result<(), AwsError> {
        let update = self.iam.update_signing_certificate().user_name(user.as_str()).certificate_id(certificate);
        let answer = update.status(status).send().await;
        answer.map(drop).map_err(|error| AwsError::of(UPDATE, &error))
    }

    async fn listed(&self, user: &IamName, certificate: &str) -> Result<Listed, AwsError> {
        Listed::of(self.find(user, certificate).await)
    }

    fn iam(&self) -> &Client {
        &self.iam
    }
}
