//! Replacing an access key by another one: what is remembered of it, so that no crash leaves a workload without a working key,
//! a key of ours without a place, or a key of somebody else's deleted.
//!
//! IAM answers `CreateAccessKey` once: a key whose answer was lost can never be used, and takes one of two places. So the keys
//! that are there are written down before one is made, each key that was made before it is stored, and only what is written
//! there, or what CloudTrail says that the rotation function made, is ever removed.

pub mod format;
mod request;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::words::ids::{AccessKeyId, AccountId, Arn, IamName};

pub use request::{RotationStep, StepRequest};

/// The tag on a user that names the secret which holds its key.
pub const SECRET_TAG: &str = "severance:secret";

/// The tag on a secret that says `true` where Severance rotates it.
pub const MANAGED_TAG: &str = "severance:managed";

/// The tag on a secret that names the user whose key it holds, where its value does not.
pub const USER_TAG: &str = "severance:user-name";

/// The tag on a secret that names the key which its first rotation replaces.
pub const ADOPTED_TAG: &str = "severance:adopted-key";

/// So long a process has a rotation for itself while it makes a key: longer than the function may run (template.yaml). What a
/// process that died has left is another's only then, for the key that it made may still be on its way into the secret.
pub const LEASE: SignedDuration = SignedDuration::from_secs(150);

/// So long after its last step a rotation that did not end is thought to be going on.
const ALIVE: SignedDuration = SignedDuration::from_hours(1);

/// What is remembered of the rotations of one user's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationJournal {
    /// The user's account.
    pub account: AccountId,
    /// Whose keys.
    pub user: IamName,
    /// The rotation that goes on; none once it has ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempt: Option<Attempt>,
    /// The keys that rotations made, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub keys: Vec<Made>,
}

/// One rotation that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Of which secret.
    pub secret: Arn,
    /// The version that it makes: Secrets Manager's `ClientRequestToken`.
    pub token: String,
    /// When it began: no key that is older is its own.
    pub begun_at: Timestamp,
    /// When it last began to make a key.
    pub touched_at: Timestamp,
    /// Until when the process that makes one has it for itself. None once that process is done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_until: Option<Timestamp>,
    /// The keys that were there before it made one.
    pub before: Vec<AccessKeyId>,
}

/// A key that a rotation made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    /// The key.
    pub key: AccessKeyId,
    /// For which secret.
    pub secret: Arn,
    /// For which version.
    pub token: String,
    /// How far it came.
    pub state: MadeState,
}

/// How far a key came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeState {
    /// IAM made it; nobody has its secret yet but the process that asked.
    Created,
    /// The pending version holds it.
    Stored,
    /// The current version holds, or held, it.
    Current,
}

/// Another rotation of the same user's keys goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the keys of user {user} are being rotated for {secret} (version {token}) since {since:.0}. Nothing was changed: this \
     rotation goes on when it is tried again, once that one has ended, at the latest an hour after it last began to make a key"
)]
pub struct Busy {
    user: IamName,
    secret: Box<Arn>,
    token: String,
    since: Timestamp,
}

impl RotationJournal {
    /// Of a user whose keys were never rotated.
    pub fn new(account: AccountId, user: IamName) -> Self {
        Self { account, user, attempt: None, keys: vec![] }
    }

    /// Begins a rotation, or goes on with it. What an earlier try of the same rotation wrote down stays.
    ///
    /// # Errors
    /// Where another rotation of this user goes on.
    pub fn begin(&mut self, secret: &Arn, token: &str, present: &[AccessKeyId], now: Timestamp) -> Result<(), Busy> {
        if let Some(attempt) = &mut self.attempt {
            let is_held = attempt.held_until.is_some_and(|until| now < until);
            // Secrets Manager lets one rotation of a secret run at a time, so a new one of the same secret ends the old one.
            let is_others = attempt.secret != *secret && now.duration_since(attempt.touched_at) < ALIVE;
            if is_held || is_others {
                let (secret, token) = (Box::new(attempt.secret.clone()), attempt.token.clone());
                return Err(Busy { user: self.user.clone(), secret, token, since: attempt.begun_at });
            }
            if attempt.secret == *secret && attempt.token == token {
                attempt.touched_at = now;
                attempt.held_until = Some(now + LEASE);
                return Ok(());
            }
        }
        // What an attempt that never ended had found there is still not its own: a key that it may have made and nobody
        // wrote down is one that came after.
        let (begun_at, before) = match self.attempt.take() {
            Some(unfinished) => (unfinished.begun_at, unfinished.before),
            None => (now, present.to_vec()),
        };
        let (secret, token) = (secret.clone(), token.to_owned());
        self.attempt =
            Some(Attempt { secret, token, begun_at, touched_at: now, held_until: Some(now + LEASE), before });
        Ok(())
    }

