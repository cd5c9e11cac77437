//! Quarantines and revoked sessions: what they deny, from when on, and whose they are.

use crate::common::*;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use severance_aws::clock;
use severance_aws::countermeasures::QuarantineUser;
use severance_domain::case::Outcome;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::plan::{QUARANTINE_POLICY, QUARANTINE_TAG, REVOKE_SESSIONS_POLICY};

use super::play::{Half, Play};
use super::{CASE, OTHER_CASE, Scene, scenes, user};

/// The two drivers of quarantines.
fn quarantines() -> Vec<Scene> {
    let of =
        |scene: &Scene| matches!(scene.step, Countermeasure::QuarantineUser(_) | Countermeasure::QuarantineRole(_));
    scenes().into_iter().filter(|scene| of(scene) && scene.keep_sessions_denied).collect()
}

fn denied_before(document: &str, statement: usize) -> Timestamp {
    let document: Value = serde_json::from_str(document).unwrap();
    let moment = &document["Statement"][statement]["Condition"]["DateLessThan"]["aws:TokenIssueTime"];
    moment.as_str().unwrap().parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_quarantine_denies_all_and_says_from_when_on() {
    for scene in quarantines() {
        let mut play = Play::of(&scene);
        let begun = clock::now();
        play.changes(Half::Apply).await;
        let document = play.policies().remove(QUARANTINE_POLICY).unwrap();
        let parsed: Value = serde_json::from_str(&document).unwrap();
        let first = &parsed["Statement"][0];
        assert_eq!(
            (&first["Effect"], &first["Action"], &first["Resource"]),
            (&json!("Deny"), &json!("*"), &json!("*"))
        );
        assert!(first.get("Condition").is_none());
        assert!(denied_before(&document, 1) >= begun && denied_before(&document, 1) <= clock::now());
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_of_before_the_last_step_stay_denied_where_a_quarantine_is_lifted() {
    let statement = json!({"Sid": "SeveranceQuarantine", "Effect": "Deny", "Action": "*", "Resource": "*"});
    let old = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    for scene in quarantines() {
        for document in [None, Some(&old)] {
            let mut play = Play::of(&scene);
            play.changes(Half::Apply).await;
            if let Some(document) = document {
                play.put_policy(QUARANTINE_POLICY, document);
            }
            // A quarantine of an earlier version is one, too.
            play.in_effect(Half::Confirm).await;
            let last = clock::now() + SignedDuration::from_mins(5);
            play.case.steps.push(play.case.steps[0].clone());
            play.case.steps[1].outcome = Some(Outcome::Applied { at: last, note: None });
            play.aws.take_calls();
            let note = play.changes(Half::Undo).await;
            assert!(note.contains("are denied"), "{note}");
            let policies = play.policies();
            assert_eq!(policies.keys().collect::<Vec<_>>(), [REVOKE_SESSIONS_POLICY]);
            assert_eq!(denied_before(&policies[REVOKE_SESSIONS_POLICY], 0), last);
            let calls = play.aws.take_calls();
            let at = |part: &str| calls.iter().position(|call| call.contains(part)).unwrap();
            assert!(at("Put") < at("Delete"), "{calls:?}");
            play.in_effect(Half::ConfirmUndone).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_denial_of_sessions_is_not_written_over() {
    for scene in quarantines() {
        let mut play = Play::of(&scene);
        play.changes(Half::Apply).await;
        let later = clock::now() + SignedDuration::from_hours(1);
        let document = json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "SeveranceRevokeOlderSessions", "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": later.to_string()}}
        }]});
        play.put_policy(REVOKE_SESSIONS_POLICY, &document.to_string());
        play.changes(Half::Undo).await;
        assert_eq!(denied_before(&play.policies()[REVOKE_SESSIONS_POLICY], 0), later);
        play.in_effect(Half::ConfirmUndone).await;
    }
}

/// Somebody lifted it already. What was promised is that stolen sessions stay out.
#[tokio::test(start_paused = true)]
async fn sessions_stay_denied_also_where_somebody_lifted_the_quarantine_before() {
    for scene in quarantines() {
        let mut play = Play::of(&scene);
        play.changes(Half::Apply).await;
        {
            let mut state = play.aws.state();
            let state_ref = &mut *state;
            state_ref.users.values_mut().chain(state_ref.roles.values_mut()).for_each(|holder| holder.policies.clear());
        }
        assert!(play.not_yet(Half::ConfirmUndone).await.contains(REVOKE_SESSIONS_POLICY));
        assert!(play.changes(Half::Undo).await.starts_with("it is not there any more; sessions issued before"));
        play.in_effect(Half::ConfirmUndone).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_that_is_not_ours_is_left_alone() {
    for scene in scenes() {
        let name = match scene.step {
            Countermeasure::QuarantineUser(_) | Countermeasure::QuarantineRole(_) => QUARANTINE_POLICY,
            Countermeasure::RevokeUserSessions(_) | Countermeasure::RevokeRoleSessions(_) => REVOKE_SESSIONS_POLICY,
            _ => continue,
        };
        let mut play = Play::of(&scene);
        play.changes(Half::Apply).await;
        play.put_policy(name, r#"{"Version":"2012-10-17","Statement":[]}"#);
        assert!(play.not_yet(Half::Confirm).await.contains("another document"));
        let before = play.state();
        assert!(play.already(Half::Undo).await.contains("left alone"));
        assert!(play.in_effect(Half::ConfirmUndone).await.contains("left alone"));
        // But for the tag, which says that it is this case's quarantine.
        let tag = format!("\"{QUARANTINE_TAG}\": \"{CASE}\"");
        assert_eq!(play.state(), before.replace(&tag, ""));
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_that_another_case_holds_is_left_alone() {
    let quarantine = Countermeasure::QuarantineUser(card::QuarantineUser::of(user(), None));
    let mut play = Play::with(quarantine, |w| Box::new(QuarantineUser::new(iam(w))));
    play.changes(Half::Apply).await;
    let tag = (QUARANTINE_TAG.to_owned(), OTHER_CASE.to_owned());
    play.aws.state().users.get_mut(USER).unwrap().tags.insert(tag.0, tag.1);
    let before = play.state();
    let error = play.ask(Half::Undo).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.message.as_str(), error.retryable), ("HeldByCase", OTHER_CASE, false));
    assert!(play.not_yet(Half::ConfirmUndone).await.contains(OTHER_CASE));
    assert_eq!(play.state(), before);
}

#[tokio::test(start_paused = true)]
async fn a_revocation_that_another_case_wrote_since_is_left_alone() {
    for scene in scenes() {
        if !matches!(scene.step, Countermeasure::RevokeUserSessions(_) | Countermeasure::RevokeRoleSessions(_)) {
            continue;
        }
        let mut play = Play::of(&scene);
        play.changes(Half::Apply).await;
        // Our case's step was over before the moment that is in place.
        play.case.steps[0].outcome =
            Some(Outcome::Applied { at: clock::now() - SignedDuration::from_hours(1), note: None });
        let before = play.state();
        assert!(play.already(Half::Undo).await.contains("another case"));
        assert!(play.in_effect(Half::ConfirmUndone).await.contains("another case"));
        assert_eq!(play.state(), before);
    }
}
