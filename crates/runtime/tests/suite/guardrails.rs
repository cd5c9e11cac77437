//! The guardrails' stores: what is counted, whatever interleaves, dies, repeats or cannot be read.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::common::*;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use severance_aws::error::AwsError;
use severance_aws::guardrails::Admission;
use severance_domain::case::CaseId;
use severance_domain::digest::Digest;
use severance_domain::exemption::{Exemption, ExemptionRequest};
use severance_domain::ids::Arn;
use severance_domain::profile::RegistryEntry;

const ACCOUNT_BREAKER: &str = "GUARDRAILS BREAKER#ACCOUNT#111122223333";
const ORGANIZATION_BREAKER: &str = "GUARDRAILS BREAKER#ORGANIZATION";

fn case(name: &str) -> CaseId {
    let id = format!("sev-{}", &Digest::of(name.as_bytes()).as_hex()[..20]);
    serde_json::from_value(json!(id)).unwrap()
}

fn is_admitted(admission: &Result<Admission, AwsError>) -> bool {
    matches!(admission, Ok(Admission::Admitted))
}

fn opened_now(admission: &Result<Admission, AwsError>) -> bool {
    matches!(admission, Ok(Admission::Refused { opened_now: true, .. }))
}

/// The slots of a breaker, by name.
fn slots(item: &serde_json::Map<String, serde_json::Value>) -> BTreeMap<String, String> {
    let slots = item.iter().filter(|(name, _)| name.strip_prefix('s').is_some_and(|n| n.parse::<u32>().is_ok()));
    slots.map(|(name, value)| (name.clone(), value["S"].as_str().unwrap().to_owned())).collect()
}

fn slots_in(aws: &FakeAws, key: &str) -> BTreeMap<String, String> {
    aws.state().table.get(key).map(slots).unwrap_or_default()
}

fn until(slot: &str) -> i64 {
    slot.split('#').next().unwrap().parse().unwrap()
}

/// Makes what stands in these slots count no more.
fn expire(aws: &FakeAws, key: &str, which: impl Fn(&str) -> bool) {
    let mut state = aws.state();
    let item = state.table.get_mut(key).unwrap();
    for (name, slot) in slots(item) {
        if which(&slot) {
            let (_, rest) = slot.split_once('#').unwrap();
            item.insert(name, json!({"S": format!("{:013}#{rest}", 1)}));
        }
    }
}

/// No write took a slot from a step that counted: with a window of an hour, a slot's value never gives way to another.
fn assert_nothing_was_overwritten(aws: &FakeAws) {
    let mut last: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (key, item) in &aws.state().log {
        let now = slots(item);
        let before = last.entry(key.clone()).or_default();
        for (name, value) in before.iter() {
            assert!(now.get(name).is_none_or(|now| now == value), "{key} {name}: {value} gave way to {:?}", now[name]);
        }
        *before = now;
    }
}

