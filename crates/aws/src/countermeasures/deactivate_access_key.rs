//! Set an access key to Inactive. Reversible: Active brings it back.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::StatusType;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;
use severance_domain::right::iam;

use super::status::{Listed, Switched};
use super::driver::{Seen, misdirected};
use crate::error::AwsError;

const UPDATE: &str = iam::UPDATE_ACCESS_KEY.action;
const LIST: &str = iam::LIST_ACCESS_KEYS.action;
const LAST_USED: &str = iam::GET_ACCESS_KEY_LAST_USED.action;

/// Drives [`Countermeasure::DeactivateAccessKey`].
pub struct DeactivateAccessKey {
    iam: Client,
}

impl DeactivateAccessKey {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn find(&self, user: &IamName, key: &str) -> Result<Listed, AwsError> {
        let mut pages = self.iam.list_access_keys().user_name(user.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST, &error))?;
            if let Some(found) = page.access_key_metadata.into_iter().find(|held| held.access_key_id() == Some(key)) {
                return Ok(Listed::As(found.status));
            }
        }
        Ok(Listed::No)
    }
}

#[async_trait]
impl Switched for DeactivateAccessKey {
    const LIST: &'static str = LIST;
    const NOUN: &'static str = "key";

    fn target(step: &Countermeasure) -> Result<(&IamName, &str), AwsError> {
        match step {
            Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, access_key }) => {
                Ok((user, access_key.as_str()))
            }
            _ => Err(misdirected(UPDATE)),
        }
    }

    async fn set(&self, user: &IamName, key: &str, status: StatusType) -> Result<(), AwsError> {
        let update = self.iam.update_access_key().user_name(user.as_str()).access_key_id(key);
        let answer = update.status(status).send().await;
        answer.map(drop).map_err(|error| AwsError::of(UPDATE, &error))
    }

    async fn listed(&self, user: &IamName, key: &str) -> Result<Listed, AwsError> {
        Listed::of(self.find(user, key).await)
    }

    /// Keys alone can be asked for their holder: one that is not under the name is gone only if it has none.
    async fn unlisted(&self, user: &IamName, key: &str, _user_exists: bool) -> Seen {
        let answer = self.iam.get_access_key_last_used().access_key_id(key).send().await;
        match answer {
            Ok(found) if found.user_name().is_some_and(|holder| holder != user.as_str()) => Seen::NotYet(format!(
                "{LAST_USED} shows it with user {}: the user was renamed",
                found.user_name().unwrap_or_default()
            )),
            _ => Seen::InEffect(format!("{LIST} does not show it, and {LAST_USED} no other holder")),
        }
    }
}
