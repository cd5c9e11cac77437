//! A role's trust policy, closed and opened again.

use crate::common::*;
use serde_json::{Value, json};
use severance_aws::countermeasures::CloseRoleTrust;
use severance_domain::signal::SignalKind;
use severance_domain::subject::Trust;

use super::play::{Half, Play, case_id};
use super::{OTHER_CASE, PROVIDER, SUB, close};

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
    assert_eq!(ours["Condition"], json!({"StringLikeIfExists": {SUB: "*"}}));

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
        ("/Statement/2/Sid", json!("SeveranceClosed")),
        ("/Statement/1/Principal/Federated", json!("accounts.google.com")),
        // An identity provider that comes in under a name of ours.
        (
            "/Statement/1",
            json!({"Sid": "SeveranceClosedByUs", "Effect": "Allow", "Principal": {"Federated": "accounts.google.com"},
            "Action": "sts:AssumeRoleWithWebIdentity"}),
        ),
    ] {
        let mut play = closing();
        play.changes(Half::Apply).await;
        let mut weakened = trust_of(&play);
        *weakened.pointer_mut(pointer).unwrap() = value;
        set_trust(&play, &weakened);
        if pointer.ends_with("Sid") {
            // The meaning counts, and a statement that is called otherwise may be somebody else's: ours stands beside it.
            play.in_effect(Half::Confirm).await;
            continue;
        }
        assert!(play.not_yet(Half::Confirm).await.contains("lets in"), "{pointer}");
        play.changes(Half::Apply).await;
        play.in_effect(Half::Confirm).await;
        assert_eq!(trust_of(&play)["Statement"].as_array().unwrap().len(), 3, "{pointer}");
    }
}

fn remember(play: &mut Play) {
    play.case.inventory.trust = Some(Trust::read(&trust_of(play).to_string()));
}

#[tokio::test(start_paused = true)]
async fn services_go_on_and_nobody_else_does() {
    let both = json!({"Service": ["ec2.amazonaws.com"], "AWS": "arn:aws:iam::444455556666:root"});
    for before in [
        json!([{"Effect": "Allow", "Principal": both, "Action": "sts:AssumeRole"}]),
        json!([
            {"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"},
            {"Sid": "SeveranceClosed", "Effect": "Allow", "Principal": {"AWS": "AIDAGONE"}, "Action": "sts:AssumeRole"},
        ]),
        json!([
            {"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"},
        ]),
    ] {
        let mut play = closing();
        set_trust(&play, &json!({"Version": "2012-10-17", "Statement": before}));
        remember(&mut play);
        assert!(play.not_yet(Half::Confirm).await.contains("lets in"));
        play.changes(Half::Apply).await;
        let only =
            json!([{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"}]);
        assert_eq!(trust_of(&play)["Statement"], only);
        assert!(play.in_effect(Half::Confirm).await.contains("ec2.amazonaws.com alone"));
        assert!(play.already(Half::Apply).await.contains("ec2.amazonaws.com alone"));
        match (before.as_array().unwrap().len(), before[1].get("Sid")) {
            (1, _) => {
                assert!(play.not_yet(Half::ConfirmUndone).await.contains("still"));
                play.changes(Half::Undo).await;
                play.in_effect(Half::ConfirmUndone).await;
                assert_eq!(trust_of(&play)["Statement"], before);
            }
            // Whoever else was let in is gone.
            (_, Some(_)) => {
                play.already(Half::Undo).await;
                play.in_effect(Half::ConfirmUndone).await;
            }
            // IAM asks a claim of the provider's users today, and nobody says which.
            (_, None) => {
                assert!(play.changes(Half::Undo).await.contains(PROVIDER));
                play.not_yet(Half::ConfirmUndone).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_iam_does_not_take_back_what_stands_there_the_denial_is_written_alone() {
    let home = json!({"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::444455556666:root"]}, "Action": "sts:AssumeRole"});
    let gone = json!({"Effect": "Allow", "Principal": {"AWS": "AROAGONE"}, "Action": "sts:AssumeRole"});
    let claimless =
        json!({"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"});
    let many: Vec<String> = (0..54).map(|n| format!("arn:aws:iam::4444555566{n:02}:root")).collect();
    let long = json!({"Effect": "Allow", "Principal": {"AWS": many}, "Action": "sts:AssumeRole"});
    for (before, back, told) in [
        (json!([home, gone]), json!([home]), ""),
        (json!([claimless, home]), json!([home]), PROVIDER),
        (json!([long]), json!([long]), ""),
    ] {
        let mut play = closing();
        set_trust(&play, &json!({"Version": "2012-10-17", "Statement": before}));
        remember(&mut play);
        assert!(play.changes(Half::Apply).await.contains("was written alone"));
        let alone = trust_of(&play)["Statement"].clone();
        assert_eq!((alone.as_array().unwrap().len(), &alone[0]["Effect"]), (1, &json!("Deny")));
        assert!(play.in_effect(Half::Confirm).await.contains("nobody"));
        play.changes(Half::Apply).await;
        assert_eq!(trust_of(&play)["Statement"], alone);
        assert!(play.not_yet(Half::ConfirmUndone).await.contains("still"));
        assert!(play.changes(Half::Undo).await.contains(told));
        assert_eq!(trust_of(&play)["Statement"], back);
        play.in_effect(Half::ConfirmUndone).await;
    }
}

#[tokio::test(start_paused = true)]
async fn in_danger_nobody_is_let_in_again_whom_the_case_did_not_find_there() {
    let mut play = closing();
    remember(&mut play);
    let before = trust_of(&play);
    play.case.signal.kind = SignalKind::IdentityCompromised;
    // Somebody got in between the reading and the closing.
    let mut opened = before.clone();
    let added = json!({"Effect": "Allow", "Principal": {"AWS": "666666666666"}, "Action": "sts:AssumeRole"});
    opened["Statement"].as_array_mut().unwrap().push(added);
    set_trust(&play, &opened);
    play.changes(Half::Apply).await;
    assert!(play.changes(Half::Undo).await.contains("not let in again: 666666666666"));
    assert_eq!(trust_of(&play), before);
    play.in_effect(Half::ConfirmUndone).await;
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
async fn what_cannot_be_read_is_not_closed_and_is_closed_by_a_denial_alone() {
    let mut play = closing();
    for unreadable in [json!("no policy"), json!({"Version": "2012-10-17", "Statement": [{"effect": "Deny"}]})] {
        set_trust(&play, &unreadable);
        assert!(play.not_yet(Half::Confirm).await.contains("could not be read"));
        assert!(play.already(Half::Undo).await.contains("left alone"));
        assert!(play.in_effect(Half::ConfirmUndone).await.contains("left alone"));
        assert!(play.changes(Half::Apply).await.contains("could not be read"));
        play.in_effect(Half::Confirm).await;
        // What was there is not known, so it stays closed.
        assert!(play.already(Half::Undo).await.contains("another trust policy"));
    }
}
