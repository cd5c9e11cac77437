//! The ways to deny an identity everything: which one is taken where IAM refuses the one before, and what is taken away again.

use crate::common::*;
use severance_aws::countermeasures::{QuarantineRole, QuarantineUser, RevokeRoleSessions, RevokeUserSessions};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::plan::{QUARANTINE_POLICY, REVOKE_SESSIONS_POLICY};

use super::play::{Half, Play, Said};
use super::{arn, role, user};

const DENIAL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

fn developers() -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/developers")
}

/// Of a user and of a role with this boundary.
fn quarantines(earlier: Option<&str>, every_way: bool) -> Vec<Play> {
    let earlier = earlier.map(arn);
    let user = card::QuarantineUser { user: user(), earlier: earlier.clone(), every_way };
    let role = card::QuarantineRole { role: role(), earlier: earlier.clone(), every_way };
    let plays = vec![
        Play::with(Countermeasure::QuarantineUser(user), |w| Box::new(QuarantineUser::new(iam(w)))),
        Play::with(Countermeasure::QuarantineRole(role), |w| Box::new(QuarantineRole::new(iam(w)))),
    ];
    for play in &plays {
        change(play, |holder| holder.boundary = earlier.as_ref().map(|arn| arn.as_str().to_owned()));
    }
    plays
}

fn is_role(play: &Play) -> bool {
    matches!(play.step, Countermeasure::QuarantineRole(_) | Countermeasure::RevokeRoleSessions(_))
}

fn held(play: &Play) -> Principal {
    let state = play.aws.state();
    if is_role(play) { state.roles[ROLE].clone() } else { state.users[USER].clone() }
}

fn change(play: &Play, change: impl FnOnce(&mut Principal)) {
    let mut state = play.aws.state();
    let state = &mut *state;
    change(if is_role(play) { state.roles.get_mut(ROLE).unwrap() } else { state.users.get_mut(USER).unwrap() });
}

