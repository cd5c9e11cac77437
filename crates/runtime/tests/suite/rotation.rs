//! A rotation may be cut off, throttled, left without an answer, repeated or overtaken at any of its calls. At every moment
//! AWSCURRENT holds a key that works; at the end two keys exist at most, none of ours is left over and none of others' is gone.
#![allow(clippy::disallowed_methods, reason = "tests read the clock")]

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::vault::secret_of;
use crate::common::*;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use jiff::SignedDuration;
use proptest::prelude::*;
use severance_aws::calls::CallCounter;
use severance_aws::rotation::{Keys, Vault};
use severance_aws::trail::Trail;
use severance_catalogue::function::SECRET_ROTATION;
use severance_domain::ids::AccountId;
use severance_domain::rotation::{RotationStep, StepRequest};
use severance_engine::rotation::{RotationError, Rotator};

const STEPS: [RotationStep; 4] =
    [RotationStep::CreateSecret, RotationStep::SetSecret, RotationStep::TestSecret, RotationStep::FinishSecret];
const FIRST: &str = "first-version";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A user whose one key a managed secret holds.
fn managed() -> FakeAws {
    let aws = FakeAws::new();
    let user = Principal { id: USER_ID.to_owned(), keys: [(KEY.to_owned(), true)].into(), ..Principal::default() };
    let value =
        serde_json::json!({"userName": USER, "accessKeyId": KEY, "secretAccessKey": secret_of(KEY), "note": "kept"});
    let secret = Secret {
        name: "build-bot".to_owned(),
        tags: [("severance:managed".to_owned(), "true".to_owned())].into(),
        rotation: true,
        driven: true,
        versions: [(FIRST.to_owned(), vec!["AWSCURRENT".to_owned()])].into(),
        values: [(FIRST.to_owned(), value.to_string())].into(),
        ..Secret::default()
    };
    {
        let mut state = aws.state();
        state.users.insert(USER.to_owned(), user);
        state.secrets.insert(SECRET.to_owned(), secret);
    }
    begin(&aws, TOKEN);
    aws
}

/// What `RotateSecret` does before it calls the function.
fn begin(aws: &FakeAws, token: &str) {
    begin_of(aws, SECRET, token);
}

fn begin_of(aws: &FakeAws, secret: &str, token: &str) {
    let mut state = aws.state();
    let versions = &mut state.secrets.get_mut(secret).unwrap().versions;
    for labels in versions.values_mut() {
        labels.retain(|label| label != "AWSPENDING");
    }
    versions.entry(token.to_owned()).or_default().push("AWSPENDING".to_owned());
}

macro_rules! client_of {
    ($sdk:ident, $aws:expr) => {
        $sdk::Client::new(&sdk(&$aws))
    };
}

fn sdk(aws: &FakeAws) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("ASIAFUNCTION", "s", None, None, "test")))
        .http_client(aws.http())
        .build()
}

/// What a fresh process of the function is.
fn rotator(aws: &FakeAws) -> Rotator {
    let trail = Trail::new(client_of!(aws_sdk_cloudtrail, aws), SignedDuration::from_hours(24));
    Rotator::new(
        Vault::new(secrets(aws)),
        Keys::new(iam(aws)),
        guardrails(aws, 0, 0),
        Some(trail),
        sdk(aws),
        CallCounter::default(),
        AccountId::try_from(ACCOUNT).unwrap(),
        vault::ROTATION_ROLE.to_owned(),
    )
    .patient_for(Duration::from_secs(8))
}

fn request(step: RotationStep, secret: &str, token: &str) -> StepRequest {
    StepRequest { step, secret_id: secret.to_owned(), client_request_token: token.to_owned() }
}

/// All four steps, as Secrets Manager asks for them: the first that fails ends it.
async fn rotate(aws: &FakeAws, secret: &str, token: &str) -> Result<(), RotationError> {
    for step in STEPS {
        rotator(aws).step(&request(step, secret, token)).await?;
        current_works(aws, secret);
    }
    Ok(())
}

/// Secrets Manager tries again from the first step on, some times.
async fn rotate_until_done(aws: &FakeAws, token: &str) -> Result<(), RotationError> {
    let mut last = Ok(());
    for _ in 0..6 {
        lease_over(aws);
        last = rotate(aws, SECRET, token).await;
        if last.is_ok() {
            return last;
        }
    }
    last
}

