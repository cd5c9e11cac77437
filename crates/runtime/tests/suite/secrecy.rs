//! No secret that an event or a credential carries comes out anywhere.

use crate::common::log::Log;
use crate::common::*;
use aws_sdk_iam::config::{Credentials, SharedCredentialsProvider};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use severance_catalogue::function::KEY_CREATION;
use severance_engine::settings::Settings;
use severance_runtime::composition::Composition;
use severance_runtime::function::{Function, Response};
use severance_runtime::serve::Failure;

/// What the event's fields carry that nobody asked for.
const PLANTED: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00";
/// What the function itself signs its calls with.
const OWN: &str = "zYxWvUtSrQpOnMlKjIhGfEdCbA9876543210zzzz";

/// The function as it is deployed, over an AWS in memory.
fn function(aws: &FakeAws) -> Function {
    let settings: Settings = settings("enforce");
    let credentials = Credentials::new("AKIAOWN", OWN, Some(OWN.to_owned()), None, "test");
    let sdk = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws.http())
        .build();
    let composition = Composition::new(settings, sdk, policy());
    Function::new(KEY_CREATION.sources, composition.reactor(&KEY_CREATION), &composition)
}

/// A key was created for a user without owner, as `CloudTrail` tells it, with secrets where none belong.
fn event() -> Value {
    json!({
        "version": "0", "id": "8e5b1a52-6a3c-4a31-9f0a-1d2c3b4a5f60", "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.iam", "account": ACCOUNT, "time": "2026-03-01T11:58:30Z", "region": "us-east-1",
        "resources": [PLANTED], "secret": PLANTED,
        "detail": {
            "eventVersion": "1.11", "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey",
            "eventID": "c2f8b1de-0001", "eventTime": "2026-03-01T11:58:29Z", "awsRegion": "us-east-1",
            "recipientAccountId": ACCOUNT, "userAgent": PLANTED, "sessionToken": PLANTED,
            "userIdentity": {
                "type": "IAMUser", "userName": "admin", "accountId": ACCOUNT, "principalId": PLANTED,
                "arn": format!("arn:aws:iam::{ACCOUNT}:user/admin"), "accessKeyId": "AKIAADMIN",
                "sessionContext": {"sessionToken": PLANTED},
            },
            "requestParameters": {"userName": USER, "password": PLANTED},
            "responseElements": {
                "accessKey": {"userName": USER, "accessKeyId": KEY, "status": "Active", "secretAccessKey": PLANTED},
            },
            "additionalEventData": {"secretAccessKey": PLANTED},
        },
    })
}

/// Handles the event and returns all that came out of it, the finest log included.
async fn everything(aws: &FakeAws, event: &Value) -> (Result<Response, Failure>, String) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let result = Box::pin(function(aws).handle(event, "first")).await;
    if let Err(failure) = &result {
        tracing::error!(error = %failure, debug = ?failure, "the event was not handled");
    }
    drop(guard);
    let told = match &result {
        Ok(response) => serde_json::to_string(response).unwrap(),
        Err(failure) => format!("{:?}", Diagnostic::from(failure.clone())),
    };
    let state = aws.state();
    let objects: String = state.objects.values().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    let out = format!("{told}\n{:?}\n{:?}\n{objects}\n{}", state.messages, state.table, log.text());
    drop(state);
    let statements = evidence(aws);
    (
        result,
        format!("{out}\n{}", serde_json::to_string(&statements.iter().map(|(s, _)| s).collect::<Vec<_>>()).unwrap()),
    )
}

fn assert_secret_free(out: &str) {
    for secret in [PLANTED, OWN] {
        let encoded = aws_smithy_types::base64::encode(secret);
        for form in [secret, encoded.trim_end_matches('=')] {
            if let Some(at) = out.find(form) {
                let around = out.get(at.saturating_sub(300)..at + 20).unwrap_or_default();
                panic!("a secret came out: …{around}…");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_reaction_lets_no_secret_out() {
    let aws = one_user();
    let (result, out) = Box::pin(everything(&aws, &event())).await;
    let response = result.unwrap();
    assert_eq!(response.reactions.len(), 1);
    assert_eq!(response.reactions[0].verdict.as_str(), "verified_revoked");
    assert_eq!(response.calls["IAM.UpdateAccessKey"], 1);
    assert_eq!(aws.published(), (1, 1));
    assert!(out.contains("handled an event") && out.contains(KEY), "something was logged");
    assert_secret_free(&out);
}

#[tokio::test(start_paused = true)]
async fn no_failure_lets_a_secret_out() {
    for action in ["iam:GetUser", "iam:UpdateAccessKey", "dynamodb:PutItem", "kms:Sign", "s3:PutObject", "sns:Publish"]
    {
        for fault in [DENIED, BROKEN, Fault::Silence] {
            let aws = one_user();
            aws.fault(action, fault, usize::MAX);
            let (_, out) = Box::pin(everything(&aws, &event())).await;
            assert!(out.contains(action) || out.contains("denied"), "{action}: {out}");
            assert_secret_free(&out);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_event_lets_no_secret_out() {
    for (pointer, value) in [
        ("/detail/responseElements/accessKey/accessKeyId", Value::Null),
        ("/detail/responseElements/accessKey", json!([PLANTED])),
        ("/detail/responseElements", json!(null)),
        ("/detail/eventID", json!({"secret": PLANTED})),
        ("/detail/recipientAccountId", json!(null)),
        ("/time", json!("yesterday")),
        ("/id", json!(7)),
    ] {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        let aws = one_user();
        let (result, out) = Box::pin(everything(&aws, &event)).await;
        if pointer != "/detail/recipientAccountId" {
            assert!(matches!(result, Err(Failure::Malformed(_))), "{pointer}: {result:?}");
        }
        assert_secret_free(&out);
    }
}
