//! Who is admitted: a hundred at once, cases of several steps, and cases that ask again.

use std::collections::BTreeMap;

use crate::common::*;
use futures::future::join_all;
use severance_aws::guardrails::Admission;

use super::{ACCOUNT_BREAKER, case, expire, is_admitted, opened_now, slots, slots_in, until};

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
