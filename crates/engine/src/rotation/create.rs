//! createSecret: one new key, stored as the pending version, whatever happened before.

use std::time::Duration;

use severance_aws::clock;
use severance_aws::error::AwsError;
use severance_aws::guardrails::JournalRow;
use severance_aws::rotation::State;
use severance_aws::trail::Maker;
use severance_domain::ids::{AccessKeyId, IamName};
use severance_domain::rotation::format::{Format, KeySecret, SecretText};
use severance_domain::rotation::{CURRENT, MadeState};
use tokio::time::Instant;

use super::error::RotationError;
use super::rotator::Rotator;

/// How long IAM is given to know a new tag.
const TAGGED: Duration = Duration::from_secs(12);

impl Rotator {
    pub(super) async fn create(&self, state: &State, token: &str) -> Result<(), RotationError> {
        let current = match state.version(CURRENT) {
            Some(version) => self.held(state, version).await?,
            None => None,
        };
        let user = self.user(state, current.as_ref()).await?;
        let mut row = self.journals.journal(&self.account, &user).await?;
        // What another process is storing, it also writes down.
        if let Some(pending) = self.held(state, token).await?
            && !row.journal.is_held(clock::now())
        {
            let known = row.journal.clone();
            self.stored_before(state, token, &user, &pending, &mut row).await?;
            if row.journal != known {
                self.journals.save_journal(&mut row).await?;
            }
            return Ok(());
        }
        let held = self.keys.ids(&user).await?;
        row.journal.begin(&state.arn, token, &held, clock::now())?;
        // INVARIANT: what was there is written down before a key is made, or one of ours is removed.
        self.journals.save_journal(&mut row).await?;
        let made = Box::pin(self.make(state, token, &user, current.as_ref(), held, &mut row)).await;
        row.journal.release();
        let released = self.journals.save_journal(&mut row).await;
        // Why no key was stored is the news; that the next try must wait for the lease is not.
        made.and(released.map_err(RotationError::from))
    }

    /// Makes a key and stores it, while nobody else does.
    async fn make(
        &self,
        state: &State,
        token: &str,
        user: &IamName,
        current: Option<&KeySecret>,
        held: Vec<AccessKeyId>,
        row: &mut JournalRow,
    ) -> Result<(), RotationError> {
        let in_use = current.and_then(|current| current.access_key.as_ref());
        let held = self.clean_up(state, token, user, held, in_use, row).await?;
        // Read again, now that nobody else is at it: another process may have stored a key since.
        if let Some(pending) = self.held(state, token).await? {
            return self.stored_before(state, token, user, &pending, row).await;
        }
        if held.len() >= 2 {
            return Err(no_place(user, &held, in_use, row));
        }
        let made = self.create_key(user).await;
        let (key, secret) = match made {
            Err(error) if error.code == "LimitExceeded" => return Err(no_place(user, &held, in_use, row)),
            made => made?,
        };
        // LOG: `iam:CreateAccessKey` was answered.
        tracing::info!(secret = %state.arn, %user, %key, "a new key was made");
        row.journal.made(key.clone(), &state.arn, token);
        if let Err(error) = self.journals.save_journal(row).await {
            // Nobody else knows of it, and nobody has its secret but this process.
            self.discard(user, &key).await;
            return Err(error.into());
        }
        let value = value_with(current, state, user, &key, &secret)?;
        if let Err(error) = self.vault.store(&state.arn, token, &value).await {
            // Only where AWS refused it is it removed here. A value whose answer was lost may still arrive: the next try reads the
            // version and decides.
            if !error.retryable
                && let Ok(None) = self.vault.value(&state.arn, token).await
                && self.discard(user, &key).await
            {
                row.journal.gone(&key);
            }
            return Err(error.into());
        }
        row.journal.reached(&key, MadeState::Stored);
        Ok(())
    }

    /// By one call, but where IAM refuses it: a tag that adoption has just put on the user, by which this function may, is known
    /// everywhere within seconds.
    async fn create_key(&self, user: &IamName) -> Result<(AccessKeyId, SecretText), AwsError> {
        let deadline = Instant::now() + self.patience.min(TAGGED);
        let mut pause = Duration::from_millis(500);
        loop {
            match self.keys.create(user).await {
                Err(error) if error.code == "AccessDenied" && Instant::now() + pause < deadline => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                made => return made,
            }
        }
    }

