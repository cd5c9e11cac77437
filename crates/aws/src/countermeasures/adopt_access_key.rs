//! Put a user's access key under management: a secret is made for it, its rotation is attached and started. The first rotation
//! makes the first key that the secret holds; the old one goes through the cutover.

use async_trait::async_trait;
use aws_sdk_secretsmanager::types::{RotationRulesType, Tag};
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::digest::Digest;
use severance_domain::ids::{AccessKeyId, Arn, IamName};
use severance_domain::right::{iam, secretsmanager};
use severance_domain::rotation::{ADOPTED_TAG, MANAGED_TAG, SECRET_TAG, USER_TAG};

use super::rotate_secret::{RotateSecret, Version, version_id};
use super::driver::{About, Applied, Driver, Seen, Undo, misdirected};
use crate::error::AwsError;

const CREATE: &str = secretsmanager::CREATE_SECRET.action;
const DESCRIBE: &str = secretsmanager::DESCRIBE_SECRET.action;
const ROTATE: &str = secretsmanager::ROTATE_SECRET.action;
const TAG_USER: &str = iam::TAG_USER.action;

const KEPT: &str = "the secret stays, for its readers use the key that it holds";

/// Drives [`Countermeasure::AdoptAccessKey`].
pub struct AdoptAccessKey {
    iam: aws_sdk_iam::Client,
    secrets: aws_sdk_secretsmanager::Client,
    rotation: Attachment,
}

/// What a secret's rotation is attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The function that rotates.
    pub function: String,
    /// Every so many days.
    pub every_days: i64,
    /// The key that encrypts new secrets; none for the account's own `aws/secretsmanager`.
    pub kms_key: Option<String>,
}

impl AdoptAccessKey {
    /// Over these clients.
    pub fn new(iam: aws_sdk_iam::Client, secrets: aws_sdk_secretsmanager::Client, rotation: Attachment) -> Self {
        Self { iam, secrets, rotation }
    }

    /// Makes the secret, or finds the one that an earlier delivery made.
    async fn secret(&self, name: &str, user: &IamName, key: &AccessKeyId, case: &CaseId) -> Result<Arn, AwsError> {
        let token = Digest::of(format!("{case} {name}").as_bytes());
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let create = self
            .secrets
            .create_secret()
            .name(name)
            .description(format!("The access key of IAM user {user}, rotated by Severance"))
            .client_request_token(token.as_hex())
            // No key yet: the first rotation makes it. Nobody reads this version.
            .secret_string(serde_json::json!({ "userName": user }).to_string())
            .set_kms_key_id(self.rotation.kms_key.clone())
            .tags(tag(MANAGED_TAG, "true"))
            .tags(tag(USER_TAG, user.as_str()))
            .tags(tag(ADOPTED_TAG, key.as_str()));
        let arn = match create.send().await.map_err(|error| AwsError::of(CREATE, &error)) {
            Ok(made) => made.arn,
            Err(error) if error.code == "ResourceExistsException" => self.earlier(name, key, error).await?,
            Err(error) => return Err(error),
        };
        Arn::try_from(arn.as_deref().unwrap_or_default()).map_err(|_| unfit("the answer names no ARN"))
    }

    /// The secret of this name, if it was made for this key.
    async fn earlier(&self, name: &str, key: &AccessKeyId, exists: AwsError) -> Result<Option<String>, AwsError> {
        let answer = self.secrets.describe_secret().secret_id(name).send().await;
        let found = answer.map_err(|error| AwsError::of(DESCRIBE, &error))?;
        let is_ours =
            found.tags().iter().any(|tag| tag.key() == Some(ADOPTED_TAG) && tag.value() == Some(key.as_str()));
        if is_ours && found.deleted_date().is_none() {
            return Ok(found.arn);
        }
        let message = format!(
            "{}: secret {name} was made for something else, or waits for its deletion. Delete it or give it another name, \
             then adopt again",
            exists.message
        );
        Err(AwsError { message, ..exists })
    }
}

fn unfit(why: &str) -> AwsError {
    AwsError { action: CREATE, code: "InvalidResponse".to_owned(), message: why.to_owned(), retryable: false }
}

fn target(step: &Countermeasure) -> Result<(&IamName, &AccessKeyId, &str), AwsError> {
    match step {
        Countermeasure::AdoptAccessKey(card::AdoptAccessKey { user, access_key, secret }) => {
            Ok((user, access_key, secret))
        }
        _ => Err(misdirected(CREATE)),
    }
}

#[async_trait]
impl Driver for AdoptAccessKey {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError> {
        let (user, key, name) = target(step)?;
        let secret = self.secret(name, user, key, case).await?;
        let tag = aws_sdk_iam::types::Tag::builder().key(SECRET_TAG).value(secret.as_str()).build();
        let tag = tag.map_err(|_| unfit("the tag could not be built"))?;
        let tagged = self.iam.tag_user().user_name(user.as_str()).tags(tag).send().await;
        tagged.map_err(|error| AwsError::of(TAG_USER, &error))?;
        let version = version_id(&secret, case);
        let rotate = self
            .secrets
            .rotate_secret()
            .secret_id(secret.as_str())
            .client_request_token(&version)
            .rotation_lambda_arn(&self.rotation.function)
            .rotation_rules(RotationRulesType::builder().automatically_after_days(self.rotation.every_days).build());
        match rotate.send().await.map_err(|error| AwsError::of(ROTATE, &error)) {
            Ok(_) => {}
            // One that is under way is refused; it may be this case's own, begun before a crash.
            Err(error) if error.code == "InvalidRequestException" => {
                match RotateSecret::new(self.secrets.clone()).version(&secret, &version).await? {
                    Version::Current(_) | Version::Labelled(_) => {}
                    Version::Missing | Version::SecretGone => return Err(error),
                }
            }
            Err(error) => return Err(error),
        }
        let note = format!("{secret} holds the new key once version {version} is current; read it there");
        Ok(Applied::Changed(Some(note)))
    }

    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let (_, _, name) = target(step)?;
        let answer = self.secrets.describe_secret().secret_id(name).send().await;
        let found = answer.map_err(|error| AwsError::of(DESCRIBE, &error))?;
        let arn = Arn::try_from(found.arn().unwrap_or_default()).map_err(|_| unfit("the answer names no ARN"))?;
        RotateSecret::new(self.secrets.clone()).seen(&arn, &version_id(&arn, about.case)).await
    }

    async fn undo(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Applied, AwsError> {
        target(step)?;
        Ok(Applied::Already(KEPT.to_owned()))
    }

    async fn confirm_undone(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Seen, AwsError> {
        target(step)?;
        Ok(Seen::NotYet(KEPT.to_owned()))
    }
}
