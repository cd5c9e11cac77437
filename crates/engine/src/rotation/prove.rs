//! testSecret: the pending key is used, by the one call that no policy can refuse.

use std::time::Duration;

use severance_aws::rotation::{State, Trial};
use severance_domain::ids::IamName;
use severance_domain::rotation::CURRENT;
use severance_domain::rotation::format::KeySecret;
use tokio::time::Instant;

use super::error::RotationError;
use super::rotator::Rotator;

impl Rotator {
    pub(super) async fn test(&self, state: &State, token: &str) -> Result<(), RotationError> {
        let pending = if let Some(pending) = self.held(state, token).await? {
            pending
        } else {
            // A rotation that is only configured is tested with a version that nothing was stored in: then the current one is
            // what can be tested.
            let row = match state.version(CURRENT) {
                Some(version) => self.held(state, version).await?,
                None => None,
            };
            row.filter(|held| held.access_key.is_some()).ok_or_else(|| {
                RotationError::of(state, format!("its version {token} holds no key yet: createSecret comes first"))
            })?
        };
        let user = self.user(state, Some(&pending)).await?;
        self.works(state, &pending, &user, self.patience).await
    }

    /// Whether a key works and is the user's. A new one becomes known everywhere within seconds, so it is tried for so long.
    pub(super) async fn works(
        &self,
        state: &State,
        held: &KeySecret,
        user: &IamName,
        patience: Duration,
    ) -> Result<(), RotationError> {
        let (Some(key), Some(secret)) = (&held.access_key, held.secret()) else {
            return Err(RotationError::of(
                state,
                "its pending version holds no key: cancel the rotation, and rotate anew",
            ));
        };
        let wrong = |why: String| RotationError::Key { key: key.clone(), secret: state.arn.to_string(), why };
        let trial = Trial::new(&self.sdk, &self.calls, key, secret);
        let deadline = Instant::now() + patience;
        let mut pause = Duration::from_millis(100);
        let arn = loop {
            match trial.who().await {
                Ok(who) => break who,
                Err(error) if Trial::may_be_known_later(&error) => {
                    if Instant::now() + pause >= deadline {
                        return Err(wrong(format!("does not work: {error}")));
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(4));
                }
                Err(error) => return Err(wrong(format!("does not work: {error}"))),
            }
        };
        let is_theirs = arn
            .as_ref()
            .is_some_and(|arn| arn.account() == self.account.as_str() && arn.name_of("user") == Some(user.as_str()));
        if is_theirs {
            return Ok(());
        }
        let whose = arn.map_or_else(|| "nobody that STS names".to_owned(), |arn| arn.to_string());
        Err(wrong(format!("is that of {whose}, and not of user {user} in account {}", self.account)))
    }
}