#[tokio::test(start_paused = true)]
async fn where_no_inline_policy_fits_the_denial_is_attached() {
    for mut play in quarantines(Some(&developers()), false) {
        play.fill(false);
        let before = play.state();
        let note = play.changes(Half::Apply).await;
        assert!(note.contains("AWSDenyAll was attached") && note.contains("LimitExceeded"), "{note}");
        assert!(play.in_effect(Half::Confirm).await.contains("AWSDenyAll attached"));
        assert_eq!((held(&play).attached, held(&play).boundary), (vec![DENIAL.to_owned()], Some(developers())));
        assert!(play.not_yet(Half::ConfirmUndone).await.contains("AWSDenyAll attached"));
        play.changes(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(play.state(), before);
        play.already(Half::Undo).await;
        assert_eq!(play.state(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn where_nothing_more_can_be_attached_the_boundary_denies_and_the_earlier_one_comes_back() {
    for earlier in [None, Some(developers())] {
        for mut play in quarantines(earlier.as_deref(), false) {
            play.fill(true);
            let before = play.state();
            let note = play.changes(Half::Apply).await;
            assert!(note.contains("AWSDenyAll was made the permissions boundary"), "{note}");
            assert!(!note.contains("does not bring back"), "{note}");
            assert!(play.in_effect(Half::Confirm).await.contains("permissions boundary AWSDenyAll"));
            // A worker that died before its outcome was stored comes again: it is this case's all the same.
            assert!(play.changes(Half::Apply).await.contains("since the step was planned"));
            assert!(play.not_yet(Half::ConfirmUndone).await.contains("permissions boundary AWSDenyAll"));
            play.changes(Half::Undo).await;
            play.in_effect(Half::ConfirmUndone).await;
            assert_eq!(play.state(), before);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_denied_everything_before_us_stays() {
    for mut play in quarantines(Some(DENIAL), false) {
        play.fill(true);
        let before = play.state();
        assert!(play.already(Half::Apply).await.contains("already, which stays"));
        play.in_effect(Half::Confirm).await;
        play.already(Half::Undo).await;
        assert_eq!(play.state(), before);

        let mut play = quarantines(None, false).remove(usize::from(is_role(&play)));
        play.fill(false);
        change(&play, |holder| holder.attached = vec![DENIAL.to_owned()]);
        let before = play.state();
        assert!(play.already(Half::Apply).await.contains("already, which stays"));
        play.in_effect(Half::Confirm).await;
        play.already(Half::Undo).await;
        assert_eq!(play.state(), before);

        // Beside an inline denial of ours, too.
        let mut play = quarantines(None, false).remove(usize::from(is_role(&play)));
        change(&play, |holder| holder.attached = vec![DENIAL.to_owned()]);
        play.changes(Half::Apply).await;
        play.changes(Half::Undo).await;
        assert_eq!(held(&play).attached, [DENIAL]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_in_every_way_holds_until_the_last_of_them_is_lifted() {
    for mut play in quarantines(None, true) {
        let before = play.state();
        play.changes(Half::Apply).await;
        let all = held(&play);
        assert!(all.policies.contains_key(QUARANTINE_POLICY));
        assert_eq!((all.attached, all.boundary.as_deref()), (vec![DENIAL.to_owned()], Some(DENIAL)));
        // Somebody takes one after the other away, or puts something else in its place.
        let nothing = r#"{"Version":"2012-10-17","Statement":[]}"#;
        change(&play, |holder| drop(holder.policies.insert(QUARANTINE_POLICY.to_owned(), nothing.to_owned())));
        play.in_effect(Half::Confirm).await;
        change(&play, |holder| holder.attached.clear());
        play.in_effect(Half::Confirm).await;
        change(&play, |holder| holder.boundary = Some(developers()));
        assert!(play.not_yet(Half::Confirm).await.contains("another document"));
        change(&play, |holder| {
            holder.policies.clear();
            holder.boundary = None;
        });
        play.changes(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        play.changes(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(play.state(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_not_found_or_not_shown_proves_neither_a_denial_nor_its_end() {
    for every_way in [false, true] {
        for mut play in quarantines(None, every_way) {
            play.changes(Half::Apply).await;
            change(&play, |holder| holder.policies.clear());
            let shows = if is_role(&play) { "iam:GetRole" } else { "iam:GetUser" };
            play.aws.fault(shows, Fault::Blank, usize::MAX);
            for half in [Half::Confirm, Half::ConfirmUndone] {
                let answer = play.ask(half).await;
                assert!(!matches!(answer, Ok(Said::InEffect(_))), "{half:?}: {answer:?}");
            }
        }
        for mut play in quarantines(None, every_way) {
            play.changes(Half::Apply).await;
            play.aws.state().users.clear();
            play.aws.state().roles.clear();
            for half in [Half::Confirm, Half::ConfirmUndone] {
                assert!(play.not_yet(half).await.contains("renamed"), "{half:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_that_name_that_is_not_awss_own_denies_nothing() {
    for mut play in quarantines(None, false) {
        change(&play, |holder| {
            holder.attached = vec![format!("arn:aws:iam::{ACCOUNT}:policy/AWSDenyAll")];
            holder.boundary = Some(format!("arn:aws:iam::{ACCOUNT}:policy/AWSDenyAll"));
        });
        play.not_yet(Half::Confirm).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_now_waits_and_what_is_refused_in_each_way_is_named() {
    for mut play in quarantines(None, false) {
        let kind = if is_role(&play) { "Role" } else { "User" };
        let before = play.state();
        play.aws.fault(&format!("iam:Put{kind}Policy"), THROTTLED, ATTEMPTS);
        assert!(play.ask(Half::Apply).await.unwrap_err().retryable);
        assert_eq!(play.state(), before, "no other way is tried before that is tried again");

        for action in ["Policy", "PermissionsBoundary"] {
            play.aws.fault(&format!("iam:Put{kind}{action}"), DENIED, usize::MAX);
        }
        play.aws.fault(&format!("iam:Attach{kind}Policy"), DENIED, usize::MAX);
        let error = play.ask(Half::Apply).await.unwrap_err();
        assert_eq!((error.action.contains("Put"), error.code.as_str(), error.retryable), (true, "AccessDenied", false));
        for action in [format!("iam:Attach{kind}Policy"), format!("iam:Put{kind}PermissionsBoundary")] {
            assert!(error.message.contains(&format!("{action} answered AccessDenied")), "{error}");
        }
        assert_eq!(play.state(), before);
    }
}

/// One that denied everything is in effect: then its older sessions are denied with everything else, and no room is needed.
#[tokio::test(start_paused = true)]
async fn sessions_need_no_denial_of_their_own_where_everything_is_denied() {
    let of_user = Countermeasure::RevokeUserSessions(card::RevokeUserSessions { user: user() });
    let of_role = Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions {
        role: role(),
        issued_before: severance_aws::clock::now(),
    });
    let plays = [
        Play::with(of_user, |w| Box::new(RevokeUserSessions::new(iam(w)))),
        Play::with(of_role, |w| Box::new(RevokeRoleSessions::new(iam(w)))),
    ];
    for mut play in plays {
        play.fill(false);
        let refused = play.ask(Half::Apply).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.retryable), ("LimitExceeded", false));
        play.not_yet(Half::Confirm).await;
        change(&play, |holder| holder.attached = vec![DENIAL.to_owned()]);
        let note = play.already(Half::Apply).await;
        assert!(note.contains("older sessions among it"), "{note}");
        play.in_effect(Half::Confirm).await;
        assert!(!held(&play).policies.contains_key(REVOKE_SESSIONS_POLICY));
    }
}
