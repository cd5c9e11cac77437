//! Several cases about one identity: what one of them holds no other gives back, in whatever order they are restored, whoever dies
//! meanwhile, and at the same time.

use crate::common::*;
use severance_domain::case::{Case, CaseId};
use severance_domain::ids::{AccessKeyId, Arn};
use severance_domain::policy::Request;
use severance_domain::respond::Answer;
use severance_domain::restoration::ReturnAnswer;
use severance_domain::signal::{Signal, SignalKind};
use severance_domain::verdict::Verdict;

const QUARANTINE: &str = "SeveranceQuarantine";
const OLDER: &str = "SeveranceRevokeOlderSessions";
const DENIAL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

/// A finding of this name about one of the user's keys.
fn finding(id: &str, key: Option<&str>) -> Signal {
    Signal {
        finding_id: format!("finding-{id}"),
        event_id: format!("event-{id}"),
        access_key: key.and_then(|key| AccessKeyId::try_from(key).ok()),
        ..compromised()
    }
}

fn unused(id: &str, key: &str) -> Signal {
    Signal { kind: SignalKind::CredentialStale, ..finding(id, Some(key)) }
}

async fn contain(aws: &FakeAws, signal: &Signal) -> CaseId {
    deliver(aws, signal, &signal.event_id).await.unwrap().case
}

async fn restore(aws: &FakeAws, case: &CaseId, holder: &str) -> Answer {
    let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/responder")).unwrap();
    let request = Request { by, reason: "false alarm".to_owned(), ticket: None, standing: None };
    Box::pin(reactor(aws, "enforce").restore(case, request, false, holder)).await.unwrap()
}

async fn verdict(aws: &FakeAws, case: &CaseId) -> Verdict {
    match restore(aws, case, "restore").await {
        Answer::Reacted { reactions } => reactions[0].verdict,
        other => panic!("{other:?}"),
    }
}

/// What the schedule does of its own accord.
async fn run(aws: &FakeAws) {
    Box::pin(reactor(aws, "enforce").run_rechecks("schedule")).await.unwrap();
}

fn case(aws: &FakeAws, id: &CaseId) -> Case {
    let state = aws.state();
    let item = &state.table[&format!("CASE#{id} CASE")];
    assert_eq!(item["state"]["S"], "closed");
    serde_json::from_str(item["record"]["S"].as_str().unwrap()).unwrap()
}

fn held_by(case: &Case) -> Vec<CaseId> {
    let held = case.returns().iter().filter_map(|of| match &of.answer {
        ReturnAnswer::Held { by } => Some(by.clone()),
        _ => None,
    });
    let mut all: Vec<CaseId> = held.flatten().collect();
    all.sort();
    all.dedup();
    all
}

fn policies(aws: &FakeAws) -> Vec<String> {
    aws.state().users[USER].policies.keys().cloned().collect()
}

fn keys(aws: &FakeAws) -> (bool, bool) {
    let state = aws.state();
    (state.users[USER].keys[KEY], state.users[USER].keys[OTHER_KEY])
}

/// Without the items by which cases are found: those of before have none.
fn forget_items(aws: &FakeAws) {
    aws.state().table.retain(|key, _| !key.starts_with("IDENTITY#"));
}

