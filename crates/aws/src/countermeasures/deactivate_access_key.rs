//! Set an access key to Inactive. Reversible: Active brings it back.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::StatusType;
use severance_domain::case::CaseId;
use severance_domain::ids::{AccessKeyId, IamName};
use severance_domain::plan::Countermeasure;

use super::{Applied, Driver, Seen, misdirected};
use crate::error::AwsError;

const UPDATE: &str = "iam:UpdateAccessKey";
const LIST: &str = "iam:ListAccessKeys";
const LAST_USED: &str = "iam:GetAccessKeyLastUsed";

/// Drives [`Countermeasure::DeactivateAccessKey`].
pub struct DeactivateAccessKey {
    iam: Client,
}

impl DeactivateAccessKey {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    /// A user that is renamed takes its keys along: a key that is not under the name is gone only if it has no holder.
    async fn gone(&self, key: &AccessKeyId, user: &IamName) -> Seen {
        let answer = self.iam.get_access_key_last_used().access_key_id(key.as_str()).send().await;
        match answer {
            Ok(found) if found.user_name().is_some_and(|holder| holder != user.as_str()) => Seen::NotYet(format!(
                "{LAST_USED} shows it with user {}: the user was renamed",
                found.user_name().unwrap_or_default()
            )),
            _ => Seen::InEffect(format!("{LIST} does not show it, and {LAST_USED} no other holder")),
        }
    }
}

fn target(step: &Countermeasure) -> Result<(&IamName, &AccessKeyId), AwsError> {
    match step {
        Countermeasure::DeactivateAccessKey { user, access_key } => Ok((user, access_key)),
        _ => Err(misdirected(UPDATE)),
    }
}

#[async_trait]
impl Driver for DeactivateAccessKey {
    fn actions(&self) -> &'static [&'static str] {
        &[UPDATE, LIST, LAST_USED]
    }

    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let (user, key) = target(step)?;
        let answer = self
            .iam
            .update_access_key()
            .user_name(user.as_str())
            .access_key_id(key.as_str())
            .status(StatusType::Inactive)
            .send()
            .await;
        match answer.map_err(|error| AwsError::of(UPDATE, &error)) {
            Ok(_) => Ok(Applied::Changed(None)),
            Err(error) if error.is_no_such_entity() => {
                Ok(Applied::Already("the key does not exist any more".to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    async fn confirm(&self, step: &Countermeasure, _case: &CaseId) -> Result<Seen, AwsError> {
        let (user, key) = target(step)?;
        let mut pages = self.iam.list_access_keys().user_name(user.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = match page.map_err(|error| AwsError::of(LIST, &error)) {
                Ok(page) => page,
                Err(error) if error.is_no_such_entity() => return Ok(self.gone(key, user).await),
                Err(error) => return Err(error),
            };
            if let Some(found) = page.access_key_metadata.iter().find(|k| k.access_key_id() == Some(key.as_str())) {
                return Ok(match found.status() {
                    Some(StatusType::Inactive) => Seen::InEffect(format!("{LIST} shows it Inactive")),
                    other => {
                        Seen::NotYet(format!("{LIST} shows it {}", other.map_or("without status", |s| s.as_str())))
                    }
                });
            }
        }
        Ok(self.gone(key, user).await)
    }
}
