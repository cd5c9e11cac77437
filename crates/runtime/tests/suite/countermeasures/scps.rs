//! Service control policies: one for a stack, with the statements of its cases.

use crate::common::*;
use serde_json::{Value, json};
use severance_aws::countermeasures::QuarantineByScp;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::{AccountId, UniqueId};

use super::play::{Half, Play, case_id};
use super::{CASE, DIRECTORY_ARN, DIRECTORY_USER, OTHER_CASE, ROLE_ARN, account, arn, scp, user_arn};

const SHARED: &str = "SeveranceQuarantine-severance";
const ID: &str = "AIDADBQP57FF2AEXAMPLE";

fn by_scp(principal: &str) -> Play {
    Play::with(scp(principal), |w| Box::new(QuarantineByScp::new(organizations(w), "severance")))
}

/// The same against an identity whose id is known.
fn by_id(principal: &str, id: &str) -> Countermeasure {
    let unique_id = UniqueId::try_from(id).ok();
    assert!(unique_id.is_some());
    Countermeasure::QuarantineByScp(card::QuarantineByScp { principal: arn(principal), account: account(), unique_id })
}

/// The statements of the stack's policies, by the name of the policy.
fn shared(play: &Play) -> Vec<(String, Vec<Value>)> {
    let state = play.aws.state();
    let ours = state.scps.values().filter(|of| of.name.starts_with(SHARED));
    ours.map(|of| {
        let content: Value = serde_json::from_str(&of.content).unwrap();
        (of.name.clone(), content["Statement"].as_array().unwrap().clone())
    })
    .collect()
}

