//! Start the rotation that a secret has configured. It is confirmed only when the new version is the current one: a
//! rotation that has started has not ended anything.

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Region;
use aws_sdk_secretsmanager::types::{ReplicationStatusType, StatusType};
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::digest::Digest;
use severance_domain::ids::Arn;
use severance_domain::right::secretsmanager;
use severance_domain::rotation::CURRENT;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected};
use crate::error::AwsError;

const ROTATE: &str = secretsmanager::ROTATE_SECRET.action;
const DESCRIBE: &str = secretsmanager::DESCRIBE_SECRET.action;

const FINAL: &str = "a rotation cannot be undone; Secrets Manager keeps the value before it as AWSPREVIOUS";

/// Drives [`Countermeasure::RotateSecret`].
pub struct RotateSecret {
    secrets: Client,
}

impl RotateSecret {
    /// Over this client.
    pub fn new(secrets: Client) -> Self {
        Self { secrets }
    }
}

fn target(step: &Countermeasure) -> Result<&Arn, AwsError> {
    match step {
        Countermeasure::RotateSecret(card::RotateSecret { secret }) => Ok(secret),
        _ => Err(misdirected(ROTATE)),
    }
}

/// The id of the version that a case makes of a secret. The same case asks for the same version, so a second delivery
/// does not rotate twice.
pub(super) fn version_id(secret: &Arn, case: &CaseId) -> String {
    let digest = Digest::of(format!("{case} {secret}").as_bytes());
    digest.as_hex().to_owned()
}

/// Where the version that this case asked for stands.
pub(super) enum Version {
    /// Everywhere but in these Regions, whose replicas have not followed.
    Current(Vec<String>),
    /// Under these labels.
    Labelled(String),
    Missing,
    SecretGone,
}

impl RotateSecret {
    /// Where a version of a secret stands.
    pub(super) async fn version(&self, secret: &Arn, version: &str) -> Result<Version, AwsError> {
        let answer = self.secrets.describe_secret().secret_id(secret.as_str()).send().await;
        let state = match answer.map_err(|error| AwsError::of(DESCRIBE, &error)) {
            Ok(state) => state,
            Err(error) if error.is_no_such_entity() => return Ok(Version::SecretGone),
            Err(error) => return Err(error),
        };
        Ok(match state.version_ids_to_stages().and_then(|versions| versions.get(version)) {
            Some(labels) if labels.iter().any(|label| label == CURRENT) => {
                Version::Current(self.behind(secret, version, state.replication_status()).await?)
            }
            Some(labels) => Version::Labelled(labels.join(", ")),
            None => Version::Missing,
        })
    }

    /// The Regions whose replica does not have this version as the current one.
    async fn behind(
        &self,
        secret: &Arn,
        version: &str,
        replicas: &[ReplicationStatusType],
    ) -> Result<Vec<String>, AwsError> {
        let mut behind = Vec::new();
        for replica in replicas {
            let Some(region) = replica.region() else {
                behind.push("a Region that the answer does not name".to_owned());
                continue;
            };
            if replica.status() == Some(&StatusType::Failed) {
                let why = replica.status_message().unwrap_or("no reason given");
                behind.push(format!("{region} (replication failed: {why})"));
                continue;
            }
            // A replica has the ARN of its primary, in another Region.
            let there = secret.as_str().replacen(&format!(":{}:", secret.region()), &format!(":{region}:"), 1);
            let config = self.secrets.config().to_builder().region(Region::new(region.to_owned())).build();
            let answer = Client::from_conf(config).describe_secret().secret_id(there).send().await;
            let state = answer.map_err(|error| AwsError::of(DESCRIBE, &error))?;
            let labels = state.version_ids_to_stages().and_then(|versions| versions.get(version));
            if !labels.is_some_and(|labels| labels.iter().any(|label| label == CURRENT)) {
                behind.push(region.to_owned());
            }
        }
        Ok(behind)
    }

    /// Whether a version is the current one, in every Region.
    pub(super) async fn seen(&self, secret: &Arn, version: &str) -> Result<Seen, AwsError> {
        Ok(match self.version(secret, version).await? {
            Version::Current(behind) if behind.is_empty() => {
                Seen::InEffect(format!("{DESCRIBE} shows the new version as {CURRENT}"))
            }
            Version::Current(behind) => {
                Seen::NotYet(format!("{DESCRIBE} shows replicas that have not followed: {}", behind.join(", ")))
            }
            Version::Labelled(labels) => {
                Seen::NotYet(format!("{DESCRIBE} shows the rotation unfinished: the new version is {labels}"))
            }
            Version::Missing => Seen::NotYet(format!("{DESCRIBE} does not show the new version")),
            // What the old value opens lives on: it was to be replaced where it counts, and that was not seen.
            Version::SecretGone => Seen::NotYet(format!(
                "{DESCRIBE} shows that the secret does not exist any more: its value was not seen replaced"
            )),
        })
    }
}

#[async_trait]
impl Driver for RotateSecret {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError> {
        let secret = target(step)?;
        let version = version_id(secret, case);
        let answer =
            self.secrets.rotate_secret().secret_id(secret.as_str()).client_request_token(&version).send().await;
        match answer.map_err(|error| AwsError::of(ROTATE, &error)) {
            Ok(_) => Ok(Applied::Changed(Some(format!("version {version} is to replace the current one")))),
            Err(error) if error.is_no_such_entity() => {
                Ok(Applied::Already("the secret does not exist any more".to_owned()))
            }
            // A rotation that is under way is refused; it may be this case's own, begun before a crash.
            Err(error) if error.code == "InvalidRequestException" => match self.version(secret, &version).await? {
                Version::Current(_) | Version::Labelled(_) => {
                    Ok(Applied::Already("an earlier delivery of this case began the rotation".to_owned()))
                }
                Version::Missing | Version::SecretGone => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let secret = target(step)?;
        self.seen(secret, &version_id(secret, about.case)).await
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
