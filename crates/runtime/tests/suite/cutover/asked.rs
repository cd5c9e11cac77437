//! Keys that a person asks to adopt or to end.

use crate::common::*;
use severance_domain::ids::{AccessKeyId, Arn};
use severance_domain::policy::Request;
use severance_domain::respond::Answer;
use severance_domain::signal::{Signal, SignalKind, SubjectHint};
use severance_domain::verdict::Verdict;

use super::{MINUTE, cases_of, is_active, replaced, run_schedule, used, with_cutovers};

#[tokio::test(start_paused = true)]
async fn a_key_is_adopted_once_however_often_it_is_asked_for() {
    let aws = one_user();
    aws.state().users.get_mut(USER).unwrap().keys.remove(OTHER_KEY);
    aws.state().users.get_mut(USER).unwrap().tags.insert("severance:class".to_owned(), "workload".to_owned());
    let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/responder")).unwrap();
    let request = Some(Request { by, reason: "rotate it".to_owned(), ticket: None, standing: None });
    let claim = Signal { request, ..signal(SignalKind::CredentialUnmanaged) };
    let reaction = deliver(&aws, &claim, "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::RevokedUnverified, "its rotation goes on");
    let arn = format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:severance/{USER}-AbCdEf");
    {
        let state = aws.state();
        let secret = &state.secrets[&arn];
        assert_eq!(
            (secret.tags["severance:managed"].as_str(), secret.tags["severance:adopted-key"].as_str()),
            ("true", KEY)
        );
        assert_eq!(state.users[USER].tags["severance:secret"], arn);
        assert!(!secret.values.values().any(|value| value.contains("AKIA")), "it holds no key before it is rotated");
    }
    let deleted = Signal { finding_id: "another".to_owned(), ..claim.clone() };
    let mut outcomes = reactor(&aws, "enforce").react(&deleted, "second").await;
    let again = outcomes.remove(0).unwrap();
    assert_eq!(again.verdict, Verdict::Observed, "it is under management already");

    // Whoever has two keys is asked which.
    let aws = one_user();
    let reaction = deliver(&aws, &claim, "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::AwaitingReview);
    assert!(aws.state().secrets.is_empty());
    assert!(matches!(claim.subject, SubjectHint::User(_)));
}

#[tokio::test(start_paused = true)]
async fn an_old_key_that_may_be_the_only_one_is_never_ended() {
    type Change = fn(&FakeAws);
    let cases: [(Change, &str); 4] = [
        (|aws| move_to(aws, "old"), "holds AKIAIOSFODNN7EXAMPLE again"),
        // A value that somebody wrote by hand may hold the old key.
        (|aws| move_to(aws, "by-hand"), "its current version is one that no rotation made"),
        (deactivate_new, "not active any more"),
        (|aws| aws.state().secrets.get_mut(SECRET).unwrap().deleted = true, "it is gone or going"),
    ];
    for (change, expected) in cases {
        // Neither by the schedule, nor by a person, nor by what a person was asked before.
        let aws = replaced(40 * MINUTE).await;
        change(&aws);
        assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new(), "{expected}");
        let answer = cut(&aws).await;
        assert!(matches!(&answer, Answer::Refused { why } if why.contains(expected)), "{expected}: {answer:?}");

        let aws = replaced(150 * MINUTE).await;
        used(&aws, 10 * MINUTE, "old-batch/1.0");
        assert!(run_schedule(&aws, "enforce").await.cutovers[0].contains("awaiting_review"));
        change(&aws);
        let case = cases_of(&aws);
        let by = asker(&format!("arn:aws:iam::{ACCOUNT}:user/approver"));
        let plan = case.pending_review().unwrap().plan.as_hex().to_owned();
        let reviewer = severance_engine::review::Reviewer { by: &by, plan: &plan, reason: "cut it" };
        let answered = Box::pin(with_cutovers(&aws, "enforce").approve(&case.id, reviewer, "approve")).await.unwrap();
        assert!(
            matches!(&answered, severance_engine::review::Answered::Refused(why) if why.contains(expected)),
            "{expected}: {answered:?}"
        );
        assert_eq!(is_active(&aws, KEY), Some(true), "{expected}");

        // An inactive one is not deleted either.
        let aws = replaced(90 * MINUTE).await;
        run_schedule(&aws, "enforce").await;
        assert_eq!(is_active(&aws, KEY), Some(false));
        change(&aws);
        run_schedule(&aws, "enforce").await;
        assert_eq!(is_active(&aws, KEY), Some(false), "{expected}");
    }
}

fn deactivate_new(aws: &FakeAws) {
    aws.state().users.get_mut(USER).unwrap().keys.insert(OTHER_KEY.to_owned(), false);
}

fn move_to(aws: &FakeAws, version: &str) {
    let mut state = aws.state();
    let versions = &mut state.secrets.get_mut(SECRET).unwrap().versions;
    for labels in versions.values_mut() {
        labels.retain(|label| label != "AWSCURRENT");
    }
    versions.entry(version.to_owned()).or_default().push("AWSCURRENT".to_owned());
}

async fn cut(aws: &FakeAws) -> Answer {
    let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/responder")).unwrap();
    let request = Request { by, reason: "it is time".to_owned(), ticket: None, standing: None };
    let key = AccessKeyId::try_from(KEY).unwrap();
    Box::pin(with_cutovers(aws, "enforce").cut(&key, request, "cut")).await.unwrap()
}
