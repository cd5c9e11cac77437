//! The four steps by which Secrets Manager replaces an IAM access key, each safe to repeat after any crash.
//!
//! INVARIANT: AWSCURRENT always holds a key that worked when it was tested. At no point is a key deleted that the ledger, or
//! CloudTrail, does not name as one that this function made and that no version which counts holds.

mod create;
mod finish;
mod keys;
mod prove;
mod vault;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName};
use severance_domain::intake::Malformed;
use severance_domain::rotation::format::{Format, FormatError, KeySecret};
use severance_domain::rotation::{Busy, CURRENT, MANAGED_TAG, PENDING, RotationStep, StepRequest, USER_TAG};

use crate::calls::CallCounter;
use crate::error::AwsError;
use crate::guardrails::Guardrails;
use crate::trail::Trail;

pub use keys::Keys;
pub use vault::Vault;

/// Replaces access keys in secrets.
pub struct Rotator {
    vault: Vault,
    keys: Keys,
    ledgers: Guardrails,
    trail: Option<Trail>,
    sdk: SdkConfig,
    calls: CallCounter,
    account: AccountId,
    /// The role of this very function, by which CloudTrail tells the keys that it made.
    role: String,
    /// How long a new key is given to become known everywhere.
    patience: Duration,
}

/// A step that did not end well. Secrets Manager repeats the rotation from its first step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// The request is none of Secrets Manager's.
    #[error("the request cannot be read: {0}")]
    Malformed(#[from] Malformed),
    /// AWS refused a call or did not answer it.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The secret cannot be rotated as it is.
    #[error("{secret} cannot be rotated: {why}")]
    Secret {
        /// Which.
        secret: String,
        /// Why, and the way out.
        why: String,
    },
    /// The secret's value does not hold a key in a known form.
    #[error("{secret} cannot be rotated: {source}")]
    Format {
        /// Which.
        secret: String,
        /// What is wrong with it.
        source: FormatError,
    },
    /// Another rotation of the same user goes on.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Both places for keys are taken.
    #[error(
        "user {user} has two access keys, {keys}, and IAM allows no third: none was made, and nothing was changed. Delete the one \
         that is not needed (aws iam delete-access-key), or let the cutover of the old one end (sever cutovers)"
    )]
    NoPlace {
        /// Whose.
        user: IamName,
        /// Which, and what each is.
        keys: String,
    },
    /// A key appeared while this rotation was at work, and nobody knows yet who made it.
    #[error(
        "access key {key} of user {user} appeared during this rotation. CloudTrail, which shows a call some five minutes late, does \
         not say yet who made it; it is not touched before. The rotation goes on when it is tried again"
    )]
    Unattributed {
        /// Whose.
        user: IamName,
        /// Which.
        key: AccessKeyId,
    },
    /// A new key does not work, or is not what it should be.
    #[error("the new key {key} of {secret} {why}")]
    Key {
        /// The key.
        key: AccessKeyId,
        /// The secret.
        secret: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A secret at the beginning of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// Its ARN.
    pub(crate) arn: Arn,
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// The labels of its versions.
    pub(crate) stages: BTreeMap<String, Vec<String>>,
    /// Whether rotation is on.
    pub(crate) rotates: bool,
    /// Whether it waits for its deletion.
    pub(crate) deleted: bool,
    /// The Region that it is replicated from, if it is a replica.
    pub(crate) primary: Option<String>,
}

impl RotationError {
    /// Whether another try may fare better without anybody's doing.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Aws(error) => error.retryable,
            Self::Busy(_) | Self::Unattributed { .. } | Self::Key { .. } => true,
            Self::Malformed(_) | Self::Secret { .. } | Self::Format { .. } | Self::NoPlace { .. } => false,
        }
    }
}

impl State {
    fn has(&self, version: &str, label: &str) -> bool {
        self.stages.get(version).is_some_and(|labels| labels.iter().any(|held| held == label))
    }

    /// The version under this label.
    pub(crate) fn version(&self, label: &str) -> Option<&String> {
        self.stages.iter().find(|(_, labels)| labels.iter().any(|held| held == label)).map(|(version, _)| version)
    }

    fn format(&self) -> Option<Format> {
        Format::from_tags(&self.tags)
    }

    fn error(&self, why: impl Into<String>) -> RotationError {
        RotationError::Secret { secret: self.arn.to_string(), why: why.into() }
    }
}