/// Whatever process was making a key is over, and its time too.
fn lease_over(aws: &FakeAws) {
    let mut state = aws.state();
    for (_, item) in state.table.iter_mut().filter(|(key, _)| key.starts_with("ROTATION#")) {
        let mut journal: serde_json::Value = serde_json::from_str(item["ledger"]["S"].as_str().unwrap()).unwrap();
        if let Some(attempt) = journal.get_mut("attempt").and_then(|attempt| attempt.as_object_mut()) {
            attempt.remove("heldUntil");
        }
        item.insert("ledger".to_owned(), serde_json::json!({"S": journal.to_string()}));
    }
}

/// The key that AWSCURRENT holds. It works.
fn current_works(aws: &FakeAws, secret: &str) -> String {
    let state = aws.state();
    let secret = &state.secrets[secret];
    let current: Vec<_> =
        secret.versions.iter().filter(|(_, of)| of.iter().any(|label| label == "AWSCURRENT")).collect();
    assert_eq!(current.len(), 1, "{:?}", secret.versions);
    let value: serde_json::Value = serde_json::from_str(&secret.values[current[0].0]).unwrap();
    let key = value["accessKeyId"].as_str().unwrap().to_owned();
    assert_eq!(value["secretAccessKey"], secret_of(&key));
    assert_eq!(state.users[USER].keys.get(&key), Some(&true), "AWSCURRENT holds a dead key: {key}");
    key
}

fn keys(aws: &FakeAws) -> BTreeSet<String> {
    aws.state().users[USER].keys.keys().cloned().collect()
}

/// A rotation that has come to its end left the old key and the new one, and those of others.
fn ended(aws: &FakeAws, others: &[&str]) {
    let current = current_works(aws, SECRET);
    assert_ne!(current, KEY);
    let mut expected: BTreeSet<String> = others.iter().map(|key| (*key).to_owned()).collect();
    expected.extend([KEY.to_owned(), current]);
    assert_eq!(keys(aws), expected);
    assert!(keys(aws).len() <= 2);
    let state = aws.state();
    let cutovers: Vec<&String> = state.table.keys().filter(|key| key.starts_with("CUTOVERS")).collect();
    assert_eq!(cutovers, [&format!("CUTOVERS {ACCOUNT}#{KEY}")]);
    let journal = state.table[&format!("ROTATION#{ACCOUNT}#{USER} LEDGER")]["ledger"]["S"].as_str().unwrap().to_owned();
    assert!(!journal.contains("\"attempt\""), "{journal}");
    // Nothing that is stored but the secret's own versions holds a secret.
    assert!(!serde_json::to_string(&state.table).unwrap().contains("sEcReTvAlUe"));
}

#[tokio::test(start_paused = true)]
async fn a_rotation_replaces_the_key_by_these_calls() {
    let aws = managed();
    rotate(&aws, SECRET, TOKEN).await.unwrap();
    ended(&aws, &[]);
    let mut calls: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for call in aws.take_calls() {
        *calls.entry(call).or_default() += 1;
    }
    let expected = [
        ("dynamodb:GetItem", 2),
        ("dynamodb:PutItem", 6),
        ("iam:CreateAccessKey", 1),
        ("iam:ListAccessKeys", 2),
        ("secretsmanager:DescribeSecret", 4),
        ("secretsmanager:GetSecretValue", 6),
        ("secretsmanager:PutSecretValue", 1),
        ("secretsmanager:UpdateSecretVersionStage", 1),
        ("sts:GetCallerIdentity", 2),
    ];
    let expected = expected.map(|(call, times)| (call.to_owned(), times)).into();
    assert_eq!(calls, expected);
    let state = aws.state();
    assert!(state.secrets[SECRET].values[TOKEN].contains("\"note\":\"kept\""));
}

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

