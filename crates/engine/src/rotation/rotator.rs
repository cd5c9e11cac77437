//! What replaces access keys in secrets, and whose keys they are.

use std::time::Duration;

use aws_config::SdkConfig;
use severance_aws::calls::CallCounter;
use severance_aws::guardrails::Guardrails;
use severance_aws::rotation::{Keys, State, Vault};
use severance_aws::trail::Trail;
use severance_domain::ids::{AccountId, IamName};
use severance_domain::rotation::USER_TAG;
use severance_domain::rotation::format::KeySecret;

use super::error::RotationError;

/// Replaces access keys in secrets.
pub struct Rotator {
    pub(super) vault: Vault,
    pub(super) keys: Keys,
    pub(super) journals: Guardrails,
    pub(super) trail: Option<Trail>,
    pub(super) sdk: SdkConfig,
    pub(super) calls: CallCounter,
    pub(super) account: AccountId,
    /// The role of this very function, by which CloudTrail tells the keys that it made.
    pub(super) role: String,
    /// How long a new key is given to become known everywhere.
    pub(super) patience: Duration,
}

impl Rotator {
    /// Over these clients. `role` is the ARN of the role that this function runs as.
    #[allow(clippy::too_many_arguments, reason = "each is a client or a setting, named by its type")]
    pub fn new(
        vault: Vault,
        keys: Keys,
        journals: Guardrails,
        trail: Option<Trail>,
        sdk: SdkConfig,
        calls: CallCounter,
        account: AccountId,
        role: String,
    ) -> Self {
        Self { vault, keys, journals, trail, sdk, calls, account, role, patience: Duration::from_secs(40) }
    }

    /// The same with another patience for IAM's consistency.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Counts its AWS calls.
    pub fn calls(&self) -> &CallCounter {
        &self.calls
    }

    /// The value of a version, read as a key. None where it has no value yet.
    pub(super) async fn held(&self, state: &State, version: &str) -> Result<Option<KeySecret>, RotationError> {
        let Some(value) = self.vault.value(&state.arn, version).await? else { return Ok(None) };
        KeySecret::read(&value, state.format().as_ref())
            .map(Some)
            .map_err(|source| RotationError::Format { secret: state.arn.to_string(), source })
    }

    /// Whose key it is: by the value, by the tag, or by the holder of the key that it holds.
    pub(super) async fn user(&self, state: &State, held: Option<&KeySecret>) -> Result<IamName, RotationError> {
        let by_tag = state.tags.get(USER_TAG).map(|name| {
            IamName::try_from(name.as_str())
                .map_err(|invalid| RotationError::of(state, format!("its tag {USER_TAG} is not {}", invalid.expected)))
        });
        let by_tag = by_tag.transpose()?;
        let by_value = held.and_then(|held| held.user.clone());
        match (by_value, by_tag) {
            (Some(value), Some(tag)) if value != tag => Err(RotationError::of(
                state,
                format!("its value is for user {value}, and its tag {USER_TAG} for {tag}: make them say the same"),
            )),
            (Some(user), _) | (None, Some(user)) => Ok(user),
            (None, None) => {
                let holder = match held.and_then(|held| held.access_key.as_ref()) {
                    Some(key) => self.keys.holder(key).await?,
                    None => None,
                };
                holder.ok_or_else(|| {
                    RotationError::of(
                        state,
                        format!("nothing says whose key it holds: name the user by the tag {USER_TAG}"),
                    )
                })
            }
        }
    }
}
