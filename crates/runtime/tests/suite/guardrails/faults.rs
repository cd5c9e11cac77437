//! Workers that die, answers that are lost, and items that cannot be read.

use std::time::Duration;

use crate::common::*;
use serde_json::json;
use severance_aws::guardrails::Admission;

use super::{ACCOUNT_BREAKER, a_minute_has_passed, at, case, exemption, opened_now, put, slots_in};

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
