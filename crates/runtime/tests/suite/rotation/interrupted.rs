//! Rotations that are cut off, throttled, repeated, overtaken or run twice at once.

use std::time::Duration;

use crate::common::*;
use severance_domain::rotation::RotationStep;
use severance_engine::rotation::RotationError;

use super::{STEPS, TOKEN, current_works, ended, keys, managed, request, rotate, rotate_until_done, rotator};

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_at_any_call_leaves_nothing_behind() {
    let fresh = managed();
    rotate(&fresh, SECRET, TOKEN).await.unwrap();
    let calls = fresh.take_calls();
    for (at, call) in calls.iter().enumerate() {
        for takes_effect in [false, true] {
            for trail_lag in [0, 2] {
                let aws = managed();
                aws.state().trail_lag = trail_lag;
                aws.cut(at, takes_effect);
                tokio::select! {
                    biased;
                    () = aws.until_cut() => {}
                    ended = rotate(&aws, SECRET, TOKEN) => panic!("call {at} was not reached: {ended:?}"),
                }
                aws.revive();
                let what = format!("cut at {at}, {call}, effect {takes_effect}, trail late by {trail_lag}");
                current_works(&aws, SECRET);
                rotate_until_done(&aws, TOKEN).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                ended(&aws, &[]);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn throttles_silence_and_refusals_at_any_call_are_survived() {
    let fresh = managed();
    rotate(&fresh, SECRET, TOKEN).await.unwrap();
    let mut seen = std::collections::BTreeMap::new();
    for call in fresh.take_calls() {
        let before = seen.entry(call.clone()).or_insert(0);
        let after = *before;
        *before += 1;
        let faults = [
            ("throttled once", THROTTLED, 1),
            ("throttled throughout", THROTTLED, ATTEMPTS),
            ("broken", BROKEN, ATTEMPTS),
            ("denied", DENIED, 1),
            ("silent", Fault::Silence, ATTEMPTS),
            ("answered too late", Fault::Late(Duration::from_secs(6)), ATTEMPTS),
            ("done late", Fault::Delay(Duration::from_secs(6)), ATTEMPTS),
        ];
        for (name, fault, times) in faults {
            let aws = managed();
            aws.fault_after(&call, after, fault, times);
            let what = format!("{call} number {after} {name}");
            let first = rotate(&aws, SECRET, TOKEN).await;
            current_works(&aws, SECRET);
            assert!(keys(&aws).len() <= 2, "{what}");
            aws.mend();
            if let Err(error) = first {
                assert!(!format!("{error} {error:?}").contains("sEcReTvAlUe"), "{what}");
                rotate_until_done(&aws, TOKEN).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            }
            ended(&aws, &[]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_step_may_be_repeated_and_come_in_any_order() {
    for twice in STEPS {
        let aws = managed();
        for step in STEPS {
            rotator(&aws).step(&request(step, SECRET, TOKEN)).await.unwrap();
            if step == twice {
                rotator(&aws).step(&request(step, SECRET, TOKEN)).await.unwrap();
            }
        }
        for step in STEPS.into_iter().rev().chain(STEPS) {
            rotator(&aws).step(&request(step, SECRET, TOKEN)).await.unwrap();
        }
        ended(&aws, &[]);
    }
    // What comes too early is refused and changes nothing.
    for early in [RotationStep::TestSecret, RotationStep::FinishSecret] {
        let aws = managed();
        let answer = rotator(&aws).step(&request(early, SECRET, TOKEN)).await;
        if early == RotationStep::FinishSecret {
            assert!(answer.unwrap_err().to_string().contains("createSecret comes first"));
        }
        assert_eq!(keys(&aws).len(), 1);
        rotate(&aws, SECRET, TOKEN).await.unwrap();
        ended(&aws, &[]);
    }
}

#[tokio::test(start_paused = true)]
async fn two_processes_at_the_same_step_make_one_key_that_stays() {
    for seed in 0..24 {
        let aws = managed();
        aws.random_latency(seed);
        for step in STEPS {
            let (one, other) = (rotator(&aws), rotator(&aws));
            let (request, again) = (request(step, SECRET, TOKEN), request(step, SECRET, TOKEN));
            let (one, other) = tokio::join!(one.step(&request), other.step(&again));
            // One of them may be told that the other was faster.
            for busy in [&one, &other].into_iter().filter_map(|answer| answer.as_ref().err()) {
                let is_told = matches!(busy, RotationError::Busy(_)) || busy.to_string().contains("changed by others");
                assert!(is_told || step == RotationStep::FinishSecret, "{step:?} seed {seed}: {busy}");
            }
            if one.is_err() && other.is_err() {
                let error = rotator(&aws).step(&request).await;
                error.unwrap_or_else(|error| panic!("{step:?} seed {seed}: {error}"));
            }
            current_works(&aws, SECRET);
        }
        rotate_until_done(&aws, TOKEN).await.unwrap();
        ended(&aws, &[]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_a_third_party_makes_in_the_middle_is_never_touched() {
    let fresh = managed();
    rotate(&fresh, SECRET, TOKEN).await.unwrap();
    let calls = fresh.take_calls();
    for (at, call) in calls.iter().enumerate() {
        let aws = managed();
        aws.cut(at, false);
        tokio::select! {
            biased;
            () = aws.until_cut() => {}
            ended = rotate(&aws, SECRET, TOKEN) => panic!("call {at} was not reached: {ended:?}"),
        }
        aws.revive();
        let theirs = {
            let mut state = aws.state();
            state.asker = Some(format!("arn:aws:iam::{ACCOUNT}:user/mallory"));
            let made = vault::create_key(&mut state, USER);
            state.asker = None;
            made.is_ok().then(|| state.made.last().unwrap().0.clone())
        };
        let what = format!("after {at} calls, before {call}: {theirs:?}");
        let done = rotate_until_done(&aws, TOKEN).await;
        current_works(&aws, SECRET);
        match (theirs, done) {
            (Some(theirs), Err(RotationError::NoPlace { keys: told, .. })) => {
                assert!(told.contains(&theirs) && told.contains(KEY), "{what}: {told}");
                assert!(keys(&aws).contains(&theirs), "{what}");
                assert_eq!(keys(&aws), [KEY.to_owned(), theirs].into(), "{what}");
            }
            (None, Ok(())) => ended(&aws, &[]),
            (theirs, done) => panic!("{what}: {theirs:?} {done:?}"),
        }
    }
}