async fn a_hundred_at_once(aws: &FakeAws, seed: u64) {
    let guardrails = guardrails(aws, 25, 0);
    let claims = (0..100).map(|n| {
        let (guardrails, case) = (guardrails.clone(), case(&format!("{seed} {n}")));
        tokio::spawn(async move { guardrails.admit(&case, 1).await })
    });
    let outcomes: Vec<_> = join_all(claims.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
    assert!(outcomes.iter().all(Result::is_ok), "seed {seed}: {outcomes:?}");
    assert_eq!(outcomes.iter().filter(|o| is_admitted(o)).count(), 25, "seed {seed}");
    assert_eq!(outcomes.iter().filter(|o| opened_now(o)).count(), 1, "seed {seed}");
    assert_eq!(slots_in(aws, ACCOUNT_BREAKER).len(), 25, "seed {seed}");
    assert_nothing_was_overwritten(aws);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_at_once_exactly_the_limit_is_admitted_and_one_call_opens_the_breaker() {
    for seed in 0..12 {
        let aws = FakeAws::new();
        aws.random_latency_below(4, seed);
        a_hundred_at_once(&aws, seed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_holds_over_any_order_of_answers() {
    for seed in 0..12 {
        let aws = FakeAws::new();
        aws.random_latency(seed);
        a_hundred_at_once(&aws, seed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn cases_of_several_steps_are_admitted_whole_or_not_at_all() {
    for seed in 0..20 {
        let aws = FakeAws::new();
        aws.random_latency(seed);
        let guardrails = guardrails(&aws, 25, 0);
        let claims = (0..60usize).map(|n| {
            let (guardrails, case) = (guardrails.clone(), case(&format!("{seed} {n}")));
            tokio::spawn(async move { (case.clone(), n % 3 + 1, guardrails.admit(&case, n % 3 + 1).await.unwrap()) })
        });
        let mut admitted = 0;
        for (case, steps, admission) in join_all(claims.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap) {
            let slots = slots_in(&aws, ACCOUNT_BREAKER);
            let held = slots.values().filter(|slot| slot.contains(case.as_str())).count();
            let expected = if admission == Admission::Admitted { steps } else { 0 };
            assert_eq!(held, expected, "seed {seed}, {case}: {slots:?}");
            admitted += held;
        }
        assert!(
            (23..=25).contains(&admitted),
            "a case of three steps is refused only where fewer are left: {admitted}"
        );
        assert_nothing_was_overwritten(&aws);
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_costs_one_call_for_each_limit_and_none_where_there_is_nothing_to_count() {
    let aws = FakeAws::new();
    assert_eq!(guardrails(&aws, 25, 100).admit(&case("a"), 3).await, Ok(Admission::Admitted));
    assert_eq!(aws.take_calls(), ["dynamodb:UpdateItem", "dynamodb:UpdateItem"]);
    assert_eq!(guardrails(&aws, 0, 100).admit(&case("b"), 3).await, Ok(Admission::Admitted));
    assert_eq!(aws.take_calls(), ["dynamodb:UpdateItem"]);
    assert_eq!(guardrails(&aws, 0, 0).admit(&case("c"), 3).await, Ok(Admission::Admitted));
    assert_eq!(guardrails(&aws, 25, 100).admit(&case("d"), 0).await, Ok(Admission::Admitted));
    assert!(aws.take_calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_case_that_asks_again_takes_nothing_more_even_when_the_breaker_has_opened() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 3, 0);
    let first = case("first");
    assert_eq!(guardrails.admit(&first, 2).await, Ok(Admission::Admitted));
    let held = slots_in(&aws, ACCOUNT_BREAKER);
    assert_eq!(guardrails.admit(&first, 2).await, Ok(Admission::Admitted));
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER), held);
    let Ok(Admission::Refused { scope, since, opened_now, used, limit }) = guardrails.admit(&case("second"), 2).await
    else {
        panic!("one slot is left")
    };
    assert_eq!((scope.as_str(), opened_now, used, limit), ("account 111122223333", true, 2, 3));
    assert_eq!(guardrails.admit(&first, 2).await, Ok(Admission::Admitted));
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER), held);
    // It latches: even what would fit is refused.
    let third = guardrails.admit(&case("third"), 1).await;
    assert_eq!(third, Ok(Admission::Refused { scope, since, opened_now: false, used: 2, limit: 3 }));
    // And one step more than the first case was admitted with is a new one.
    assert!(matches!(guardrails.admit(&first, 3).await, Ok(Admission::Refused { opened_now: false, .. })));
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER), held);
}

#[tokio::test(start_paused = true)]
async fn a_case_that_had_to_take_its_second_choice_is_counted_once_when_its_first_has_become_free() {
    let mut met_another_choice = 0;
    for n in 0..20 {
        let aws = FakeAws::new();
        let guardrails = guardrails(&aws, 40, 0);
        for other in 0..30 {
            assert_eq!(guardrails.admit(&case(&format!("{n} other {other}")), 1).await, Ok(Admission::Admitted));
        }
        let late = case(&format!("{n} late"));
        aws.take_calls();
        assert_eq!(guardrails.admit(&late, 2).await, Ok(Admission::Admitted));
        met_another_choice += usize::from(aws.take_calls().len() > 1);
        expire(&aws, ACCOUNT_BREAKER, |slot| !slot.contains(late.as_str()));
        let before = slots_in(&aws, ACCOUNT_BREAKER);
        assert_eq!(guardrails.admit(&late, 2).await, Ok(Admission::Admitted));
        assert_eq!(slots_in(&aws, ACCOUNT_BREAKER), before);
        // When its own steps count no more, it is a new claim like any other.
        expire(&aws, ACCOUNT_BREAKER, |_| true);
        assert_eq!(guardrails.admit(&late, 2).await, Ok(Admission::Admitted));
        let live = slots_in(&aws, ACCOUNT_BREAKER).into_values().filter(|slot| until(slot) > 1).count();
        assert_eq!(live, 2);
    }
    assert!(met_another_choice > 10, "{met_another_choice}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_window_ever_holds_more_than_the_limit_while_it_slides() {
    const LIMIT: usize = 10;
    const WINDOW: i64 = 60;
    let aws = FakeAws::new();
    aws.random_latency_below(3, 7);
    let guardrails = guardrails_within(&aws, LIMIT, 0, SignedDuration::from_millis(WINDOW));
    let begun = tokio::time::Instant::now();
    let mut opened = 0;
    let mut round = 0;
    while begun.elapsed() < Duration::from_secs(2) {
        let claims = (0..6usize).map(|n| {
            let (guardrails, case) = (guardrails.clone(), case(&format!("{round} {n}")));
            tokio::spawn(async move { guardrails.admit(&case, n % 2 + 1).await })
        });
        let outcomes: Vec<_> = join_all(claims.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        if outcomes.iter().any(opened_now) {
            opened += 1;
            // A reset forgets what filled the window, so what follows is judged by itself.
            assert_windows(&aws, LIMIT, WINDOW);
            aws.state().log.clear();
            guardrails.reset_breakers().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(round * 13 % 70)).await;
        round += 1;
    }
    let claims = assert_windows(&aws, LIMIT, WINDOW);
    assert!(opened > 0 && round > 20, "the windows were full {opened} times in {round} rounds, {claims} claims");
}

/// Whether the limit holds of every window that ends with a claim, by the times that the claims themselves bear.
fn assert_windows(aws: &FakeAws, limit: usize, window: i64) -> usize {
    let mut claims: Vec<i64> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (_, item) in &aws.state().log {
        claims.extend(slots(item).into_iter().filter(|slot| seen.insert(slot.clone())).map(|(_, slot)| until(&slot)));
    }
    claims.sort_unstable();
    for burst in claims.windows(limit + 1) {
        assert!(burst[limit] - burst[0] > window, "{} claims within {} ms", limit + 1, burst[limit] - burst[0]);
    }
    claims.len()
}

#[tokio::test(start_paused = true)]
async fn what_counts_no_more_makes_room() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 2, 0);
    assert_eq!(guardrails.admit(&case("a"), 1).await, Ok(Admission::Admitted));
    assert_eq!(guardrails.admit(&case("b"), 1).await, Ok(Admission::Admitted));
    assert_eq!(guardrails.breakers().await.unwrap()[0].used, 2);
    expire(&aws, ACCOUNT_BREAKER, |slot| slot.contains(case("a").as_str()));
    assert_eq!(guardrails.breakers().await.unwrap()[0].used, 1);
    assert_eq!(guardrails.admit(&case("c"), 1).await, Ok(Admission::Admitted));
    assert!(opened_now(&guardrails.admit(&case("d"), 1).await));
}

#[tokio::test(start_paused = true)]
async fn where_the_organization_refuses_the_account_gets_its_slots_back() {
    let aws = FakeAws::new();
    let ours = guardrails(&aws, 25, 3);
    assert_eq!(ours.admit(&case("a"), 2).await, Ok(Admission::Admitted));
    let held = slots_in(&aws, ACCOUNT_BREAKER);
    let refused = ours.admit(&case("b"), 2).await;
    assert!(
        matches!(&refused, Ok(Admission::Refused { scope, opened_now: true, used: 2, limit: 3, .. }) if scope == "organization"),
        "{refused:?}"
    );
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER), held);
    assert_eq!(slots_in(&aws, ORGANIZATION_BREAKER).len(), 2);
    // Steps of an earlier delivery may have been taken: they are not given back.
    aws.state().table.get_mut(ORGANIZATION_BREAKER).unwrap().retain(|name, _| !name.starts_with("s1") && name != "s0");
    let again = ours.admit(&case("a"), 2).await;
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER), held, "{again:?}");
    // Where giving back fails, the refusal stands, and the account only counts too much.
    let calls = aws.take_calls().len();
    assert!(calls > 0);
    aws.fault_after("dynamodb:UpdateItem", 2, BROKEN, ATTEMPTS);
    assert!(matches!(ours.admit(&case("c"), 2).await, Ok(Admission::Refused { opened_now: false, .. })));
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn more_steps_than_a_window_allows_open_the_breaker_at_once() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 3, 0);
    let refused = guardrails.admit(&case("a"), 4).await;
    assert!(matches!(refused, Ok(Admission::Refused { opened_now: true, used: 0, limit: 3, .. })), "{refused:?}");
    let refused = guardrails.admit(&case("b"), 4).await;
    assert!(matches!(refused, Ok(Admission::Refused { opened_now: false, used: 0, limit: 3, .. })), "{refused:?}");
    assert_eq!(guardrails.breakers().await.unwrap()[0].opened_by.as_deref(), Some(case("a").as_str()));
}

