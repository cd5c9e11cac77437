//! One secret, and what its versions say of the keys in it.

use severance_domain::cutover::Cutover;
use severance_domain::ids::Arn;
use severance_domain::profile::Profile;
use severance_domain::right::secretsmanager;
use severance_domain::rotation::{CURRENT, MANAGED_TAG, PENDING};
use severance_domain::subject::{Inventory, SecretState, Subject, SubjectKind};

use super::found::{Found, Resolution, instant};
use super::reader::Identities;
use crate::error::AwsError;

const DESCRIBE_SECRET: &str = secretsmanager::DESCRIBE_SECRET.action;

impl Identities {
    /// Whether Severance rotates a secret.
    ///
    /// # Errors
    /// Where AWS refuses or does not answer.
    pub async fn is_managed(&self, secret: &Arn) -> Result<bool, AwsError> {
        let Some(secrets) = &self.secrets else { return Ok(false) };
        let answer = secrets.describe_secret().secret_id(secret.as_str()).send().await;
        let state = answer.map_err(|error| AwsError::of(DESCRIBE_SECRET, &error))?;
        Ok(state.tags().iter().any(|tag| tag.key() == Some(MANAGED_TAG) && tag.value() == Some("true")))
    }

    /// Whether the version of a secret that held an old key counts again, or the one that holds the new key never did. None where
    /// that cannot be said.
    ///
    /// # Errors
    /// Where AWS does not answer, and another try may fare better.
    pub async fn holds_old_key(&self, cutover: &Cutover) -> Result<Option<bool>, AwsError> {
        let Some(secrets) = &self.secrets else { return Ok(None) };
        let answer = secrets.describe_secret().secret_id(cutover.secret.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(DESCRIBE_SECRET, &error)) {
            // A secret that is going away takes the new key with it.
            Ok(state) if state.deleted_date().is_some() => Ok(None),
            Ok(state) => {
                let has = |version: &str, label: &str| {
                    let held = state.version_ids_to_stages().and_then(|versions| versions.get(version));
                    held.is_some_and(|held| held.iter().any(|held| held == label))
                };
                let old = cutover.old_version.as_deref();
                Ok(if old.is_some_and(|old| has(old, CURRENT) || has(old, PENDING)) {
                    Some(true)
                } else if has(&cutover.version, CURRENT) {
                    Some(false)
                } else if has(&cutover.version, PENDING) {
                    Some(true)
                } else {
                    // Somebody wrote a value by hand, which may be the old one.
                    None
                })
            }
            Err(error) if error.retryable => Err(error),
            Err(_) => Ok(None),
        }
    }

    pub(super) async fn secret(&self, arn: &Arn) -> Result<Resolution, AwsError> {
        let Some(secrets) = &self.secrets else {
            return Ok(Resolution::unread("this function may not read secrets"));
        };
        let answer = secrets.describe_secret().secret_id(arn.as_str()).send().await;
        let secret = match answer.map_err(|error| AwsError::of(DESCRIBE_SECRET, &error)) {
            Ok(secret) => secret,
            Err(error) if error.is_no_such_entity() => {
                return Ok(Resolution::gone(format!("{DESCRIBE_SECRET} knows no such secret")));
            }
            Err(error) => return Err(error),
        };
        let state = SecretState {
            rotation_enabled: secret.rotation_enabled().unwrap_or(false),
            last_rotated_at: instant(secret.last_rotated_date()),
            deletion_scheduled: secret.deleted_date().is_some(),
        };
        let arn = secret.arn().and_then(|arn| Arn::try_from(arn).ok()).unwrap_or_else(|| arn.clone());
        Ok(Resolution::One(Box::new(self.secret_found(secret.name(), arn, secret.tags(), state))))
    }

    pub(super) fn secret_found(
        &self,
        name: Option<&str>,
        arn: Arn,
        tags: &[aws_sdk_secretsmanager::types::Tag],
        state: SecretState,
    ) -> Found {
        let tags = tags
            .iter()
            .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
            .collect();
        Found {
            subject: Subject {
                kind: SubjectKind::Secret,
                account: self.account.clone(),
                name: name.unwrap_or(arn.resource()).to_owned(),
                arn: Some(arn),
                unique_id: None,
            },
            profile: Profile::from_tags(&tags, &self.tags),
            inventory: Inventory { secret: Some(state), ..Inventory::default() },
            trust: None,
            absent: None,
        }
    }
}
