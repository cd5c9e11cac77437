//! Credentials that somebody changed since, and keys of users who were renamed.

use crate::common::*;
use severance_aws::countermeasures::{DeactivateAccessKey, DeactivateServiceCredential};

use super::play::{Half, Play};
use super::{API_KEY, deactivate, deactivate_api_key};

#[tokio::test(start_paused = true)]
async fn a_credential_that_somebody_changed_since_is_left_alone() {
    let mut play = Play::with(deactivate(), |w| Box::new(DeactivateAccessKey::new(iam(w))));
    play.changes(Half::Apply).await;
    play.aws.state().users.get_mut(USER).unwrap().keys.insert(KEY.to_owned(), true);
    assert!(play.already(Half::Undo).await.contains("somebody reactivated it"));
    play.aws.state().users.get_mut(USER).unwrap().keys.remove(KEY);
    assert_eq!(play.already(Half::Undo).await, "it is not there any more");
    play.in_effect(Half::ConfirmUndone).await;

    let mut play = Play::with(deactivate_api_key(), |w| Box::new(DeactivateServiceCredential::new(iam(w))));
    let expired = ("Expired".to_owned(), API_KEY.to_owned());
    play.aws.state().users.get_mut(USER).unwrap().service_credentials.insert(expired.1, expired.0);
    assert!(play.in_effect(Half::Confirm).await.ends_with("Expired"));
    assert!(play.already(Half::Undo).await.contains("expired"));
    play.in_effect(Half::ConfirmUndone).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_of_a_renamed_user_lives_on() {
    let mut play = Play::with(deactivate(), |w| Box::new(DeactivateAccessKey::new(iam(w))));
    {
        let mut state = play.aws.state();
        let renamed = state.users.remove(USER).unwrap();
        state.users.insert("renamed".to_owned(), renamed);
    }
    assert!(play.not_yet(Half::Confirm).await.contains("with user renamed"));
}