#[tokio::test(start_paused = true)]
async fn the_largest_claim_in_the_largest_window_fits_dynamodbs_limits_and_a_larger_one_is_refused_in_words() {
    // The table in memory asserts 4 KB and 300 operators.
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 1_000, 0);
    assert_eq!(guardrails.admit(&case("a"), 40).await, Ok(Admission::Admitted));
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER).len(), 40);
    let error = guardrails.admit(&case("b"), 41).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("TooManySteps", false));
    assert!(error.message.contains("asks for 41 steps at once, and one write admits at most 40"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_reset_closes_both_breakers_and_forgets_what_filled_them() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 2, 3);
    assert_eq!(guardrails.admit(&case("a"), 2).await, Ok(Admission::Admitted));
    assert!(opened_now(&guardrails.admit(&case("b"), 1).await));
    let loaded = guardrails.load().await.unwrap();
    assert!(loaded.breaker_open());
    assert_eq!(loaded.breakers, guardrails.breakers().await.unwrap());
    let [account, organization] = &loaded.breakers[..] else { panic!("two breakers") };
    assert_eq!(
        (account.scope.as_str(), account.used, account.limit, account.window_minutes),
        ("account 111122223333", 2, 2, 60)
    );
    assert_eq!((organization.scope.as_str(), organization.used, organization.open_since), ("organization", 2, None));
    assert_eq!(account.opened_by.as_deref(), Some(case("b").as_str()));

    let after = guardrails.reset_breakers().await.unwrap();
    assert!(
        after.iter().all(|breaker| breaker.used == 0 && breaker.open_since.is_none() && breaker.opened_by.is_none())
    );
    assert!(!guardrails.load().await.unwrap().breaker_open());
    assert_eq!(guardrails.admit(&case("b"), 2).await, Ok(Admission::Admitted));
    assert!(opened_now(&guardrails.admit(&case("c"), 1).await), "it opens again, and says so again");
}

