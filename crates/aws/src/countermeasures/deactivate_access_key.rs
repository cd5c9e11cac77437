//! Set an access key to Inactive. Reversible: Active brings it back.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::StatusType;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;
use severance_domain::right::iam;

use super::status::{Listed, Switched};
use super::driver::{Seen, misdirected, unless_gone};
use super::named::Named;
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

    fn iam(&self) -> &Client {
        &self.iam
    }

    /// Keys alone can be asked for their holder, by an id that is never used again. For a key that was deleted IAM answers
    /// `AccessDenied`, as for one that may not be asked about: neither is an answer.
    async fn unlisted(&self, user: &IamName, key: &str, _found: Named) -> Result<Seen, AwsError> {
        let answer = self.iam.get_access_key_last_used().access_key_id(key).send().await;
        Ok(match unless_gone(answer.map_err(|error| AwsError::of(LAST_USED, &error)))? {
            None => Seen::InEffect(format!("{LIST} does not show it, and {LAST_USED} no other holder")),
            Some(found) => Seen::NotYet(match found.user_name() {
                Some(holder) if holder != user.as_str() => {
                    format!("{LAST_USED} shows it with user {holder}: the user was renamed")
                }
                Some(_) => format!("{LAST_USED} still shows it with the user, and {LIST} does not show it"),
                None => format!("{LAST_USED} knows the key, and does not say whose it is"),
            }),
        })
    }
}