impl Rotator {
    /// Over these clients. `role` is the ARN of the role that this function runs as.
    #[allow(clippy::too_many_arguments, reason = "each is a client or a setting, named by its type")]
    pub fn new(
        vault: Vault,
        keys: Keys,
        ledgers: Guardrails,
        trail: Option<Trail>,
        sdk: SdkConfig,
        calls: CallCounter,
        account: AccountId,
        role: String,
    ) -> Self {
        Self { vault, keys, ledgers, trail, sdk, calls, account, role, patience: Duration::from_secs(40) }
    }

    /// The same with another patience for IAM's consistency.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The AWS calls since this was asked last, by name.
    pub fn take_calls(&self) -> BTreeMap<String, u32> {
        self.calls.take()
    }

    /// Takes one step.
    ///
    /// # Errors
    /// Says what is in the way, and the way out. Whatever was done by then is found again when the step is repeated.
    pub async fn step(&self, request: &StepRequest) -> Result<(), RotationError> {
        let state = self.vault.state(&request.secret_id).await?;
        let token = request.client_request_token.as_str();
        if !fit(&state, token)? && request.step != RotationStep::FinishSecret {
            tracing::info!(secret = %state.arn, step = request.step.as_str(), "this version is current already");
            return Ok(());
        }
        match request.step {
            RotationStep::CreateSecret => Box::pin(self.create(&state, token)).await,
            // IAM knows a key from the moment that it is made: there is nowhere to bring it to.
            RotationStep::SetSecret => Ok(()),
            RotationStep::TestSecret => Box::pin(self.test(&state, token)).await,
            RotationStep::FinishSecret => Box::pin(self.finish(&state, token)).await,
        }
    }

    /// The value of a version, read as a key. None where it has no value yet.
    async fn held(&self, state: &State, version: &str) -> Result<Option<KeySecret>, RotationError> {
        let Some(value) = self.vault.value(&state.arn, version).await? else { return Ok(None) };
        KeySecret::read(&value, state.format().as_ref())
            .map(Some)
            .map_err(|source| RotationError::Format { secret: state.arn.to_string(), source })
    }

    /// Whose key it is: by the value, by the tag, or by the holder of the key that it holds.
    async fn user(&self, state: &State, held: Option<&KeySecret>) -> Result<IamName, RotationError> {
        let by_tag = state.tags.get(USER_TAG).map(|name| {
            IamName::try_from(name.as_str())
                .map_err(|invalid| state.error(format!("its tag {USER_TAG} is not {}", invalid.expected)))
        });
        let by_tag = by_tag.transpose()?;
        let by_value = held.and_then(|held| held.user.clone());
        match (by_value, by_tag) {
            (Some(value), Some(tag)) if value != tag => Err(state.error(format!(
                "its value is for user {value}, and its tag {USER_TAG} for {tag}: make them say the same"
            ))),
            (Some(user), _) | (None, Some(user)) => Ok(user),
            (None, None) => {
                let holder = match held.and_then(|held| held.access_key.as_ref()) {
                    Some(key) => self.keys.holder(key).await?,
                    None => None,
                };
                holder.ok_or_else(|| {
                    state.error(format!("nothing says whose key it holds: name the user by the tag {USER_TAG}"))
                })
            }
        }
    }
}

/// Whether the version that a step is about is still to become the current one.
fn fit(state: &State, token: &str) -> Result<bool, RotationError> {
    if state.deleted {
        return Err(state.error(
            "it is scheduled for deletion, and its key with nobody to read it. Bring it back (aws secretsmanager restore-secret), \
             or leave it",
        ));
    }
    if let Some(primary) = state.primary.as_ref().filter(|primary| *primary != state.arn.region()) {
        return Err(state.error(format!("it is a replica: rotate the secret in {primary}, its replicas follow")));
    }
    if !state.rotates {
        return Err(state.error("its rotation is switched off (aws secretsmanager rotate-secret switches it on)"));
    }
    if state.tags.get(MANAGED_TAG).map(String::as_str) != Some("true") {
        return Err(
            state.error(format!("it is not tagged {MANAGED_TAG}=true, so its key is not Severance's to replace"))
        );
    }
    if state.has(token, CURRENT) {
        return Ok(false);
    }
    if state.has(token, PENDING) {
        return Ok(true);
    }
    Err(state.error(if state.stages.contains_key(token) {
        format!("version {token} is not {PENDING}: another rotation has taken its place")
    } else {
        format!("it has no version {token}: rotations are started by aws secretsmanager rotate-secret")
    }))
}