    /// An earlier try of this rotation has stored a key.
    async fn stored_before(
        &self,
        state: &State,
        token: &str,
        user: &IamName,
        pending: &KeySecret,
        row: &mut JournalRow,
    ) -> Result<(), RotationError> {
        let Some(key) = &pending.access_key else {
            return Err(RotationError::of(
                state,
                format!("its pending version {token} holds no key: cancel the rotation, and rotate anew"),
            ));
        };
        if !self.keys.list(user).await?.iter().any(|held| held.id == *key && held.active) {
            return Err(RotationError::Key {
                key: key.clone(),
                secret: state.arn.to_string(),
                why: format!(
                    "was deactivated or deleted by somebody since it was made. Cancel the rotation (aws secretsmanager cancel-rotate-secret), take \
                     AWSPENDING off version {token}, and rotate anew"
                ),
            });
        }
        row.journal.reached(key, MadeState::Stored);
        Ok(())
    }

    /// Removes what earlier tries left. What is left then is there.
    async fn clean_up(
        &self,
        state: &State,
        token: &str,
        user: &IamName,
        mut held: Vec<AccessKeyId>,
        in_use: Option<&AccessKeyId>,
        row: &mut JournalRow,
    ) -> Result<Vec<AccessKeyId>, RotationError> {
        let mut ours = row.journal.leftovers(&state.arn, token, &state.stages, &held);
        let since = row.journal.attempt.as_ref().map_or_else(clock::now, |attempt| attempt.begun_at);
        let mut unknown = None;
        for key in row.journal.unexplained(&held) {
            if Some(&key) == in_use {
                continue;
            }
            let maker = match &self.trail {
                Some(trail) => trail.maker(&key, since).await?,
                None => Maker::Unknown,
            };
            match maker {
                Maker::Role(role) if role == self.role => ours.push(key),
                // Somebody else's, whoever it is.
                Maker::Role(_) | Maker::Other => {}
                Maker::Unknown => unknown = Some(key),
            }
        }
        for key in ours.into_iter().filter(|key| Some(key) != in_use) {
            self.keys.delete(user, &key).await?;
            // LOG: By the rotation journal or CloudTrail the key was the function's own, and no version that counts holds it.
            tracing::info!(secret = %state.arn, %user, %key, "a key that an earlier try had left was removed");
            row.journal.gone(&key);
            held.retain(|other| *other != key);
        }
        match unknown {
            // It may be ours. To make another one now could leave it behind for ever.
            Some(key) => Err(RotationError::Unattributed { user: user.clone(), key }),
            None => Ok(held),
        }
    }

    /// Removes a key that was made just now and could not be kept. True where it is gone.
    async fn discard(&self, user: &IamName, key: &AccessKeyId) -> bool {
        let gone = self.keys.delete(user, key).await;
        if let Err(error) = &gone {
            // LOG: The key's value could not be stored, and it could not be deleted either.
            tracing::warn!(%user, %key, error = %error, "a key that was not stored is removed by the next try");
        }
        gone.is_ok()
    }
}

fn value_with(
    current: Option<&KeySecret>,
    state: &State,
    user: &IamName,
    key: &AccessKeyId,
    secret: &SecretText,
) -> Result<SecretText, RotationError> {
    if let Some(current) = current {
        return Ok(current.with_key(user, key, secret));
    }
    let format = state.format().unwrap_or_else(Format::own);
    let empty = KeySecret::read(&SecretText::new("{}"), Some(&format));
    let empty = empty.map_err(|source| RotationError::Format { secret: state.arn.to_string(), source })?;
    Ok(empty.with_key(user, key, secret))
}

fn no_place(user: &IamName, held: &[AccessKeyId], in_use: Option<&AccessKeyId>, row: &JournalRow) -> RotationError {
    let what = |key: &AccessKeyId| match key {
        key if Some(key) == in_use => format!("{key} (which the secret holds)"),
        key if row.journal.holds(key) => format!("{key} (which an earlier rotation made)"),
        key => format!("{key} (which Severance did not make)"),
    };
    RotationError::NoPlace { user: user.clone(), keys: held.iter().map(what).collect::<Vec<_>>().join(" and ") }
}