#[tokio::test(start_paused = true)]
async fn what_is_called_is_what_the_card_says() {
    let aws = managed();
    // One whose key nobody wrote down is followed by another, and that by one which is whole.
    aws.cut(calls_until_a_key_is_made().await, true);
    tokio::select! {
        biased;
        () = aws.until_cut() => {}
        ended = rotate(&aws, SECRET, TOKEN) => panic!("{ended:?}"),
    }
    aws.revive();
    rotate_until_done(&aws, TOKEN).await.unwrap();
    ended(&aws, &[]);
    // A secret that does not say whose its key is.
    let unnamed = managed();
    let value = serde_json::json!({"accessKeyId": KEY, "secretAccessKey": secret_of(KEY)}).to_string();
    unnamed.state().secrets.get_mut(SECRET).unwrap().values.insert(FIRST.to_owned(), value);
    rotate(&unnamed, SECRET, TOKEN).await.unwrap();
    let of_table = |call: &String| call.starts_with("dynamodb:");
    let (table, mut called): (BTreeSet<String>, BTreeSet<String>) =
        [aws.take_calls(), unnamed.take_calls()].concat().into_iter().partition(of_table);
    // With the new key itself, which needs no right for it.
    called.remove("sts:GetCallerIdentity");
    let said = SECRET_ROTATION.rights().into_iter().map(|right| right.action.to_owned());
    assert_eq!(called, said.collect());
    let said = SECRET_ROTATION.table.unwrap().actions.iter().map(ToString::to_string);
    assert_eq!(table, said.collect());
}

