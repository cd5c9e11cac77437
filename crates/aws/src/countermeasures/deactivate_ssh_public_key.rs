//! Set an SSH public key, by which a user reaches `CodeCommit`, to Inactive. Reversible: Active brings it back.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::StatusType;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;
use severance_domain::right::iam;

use super::driver::misdirected;
use super::status::{Listed, Switched};
use crate::error::AwsError;

const UPDATE: &str = iam::UPDATE_SSH_PUBLIC_KEY.action;
const LIST: &str = iam::LIST_SSH_PUBLIC_KEYS.action;

/// Drives [`Countermeasure::DeactivateSshPublicKey`].
pub struct DeactivateSshPublicKey {
    iam: Client,
}

impl DeactivateSshPublicKey {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn find(&self, user: &IamName, key: &str) -> Result<Listed, AwsError> {
        let mut pages = self.iam.list_ssh_public_keys().user_name(user.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST, &error))?;
            let mut held = page.ssh_public_keys.unwrap_or_default().into_iter();
            if let Some(found) = held.find(|held| held.ssh_public_key_id() == key) {
                return Ok(Listed::As(Some(found.status)));
            }
        }
        Ok(Listed::No)
    }
}

#[async_trait]
impl Switched for DeactivateSshPublicKey {
    const LIST: &'static str = LIST;
    const NOUN: &'static str = "SSH public key";

    fn target(step: &Countermeasure) -> Result<(&IamName, &str), AwsError> {
        match step {
            Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { user, key }) => {
                Ok((user, key.as_str()))
            }
            _ => Err(misdirected(UPDATE)),
        }
    }

    async fn set(&self, user: &IamName, key: &str, status: StatusType) -> Result<(), AwsError> {
        let update = self.iam.update_ssh_public_key().user_name(user.as_str()).ssh_public_key_id(key);
        let answer = update.status(status).send().await;
        answer.map(drop).map_err(|error| AwsError::of(UPDATE, &error))
    }

    async fn listed(&self, user: &IamName, key: &str) -> Result<Listed, AwsError> {
        Listed::of(self.find(user, key).await)
    }

    fn iam(&self) -> &Client {
        &self.iam
    }
}
