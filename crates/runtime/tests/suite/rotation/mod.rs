//! A rotation may be cut off, throttled, left without an answer, repeated or overtaken at any of its calls. At every moment
//! AWSCURRENT holds a key that works; at the end two keys exist at most, none of ours is left over and none of others' is gone.
#![allow(clippy::disallowed_methods, reason = "tests read the clock")]

mod calls;
mod interrupted;
mod properties;
mod refused;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::vault::secret_of;
use crate::common::*;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use jiff::SignedDuration;
use severance_aws::calls::CallCounter;
use severance_aws::rotation::{Keys, Vault};
use severance_aws::trail::Trail;
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
