//! Policies: boundaries, versions of managed ones, and service control policies.

use crate::common::*;
use serde_json::{Value, json};
use severance_aws::countermeasures::{Driver, NeutralizePolicy, PutBoundaryDenial, QuarantineByScp};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::AccountId;

use super::play::{Half, Play};
use super::{CASE, DIRECTORY_ARN, DIRECTORY_USER, POLICY, ROLE_ARN, arn, boundary, neutralize, scp, user_arn};

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

#[tokio::test(start_paused = true)]
async fn the_newest_older_version_counts_again_and_else_one_that_allows_nothing() {
    let mut play = neutralizing();
    // Newer than the one in force, and as little to be trusted.
    play.aws.state().policies.get_mut(POLICY).unwrap().versions.insert(10, "planted too".to_owned());
    assert!(play.changes(Half::Apply).await.contains("v3 again"));
    assert_eq!(play.aws.state().policies[POLICY].default, 3);
    assert_eq!(play.already(Half::Apply).await, "its default version is v3 already");

    let mut play = neutralizing();
    play.aws.state().policies.get_mut(POLICY).unwrap().versions.retain(|n, _| *n == 4);
    assert!(play.changes(Half::Apply).await.contains("allows nothing"));
    play.in_effect(Half::Confirm).await;
    let policy = play.aws.state().policies[POLICY].clone();
    assert_eq!((policy.default, policy.versions.len()), (5, 2));
    assert!(!policy.versions[&5].contains("Allow"), "{}", policy.versions[&5]);
    assert!(serde_json::from_str::<Value>(&policy.versions[&5]).is_ok());

    let mut play = neutralizing();
    let versions = (4..9).map(|n| (n, String::new())).collect();
    play.aws.state().policies.get_mut(POLICY).unwrap().versions = versions;
    let error = play.ask(Half::Apply).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str()), ("iam:CreatePolicyVersion", "LimitExceeded"));
}

fn by_scp(principal: &str) -> Play {
    Play::with(scp(principal), |w| Box::new(QuarantineByScp::new(organizations(w))))
}

#[tokio::test(start_paused = true)]
async fn a_service_control_policy_denies_one_identity_alone() {
    for (principal, condition) in [
        (ROLE_ARN, json!({"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}})),
        (DIRECTORY_ARN, json!({"StringEquals": {"identitystore:UserId": DIRECTORY_USER}})),
    ] {
        let mut play = by_scp(principal);
        play.changes(Half::Apply).await;
        let made = play.aws.state().scps.values().find(|of| of.name.contains(CASE)).cloned().unwrap();
        assert_eq!(made.name, format!("SeveranceQuarantine-{CASE}"));
        let content: Value = serde_json::from_str(&made.content).unwrap();
        assert_eq!(content["Statement"][0]["Condition"], condition);
        assert_eq!(
            (&content["Statement"][0]["Effect"], &content["Statement"][0]["Action"]),
            (&json!("Deny"), &json!("*"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_policy_serves_all_accounts_of_a_case_and_goes_with_the_last() {
    let other = AccountId::try_from("444455556666").unwrap();
    let mut play = by_scp(DIRECTORY_ARN);
    let before = play.state();
    play.changes(Half::Apply).await;
    let here = play.step.clone();
    play.step =
        Countermeasure::QuarantineByScp(card::QuarantineByScp { principal: arn(DIRECTORY_ARN), account: other });
    play.not_yet(Half::Confirm).await;
    play.changes(Half::Apply).await;
    play.in_effect(Half::Confirm).await;
    assert_eq!(play.aws.state().scps.len(), 2);

    assert!(play.changes(Half::Undo).await.contains("other accounts"));
    play.in_effect(Half::ConfirmUndone).await;
    assert!(play.already(Half::Undo).await.contains("other accounts"));
    play.step = here;
    play.in_effect(Half::Confirm).await;
    play.changes(Half::Undo).await;
    assert_eq!(play.state(), before);
}

#[tokio::test(start_paused = true)]
async fn a_service_control_policy_that_is_not_ours_is_neither_attached_nor_removed() {
    let mut play = by_scp(ROLE_ARN);
    play.changes(Half::Apply).await;
    for of in play.aws.state().scps.values_mut().filter(|of| of.name.contains(CASE)) {
        of.content = r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned();
    }
    let before = play.state();
    let error = play.ask(Half::Apply).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str()), ("organizations:CreatePolicy", "DuplicatePolicyException"));
    assert!(play.not_yet(Half::Confirm).await.contains("does not show our denial"));
    assert!(play.already(Half::Undo).await.contains("left alone"));
    assert!(play.in_effect(Half::ConfirmUndone).await.contains("left alone"));
    assert_eq!(play.state(), before);
}