#[tokio::test(start_paused = true)]
async fn what_one_case_holds_stays_until_the_last_of_them_is_restored() {
    for later_first in [true, false] {
        let aws = one_user();
        let first = contain(&aws, &finding("1", Some(KEY))).await;
        let second = contain(&aws, &finding("2", Some(OTHER_KEY))).await;
        let (one, other) = if later_first { (&second, &first) } else { (&first, &second) };
        assert_eq!(verdict(&aws, one).await, Verdict::Partial);
        assert_eq!((policies(&aws), keys(&aws)), (vec![QUARANTINE.to_owned()], (false, false)));
        let waiting = case(&aws, one);
        assert_eq!(held_by(&waiting), std::slice::from_ref(other));
        let message = aws.state().messages.last().unwrap().body.clone();
        assert!(message.contains(&format!("sever restore {other}")) && message.contains("held by case"), "{message}");
        // Nothing goes on by itself while the other one holds it.
        run(&aws).await;
        assert_eq!(case(&aws, one).revision, waiting.revision);

        assert_eq!(verdict(&aws, other).await, Verdict::Restored);
        // Each key is what one of the claims names: neither comes back by the other's restoration.
        assert_eq!((policies(&aws), keys(&aws)), (vec![OLDER.to_owned()], (false, false)));
        let named = |id: &CaseId| {
            case(&aws, id)
                .returns()
                .iter()
                .filter(|of| of.countermeasure.ends().is_some())
                .all(|of| matches!(of.answer, ReturnAnswer::Rotate { .. }))
        };
        assert!(named(one) && named(other), "{:#?}", case(&aws, other).restoration);
        run(&aws).await;
        let done = case(&aws, one);
        assert_eq!((done.verdict, done.revision), (Some(Verdict::Restored), waiting.revision + 1), "{done:#?}");
        assert!(aws.state().users[USER].tags.is_empty());
        // The evidence of all of it agrees with itself.
        for (statement, _) in evidence(&aws) {
            assert_eq!(Some(Verdict::of(&statement.predicate.case)), statement.predicate.case.verdict);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn three_cases_are_restored_with_the_last_of_them() {
    let aws = one_user();
    let mut cases = Vec::new();
    for id in ["1", "2", "3"] {
        cases.push(contain(&aws, &finding(id, Some(KEY))).await);
    }
    for case in [&cases[1], &cases[0]] {
        assert_eq!(verdict(&aws, case).await, Verdict::Partial);
        assert!(policies(&aws).contains(&QUARANTINE.to_owned()));
    }
    assert_eq!(verdict(&aws, &cases[2]).await, Verdict::Restored);
    assert_eq!(policies(&aws), [OLDER]);
    run(&aws).await;
    assert_eq!(keys(&aws), (false, true), "the first case has ended the other key");
    for id in &cases {
        assert_eq!(case(&aws, id).verdict, Some(Verdict::Restored), "{:#?}", case(&aws, id).restoration);
    }
}

/// What one case wrote beside the inline policy only that one takes away, once the last case holds nothing.
#[tokio::test(start_paused = true)]
async fn a_denial_that_one_case_alone_wrote_goes_with_the_last() {
    let aws = one_user();
    aws.fault("iam:PutUserPolicy", DENIED, 1);
    let first = contain(&aws, &finding("1", Some(KEY))).await;
    assert!(aws.state().users[USER].attached.contains(&DENIAL.to_owned()));
    let second = contain(&aws, &finding("2", Some(KEY))).await;
    assert_eq!(verdict(&aws, &first).await, Verdict::Partial);
    assert!(aws.state().users[USER].attached.contains(&DENIAL.to_owned()));
    assert_eq!(verdict(&aws, &second).await, Verdict::Restored);
    run(&aws).await;
    assert!(aws.state().users[USER].attached.is_empty(), "{:#?}", case(&aws, &first).restoration);
    assert_eq!((policies(&aws), case(&aws, &first).verdict), (vec![OLDER.to_owned()], Some(Verdict::Restored)));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_case_calls_exposed_stays_dead_even_once_that_one_is_restored() {
    // An old key, then a claim that names it, which finds it inactive.
    let aws = one_user();
    let old = contain(&aws, &unused("old", KEY)).await;
    assert_eq!(keys(&aws), (false, true));
    let exposed = contain(&aws, &finding("leak", Some(KEY))).await;
    assert_eq!(verdict(&aws, &exposed).await, Verdict::Restored);
    let refused = restore(&aws, &old, "old").await;
    assert!(matches!(&refused, Answer::Refused { why } if why.contains(exposed.as_str())), "{refused:?}");
    assert_eq!(keys(&aws), (false, true));
}

/// Of an identity that is contained by another case nothing comes back, so that its rechecks find nothing new.
#[tokio::test(start_paused = true)]
async fn of_an_identity_that_another_case_contains_nothing_comes_back() {
    let aws = one_user();
    let old = contain(&aws, &unused("old", OTHER_KEY)).await;
    let exposed = contain(&aws, &finding("leak", Some(KEY))).await;
    assert_eq!(verdict(&aws, &old).await, Verdict::Partial);
    assert_eq!((keys(&aws), held_by(&case(&aws, &old))), ((false, false), vec![exposed.clone()]));
    assert_eq!(verdict(&aws, &exposed).await, Verdict::Restored);
    assert_eq!(keys(&aws), (false, false), "the older case has ended it, and was not there in the claim");
    run(&aws).await;
    assert_eq!((keys(&aws), case(&aws, &old).verdict), ((false, true), Some(Verdict::Restored)));
}

#[tokio::test(start_paused = true)]
async fn a_case_that_only_observed_holds_nothing() {
    let aws = one_user();
    let first = contain(&aws, &finding("1", Some(KEY))).await;
    deliver_in("observe", &aws, &finding("2", Some(KEY)), "observed").await.unwrap();
    deliver_in("review", &aws, &finding("3", Some(KEY)), "held").await.unwrap();
    assert_eq!(verdict(&aws, &first).await, Verdict::Restored);
    assert_eq!(policies(&aws), [OLDER]);
}

/// The case is stored, and its worker died before its denial: the schedule carries it out yet.
#[tokio::test(start_paused = true)]
async fn a_case_whose_worker_died_before_its_denial_holds_what_it_is_about_to_deny() {
    let aws = one_user();
    let first = contain(&aws, &finding("1", Some(KEY))).await;
    aws.take_calls();
    let fresh = one_user();
    contain(&fresh, &finding("2", Some(KEY))).await;
    let at = fresh.take_calls().iter().position(|call| call == "iam:PutUserPolicy").unwrap();
    aws.cut(at, false);
    let signal = finding("2", Some(KEY));
    tokio::select! {
        biased;
        () = aws.until_cut() => {}
        ended = deliver(&aws, &signal, "dead") => panic!("not reached: {ended:?}"),
    }
    aws.revive();
    assert_eq!(verdict(&aws, &first).await, Verdict::Partial);
    assert_eq!(policies(&aws), [QUARANTINE]);
}

/// A new user of the same name was never contained, and the old one's cases are none of its.
#[tokio::test(start_paused = true)]
async fn cases_of_an_earlier_bearer_of_the_name_hold_nothing() {
    let aws = one_user();
    contain(&aws, &finding("1", Some(KEY))).await;
    {
        let mut state = aws.state();
        let user = state.users.get_mut(USER).unwrap();
        user.policies.clear();
        user.tags.clear();
        "AIDAJANOTHERUSEREXAMPLE".clone_into(&mut user.id);
        user.keys = [(KEY.to_owned(), true), (OTHER_KEY.to_owned(), true)].into();
    }
    let mut signal = finding("2", Some(OTHER_KEY));
    if let severance_domain::signal::SubjectHint::User(hint) = &mut signal.subject {
        hint.unique_id = None;
    }
    let second = contain(&aws, &signal).await;
    assert_eq!(verdict(&aws, &second).await, Verdict::Restored);
    assert_eq!((policies(&aws), keys(&aws)), (vec![OLDER.to_owned()], (true, false)));
}

/// Cases of before stand under no identity. The tag of the quarantine names the later one, which is read then.
#[tokio::test(start_paused = true)]
async fn a_case_of_before_is_found_by_the_mark_of_its_quarantine() {
    let aws = one_user();
    let first = contain(&aws, &finding("1", Some(KEY))).await;
    let second = contain(&aws, &finding("2", Some(KEY))).await;
    forget_items(&aws);
    assert_eq!(verdict(&aws, &first).await, Verdict::Partial);
    assert_eq!((policies(&aws), held_by(&case(&aws, &first))), (vec![QUARANTINE.to_owned()], vec![second.clone()]));
    assert_eq!(verdict(&aws, &second).await, Verdict::Restored);
    assert_eq!(policies(&aws), [OLDER]);
}

/// Whoever may tag users could name any case.
#[tokio::test(start_paused = true)]
async fn a_mark_of_a_case_that_is_not_there_shields_nothing() {
    let aws = one_user();
    let first = contain(&aws, &finding("1", Some(KEY))).await;
    let tag = "severance:quarantined-by".to_owned();
    assert!(aws.state().users[USER].tags.contains_key(&tag));
    aws.state().users.get_mut(USER).unwrap().tags.insert(tag, "sev-00000000000000000000".to_owned());
    assert_eq!(verdict(&aws, &first).await, Verdict::Restored);
    assert_eq!(policies(&aws), [OLDER]);
}

/// Both are restored at once, each worker at whatever speed: in the end nothing is held, and both say so.
#[tokio::test(start_paused = true)]
async fn two_restorations_at_once_leave_nothing_behind() {
    for seed in 0..20 {
        let aws = one_user();
        let first = contain(&aws, &finding("1", Some(KEY))).await;
        let second = contain(&aws, &finding("2", Some(KEY))).await;
        aws.random_latency(seed);
        let (one, other) = tokio::join!(restore(&aws, &first, "one"), restore(&aws, &second, "other"));
        assert!(matches!((&one, &other), (Answer::Reacted { .. }, Answer::Reacted { .. })), "{one:?} {other:?}");
        run(&aws).await;
        assert_eq!((policies(&aws), keys(&aws)), (vec![OLDER.to_owned()], (false, true)), "seed {seed}");
        for id in [&first, &second] {
            assert_eq!(
                case(&aws, id).verdict,
                Some(Verdict::Restored),
                "seed {seed}: {:#?}",
                case(&aws, id).restoration
            );
        }
    }
}

/// A third case begins while the only other one is restored. Whatever comes first, the third finds its denial in place.
#[tokio::test(start_paused = true)]
async fn a_case_that_begins_during_a_restoration_keeps_its_denial() {
    for seed in 0..40 {
        let aws = one_user();
        let first = contain(&aws, &finding("1", Some(KEY))).await;
        aws.random_latency(seed);
        let pause = std::time::Duration::from_millis(seed * 450);
        let late = async {
            tokio::time::sleep(pause).await;
            contain(&aws, &finding("2", Some(KEY))).await
        };
        let (restored, second) = tokio::join!(restore(&aws, &first, "one"), late);
        assert!(matches!(restored, Answer::Reacted { .. }), "{restored:?}");
        assert!(policies(&aws).contains(&QUARANTINE.to_owned()), "seed {seed}: {:#?}", case(&aws, &first).restoration);
        assert_eq!(verdict(&aws, &second).await, Verdict::Restored, "seed {seed}");
        run(&aws).await;
        assert_eq!(policies(&aws), [OLDER], "seed {seed}");
        assert_eq!(case(&aws, &first).verdict, Some(Verdict::Restored), "seed {seed}");
    }
}

/// A worker may die at any call of the last restoration: what waited for it goes on all the same.
#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_over_the_last_restoration_leaves_nothing_behind() {
    let begun = || async {
        let aws = one_user();
        let first = contain(&aws, &finding("1", Some(KEY))).await;
        let second = contain(&aws, &finding("2", Some(KEY))).await;
        assert_eq!(verdict(&aws, &first).await, Verdict::Partial);
        aws.take_calls();
        (aws, first, second)
    };
    let (aws, _, second) = begun().await;
    restore(&aws, &second, "whole").await;
    let calls = aws.take_calls();
    for (at, call) in calls.iter().enumerate() {
        let (aws, first, second) = begun().await;
        aws.cut(at, true);
        tokio::select! {
            biased;
            () = aws.until_cut() => {}
            ended = restore(&aws, &second, "dead") => panic!("call {at} was not reached: {ended:?}"),
        }
        aws.after_the_lease();
        let heir = restore(&aws, &second, "heir").await;
        assert!(matches!(heir, Answer::Reacted { .. } | Answer::Refused { .. }), "cut at {at}, {call}: {heir:?}");
        run(&aws).await;
        assert_eq!(policies(&aws), [OLDER], "cut at {at}, {call}");
        for id in [&first, &second] {
            assert_eq!(case(&aws, id).verdict, Some(Verdict::Restored), "cut at {at}, {call}");
        }
    }
}

/// Sessions that were started before the restoration stay denied, also where an older case of no danger is the last that lifts.
#[tokio::test(start_paused = true)]
async fn the_moment_is_that_of_the_restoration_and_nothing_is_lifted_before_it() {
    let aws = one_user();
    let first = contain(&aws, &finding("1", Some(KEY))).await;
    let before = severance_aws::clock::now();
    aws.take_calls();
    assert_eq!(verdict(&aws, &first).await, Verdict::Restored);
    let restored = case(&aws, &first);
    let moment = restored.restoration.as_ref().unwrap().sessions_before.unwrap();
    assert!(moment >= before + jiff::SignedDuration::from_secs(15), "{moment} is not behind {before}");
    let document = aws.state().users[USER].policies[OLDER].clone();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let denied = &document["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"];
    assert_eq!(denied.as_str().unwrap().parse::<jiff::Timestamp>().unwrap(), moment);
    let message = aws.state().messages.last().unwrap().body.clone();
    assert!(message.contains("stay denied, stolen or not") && message.contains("delete-user-policy"), "{message}");
}
