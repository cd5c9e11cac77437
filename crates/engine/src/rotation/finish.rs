//! finishSecret: the pending version becomes the current one, and the old key goes to its cutover.

use std::time::Duration;

use severance_aws::clock;
use severance_aws::rotation::State;
use severance_domain::cutover::Cutover;
use severance_domain::ids::{AccessKeyId, IamName};
use severance_domain::rotation::format::KeySecret;
use severance_domain::rotation::{ADOPTED_TAG, CURRENT, MadeState, PREVIOUS};

use super::error::RotationError;
use super::rotator::Rotator;

/// How long a key that was tested a moment ago is tried once more.
const AGAIN: Duration = Duration::from_secs(10);

impl Rotator {
    pub(super) async fn finish(&self, state: &State, token: &str) -> Result<(), RotationError> {
        let Some(new) = self.held(state, token).await? else {
            return Err(RotationError::of(
                state,
                format!("its version {token} holds no key: createSecret comes first"),
            ));
        };
        let user = self.user(state, Some(&new)).await?;
        let Some(key) = new.access_key.clone() else {
            return Err(RotationError::of(
                state,
                format!("its version {token} holds no key: cancel the rotation, and rotate anew"),
            ));
        };
        let is_done = state.has(token, CURRENT);
        let before = state.version(if is_done { PREVIOUS } else { CURRENT }).cloned();
        let old = match &before {
            Some(version) => self.held(state, version).await?,
            None => None,
        };
        let cutover = self.cutover(state, token, &user, &key, old.as_ref(), before.clone());
        if !is_done {
            // Nobody may have taken it away since it was tested.
            self.works(state, &new, &user, AGAIN).await?;
            // Before the move: a crash in between leaves a cutover of a key that is still in use, which then waits.
            self.open(cutover.as_ref()).await?;
            self.vault.promote(&state.arn, before.as_ref(), token).await?;
            // LOG: `AWSCURRENT` moved to the new key's version.
            tracing::info!(secret = %state.arn, %user, %key, "the new key is current");
        }
        let mut row = self.journals.journal(&self.account, &user).await?;
        let goes_on = row.journal.attempt.as_ref().is_some_and(|attempt| attempt.token == token);
        if goes_on {
            // Once more, for the schedule may have closed it while the old key was still the current one.
            self.open(cutover.as_ref()).await?;
            let held = self.keys.ids(&user).await?;
            row.journal.reached(&key, MadeState::Current);
            row.journal.end(token, &held);
            self.journals.save_journal(&mut row).await?;
        }
        Ok(())
    }

    async fn open(&self, cutover: Option<&Cutover>) -> Result<(), RotationError> {
        if let Some(cutover) = cutover {
            self.journals.open_cutover(cutover).await?;
        }
        Ok(())
    }

    /// The cutover of the key that is replaced, if one is.
    fn cutover(
        &self,
        state: &State,
        token: &str,
        user: &IamName,
        new: &AccessKeyId,
        old: Option<&KeySecret>,
        old_version: Option<String>,
    ) -> Option<Cutover> {
        let held = old.and_then(|old| old.access_key.clone());
        let old_version = old_version.filter(|_| held.is_some());
        let adopted = || AccessKeyId::try_from(state.tags.get(ADOPTED_TAG)?.as_str()).ok();
        let old = held.or_else(adopted).filter(|old| old != new)?;
        Some(Cutover {
            account: self.account.clone(),
            user: user.clone(),
            secret: state.arn.clone(),
            version: token.to_owned(),
            old_version,
            old,
            new: new.clone(),
            opened_at: clock::now(),
            inactive_since: None,
            looked_at: None,
            due_at: None,
            searched_at: None,
            asked: vec![],
            cases: vec![],
        })
    }
}
