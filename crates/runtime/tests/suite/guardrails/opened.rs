//! A breaker that is open: its reset and its alarm.

use std::time::Duration;

use crate::common::*;
use severance_aws::guardrails::Admission;
use severance_domain::lane::Lane;

use super::{a_minute_has_passed, case, opened_now};

#[tokio::test(start_paused = true)]
async fn a_reset_closes_both_breakers_and_forgets_what_filled_them() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 2, 3);
    assert_eq!(guardrails.admit(&case("a"), 2).await, Ok(Admission::Admitted));
    assert!(opened_now(&guardrails.admit(&case("b"), 1).await));
    let loaded = guardrails.load().await.unwrap();
    assert!(loaded.breaker_open(Lane::Hygiene));
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
    assert!(!guardrails.load().await.unwrap().breaker_open(Lane::Hygiene));
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
    assert!(!guardrails.load().await.unwrap().breaker_open(Lane::Hygiene));
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
