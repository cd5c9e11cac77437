//! IAM's access keys, as far as a rotation needs them.

use aws_sdk_iam::Client;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::types::StatusType;
use severance_domain::ids::{AccessKeyId, IamName};
use severance_domain::right::iam;
use severance_domain::rotation::format::SecretText;

use crate::error::AwsError;

const CREATE: &str = iam::CREATE_ACCESS_KEY.action;
const DELETE: &str = iam::DELETE_ACCESS_KEY.action;
const LIST: &str = iam::LIST_ACCESS_KEYS.action;
const LAST_USED: &str = iam::GET_ACCESS_KEY_LAST_USED.action;

/// A user's access keys.
#[derive(Debug, Clone)]
pub struct Keys {
    iam: Client,
    /// The same without retries: a call whose answer was lost has made a key, and a second one would make another.
    once: Client,
}

/// One key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: AccessKeyId,
    /// Whether it may be used.
    pub active: bool,
}

fn unreadable(action: &'static str) -> AwsError {
    let message = "the answer holds no key in the form that IAM documents".to_owned();
    AwsError { action, code: "InvalidResponse".to_owned(), message, retryable: false }
}

impl Keys {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        let once = Client::from_conf(iam.config().to_builder().retry_config(RetryConfig::disabled()).build());
        Self { iam, once }
    }

    /// Every key of a user, inactive ones too.
    pub async fn list(&self, user: &IamName) -> Result<Vec<Listed>, AwsError> {
        let listed = self.iam.list_access_keys().user_name(user.as_str()).into_paginator().items().send();
        let listed: Vec<_> = listed.collect::<Result<_, _>>().await.map_err(|error| AwsError::of(LIST, &error))?;
        listed
            .iter()
            .map(|key| {
                let id = AccessKeyId::try_from(key.access_key_id().unwrap_or_default());
                let active = key.status() != Some(&StatusType::Inactive);
                id.map(|id| Listed { id, active }).map_err(|_| unreadable(LIST))
            })
            .collect()
    }

    /// The ids of all keys, inactive ones too: each takes a place.
    pub async fn ids(&self, user: &IamName) -> Result<Vec<AccessKeyId>, AwsError> {
        Ok(self.list(user).await?.into_iter().map(|key| key.id).collect())
    }

    /// Makes a key, by one call.
    pub async fn create(&self, user: &IamName) -> Result<(AccessKeyId, SecretText), AwsError> {
        let answer = self.once.create_access_key().user_name(user.as_str()).send().await;
        let made = answer.map_err(|error| AwsError::of(CREATE, &error))?;
        let key = made.access_key.ok_or_else(|| unreadable(CREATE))?;
        let id = AccessKeyId::try_from(key.access_key_id()).map_err(|_| unreadable(CREATE))?;
        Ok((id, SecretText::new(key.secret_access_key)))
    }

    /// Deletes a key. One that is gone is deleted.
    pub async fn delete(&self, user: &IamName, key: &AccessKeyId) -> Result<(), AwsError> {
        let answer = self.iam.delete_access_key().user_name(user.as_str()).access_key_id(key.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(DELETE, &error)) {
            Err(error) if !error.is_no_such_entity() => Err(error),
            _ => Ok(()),
        }
    }

    /// Whose key it is; none where there is no such key.
    pub async fn holder(&self, key: &AccessKeyId) -> Result<Option<IamName>, AwsError> {
        let answer = self.iam.get_access_key_last_used().access_key_id(key.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(LAST_USED, &error)) {
            Ok(found) => Ok(found.user_name().and_then(|name| IamName::try_from(name).ok())),
            // IAM answers so of a key that does not exist, too.
            Err(error) if error.is_no_such_entity() || error.code == "AccessDenied" => Ok(None),
            Err(error) => Err(error),
        }
    }
}
