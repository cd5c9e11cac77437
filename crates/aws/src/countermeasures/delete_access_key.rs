//! Delete an access key that was replaced. Final: so it is deleted only while it is inactive, which is read once more.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::StatusType;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::{AccessKeyId, IamName};
use severance_domain::right::iam;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, unless_gone};
use super::named::{Named, is_same_user};
use crate::error::AwsError;

const DELETE: &str = iam::DELETE_ACCESS_KEY.action;
const LIST: &str = iam::LIST_ACCESS_KEYS.action;

const FINAL: &str = "a deleted access key cannot be brought back";

/// Drives [`Countermeasure::DeleteAccessKey`].
pub struct DeleteAccessKey {
    iam: Client,
}

impl DeleteAccessKey {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn find(&self, user: &IamName, key: &AccessKeyId) -> Result<Held, AwsError> {
        let answer = self.iam.list_access_keys().user_name(user.as_str()).into_paginator().items().send();
        let keys: Result<Vec<_>, _> = answer.collect().await;
        let Some(keys) = unless_gone(keys.map_err(|error| AwsError::of(LIST, &error)))? else {
            return Ok(Held::NoUser);
        };
        let held = keys.iter().find(|held| held.access_key_id() == Some(key.as_str()));
        Ok(match held.map(|held| held.status() == Some(&StatusType::Inactive)) {
            Some(true) => Held::Inactive,
            Some(false) => Held::Active,
            None => Held::No,
        })
    }
}

/// How a user holds a key.
enum Held {
    Active,
    Inactive,
    /// The user has no such key.
    No,
    /// There is no user of that name.
    NoUser,
}

fn target(step: &Countermeasure) -> Result<(&IamName, &AccessKeyId), AwsError> {
    match step {
        Countermeasure::DeleteAccessKey(card::DeleteAccessKey { user, access_key }) => Ok((user, access_key)),
        _ => Err(misdirected(DELETE)),
    }
}

#[async_trait]
impl Driver for DeleteAccessKey {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let (user, key) = target(step)?;
        match self.find(user, key).await? {
            Held::No | Held::NoUser => return Ok(Applied::Gone("the user has no such key any more".to_owned())),
            Held::Active => {
                return Err(AwsError {
                    action: DELETE,
                    code: "KeyIsActive".to_owned(),
                    message: "it was made active again, so somebody needs it: it is not deleted".to_owned(),
                    retryable: false,
                });
            }
            Held::Inactive => {}
        }
        let answer = self.iam.delete_access_key().user_name(user.as_str()).access_key_id(key.as_str()).send().await;
        Ok(match unless_gone(answer.map_err(|error| AwsError::of(DELETE, &error)))? {
            Some(_) => Applied::Changed(None),
            None => Applied::Gone("the user has no such key any more".to_owned()),
        })
    }

    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let (user, key) = target(step)?;
        Ok(match self.find(user, key).await? {
            Held::Active | Held::Inactive => Seen::NotYet(format!("{LIST} still shows it")),
            Held::NoUser => Seen::NotYet(Named::Nobody.words()),
            Held::No => match is_same_user(&self.iam, user, about).await? {
                Named::Subject => Seen::InEffect(format!("{LIST} does not show it any more")),
                other => Seen::NotYet(other.words()),
            },
        })
    }

    async fn undo(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Applied, AwsError> {
        target(step)?;
        Ok(Applied::Already(FINAL.to_owned()))
    }

    async fn confirm_undone(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Seen, AwsError> {
        target(step)?;
        Ok(Seen::NotYet(FINAL.to_owned()))
    }
}
