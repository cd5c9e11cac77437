//! What counts within a window, while it slides, and what makes room.

use std::time::Duration;

use crate::common::*;
use futures::future::join_all;
use jiff::SignedDuration;
use severance_aws::guardrails::Admission;

use super::{ACCOUNT_BREAKER, ORGANIZATION_BREAKER, case, expire, opened_now, slots, slots_in, until};

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
    assert!(error.message.contains("asks for 41 places at once, and one write gives at most 40"), "{error}");
}