#[tokio::test(start_paused = true)]
async fn who_found_the_window_full_before_a_reset_does_not_open_it_after() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 1, 0);
    assert_eq!(guardrails.admit(&case("a"), 1).await, Ok(Admission::Admitted));
    // Its second call, which would open the breaker, is late by more than the reset takes.
    aws.fault_after("dynamodb:UpdateItem", 1, Fault::Delay(Duration::from_secs(2)), 1);
    let b = case("b");
    let (slow, _) = tokio::join!(guardrails.admit(&b, 1), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        guardrails.reset_breakers().await.unwrap()
    });
    assert_eq!(slow, Ok(Admission::Admitted));
    assert!(!guardrails.load().await.unwrap().breaker_open());
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_nobody_raised_falls_to_one_other_after_a_minute() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 1, 0);
    let scope = "account 111122223333";
    assert_eq!(guardrails.alarm_is_due(scope).await, Ok(false), "there is no breaker yet");
    assert!(opened_now(&guardrails.admit(&case("a"), 2).await));
    assert_eq!(guardrails.alarm_is_due(scope).await, Ok(false), "who opened it has a minute");
    a_minute_has_passed(&aws);
    let both = tokio::join!(guardrails.alarm_is_due(scope), guardrails.alarm_is_due(scope));
    assert!(matches!(both, (Ok(true), Ok(false)) | (Ok(false), Ok(true))), "{both:?}");
    let opened = guardrails.breakers().await.unwrap().remove(0);
    assert_eq!(guardrails.alarm_sent(&opened).await, Ok(true));
    assert_eq!(guardrails.alarm_sent(&opened).await, Ok(false));
    a_minute_has_passed(&aws);
    assert_eq!(guardrails.alarm_is_due(scope).await, Ok(false), "one alarm");

    // The alarm of an opening that was reset says nothing about the next one.
    guardrails.reset_breakers().await.unwrap();
    std::thread::sleep(Duration::from_millis(2));
    assert!(opened_now(&guardrails.admit(&case("b"), 2).await));
    assert_eq!(guardrails.alarm_sent(&opened).await, Ok(false));
    a_minute_has_passed(&aws);
    assert_eq!(guardrails.alarm_is_due(scope).await, Ok(true));
}

