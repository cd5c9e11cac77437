//! A user with one of each credential: a worker may die at any call, and AWS may refuse any, of a containment and of a
//! restore. The end is the same, and nothing is lost.

use std::collections::BTreeSet;

use crate::common::*;
use severance_domain::case::{CaseId, Outcome};
use severance_domain::ids::{AccessKeyId, Arn};
use severance_domain::policy::Request;
use severance_domain::respond::Answer;
use severance_domain::signal::Signal;
use severance_domain::verdict::Verdict;

const SSH_KEY: &str = "APKAEXAMPLESSHKEY";
const CERTIFICATE: &str = "CERTEXAMPLECERTIFICATE";
const API_KEY: &str = "ACCAEXAMPLEAPIKEY";

fn everything() -> FakeAws {
    let aws = one_user();
    {
        let mut state = aws.state();
        let user = state.users.get_mut(USER).unwrap();
        user.password = true;
        user.ssh_keys.insert(SSH_KEY.to_owned(), "Active".to_owned());
        user.certificates.insert(CERTIFICATE.to_owned(), "Active".to_owned());
        user.service_credentials.insert(API_KEY.to_owned(), "Active".to_owned());
    }
    aws
}

/// One of the two keys is known to others.
fn exposed() -> Signal {
    Signal { access_key: AccessKeyId::try_from(KEY).ok(), ..compromised() }
}

/// All that a containment or a restore changes about the user.
fn held(aws: &FakeAws) -> String {
    let state = aws.state();
    let user = &state.users[USER];
    // The moment in a denial of older sessions differs from run to run.
    let policies: Vec<&String> = user.policies.keys().collect();
    format!(
        "{:?} {} {:?} {:?} {:?} {policies:?} {:?}",
        user.keys,
        user.password,
        user.ssh_keys,
        user.certificates,
        user.service_credentials,
        user.tags.keys().collect::<Vec<_>>()
    )
}

async fn contained() -> (FakeAws, CaseId) {
    let aws = everything();
    let reaction = deliver(&aws, &exposed(), "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::RevokedUnverified);
    aws.take_calls();
    (aws, reaction.case)
}

async fn restore(aws: &FakeAws, case: &CaseId, holder: &str) -> Answer {
    let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/responder")).unwrap();
    let request = Request { by, reason: "false alarm".to_owned(), ticket: None, standing: None };
    Box::pin(reactor(aws, "enforce").restore(case, request, false, holder)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_at_any_call_of_a_containment_leaves_nothing_alive() {
    let (whole, _) = contained().await;
    let end = held(&whole);
    let fresh = everything();
    deliver(&fresh, &exposed(), "whole").await.unwrap();
    let calls = fresh.take_calls();
    assert!(calls.len() > 35, "{calls:?}");
    for (at, call) in calls.iter().enumerate() {
        for takes_effect in [false, true] {
            let aws = everything();
            aws.cut(at, takes_effect);
            let signal = exposed();
            tokio::select! {
                biased;
                () = aws.until_cut() => {}
                ended = deliver(&aws, &signal, "dead") => panic!("call {at} was not reached: {ended:?}"),
            }
            aws.after_the_lease();
            let what = format!("cut at {at}, {call}, effect {takes_effect}");
            let reaction = deliver(&aws, &exposed(), "heir").await.unwrap();
            assert_eq!((reaction.verdict, reaction.revision), (Verdict::RevokedUnverified, 1), "{what}");
            assert_eq!(held(&aws), end, "{what}");
            assert!(stored(&aws).1, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_aws_refuses_the_other_steps_are_taken_and_the_verdict_says_so() {
    let fresh = everything();
    deliver(&fresh, &exposed(), "whole").await.unwrap();
    let asked: BTreeSet<String> = fresh.take_calls().into_iter().filter(|call| call.starts_with("iam:")).collect();
    for action in &asked {
        let aws = everything();
        aws.fault(action, DENIED, usize::MAX);
        let reaction = deliver(&aws, &exposed(), "first").await.unwrap();
        let case = stored(&aws).0;
        match action.as_str() {
            // Who it is cannot be read: nothing is done to somebody unknown.
            "iam:GetUser" => assert_eq!(reaction.verdict, Verdict::AwaitingReview, "{action}"),
            // There are other ways to deny it everything.
            "iam:PutUserPolicy" => {
                assert_eq!(reaction.verdict, Verdict::RevokedUnverified, "{action}");
                assert!(matches!(&case.steps[0].outcome, Some(Outcome::Applied { note: Some(note), .. })
                    if note.contains("iam:PutUserPolicy answered AccessDenied")));
            }
            // The tag is for people, and what the user could have done is told, not ended.
            "iam:TagUser" | "iam:ListAttachedUserPolicies" | "iam:ListUserPolicies" | "iam:ListGroupsForUser" => {
                assert_eq!(reaction.verdict, Verdict::RevokedUnverified, "{action}");
            }
            _ => {
                let expected = [Verdict::Partial, Verdict::RevokedUnverified];
                assert!(expected.contains(&reaction.verdict), "{action}: {}", reaction.verdict);
                let told = format!("{action} answered AccessDenied");
                let proof = severance_domain::evidence::Proof::of(&case);
                assert!(proof.not_proven.iter().any(|line| line.contains(&told)), "{action}: {proof:?}");
                let failed =
                    |of: &&severance_domain::case::StepRecord| matches!(of.outcome, Some(Outcome::Failed { .. }));
                assert!(case.steps.iter().filter(failed).count() <= 2, "{action}: {case:#?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_at_any_call_of_a_restore_gives_back_the_same() {
    let (whole, case) = contained().await;
    assert!(matches!(restore(&whole, &case, "whole").await, Answer::Reacted { .. }));
    let end = held(&whole);
    let calls = whole.take_calls();
    {
        let state = whole.state();
        let user = &state.users[USER];
        assert!(!user.keys[KEY] && user.keys[OTHER_KEY] && !user.password, "{end}");
        assert_eq!((user.ssh_keys[SSH_KEY].as_str(), user.certificates[CERTIFICATE].as_str()), ("Active", "Active"));
        assert_eq!(user.policies.keys().collect::<Vec<_>>(), ["SeveranceRevokeOlderSessions"]);
    }
    for (at, call) in calls.iter().enumerate() {
        for takes_effect in [false, true] {
            let (aws, case) = contained().await;
            aws.cut(at, takes_effect);
            tokio::select! {
                biased;
                () = aws.until_cut() => {}
                ended = restore(&aws, &case, "dead") => panic!("call {at} was not reached: {ended:?}"),
            }
            aws.after_the_lease();
            let what = format!("cut at {at}, {call}, effect {takes_effect}");
            match restore(&aws, &case, "heir").await {
                Answer::Reacted { reactions } => assert_eq!(reactions[0].verdict, Verdict::Restored, "{what}"),
                Answer::Refused { why } => assert!(why.contains("restored already"), "{what}: {why}"),
                other => panic!("{what}: {other:?}"),
            }
            assert_eq!(held(&aws), end, "{what}");
            let (stored, closed) = stored(&aws);
            assert!(closed && stored.verdict == Some(Verdict::Restored), "{what}: {stored:#?}");
        }
    }
}
