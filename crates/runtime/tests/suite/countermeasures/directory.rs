//! A directory user's account assignments and groups.

use crate::common::*;
use severance_aws::countermeasures::{RemoveAccountAssignment, RemoveGroupMembership};
use severance_domain::countermeasure::{self as card, Countermeasure};

use super::play::{Half, Play};
use super::{DIRECTORY_USER, GROUP, PERMISSION_SET, account, arn, leave_group, resource, unassign};

fn unassigning() -> Play {
    Play::with(unassign(), |w| Box::new(RemoveAccountAssignment::new(sso(w))))
}

#[tokio::test(start_paused = true)]
async fn an_assignment_that_aws_fails_to_change_says_why() {
    let mut play = unassigning();
    play.aws.state().assignments_fail = Some("the account is suspended".to_owned());
    play.changes(Half::Apply).await;
    assert!(play.not_yet(Half::Confirm).await.ends_with("it failed: the account is suspended"));
    // A process that did not ask knows only the list.
    let mut heir = unassigning();
    assert!(heir.not_yet(Half::Confirm).await.ends_with("still shows the assignment"));

    let mut play = unassigning();
    play.changes(Half::Apply).await;
    play.aws.state().assignments_fail = Some("the account is suspended".to_owned());
    play.changes(Half::Undo).await;
    assert!(play.not_yet(Half::ConfirmUndone).await.ends_with("it failed: the account is suspended"));
}

#[tokio::test(start_paused = true)]
async fn an_assignment_by_a_group_is_not_taken_for_the_users_own() {
    let mut play = unassigning();
    play.changes(Half::Apply).await;
    let of = (DIRECTORY_USER.to_owned(), ACCOUNT.to_owned(), PERMISSION_SET.to_owned(), Some(GROUP.to_owned()));
    play.aws.state().assignments.insert(of);
    play.in_effect(Half::Confirm).await;
    play.changes(Half::Undo).await;
}

#[tokio::test(start_paused = true)]
async fn a_conflict_with_another_write_is_worth_another_try() {
    for (action, half, mut play) in [
        ("sso:DeleteAccountAssignment", Half::Apply, unassigning()),
        ("identitystore:DeleteGroupMembership", Half::Apply, leaving_group()),
        ("identitystore:CreateGroupMembership", Half::Undo, leaving_group()),
    ] {
        play.aws.fault(action, Fault::Refuse(409, "ConflictException"), usize::MAX);
        let error = play.ask(half).await.unwrap_err();
        assert_eq!((error.action, error.retryable), (action, true));
    }
}

#[tokio::test(start_paused = true)]
async fn a_permission_set_of_an_unknown_instance_fails_by_name() {
    let permission_set = arn("arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-1");
    let step = Countermeasure::RemoveAccountAssignment(card::RemoveAccountAssignment {
        user: resource(DIRECTORY_USER),
        account: account(),
        permission_set,
    });
    let mut play = Play::with(step, |w| Box::new(RemoveAccountAssignment::new(sso(w))));
    let error = play.ask(Half::Apply).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str(), error.retryable), ("sso:ListInstances", "NoInstance", false));
}

fn leaving_group() -> Play {
    Play::with(leave_group(), |w| Box::new(RemoveGroupMembership::new(identitystore(w))))
}

#[tokio::test(start_paused = true)]
async fn a_user_who_is_in_the_group_again_is_seen_and_not_put_there_twice() {
    let mut play = leaving_group();
    play.changes(Half::Apply).await;
    let again = ("new".to_owned(), (DIRECTORY_USER.to_owned(), GROUP.to_owned()));
    play.aws.state().memberships.insert(again.0, again.1);
    assert!(play.not_yet(Half::Confirm).await.contains("again, by membership new"));
    assert!(play.already(Half::Undo).await.contains("in the group already"));
    play.aws.state().memberships.remove("new");
    play.aws.state().deleted.insert(GROUP.to_owned());
    assert!(play.already(Half::Undo).await.contains("any more"));
}
