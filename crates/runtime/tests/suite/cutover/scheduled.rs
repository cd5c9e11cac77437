//! What a scheduled run makes of a key that was replaced.

use crate::common::*;
use jiff::Timestamp;
use severance_domain::copies::{CopiesFound, Copy, How, Place};
use severance_domain::cutover::Cutover;
use severance_domain::ids::{AccessKeyId, AccountId, Arn};
use severance_domain::policy::Request;
use severance_domain::respond::Answer;
use severance_domain::verdict::Verdict;

use super::{MINUTE, cases, cases_of, cutovers, is_active, replaced, run_schedule, used, with_cutovers};

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_uses_is_deactivated_then_deleted_and_its_cutover_is_over() {
    let aws = replaced(90 * MINUTE).await;
    // Before it was replaced it was used: that says nothing.
    used(&aws, 95 * MINUTE, "batch");
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("nobody uses it any more"), "{report:?}");
    assert_eq!((is_active(&aws, KEY), is_active(&aws, OTHER_KEY)), (Some(false), Some(true)));
    let case = cases(&aws).remove(0);
    assert_eq!(case.verdict, Some(Verdict::VerifiedRevoked));
    let facts = case.signal.cutover.as_ref().unwrap();
    assert_eq!((facts.stage.as_str(), facts.replaced_by.as_str()), ("quiet", OTHER_KEY));
    assert!(facts.copies.unread[0].contains("CopiesSearch=false"));

    // The next scheduled run deletes it, and the last finds it gone.
    assert!(cutovers(&aws).await[0].inactive_since.is_some());
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("inactive long enough"), "{report:?}");
    assert_eq!(is_active(&aws, KEY), None);
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("does not exist any more"), "{report:?}");
    assert_eq!(cutovers(&aws).await, vec![]);
    assert_eq!(cases(&aws).len(), 2);
    assert_eq!(is_active(&aws, OTHER_KEY), Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_key_in_use_waits_and_at_its_deadline_people_hear_by_whom() {
    let aws = replaced(90 * MINUTE).await;
    used(&aws, 10 * MINUTE, "old-batch/1.0");
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));

    let aws = replaced(150 * MINUTE).await;
    used(&aws, 10 * MINUTE, "old-batch/1.0");
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("awaiting_review"), "{report:?}");
    assert_eq!(is_active(&aws, KEY), Some(true), "held, not cut");
    let told = aws.state().messages.last().unwrap().body.clone();
    for part in ["198.51.100.7", "old-batch/1.0", "s3.amazonaws.com", "eu-west-1", "payments"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    // Asked once, and not again with each run.
    let messages = aws.state().messages.len();
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    assert_eq!(aws.state().messages.len(), messages);

    // A person wants it cut.
    let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/responder")).unwrap();
    let request = Request { by, reason: "the batch host is gone".to_owned(), ticket: None, standing: None };
    let key = AccessKeyId::try_from(KEY).unwrap();
    let answer = Box::pin(with_cutovers(&aws, "enforce").cut(&key, request.clone(), "cut")).await.unwrap();
    let Answer::Reacted { reactions } = answer else { panic!("{answer:?}") };
    assert_eq!(reactions[0].verdict, Verdict::VerifiedRevoked);
    assert_eq!(is_active(&aws, KEY), Some(false));
    // And of a key that was never replaced nobody can say so.
    let other = AccessKeyId::try_from("AKIAUNKNOWNKEY000000").unwrap();
    let answer = Box::pin(with_cutovers(&aws, "enforce").cut(&other, request, "cut")).await.unwrap();
    assert!(matches!(&answer, Answer::Refused { why } if why.contains("sever cutovers")), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_counts_as_use() {
    let aws = replaced(90 * MINUTE).await;
    aws.fault("cloudtrail:LookupEvents", DENIED, usize::MAX);
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));
    // IAM's own word counts too.
    let aws = replaced(90 * MINUTE).await;
    let at = (Timestamp::now() - 5 * MINUTE).to_string();
    aws.state().last_used.insert(KEY.to_owned(), at);
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    // The secret is gone, and the new key with it: nobody cuts the old one.
    let aws = replaced(90 * MINUTE).await;
    aws.state().secrets.clear();
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_was_moved_back_and_a_key_that_was_given_back_end_the_cutover() {
    let aws = replaced(90 * MINUTE).await;
    aws.state().secrets.get_mut(SECRET).unwrap().versions.insert("old".to_owned(), vec!["AWSCURRENT".to_owned()]);
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("moved back"), "{report:?}");
    assert_eq!((is_active(&aws, KEY), cutovers(&aws).await), (Some(true), vec![]));

    let aws = replaced(90 * MINUTE).await;
    run_schedule(&aws, "enforce").await;
    aws.state().users.get_mut(USER).unwrap().keys.insert(KEY.to_owned(), true);
    let report = run_schedule(&aws, "enforce").await;
    assert!(report.cutovers[0].contains("gave the old key back"), "{report:?}");
    assert_eq!((is_active(&aws, KEY), cutovers(&aws).await), (Some(true), vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_observes_says_once_what_it_would_do_and_does_it_once_it_enforces() {
    let aws = replaced(90 * MINUTE).await;
    assert!(run_schedule(&aws, "observe").await.cutovers[0].contains("observed"));
    assert_eq!(run_schedule(&aws, "observe").await.cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));
    assert!(run_schedule(&aws, "enforce").await.cutovers[0].contains("verified_revoked"));
    assert_eq!(is_active(&aws, KEY), Some(false));
}

#[tokio::test(start_paused = true)]
async fn the_copies_that_are_left_stand_in_the_evidence() {
    let aws = replaced(90 * MINUTE).await;
    let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/legacy".to_owned();
    let copy = Copy {
        place: Place::Parameter,
        arn,
        region: "eu-west-1".to_owned(),
        field: None,
        how: How::NamesKey,
        updated: None,
    };
    let found = CopiesFound {
        searched_at: Timestamp::now(),
        access_key: AccessKeyId::try_from(KEY).ok(),
        regions: vec!["eu-west-1".to_owned()],
        copies: vec![copy],
        equal: vec![],
        looked_at: [].into(),
        unread: vec!["two secrets".to_owned()],
        calls: [].into(),
    };
    let account = AccountId::try_from(ACCOUNT).unwrap();
    guardrails(&aws, 0, 0).keep_copies(&account, &found).await.unwrap();
    guardrails(&aws, 0, 0).keep_copies(&account, &found).await.unwrap();
    let mut reactor = with_cutovers(&aws, "enforce");
    reactor.copies = Some(severance_aws::copies::CopiesFunction::new(lambda(&aws), "copies-search".to_owned()));
    let report = Box::pin(reactor.run_schedule("schedule")).await.unwrap();
    assert!(report.cutovers[0].contains("verified_revoked"), "{report:?}");
    assert_eq!(aws.take_calls().iter().filter(|call| *call == "lambda:Invoke").count(), 1);
    let case = cases(&aws).remove(0);
    assert!(case.notes.iter().any(|note| note.contains("parameter/legacy")), "{:?}", case.notes);
    assert!(case.notes.iter().any(|note| note.contains("two secrets")), "{:?}", case.notes);

    // A search that is not done yet is waited for.
    let aws = replaced(90 * MINUTE).await;
    let mut reactor = with_cutovers(&aws, "enforce");
    reactor.copies = Some(severance_aws::copies::CopiesFunction::new(lambda(&aws), "copies-search".to_owned()));
    assert_eq!(Box::pin(reactor.run_schedule("schedule")).await.unwrap().cutovers, Vec::<String>::new());
    assert_eq!(is_active(&aws, KEY), Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_window_that_cannot_be_read_is_no_shorter_one() {
    let aws = replaced(90 * MINUTE).await;
    let tags = |aws: &FakeAws, value: &str| {
        let mut state = aws.state();
        state.users.get_mut(USER).unwrap().tags.insert("severance:quiet-window".to_owned(), value.to_owned());
    };
    tags(&aws, "five weeks");
    assert_eq!(run_schedule(&aws, "enforce").await.cutovers, Vec::<String>::new());
    let aws = replaced(150 * MINUTE).await;
    tags(&aws, "five weeks");
    assert!(run_schedule(&aws, "enforce").await.cutovers[0].contains("awaiting_review"));
    assert!(cases_of(&aws).notes.iter().any(|note| note.contains("severance:quiet-window")));
}

#[tokio::test(start_paused = true)]
async fn a_cutover_that_an_unfinished_rotation_left_makes_way_for_the_next_one() {
    let aws = replaced(5 * MINUTE).await;
    let table = guardrails(&aws, 0, 0);
    let first = cutovers(&aws).await.remove(0);
    assert!(!table.open_cutover(&first).await.unwrap(), "the same rotation opens it once");
    let next = Cutover { version: "newer".to_owned(), opened_at: Timestamp::now(), ..first };
    assert!(table.open_cutover(&next).await.unwrap());
    assert_eq!(cutovers(&aws).await[0].version, "newer");
}