#[tokio::test(start_paused = true)]
async fn it_denies_one_identity_alone_by_its_id_and_its_arn() {
    for (step, conditions) in [
        (scp(ROLE_ARN), vec![json!({"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}})]),
        (
            by_id(&user_arn(), ID),
            vec![
                json!({"StringLike": {"aws:userid": [ID, format!("{ID}:*")]}}),
                json!({"ArnEquals": {"aws:PrincipalArn": user_arn()}}),
            ],
        ),
        (
            scp(DIRECTORY_ARN),
            vec![json!({"StringEquals": {"identitystore:UserId": DIRECTORY_USER, "aws:PrincipalAccount": ACCOUNT}})],
        ),
    ] {
        let mut play = by_scp(ROLE_ARN);
        play.step = step;
        let before = play.state();
        let note = play.changes(Half::Apply).await;
        let is_user = conditions[0].to_string().contains(ID);
        assert_eq!(note.contains("GetFederationToken"), is_user, "{note}");
        play.in_effect(Half::Confirm).await;
        let all = shared(&play);
        let [(name, statements)] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!(name, SHARED);
        let said: Vec<Value> = statements.iter().map(|of| of["Condition"].clone()).collect();
        assert_eq!(said, conditions);
        for of in statements {
            assert_eq!((&of["Effect"], &of["Action"], &of["Resource"]), (&json!("Deny"), &json!("*"), &json!("*")));
            assert!(of["Sid"].as_str().unwrap().chars().all(|c| c.is_ascii_alphanumeric()));
        }
        play.changes(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(play.state(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn cases_share_one_policy_and_each_takes_only_its_own_out() {
    let other = AccountId::try_from("444455556666").unwrap();
    let mut play = by_scp(DIRECTORY_ARN);
    let before = play.state();
    play.changes(Half::Apply).await;
    let here = play.step.clone();
    play.step = Countermeasure::QuarantineByScp(card::QuarantineByScp {
        principal: arn(DIRECTORY_ARN),
        account: other.clone(),
        unique_id: None,
    });
    play.not_yet(Half::Confirm).await;
    play.changes(Half::Apply).await;
    play.in_effect(Half::Confirm).await;
    let there = play.step.clone();
    // The same identity in another case, and another one.
    play.case.id = case_id(OTHER_CASE);
    for step in [here.clone(), by_id(&user_arn(), ID)] {
        play.step = step;
        assert!(play.changes(Half::Apply).await.contains("on the account already"));
    }
    assert_eq!(shared(&play).iter().map(|(_, statements)| statements.len()).collect::<Vec<_>>(), [5]);

    play.case.id = case_id(CASE);
    for step in [there, here.clone()] {
        play.step = step;
        play.in_effect(Half::Confirm).await;
        play.changes(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
        assert_eq!(play.already(Half::Undo).await, "it is not there any more");
    }
    let targets = play.aws.state().scps.values().find(|of| of.name == SHARED).unwrap().targets.clone();
    assert_eq!(targets, [ACCOUNT.to_owned()].into(), "it is off the account that nothing names any more");
    play.case.id = case_id(OTHER_CASE);
    for step in [here, by_id(&user_arn(), ID)] {
        play.step = step;
        play.in_effect(Half::Confirm).await;
        play.changes(Half::Undo).await;
    }
    assert_eq!(play.state(), before, "it goes with the last");
}

#[tokio::test(start_paused = true)]
async fn a_second_policy_is_made_where_the_first_is_full_and_then_no_more() {
    let mut play = by_scp(ROLE_ARN);
    let before = play.state();
    let user = |n: usize| by_id(&format!("arn:aws:iam::{ACCOUNT}:user/{}{n}", "p".repeat(200)), ID);
    let mut taken = Vec::new();
    let refused = loop {
        play.step = user(taken.len());
        play.case.id = case_id(&format!("sev-{:020}", taken.len()));
        match play.ask(Half::Apply).await {
            Ok(_) => taken.push((play.step.clone(), play.case.id.clone())),
            Err(error) => break error,
        }
        play.in_effect(Half::Confirm).await;
    };
    assert_eq!((refused.code.as_str(), refused.retryable), ("PolicyLimit", false));
    let names: Vec<String> = shared(&play).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [SHARED.to_owned(), format!("{SHARED}-2")]);
    assert!(taken.len() >= 10, "{}", taken.len());
    for (step, case) in taken {
        (play.step, play.case.id) = (step, case);
        play.changes(Half::Undo).await;
        play.in_effect(Half::ConfirmUndone).await;
    }
    assert_eq!(play.state(), before);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_version_wrote_for_a_case_is_read_back_and_taken_away() {
    for (principal, condition) in [
        (ROLE_ARN, json!({"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}})),
        (DIRECTORY_ARN, json!({"StringEquals": {"identitystore:UserId": DIRECTORY_USER}})),
    ] {
        let mut play = by_scp(principal);
        let before = play.state();
        let statement = json!({"Sid": "SeveranceQuarantine", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        let old = Scp {
            name: format!("SeveranceQuarantine-{CASE}"),
            content: json!({"Version": "2012-10-17", "Statement": [statement]}).to_string(),
            targets: [ACCOUNT.to_owned(), "444455556666".to_owned()].into(),
        };
        play.aws.state().scps.insert("p-old".to_owned(), old);
        play.in_effect(Half::Confirm).await;
        play.not_yet(Half::ConfirmUndone).await;
        assert!(play.changes(Half::Undo).await.contains("other accounts"));
        play.in_effect(Half::ConfirmUndone).await;
        assert!(play.already(Half::Undo).await.contains("other accounts"));
        play.aws.state().scps.get_mut("p-old").unwrap().targets.clear();
        play.changes(Half::Undo).await;
        assert_eq!(play.state(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changed_is_not_taken_for_ours() {
    let mut play = by_scp(ROLE_ARN);
    play.changes(Half::Apply).await;
    for of in play.aws.state().scps.values_mut().filter(|of| of.name == SHARED) {
        of.content = of.content.replace(ROLE_ARN, &user_arn());
    }
    let before = play.state();
    assert!(play.not_yet(Half::Confirm).await.contains("does not show our denial"));
    assert!(play.already(Half::Undo).await.contains("left alone"));
    assert!(play.in_effect(Half::ConfirmUndone).await.contains("left alone"));
    assert_eq!(play.state(), before);
    // One that is not shown is not written over.
    play.aws.fault("organizations:DescribePolicy", Fault::Blank, usize::MAX);
    for half in [Half::Apply, Half::Confirm, Half::Undo, Half::ConfirmUndone] {
        let error = play.ask(half).await.unwrap_err();
        assert_eq!((error.action, error.code.as_str()), ("organizations:DescribePolicy", "InvalidResponse"));
    }
    assert_eq!(play.state(), before);
    play.aws.mend();
    // What others wrote into it stays.
    for of in play.aws.state().scps.values_mut().filter(|of| of.name == SHARED) {
        of.content =
            r#"{"Version":"2012-10-17","Statement":{"Sid":"Theirs","Effect":"Deny","Action":"s3:*","Resource":"*"}}"#
                .to_owned();
    }
    play.changes(Half::Apply).await;
    play.in_effect(Half::Confirm).await;
    play.changes(Half::Undo).await;
    let all = shared(&play);
    assert_eq!((all.len(), &all[0].1[0]["Sid"], all[0].1.len()), (1, &json!("Theirs"), 1));
}