fn a_minute_has_passed(aws: &FakeAws) {
    aws.state().table.get_mut(ACCOUNT_BREAKER).unwrap().insert("alarm_by".to_owned(), json!({"N": "1"}));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_at_any_call_is_counted_once_when_its_case_comes_again() {
    for at in 0..2 {
        for takes_effect in [false, true] {
            let aws = FakeAws::new();
            let guardrails = guardrails(&aws, 25, 25);
            let a = case("a");
            aws.cut(at, takes_effect);
            tokio::select! {
                biased;
                () = aws.until_cut() => {}
                ended = guardrails.admit(&a, 3) => panic!("call {at} was not reached: {ended:?}"),
            }
            aws.revive();
            assert_eq!(guardrails.admit(&a, 3).await, Ok(Admission::Admitted));
            for breaker in guardrails.breakers().await.unwrap() {
                assert_eq!(breaker.used, 3, "cut at {at}, effect {takes_effect}: {breaker:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_changes_nothing() {
    // The first write takes effect, and its answer comes too late: the SDK tries again and meets it.
    let late = Fault::Late(Duration::from_secs(6));
    let aws = FakeAws::new();
    let ours = guardrails(&aws, 2, 0);
    aws.fault("dynamodb:UpdateItem", late, 1);
    assert_eq!(ours.admit(&case("a"), 1).await, Ok(Admission::Admitted));
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER).len(), 1);
    aws.fault("dynamodb:UpdateItem", late, 1);
    assert!(opened_now(&ours.admit(&case("b"), 3).await));
    a_minute_has_passed(&aws);
    aws.fault("dynamodb:UpdateItem", late, 1);
    assert_eq!(ours.alarm_is_due("account 111122223333").await, Ok(true));
    aws.fault("dynamodb:PutItem", late, 1);
    assert_eq!(ours.add_exemption(&exemption(1)).await, Ok(true));
    aws.fault("dynamodb:UpdateItem", late, 1);
    assert_eq!(ours.exemption_warned("exm-1", at("2026-01-05T00:00:00Z")).await, Ok(true));
    // Where the organization refuses, slots that were taken by a lost answer are given back too.
    let aws = FakeAws::new();
    let ours = guardrails(&aws, 9, 1);
    assert_eq!(ours.admit(&case("a"), 1).await, Ok(Admission::Admitted));
    aws.fault("dynamodb:UpdateItem", late, 1);
    assert!(opened_now(&ours.admit(&case("b"), 1).await));
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_an_error_and_never_an_admission() {
    for after in 0..2 {
        for (fault, code, retryable) in [
            (THROTTLED, "Throttling", true),
            (BROKEN, "InternalFailure", true),
            (DENIED, "AccessDenied", false),
            (Fault::Silence, "Timeout", true),
        ] {
            let aws = FakeAws::new();
            aws.fault_after("dynamodb:UpdateItem", after, fault, usize::MAX);
            let error = guardrails(&aws, 25, 25).admit(&case("a"), 1).await.unwrap_err();
            assert_eq!((error.code.as_str(), error.retryable), (code, retryable), "call {after}");
        }
    }
    // A throttle that the SDK's retries outlast is none.
    let aws = FakeAws::new();
    aws.fault("dynamodb:UpdateItem", THROTTLED, ATTEMPTS - 1);
    assert_eq!(guardrails(&aws, 25, 25).admit(&case("a"), 1).await, Ok(Admission::Admitted));
    assert_eq!(slots_in(&aws, ACCOUNT_BREAKER).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_an_error_that_names_the_item() {
    let record = |value: &str| json!({"record": {"S": value}});
    let other = serde_json::to_string(&exemption(2)).unwrap();
    for (sk, attributes, why) in [
        ("EXEMPTION#exm-1", record("{"), "its record is wrong"),
        ("EXEMPTION#exm-1", json!({}), "attribute record is no text"),
        ("EXEMPTION#exm-1", record(&other), "its record is of another exemption"),
        ("BREAKER#ORGANIZATION", json!({"open_since": {"S": "yes"}}), "attribute open_since is no time"),
        ("BREAKER#ACCOUNT#111122223333", json!({"s0": {"N": "1"}}), "attribute s0 is no text"),
        ("BREAKER#ACCOUNT#111122223333", json!({"s0": {"S": "1"}}), "attribute s0 is no slot"),
        ("BREAKER#ACCOUNT#111122223333", json!({"s0": {"S": "soon#a#0"}}), "attribute s0 says no time"),
        ("QUOTA#1", json!({}), "neither an exemption nor a breaker"),
    ] {
        let aws = FakeAws::new();
        let guardrails = guardrails(&aws, 1, 1);
        guardrails.add_exemption(&exemption(3)).await.unwrap();
        put(&aws, "GUARDRAILS", sk, &attributes);
        let error = guardrails.load().await.unwrap_err();
        assert_eq!((error.code.as_str(), error.retryable), ("CorruptItem", false));
        assert!(error.message.contains(sk) && error.message.contains(why), "{error}");
    }
    // Neither is a breaker that cannot be read passed by. Resetting it is the way out.
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 1, 0);
    put(&aws, "GUARDRAILS", "BREAKER#ACCOUNT#111122223333", &json!({"s0": {"N": "1"}, "resets": {"S": "x"}}));
    assert_eq!(guardrails.admit(&case("a"), 1).await.unwrap_err().code, "CorruptItem");
    guardrails.reset_breakers().await.unwrap();
    assert_eq!(guardrails.admit(&case("a"), 1).await, Ok(Admission::Admitted));
}

fn put(aws: &FakeAws, pk: &str, sk: &str, attributes: &serde_json::Value) {
    let mut item = attributes.as_object().unwrap().clone();
    item.insert("pk".to_owned(), json!({"S": pk}));
    item.insert("sk".to_owned(), json!({"S": sk}));
    aws.state().table.insert(format!("{pk} {sk}"), item);
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn exemption(n: usize) -> Exemption {
    Exemption {
        id: format!("exm-{n}"),
        request: ExemptionRequest {
            subject: format!("arn:aws:iam::111122223333:user/batch-{n}"),
            countermeasures: vec![],
            owner: "payments@example.com".to_owned(),
            reason: "yearly closing".to_owned(),
            ticket: "OPS-1".to_owned(),
            way_out: "move to a role by March".to_owned(),
            expires_at: at("2026-02-01T00:00:00Z"),
        },
        created_by: Arn::try_from("arn:aws:sts::111122223333:assumed-role/admin/alice").unwrap(),
        created_at: at("2026-01-01T00:00:00Z"),
        warned_at: None,
    }
}

#[tokio::test(start_paused = true)]
async fn one_query_of_several_pages_reads_exemptions_and_breakers() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    for n in 0..25 {
        assert_eq!(guardrails.add_exemption(&exemption(n)).await, Ok(true));
    }
    assert_eq!(guardrails.admit(&case("a"), 2).await, Ok(Admission::Admitted));
    // Another account's breaker is none of ours, open or not.
    put(&aws, "GUARDRAILS", "BREAKER#ACCOUNT#999999999999", &json!({"open_since": {"N": "1"}}));
    aws.state().page = 4;
    aws.take_calls();
    let loaded = guardrails.load().await.unwrap();
    assert_eq!(aws.take_calls(), ["dynamodb:Query"; 7]);
    let mut expected: Vec<Exemption> = (0..25).map(exemption).collect();
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(loaded.exemptions, expected);
    assert_eq!(loaded.breakers.iter().map(|breaker| breaker.used).collect::<Vec<_>>(), [2, 2]);
    assert!(!loaded.breaker_open());
    // A page that does not come leaves no half of the truth.
    aws.fault_after("dynamodb:Query", 3, THROTTLED, ATTEMPTS);
    assert_eq!(guardrails.load().await.unwrap_err().code, "Throttling");
}

#[tokio::test(start_paused = true)]
async fn an_exemption_is_added_once_warned_of_once_and_ended_once() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    assert_eq!(guardrails.add_exemption(&exemption(1)).await, Ok(true));
    let taken = Exemption { created_at: at("2026-01-02T00:00:00Z"), ..exemption(1) };
    assert_eq!(guardrails.add_exemption(&taken).await, Ok(false));
    let key = "GUARDRAILS EXEMPTION#exm-1";
    // 90 days after it ends.
    assert_eq!(aws.state().table[key]["expires_at"]["N"], at("2026-05-02T00:00:00Z").as_second().to_string());
    let first = at("2026-01-25T00:00:00Z");
    assert_eq!(guardrails.exemption_warned("exm-1", first).await, Ok(true));
    assert_eq!(guardrails.exemption_warned("exm-1", at("2026-01-26T00:00:00Z")).await, Ok(false));
    let warned = Exemption { warned_at: Some(first), ..exemption(1) };
    assert_eq!(guardrails.load().await.unwrap().exemptions, [warned]);
    assert_eq!(guardrails.end_exemption("exm-1").await, Ok(true));
    assert_eq!(guardrails.end_exemption("exm-1").await, Ok(false));
    assert_eq!(guardrails.exemption_warned("exm-1", first).await, Ok(false), "a warning brings nothing back");
    assert!(guardrails.load().await.unwrap().exemptions.is_empty());
}

fn entry(n: usize, owners: &[&str]) -> RegistryEntry {
    RegistryEntry {
        arn: format!("arn:aws:iam::111122223333:user/u{n:03}"),
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
        environment: Some("prod".to_owned()),
        ..RegistryEntry::default()
    }
}

#[tokio::test(start_paused = true)]
async fn rows_are_stored_in_batches_and_what_dynamodb_hands_back_is_sent_again() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    let mut entries: Vec<RegistryEntry> = (0..60).map(|n| entry(n, &["Alice@Example.com", " BOB "])).collect();
    // The last of two rows for one ARN counts: no batch may hold both.
    entries.insert(0, entry(7, &["carol"]));
    aws.state().unprocessed = 30;
    guardrails.registry_put(&entries).await.unwrap();
    // 25, 25 and 10, and 30 once more: 25 came back of the first batch, 5 of its second try.
    assert!(aws.take_calls().len() >= 4);
    for expected in &entries[1..] {
        assert_eq!(guardrails.registry_entry(&expected.arn).await.unwrap().as_ref(), Some(expected));
    }
    assert_eq!(guardrails.registry_entry("arn:aws:iam::111122223333:user/unknown").await, Ok(None));
    let owners = aws.state().table[&format!("REGISTRY {}", entries[1].arn)]["owners"].clone();
    assert_eq!(owners, json!({"SS": ["alice@example.com", "bob"]}));

    // Rows page by page, in the order of their ARNs.
    aws.state().page = 25;
    let (mut all, mut after, mut pages) = (vec![], None, 0);
    loop {
        let (page, next) = guardrails.registry_page(after.as_deref()).await.unwrap();
        all.extend(page);
        pages += 1;
        let Some(next) = next else { break };
        after = Some(next);
    }
    assert_eq!((all.as_slice(), pages), (&entries[1..], 3));

    // Rows without an owner have no set: DynamoDB knows no empty one.
    guardrails.registry_put(&[entry(100, &[" "])]).await.unwrap();
    assert!(!aws.state().table[&format!("REGISTRY {}", entry(100, &[]).arn)].contains_key("owners"));

    let arns: Vec<String> = entries.iter().map(|entry| entry.arn.clone()).collect();
    aws.state().unprocessed = 3;
    guardrails.registry_remove(&arns).await.unwrap();
    assert_eq!(aws.state().table.len(), 1);

    aws.state().unprocessed = usize::MAX;
    aws.take_calls();
    let error = guardrails.registry_put(&entries).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("UnprocessedItems", true));
    assert!(error.message.contains("took 0 of 60 rows"), "{error}");
    assert!(aws.take_calls().len() <= 10);
}

#[tokio::test(start_paused = true)]
async fn the_registry_is_asked_by_owner_whatever_the_case_of_the_letters() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    let entries = [
        entry(1, &["Alice@Example.com"]),
        entry(2, &["bob", "alice"]),
        entry(3, &["alice2@example.com"]),
        entry(4, &[]),
    ];
    guardrails.registry_put(&entries).await.unwrap();
    aws.state().page = 1;
    let of = async |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let found = guardrails.registered_to(&names).await.unwrap();
        found.iter().map(|entry| entry.arn[entry.arn.len() - 1..].to_owned()).collect::<String>()
    };
    assert_eq!(of(&["ALICE@example.com "]).await, "1");
    assert_eq!(of(&["alice", "alice@example.com", "Alice"]).await, "12");
    // A part of a name is another name.
    assert_eq!(of(&["example.com", "ali"]).await, "");
    aws.take_calls();
    assert_eq!(of(&[" ", ""]).await, "");
    assert!(aws.take_calls().is_empty(), "nobody owns nothing");
    let many: Vec<String> = (0..250).map(|n| format!("n{n}")).chain(["bob".to_owned()]).collect();
    assert_eq!(guardrails.registered_to(&many).await.unwrap(), [entries[1].clone()]);

    put(&aws, "REGISTRY", "arn:x", &json!({"record": {"S": "{}"}, "owners": {"SS": ["mallory"]}}));
    let error = guardrails.registered_to(&["mallory".to_owned()]).await.unwrap_err();
    assert!(error.code == "CorruptItem" && error.message.contains("arn:x"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_moves_the_review_date_and_keeps_the_rest_of_the_row() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    let day = "2027-01-31".parse().unwrap();
    guardrails.registry_put(&[entry(1, &["alice"])]).await.unwrap();
    guardrails.set_review_by(&entry(1, &[]).arn, day).await.unwrap();
    let expected = RegistryEntry { review_by: Some(day), ..entry(1, &["alice"]) };
    assert_eq!(guardrails.registry_entry(&expected.arn).await.unwrap(), Some(expected.clone()));
    assert_eq!(guardrails.registered_to(&["alice".to_owned()]).await.unwrap(), [expected]);
    // What no inventory knows gets a row of its own.
    let bare = RegistryEntry { arn: entry(2, &[]).arn, review_by: Some(day), ..RegistryEntry::default() };
    guardrails.set_review_by(&bare.arn, day).await.unwrap();
    assert_eq!(guardrails.registry_entry(&bare.arn).await.unwrap(), Some(bare));
    // An import between reading and writing is not undone.
    aws.fault("dynamodb:PutItem", Fault::Delay(Duration::from_secs(2)), 1);
    let imported = entry(1, &["bob"]);
    let (confirmed, ()) = tokio::join!(guardrails.set_review_by(&imported.arn, day), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        guardrails.registry_put(std::slice::from_ref(&imported)).await.unwrap();
    });
    confirmed.unwrap();
    let expected = RegistryEntry { review_by: Some(day), ..imported };
    assert_eq!(guardrails.registry_entry(&expected.arn).await.unwrap(), Some(expected));
}

#[tokio::test(start_paused = true)]
async fn reviews_are_remembered_until_they_are_forgotten() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    let (soon, later) = (at("2026-03-01T00:00:00Z"), at("2026-03-03T00:00:00Z"));
    guardrails.remember_review(&case("a"), later).await.unwrap();
    guardrails.remember_review(&case("b"), soon).await.unwrap();
    guardrails.remember_review(&case("b"), soon).await.unwrap();
    aws.state().page = 1;
    assert_eq!(guardrails.reviews().await.unwrap(), [(case("b"), soon), (case("a"), later)]);
    guardrails.remember_review(&case("b"), later + SignedDuration::from_hours(1)).await.unwrap();
    assert_eq!(guardrails.reviews().await.unwrap()[0], (case("a"), later));
    assert_eq!(guardrails.forget_review(&case("a")).await, Ok(true));
    assert_eq!(guardrails.forget_review(&case("a")).await, Ok(false));
    assert_eq!(guardrails.reviews().await.unwrap().len(), 1);
    put(&aws, "REVIEWS", "sev-broken", &json!({"due_at": {"S": "soon"}}));
    let error = guardrails.reviews().await.unwrap_err();
    assert!(error.code == "CorruptItem" && error.message.contains("sev-broken"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_notice_is_first_once_until_it_is_forgotten() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    assert_eq!(guardrails.is_first_notice("RECERTIFY#1", at("2026-03-01T00:00:00Z")).await, Ok(true));
    assert_eq!(guardrails.is_first_notice("RECERTIFY#1", at("2026-03-01T01:00:00Z")).await, Ok(false));
    assert_eq!(guardrails.is_first_notice("RECERTIFY#2", at("2026-03-01T01:00:00Z")).await, Ok(true));
    assert_eq!(guardrails.forget_notice("RECERTIFY#1").await, Ok(true));
    assert_eq!(guardrails.is_first_notice("RECERTIFY#1", at("2026-03-01T02:00:00Z")).await, Ok(true));
}
