//! Secrets Manager, as far as a rotation needs it.

use aws_sdk_secretsmanager::Client;
use severance_domain::ids::Arn;
use severance_domain::right::secretsmanager;
use severance_domain::rotation::format::SecretText;
use severance_domain::rotation::{CURRENT, PENDING};

use super::state::State;
use crate::error::AwsError;

const DESCRIBE: &str = secretsmanager::DESCRIBE_SECRET.action;
const GET: &str = secretsmanager::GET_SECRET_VALUE.action;
const PUT: &str = secretsmanager::PUT_SECRET_VALUE.action;
const MOVE: &str = secretsmanager::UPDATE_SECRET_VERSION_STAGE.action;

/// A secret's versions.
#[derive(Debug, Clone)]
pub struct Vault {
    secrets: Client,
}

impl Vault {
    /// Over this client.
    pub fn new(secrets: Client) -> Self {
        Self { secrets }
    }

    /// A secret, without its values.
    pub async fn state(&self, secret: &str) -> Result<State, AwsError> {
        let answer = self.secrets.describe_secret().secret_id(secret).send().await;
        let found = answer.map_err(|error| AwsError::of(DESCRIBE, &error))?;
        let arn = Arn::try_from(found.arn().unwrap_or_default()).map_err(|_| AwsError {
            action: DESCRIBE,
            code: "InvalidResponse".to_owned(),
            message: "the answer names no ARN".to_owned(),
            retryable: false,
        })?;
        let tags = found.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
        Ok(State {
            arn,
            tags: tags.collect(),
            stages: found.version_ids_to_stages().into_iter().flatten().map(|(v, l)| (v.clone(), l.clone())).collect(),
            rotates: found.rotation_enabled() == Some(true),
            deleted: found.deleted_date().is_some(),
            primary: found.primary_region().map(str::to_owned),
        })
    }

    /// A version's value; none where it has none.
    pub async fn value(&self, secret: &Arn, version: &str) -> Result<Option<SecretText>, AwsError> {
        let answer = self.secrets.get_secret_value().secret_id(secret.as_str()).version_id(version).send().await;
        match answer.map_err(|error| AwsError::of(GET, &error)) {
            // A value of bytes is none that holds a key; read as text it says so.
            Ok(found) => Ok(Some(SecretText::new(found.secret_string.unwrap_or_default()))),
            Err(error) if error.code == "ResourceNotFoundException" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores a value as the pending version. The same value again changes nothing.
    pub async fn store(&self, secret: &Arn, version: &str, value: &SecretText) -> Result<(), AwsError> {
        let put = self
            .secrets
            .put_secret_value()
            .secret_id(secret.as_str())
            .client_request_token(version)
            .secret_string(value.expose())
            .version_stages(PENDING);
        put.send().await.map(drop).map_err(|error| AwsError::of(PUT, &error))
    }

    /// Makes a version the current one.
    pub async fn promote(&self, secret: &Arn, from: Option<&String>, to: &str) -> Result<(), AwsError> {
        let update = self
            .secrets
            .update_secret_version_stage()
            .secret_id(secret.as_str())
            .version_stage(CURRENT)
            .move_to_version_id(to)
            .set_remove_from_version_id(from.cloned());
        update.send().await.map(drop).map_err(|error| AwsError::of(MOVE, &error))
    }
}
