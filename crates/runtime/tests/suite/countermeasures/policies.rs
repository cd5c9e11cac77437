//! Policies: boundaries, versions of managed ones, and service control policies.

use crate::common::*;
use severance_aws::countermeasures::{Driver, NeutralizePolicy, PutBoundaryDenial};
use severance_domain::countermeasure::{self as card, Countermeasure};

use super::play::{Half, Play};
use super::{POLICY, ROLE_ARN, allows, arn, boundary, neutralize, neutralizing_versions, user_arn};

#[tokio::test(start_paused = true)]
async fn a_boundary_that_was_there_comes_back_and_one_that_came_since_is_left_alone() {
    let policy = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let driver: fn(&FakeAws) -> Box<dyn Driver> = |w| Box::new(PutBoundaryDenial::new(iam(w)));
    let held = |play: &Play| {
        let state = play.aws.state();
        (state.users[USER].boundary.clone(), state.roles[ROLE].boundary.clone())
    };
    let set = |play: &Play, boundary: &str| {
        let mut state = play.aws.state();
        state.users.get_mut(USER).unwrap().boundary = Some(boundary.to_owned());
        state.roles.get_mut(ROLE).unwrap().boundary = Some(boundary.to_owned());
    };
    for (principal, other) in [(user_arn(), ROLE), (ROLE_ARN.to_owned(), USER)] {
        let mut play = Play::with(boundary(&principal, Some(&policy("developers"))), driver);
        set(&play, &policy("developers"));
        play.changes(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        let denial = Some("arn:aws:iam::aws:policy/AWSDenyAll".to_owned());
        let beside = Some(policy("developers"));
        let expected = if other == ROLE { (denial, beside) } else { (beside, denial) };
        assert_eq!(held(&play), expected);
        play.changes(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(held(&play), (Some(policy("developers")), Some(policy("developers"))));

        // Another one than the step remembers is replaced, and said.
        let mut play = Play::with(boundary(&principal, None), driver);
        set(&play, &policy("set-since"));
        assert!(play.changes(Half::Apply).await.contains(&policy("set-since")));
        // Whoever sets one while the identity is held down has the last word.
        set(&play, &policy("later"));
        assert!(play.not_yet(Half::Confirm).await.contains(&policy("later")));
        assert!(play.already(Half::Undo).await.contains("left alone"));
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(held(&play).0, Some(policy("later")));
    }
}

pub(super) fn neutralizing() -> Play {
    Play::with(neutralize(), |w| Box::new(NeutralizePolicy::new(iam(w))))
}

fn of_policy(play: &Play) -> ManagedPolicy {
    play.aws.state().policies[POLICY].clone()
}

fn with_versions(distrusted: &[&str], default: u64, versions: &[(u64, &str)]) -> Play {
    let mut play = neutralizing();
    play.step = neutralizing_versions(distrusted);
    let versions = versions.iter().map(|(n, action)| (*n, allows(action))).collect();
    *play.aws.state().policies.get_mut(POLICY).unwrap() = ManagedPolicy { default, versions };
    play
}

#[tokio::test(start_paused = true)]
async fn what_counts_again_is_older_than_the_exposure_and_by_others() {
    // Whoever wrote what, the newest of the versions from before the fourth minute that the identity had no hand in.
    for (distrusted, default, versions, again) in [
        (&["v4"][..], 4, &[(2, "s3:GetObject"), (3, "s3:*"), (4, "*")][..], 3),
        // The version before its newest is the identity's, too.
        (&["v4", "v5"], 5, &[(2, "s3:GetObject"), (4, "*"), (5, "*")], 2),
        (&["v4", "v5"], 4, &[(2, "s3:GetObject"), (4, "*"), (5, "*")], 2),
        // One that it did not write, and put in force: somebody had taken it out of force.
        (&["v3"], 3, &[(2, "s3:GetObject"), (3, "*")], 2),
        // CloudTrail does not show who wrote it, and it is younger than the exposure.
        (&["v5"], 5, &[(3, "s3:*"), (4, "*"), (5, "*")], 3),
        // Newer than the one in force, and as little to be trusted.
        (&["v4"], 4, &[(3, "s3:*"), (4, "*"), (10, "*")], 3),
    ] {
        let mut play = with_versions(distrusted, default, versions);
        play.not_yet(Half::Confirm).await;
        assert!(
            play.changes(Half::Apply).await.contains(&format!("v{again} again, written at 2026-01-01T00:0{again}:00Z"))
        );
        assert_eq!(of_policy(&play).default, again);
        assert_eq!(play.already(Half::Apply).await, format!("its default version is v{again} already"));
        assert!(play.in_effect(Half::Confirm).await.contains("from before the exposure"));
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_version_can_be_trusted_one_counts_that_allows_nothing() {
    for (distrusted, versions) in
        [(&["v4"][..], &[(4, "*")][..]), (&["v1", "v2"], &[(1, "s3:*"), (2, "*")]), (&["v5"], &[(4, "s3:*"), (5, "*")])]
    {
        let default = versions.last().unwrap().0;
        let mut play = with_versions(distrusted, default, versions);
        assert!(play.changes(Half::Apply).await.contains("allows nothing"));
        assert!(play.in_effect(Half::Confirm).await.contains("allows nothing"));
        let policy = of_policy(&play);
        assert_eq!((policy.default, policy.versions.len()), (default + 1, versions.len() + 1));
        assert!(!policy.versions[&policy.default].contains("Allow"), "{policy:?}");
        // A second delivery writes no second one.
        play.already(Half::Apply).await;
        assert_eq!(of_policy(&play).versions.len(), versions.len() + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn of_five_versions_the_oldest_goes_that_the_identity_wrote_and_that_does_not_count() {
    let five = [(4, "s3:*"), (5, "*"), (6, "*"), (7, "*"), (8, "*")];
    let mut play = with_versions(&["v5", "v6", "v8"], 8, &five);
    let note = play.changes(Half::Apply).await;
    assert!(note.contains("v5 was deleted to make room, its document has the digest "), "{note}");
    assert_eq!(of_policy(&play).versions.keys().copied().collect::<Vec<_>>(), [4, 6, 7, 8, 9]);
    play.in_effect(Half::Confirm).await;

    // Which of other people's versions may be deleted is for the policy's owner to say.
    let mut play = with_versions(&["v8"], 8, &five);
    let error = play.ask(Half::Apply).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str()), ("iam:CreatePolicyVersion", "LimitExceeded"));
    assert_eq!(of_policy(&play).versions.len(), 5);
    play.not_yet(Half::Confirm).await;
}

#[tokio::test(start_paused = true)]
async fn what_counts_is_read_by_its_document_and_not_by_its_number() {
    // A version that lies in wait is out of force already.
    let mut play = with_versions(&["v4"], 3, &[(3, "s3:*"), (4, "*")]);
    assert_eq!(play.already(Half::Apply).await, "its default version is v3 already");
    play.in_effect(Half::Confirm).await;
    // Then whoever else puts it in force.
    play.aws.state().policies.get_mut(POLICY).unwrap().default = 4;
    assert!(play.not_yet(Half::Confirm).await.contains("v4"));
    play.changes(Half::Apply).await;
    assert_eq!(of_policy(&play).default, 3);

    // Somebody has written since: what the chosen version says is as good as that version.
    let mut play = with_versions(&["v4"], 5, &[(3, "s3:*"), (4, "*"), (5, "s3:*")]);
    assert!(play.in_effect(Half::Confirm).await.contains("says what v3 says"));
    // What nobody has judged is left alone, and confirms nothing: another one may have copied what the identity wrote.
    for action in ["*", "ec2:*"] {
        let mut play = with_versions(&["v4"], 5, &[(3, "s3:*"), (4, "*"), (5, action)]);
        play.already(Half::Apply).await;
        assert!(play.not_yet(Half::Confirm).await.contains("nobody has judged"));
        assert_eq!(of_policy(&play).default, 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_of_an_earlier_version_of_severance_goes_by_the_number() {
    let mut play = neutralizing();
    play.step = Countermeasure::NeutralizePolicy(card::NeutralizePolicy {
        policy: arn(POLICY),
        version: "v4".to_owned(),
        before: None,
        distrusted: vec![],
    });
    assert!(play.changes(Half::Apply).await.contains("v3 again"));
    play.in_effect(Half::Confirm).await;
}
