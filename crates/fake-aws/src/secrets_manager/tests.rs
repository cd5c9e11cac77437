use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::call::Request;
use crate::caller::Caller;
use crate::lag::Lag;

const ACCOUNT: &str = "111122223333";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn ask_in(state: &mut State, region: &str, operation: &str, input: Value) -> Answer {
    let caller = Caller::Root { account: ACCOUNT.to_owned() };
    answer(
        state,
        &Call { request: Request::new("secretsmanager", operation, input).in_region(region), caller, at: at(0) },
    )
}

fn ask(state: &mut State, operation: &str, input: Value) -> Answer {
    ask_in(state, "eu-west-1", operation, input)
}

fn code(answer: Answer) -> String {
    answer.unwrap_err().code
}

fn with_secret(lag: Lag) -> State {
    let mut state = State::new(lag);
    let input = json!({
        "Name": "app/db", "SecretString": "one", "ClientRequestToken": "v1", "Tags": [{ "Key": "owner", "Value": "alice" }],
    });
    let made = ask(&mut state, "CreateSecret", input.clone()).unwrap();
    assert_eq!(ask(&mut state, "CreateSecret", input).unwrap(), made, "the same call again makes nothing");
    let other = json!({ "Name": "app/db", "SecretString": "two", "ClientRequestToken": "v2" });
    assert_eq!(code(ask(&mut state, "CreateSecret", other)), "ResourceExistsException");
    state
}

#[test]
fn a_rotation_ends_by_itself_or_is_driven_through_its_labels() {
    let mut state = with_secret(Lag::NONE);
    let rotate = |token: &str| json!({ "SecretId": "app/db", "ClientRequestToken": token });
    assert_eq!(code(ask(&mut state, "RotateSecret", rotate("v2"))), "InvalidRequestException");
    state
        .secrets
        .edit(at(0), ACCOUNT, "eu-west-1", "app/db", |secret| secret.rotation = Some("arn:function".to_owned()));
    ask(&mut state, "RotateSecret", rotate("v2")).unwrap();
    assert_eq!(code(ask(&mut state, "RotateSecret", rotate("v2"))), "InvalidRequestException");
    let shown = ask(&mut state, "DescribeSecret", json!({ "SecretId": "app/db" })).unwrap();
    assert_eq!(shown["VersionIdsToStages"], json!({ "v1": ["AWSPREVIOUS"], "v2": ["AWSPENDING", "AWSCURRENT"] }));
    ask(&mut state, "RotateSecret", rotate("v2")).unwrap();
    state.secrets.edit(at(0), ACCOUNT, "eu-west-1", "app/db", |secret| secret.driven = true);
    ask(&mut state, "RotateSecret", rotate("v3")).unwrap();
    let value = |state: &mut State, version: &str| {
        ask(state, "GetSecretValue", json!({ "SecretId": "app/db", "VersionId": version }))
    };
    assert_eq!(code(value(&mut state, "v3")), "ResourceNotFoundException");
    let put = |value: &str| json!({ "SecretId": "app/db", "ClientRequestToken": "v3", "SecretString": value, "VersionStages": ["AWSPENDING"] });
    ask(&mut state, "PutSecretValue", put("three")).unwrap();
    ask(&mut state, "PutSecretValue", put("three")).unwrap();
    assert_eq!(code(ask(&mut state, "PutSecretValue", put("other"))), "ResourceExistsException");
    let promote = |from: &str| {
        json!({
            "SecretId": "app/db", "VersionStage": "AWSCURRENT", "MoveToVersionId": "v3", "RemoveFromVersionId": from,
        })
    };
    assert_eq!(code(ask(&mut state, "UpdateSecretVersionStage", promote("v1"))), "InvalidParameterException");
    ask(&mut state, "UpdateSecretVersionStage", promote("v2")).unwrap();
    ask(&mut state, "UpdateSecretVersionStage", promote("v2")).unwrap();
    assert_eq!(value(&mut state, "").unwrap()["SecretString"], "three");
    assert_eq!(value(&mut state, "v3").unwrap()["VersionStages"], json!(["AWSPENDING", "AWSCURRENT"]));
}

#[test]
fn a_list_is_late_and_filtered_and_the_secret_itself_is_neither() {
    let mut state = with_secret(Lag { reads: SignedDuration::from_secs(300), ..Lag::slow(5) });
    let list = |state: &mut State, second: i64, filter: &str| {
        let filters = json!([{ "Key": "tag-key", "Values": [filter] }]);
        let caller = Caller::Root { account: ACCOUNT.to_owned() };
        let request =
            Request::new("secretsmanager", "ListSecrets", json!({ "Filters": filters })).in_region("eu-west-1");
        let answer = answer(state, &Call { request, caller, at: at(second) }).unwrap();
        answer["SecretList"].as_array().unwrap().len()
    };
    assert_eq!([list(&mut state, 0, "own"), list(&mut state, 300, "own"), list(&mut state, 300, "team")], [0, 1, 0]);
    ask(&mut state, "DescribeSecret", json!({ "SecretId": "app/db" })).unwrap();
    assert_eq!(
        code(ask_in(&mut state, "us-east-1", "DescribeSecret", json!({ "SecretId": "app/db" }))),
        "ResourceNotFoundException"
    );
}

#[test]
fn a_secret_that_waits_for_its_deletion_gives_no_value() {
    let mut state = with_secret(Lag::NONE);
    ask(&mut state, "DeleteSecret", json!({ "SecretId": "app/db", "RecoveryWindowInDays": 7 })).unwrap();
    assert_eq!(code(ask(&mut state, "GetSecretValue", json!({ "SecretId": "app/db" }))), "InvalidRequestException");
    assert_eq!(
        code(ask(&mut state, "CreateSecret", json!({ "Name": "app/db", "SecretString": "x" }))),
        "InvalidRequestException"
    );
    assert!(ask(&mut state, "DescribeSecret", json!({ "SecretId": "app/db" })).unwrap()["DeletedDate"].is_number());
    ask(&mut state, "RestoreSecret", json!({ "SecretId": "app/db" })).unwrap();
    ask(&mut state, "GetSecretValue", json!({ "SecretId": "app/db" })).unwrap();
}

#[test]
fn a_replica_follows_its_primary_unless_it_failed() {
    let mut state = with_secret(Lag::NONE);
    state.secrets.edit(at(0), ACCOUNT, "eu-west-1", "app/db", |secret| {
        secret.replicas =
            [("us-east-1", "InSync"), ("us-east-2", "Failed")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    });
    let there = ask_in(&mut state, "us-east-1", "DescribeSecret", json!({ "SecretId": "app/db" })).unwrap();
    assert_eq!(there["PrimaryRegion"], "eu-west-1");
    assert!(there["ARN"].as_str().unwrap().starts_with("arn:aws:secretsmanager:us-east-1:"));
    assert!(ask_in(&mut state, "us-east-2", "DescribeSecret", json!({ "SecretId": "app/db" })).is_err());
    let put = json!({ "SecretId": "app/db", "SecretString": "x", "ClientRequestToken": "v9" });
    assert_eq!(code(ask_in(&mut state, "us-east-1", "PutSecretValue", put)), "InvalidRequestException");
}