/// The place of the call that makes the key.
async fn calls_until_a_key_is_made() -> usize {
    let aws = managed();
    rotate(&aws, SECRET, TOKEN).await.unwrap();
    aws.take_calls().iter().position(|call| call == "iam:CreateAccessKey").unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_pending_version_that_an_earlier_rotation_left_is_cleaned_up() {
    let aws = managed();
    rotator(&aws).step(&request(RotationStep::CreateSecret, SECRET, TOKEN)).await.unwrap();
    let left: Vec<String> = keys(&aws).into_iter().filter(|key| key != KEY).collect();
    // Somebody cancels the rotation, takes the label away, and rotates anew.
    let token = "fedcba9876543210fedcba9876543210";
    begin(&aws, token);
    rotate(&aws, SECRET, token).await.unwrap();
    ended(&aws, &[]);
    assert!(!keys(&aws).contains(&left[0]));
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_places_are_taken_is_told_by_which_keys() {
    let aws = managed();
    aws.state().users.get_mut(USER).unwrap().keys.insert(OTHER_KEY.to_owned(), true);
    let error = rotate(&aws, SECRET, TOKEN).await.unwrap_err();
    assert!(matches!(error, RotationError::NoPlace { .. }), "{error}");
    let told = error.to_string();
    for part in [USER, KEY, OTHER_KEY, "which the secret holds", "which Severance did not make", "sever cutovers"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(keys(&aws), [KEY.to_owned(), OTHER_KEY.to_owned()].into());
    // When the other one is gone, the same rotation goes on.
    aws.state().users.get_mut(USER).unwrap().keys.remove(OTHER_KEY);
    rotate(&aws, SECRET, TOKEN).await.unwrap();
    ended(&aws, &[]);
}

#[tokio::test(start_paused = true)]
async fn two_secrets_of_one_user_are_rotated_one_after_the_other() {
    let aws = managed();
    let other = format!("{SECRET}x");
    {
        let mut state = aws.state();
        let second = state.secrets[SECRET].clone();
        state.secrets.insert(other.clone(), Secret { name: "second".to_owned(), ..second });
    }
    rotator(&aws).step(&request(RotationStep::CreateSecret, SECRET, TOKEN)).await.unwrap();
    let second = "fedcba9876543210fedcba9876543210";
    begin_of(&aws, &other, second);
    let error = rotate(&aws, &other, second).await.unwrap_err();
    assert!(matches!(error, RotationError::Busy(_)), "{error}");
    assert!(error.to_string().contains(SECRET), "{error}");
    assert_eq!(keys(&aws).len(), 2);
    rotate_until_done(&aws, TOKEN).await.unwrap();
    current_works(&aws, SECRET);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_rotated_says_why_and_no_key_is_made() {
    type Change = fn(&mut Secret);
    let cases: [(Change, &str); 9] = [
        (|secret| secret.deleted = true, "scheduled for deletion"),
        (|secret| secret.primary = Some("us-east-1".to_owned()), "rotate the secret in us-east-1"),
        (|secret| secret.rotation = false, "its rotation is switched off"),
        (|secret| secret.tags.clear(), "not tagged severance:managed=true"),
        (|secret| set(secret, "not json"), "no JSON object (line 1, column"),
        (|secret| set(secret, "{\"password\": \"x\"}"), "no field of a known format"),
        (
            |secret| set(secret, "{\"accessKeyId\": 7, \"secretAccessKey\": \"x\"}"),
            "$.accessKeyId of its value is a number",
        ),
        (
            |secret| set(secret, "{\"accessKeyId\": \"AKIAIOSFODNN7EXAMPLE\"}"),
            "$.secretAccessKey of its value is nothing",
        ),
        (|secret| drop(secret.versions.remove(TOKEN)), "it has no version"),
    ];
    for (change, expected) in cases {
        let aws = managed();
        change(aws.state().secrets.get_mut(SECRET).unwrap());
        let error = rotate(&aws, SECRET, TOKEN).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(keys(&aws), [KEY.to_owned()].into());
    }
    let aws = managed();
    aws.fault("secretsmanager:GetSecretValue", Fault::Refuse(400, "AccessDeniedException"), usize::MAX);
    let error = rotate(&aws, SECRET, TOKEN).await.unwrap_err().to_string();
    assert!(error.contains("secretsmanager:GetSecretValue answered AccessDeniedException"), "{error}");
    assert_eq!(keys(&aws).len(), 1);
    let aws = managed();
    aws.state().secrets.clear();
    let error = rotate(&aws, SECRET, TOKEN).await.unwrap_err().to_string();
    assert!(error.contains("ResourceNotFoundException"), "{error}");
    // The value can be read and not be written: the key that was made for it is gone again.
    let aws = managed();
    aws.fault("secretsmanager:PutSecretValue", Fault::Refuse(400, "AccessDeniedException"), usize::MAX);
    rotate(&aws, SECRET, TOKEN).await.unwrap_err();
    assert_eq!(keys(&aws).len(), 1);
}

fn set(secret: &mut Secret, value: &str) {
    secret.values.insert(FIRST.to_owned(), value.to_owned());
}

#[derive(Debug, Clone)]
enum Trouble {
    Cut {
        at: usize,
        takes_effect: bool,
    },
    Fault {
        at: usize,
        kind: usize,
    },
    Repeat {
        step: usize,
    },
    /// Somebody cancels the rotation and begins another one.
    Anew,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        (0..26usize, any::<bool>()).prop_map(|(at, takes_effect)| Trouble::Cut { at, takes_effect }),
        (0..26usize, 0..4usize).prop_map(|(at, kind)| Trouble::Fault { at, kind }),
        (0..4usize).prop_map(|step| Trouble::Repeat { step }),
        Just(Trouble::Anew),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Several troubles in a row, of any kind: AWSCURRENT works at every moment, and the end is the same.
    #[test]
    fn whatever_happens_the_current_key_works_and_none_is_left(
        troubles in proptest::collection::vec(trouble(), 1..6),
        trail_lag in 0..3usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let names: Vec<String> = {
                let fresh = managed();
                rotate(&fresh, SECRET, TOKEN).await.unwrap();
                fresh.take_calls()
            };
            let aws = managed();
            aws.state().trail_lag = trail_lag;
            let mut token = TOKEN.to_owned();
            for (n, trouble) in troubles.iter().enumerate() {
                match trouble {
                    Trouble::Cut { at, takes_effect } => {
                        aws.cut(*at, *takes_effect);
                        tokio::select! {
                            biased;
                            () = aws.until_cut() => {}
                            _ = rotate(&aws, SECRET, &token) => {}
                        }
                        aws.revive();
                    }
                    Trouble::Fault { at, kind } => {
                        let fault = [THROTTLED, BROKEN, Fault::Silence, Fault::Late(Duration::from_secs(6))][*kind];
                        let call = &names[at % names.len()];
                        aws.fault(call, fault, ATTEMPTS);
                        let _ = rotate(&aws, SECRET, &token).await;
                        aws.mend();
                    }
                    Trouble::Repeat { step } => {
                        let _ = rotator(&aws).step(&request(STEPS[*step], SECRET, &token)).await;
                    }
                    Trouble::Anew => {
                        let done = aws.state().secrets[SECRET].versions[&token].iter().any(|l| l == "AWSCURRENT");
                        // One that has ended is followed by no other here: the old key waits at its cutover.
                        if !done {
                            token = format!("{n:032}");
                            begin(&aws, &token);
                        }
                    }
                }
                current_works(&aws, SECRET);
                assert!(keys(&aws).len() <= 2, "{:?}", keys(&aws));
                assert!(keys(&aws).contains(KEY));
            }
            rotate_until_done(&aws, &token).await.unwrap();
            ended(&aws, &[]);
        });
    }
}
