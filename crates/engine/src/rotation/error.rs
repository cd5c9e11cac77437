//! Why a step of a rotation did not end well.

use severance_aws::error::AwsError;
use severance_aws::rotation::State;
use severance_domain::ids::{AccessKeyId, IamName};
use severance_domain::intake::Malformed;
use severance_domain::rotation::Busy;
use severance_domain::rotation::format::FormatError;

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

impl RotationError {
    /// Whether another try may fare better without anybody's doing.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Aws(error) => error.retryable,
            Self::Busy(_) | Self::Unattributed { .. } | Self::Key { .. } => true,
            Self::Malformed(_) | Self::Secret { .. } | Self::Format { .. } | Self::NoPlace { .. } => false,
        }
    }

    /// The secret cannot be rotated as it is, and why.
    pub(super) fn of(state: &State, why: impl Into<String>) -> Self {
        Self::Secret { secret: state.arn.to_string(), why: why.into() }
    }
}
