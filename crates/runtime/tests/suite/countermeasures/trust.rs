//! A role's trust policy, closed and opened again.

use crate::common::*;
use serde_json::{Value, json};
use severance_aws::countermeasures::CloseRoleTrust;

use super::play::{Half, Play, case_id};
use super::{OTHER_CASE, PROVIDER, close};

fn trust_of(play: &Play) -> Value {
    serde_json::from_str(play.aws.state().roles[ROLE].trust.as_ref().unwrap()).unwrap()
}

fn set_trust(play: &Play, document: &Value) {
    play.aws.state().roles.get_mut(ROLE).unwrap().trust = Some(document.to_string());
}

fn closing() -> Play {
    Play::with(close(), |w| Box::new(CloseRoleTrust::new(iam(w))))
}

#[tokio::test(start_paused = true)]
async fn a_closed_trust_keeps_what_was_there_and_what_others_change_since() {
    let mut play = closing();
    let before = trust_of(&play);
    play.changes(Half::Apply).await;
    let closed = trust_of(&play);
    let statements = closed["Statement"].as_array().unwrap();
    assert_eq!(statements[..2], before["Statement"].as_array().unwrap()[..]);
    let ours = &statements[2];
    assert_eq!(ours["Sid"], "SeveranceClosedBy0123456789abcdef0123");
    assert_eq!(ours["Principal"], json!({"AWS": "*", "Federated": [PROVIDER]}));
    assert_eq!((&ours["Effect"], ours["Action"].as_array().unwrap().len()), (&json!("Deny"), 5));
    assert!(ours.get("Condition").is_none());

    // Somebody lets another account in, for later.
    let mut changed = closed.clone();
    let added = json!({"Effect": "Allow", "Principal": {"AWS": "777788889999"}, "Action": "sts:AssumeRole"});
    changed["Statement"].as_array_mut().unwrap().insert(0, added.clone());
    set_trust(&play, &changed);
    play.in_effect(Half::Confirm).await;
    play.changes(Half::Undo).await;
    let mut expected = before.clone();
    expected["Statement"].as_array_mut().unwrap().insert(0, added);
    assert_eq!(trust_of(&play), expected);
}

#[tokio::test(start_paused = true)]
async fn a_trust_with_a_single_statement_is_closed_too() {
    let mut play = closing();
    let only = json!({"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"});
    set_trust(&play, &json!({"Version": "2012-10-17", "Statement": only}));
    play.changes(Half::Apply).await;
    play.in_effect(Half::Confirm).await;
    assert_eq!(trust_of(&play)["Statement"][1]["Principal"], json!({"AWS": "*"}));
    play.changes(Half::Undo).await;
    assert_eq!(trust_of(&play)["Statement"], json!([only]));
}

#[tokio::test(start_paused = true)]
async fn a_denial_that_somebody_weakened_is_put_back() {
    for (pointer, value) in [
        ("/Statement/2/Effect", json!("Allow")),
        ("/Statement/2/Principal/AWS", json!("444455556666")),
        ("/Statement/2/Action", json!("sts:TagSession")),
        ("/Statement/2/Condition", json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        ("/Statement/1/Principal/Federated", json!("accounts.google.com")),
    ] {
        let mut play = closing();
        play.changes(Half::Apply).await;
        let mut weakened = trust_of(&play);
        if pointer.ends_with("Condition") {
            weakened["Statement"][2]["Condition"] = value;
        } else {
            *weakened.pointer_mut(pointer).unwrap() = value;
        }
        set_trust(&play, &weakened);
        assert!(play.not_yet(Half::Confirm).await.contains("without our denial"), "{pointer}");
        play.changes(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        assert_eq!(trust_of(&play)["Statement"].as_array().unwrap().len(), 3, "{pointer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_case_does_not_open_what_another_one_closed() {
    let mut other = closing();
    other.case.id = case_id(OTHER_CASE);
    other.changes(Half::Apply).await;
    let closed = trust_of(&other);

    let mut play = closing();
    set_trust(&play, &closed);
    assert_eq!(play.already(Half::Apply).await, format!("case {OTHER_CASE} closed it already"));
    assert!(play.in_effect(Half::Confirm).await.contains(OTHER_CASE));
    assert!(play.already(Half::Undo).await.contains("not there any more"));
    play.in_effect(Half::ConfirmUndone).await;
    assert_eq!(trust_of(&play), closed);
}

#[tokio::test(start_paused = true)]
async fn a_trust_that_cannot_hold_more_or_be_read_fails_by_name() {
    let mut play = closing();
    let mut long = trust_of(&play);
    long["Statement"][0]["Principal"]["AWS"] = json!(vec!["arn:aws:iam::444455556666:root"; 50]);
    set_trust(&play, &long);
    let error = play.ask(Half::Apply).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str()), ("iam:UpdateAssumeRolePolicy", "LimitExceeded"));
    set_trust(&play, &json!("no policy"));
    for half in [Half::Apply, Half::Confirm, Half::Undo, Half::ConfirmUndone] {
        let error = play.ask(half).await.unwrap_err();
        assert_eq!((error.action, error.code.as_str(), error.retryable), ("iam:GetRole", "InvalidResponse", false));
    }
}
