//! Profiles of Roles Anywhere, with and without other roles.

use crate::common::*;
use severance_aws::countermeasures::LeaveRolesAnywhere;

use super::play::{Half, Play};
use super::{OTHER_ROLE_ARN, PROFILE, PROFILE_KEY, ROLE_ARN, SHARED, SHARED_KEY, leave};

fn leaving(profile: &str) -> Play {
    Play::with(leave(profile), |w| Box::new(LeaveRolesAnywhere::new(rolesanywhere(w))))
}

fn set_profile(play: &Play, key: &str, enabled: bool, roles: &[&str]) {
    let roles = roles.iter().map(|&role| role.to_owned()).collect();
    play.aws.state().profiles.insert(key.to_owned(), Profile { enabled, roles });
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_disabled_only_where_it_has_no_other_role() {
    let mut play = leaving(PROFILE);
    assert!(play.changes(Half::Apply).await.contains("disabled"));
    assert_eq!(play.aws.take_calls(), ["rolesanywhere:GetProfile", "rolesanywhere:DisableProfile"]);
    assert!(play.already(Half::Apply).await.contains("disabled already"));
    let mut play = leaving(SHARED);
    play.changes(Half::Apply).await;
    assert_eq!(play.aws.take_calls(), ["rolesanywhere:GetProfile", "rolesanywhere:UpdateProfile"]);
    assert_eq!(play.aws.state().profiles[SHARED_KEY].roles, [OTHER_ROLE_ARN]);
    assert!(play.already(Half::Apply).await.contains("does not name the role"));
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_others_changed_since_gets_only_our_role_back() {
    // Enabled again, with another role.
    let mut play = leaving(PROFILE);
    play.changes(Half::Apply).await;
    set_profile(&play, PROFILE_KEY, true, &[OTHER_ROLE_ARN]);
    play.in_effect(Half::Confirm).await;
    play.changes(Half::Undo).await;
    assert_eq!(play.aws.state().profiles[PROFILE_KEY].roles, [OTHER_ROLE_ARN, ROLE_ARN]);
    play.in_effect(Half::ConfirmUndone).await;

    // Enabled again as it was.
    set_profile(&play, PROFILE_KEY, true, &[ROLE_ARN]);
    assert!(play.already(Half::Undo).await.contains("as it was"));

    // Disabled as we left it, but with another role: enabling it would let that one in as well.
    set_profile(&play, PROFILE_KEY, false, &[OTHER_ROLE_ARN, ROLE_ARN]);
    assert!(play.already(Half::Undo).await.contains("left alone"));
    assert!(play.in_effect(Half::ConfirmUndone).await.contains("left alone"));

    // The shared one was disabled by somebody else.
    let mut play = leaving(SHARED);
    play.changes(Half::Apply).await;
    set_profile(&play, SHARED_KEY, false, &[OTHER_ROLE_ARN]);
    assert!(play.changes(Half::Undo).await.contains("stays disabled"));
    assert!(!play.aws.state().profiles[SHARED_KEY].enabled);
    play.in_effect(Half::ConfirmUndone).await;
}