    /// Whether a process is making a key.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.attempt.as_ref().and_then(|attempt| attempt.held_until).is_some_and(|until| now < until)
    }

    /// The process that was making a key is done with it.
    pub fn release(&mut self) {
        if let Some(attempt) = &mut self.attempt {
            attempt.held_until = None;
        }
    }

    /// The keys that are there, were not there before this rotation began, and are not written down as made by one: the
    /// rotation may have made them and died, or somebody else did.
    pub fn unexplained(&self, present: &[AccessKeyId]) -> Vec<AccessKeyId> {
        let before = self.attempt.as_ref().map(|attempt| attempt.before.as_slice()).unwrap_or_default();
        let is_known = |key: &&AccessKeyId| before.contains(key) || self.keys.iter().any(|made| made.key == **key);
        present.iter().filter(|key| !is_known(key)).cloned().collect()
    }

    /// The keys of ours that are there and that no version which ever counted holds: made and never stored, or left pending
    /// by another version than `token`. `stages` are the labels of the secret's versions.
    pub fn leftovers(
        &self,
        secret: &Arn,
        token: &str,
        stages: &BTreeMap<String, Vec<String>>,
        present: &[AccessKeyId],
    ) -> Vec<AccessKeyId> {
        let counted =
            |made: &Made| stages.get(&made.token).is_some_and(|labels| labels.iter().any(|label| label != PENDING));
        let is_left = |made: &&Made| match made.state {
            _ if made.secret != *secret || !present.contains(&made.key) => false,
            // A version that counted holds it, whatever the rotation journal has missed.
            _ if counted(made) => false,
            MadeState::Created => true,
            MadeState::Stored => made.token != token,
            MadeState::Current => false,
        };
        self.keys.iter().filter(is_left).map(|made| made.key.clone()).collect()
    }

    /// A key was made.
    pub fn made(&mut self, key: AccessKeyId, secret: &Arn, token: &str) {
        let (secret, token) = (secret.clone(), token.to_owned());
        self.keys.push(Made { key, secret, token, state: MadeState::Created });
    }

    /// A key came further.
    pub fn reached(&mut self, key: &AccessKeyId, state: MadeState) {
        self.keys.iter_mut().filter(|made| made.key == *key).for_each(|made| made.state = state);
    }

    /// A key is gone.
    pub fn gone(&mut self, key: &AccessKeyId) {
        self.keys.retain(|made| made.key != *key);
    }

    /// Whether a rotation made this key, however far it came.
    pub fn knows(&self, key: &AccessKeyId) -> bool {
        self.keys.iter().any(|made| made.key == *key)
    }

    /// Whether a rotation made this key, and stored it.
    pub fn holds(&self, key: &AccessKeyId) -> bool {
        self.keys.iter().any(|made| made.key == *key && made.state != MadeState::Created)
    }

    /// Ends the rotation of this version. What is not there any more need not be remembered.
    pub fn end(&mut self, token: &str, present: &[AccessKeyId]) {
        self.keys.retain(|made| present.contains(&made.key));
        self.attempt.take_if(|attempt| attempt.token == token);
    }
}

/// The label of the version that is being made.
pub const PENDING: &str = "AWSPENDING";

/// The label of the version that everybody reads.
pub const CURRENT: &str = "AWSCURRENT";

/// The label of the version that was current before.
pub const PREVIOUS: &str = "AWSPREVIOUS";
