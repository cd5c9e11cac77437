use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::call::Request;
use crate::caller::Caller;
use crate::lag::Lag;

fn ask(state: &mut State, service: &str, operation: &str, input: Value, body: &[u8]) -> Answer {
    let caller = Caller::Root { account: "111122223333".to_owned() };
    let mut request = Request::new(service, operation, input);
    request.body = body.to_vec();
    answer(state, &Call { request, caller, at: Timestamp::from_second(1_800_000_000).unwrap() })
}

#[test]
fn an_object_is_written_once_where_the_writer_asks_for_it_and_keeps_its_versions() {
    let mut state = State::new(Lag::NONE);
    let uri = "https://evidence.s3.eu-west-1.amazonaws.com/evidence/2027/case%201.json?x-id=PutObject";
    let (operation, input) = route("PUT", uri, Some("*"));
    assert_eq!(operation, "PutObject");
    assert_eq!(input, json!({ "Bucket": "evidence", "Key": "evidence/2027/case 1.json", "IfNoneMatch": "*" }));
    ask(&mut state, "s3", "PutObject", input.clone(), b"first").unwrap();
    let refusal = ask(&mut state, "s3", "PutObject", input, b"second").unwrap_err();
    assert_eq!((refusal.status, refusal.code.as_str()), (412, "PreconditionFailed"));
    let (operation, input) =
        route("GET", "https://s3.eu-west-1.amazonaws.com/evidence/evidence/2027/case%201.json", None);
    let found = ask(&mut state, "s3", &operation, input.clone(), b"").unwrap();
    assert_eq!(object_of(&found), b"first");
    ask(&mut state, "s3", "PutObject", input.clone(), b"over it").unwrap();
    let mut earlier = input.clone();
    earlier["VersionId"] = found["VersionId"].clone();
    assert_eq!(object_of(&ask(&mut state, "s3", "GetObject", earlier, b"").unwrap()), b"first");
    assert_eq!(state.publishing.object("evidence", "evidence/2027/case 1.json").unwrap().body, b"over it");
    ask(&mut state, "s3", "DeleteObject", input.clone(), b"").unwrap();
    assert_eq!(ask(&mut state, "s3", "GetObject", input, b"").unwrap_err().code, "NoSuchKey");
    assert_eq!(state.publishing.objects().count(), 0);
}

#[test]
fn messages_are_kept_in_order_with_what_mail_shows() {
    let mut state = State::new(Lag::NONE);
    let topic = "arn:aws:sns:eu-west-1:111122223333:severance";
    let publish = |subject: &str, message: Value| {
        json!({
            "TopicArn": topic, "Subject": subject, "MessageStructure": "json", "Message": message.to_string(),
            "MessageAttributes": [{ "Name": "verdict", "Value": { "DataType": "String", "StringValue": "verified" } }],
        })
    };
    ask(&mut state, "sns", "Publish", publish("REVOKED", json!({ "default": "text", "https": "chat" })), b"").unwrap();
    let message = state.publishing.messages_to(topic).next().unwrap();
    assert_eq!((message.body.as_str(), message.by_protocol["https"].as_str()), ("text", "chat"));
    assert_eq!(message.attributes["verdict"], "verified");
    for (subject, message) in [
        ("two\nlines", json!({ "default": "x" })),
        (&*"x".repeat(101), json!({ "default": "x" })),
        ("é", json!({ "default": "x" })),
        ("fine", json!({ "https": "x" })),
        ("fine", json!({ "default": "x".repeat(262_144) })),
    ] {
        assert_eq!(
            ask(&mut state, "sns", "Publish", publish(subject, message), b"").unwrap_err().code,
            "InvalidParameter"
        );
    }
    assert_eq!(state.publishing.messages().count(), 1);
}

#[test]
fn a_key_is_always_the_same_and_no_two_signatures_are() {
    let mut state = State::new(Lag::NONE);
    let mut kms = |operation: &str, mut input: Value| {
        input["KeyId"] = "arn:aws:kms:eu-west-1:111122223333:key/1".into();
        ask(&mut state, "kms", operation, input, b"")
    };
    assert_eq!(
        kms("GetPublicKey", json!({})).unwrap()["PublicKey"],
        kms("GetPublicKey", json!({})).unwrap()["PublicKey"]
    );
    let digest = json!({ "Message": aws_smithy_types::base64::encode([7; 32]), "MessageType": "DIGEST" });
    assert_ne!(kms("Sign", digest.clone()).unwrap()["Signature"], kms("Sign", digest).unwrap()["Signature"]);
    let short = json!({ "Message": aws_smithy_types::base64::encode([7; 31]), "MessageType": "DIGEST" });
    assert_eq!(kms("Sign", short).unwrap_err().code, "ValidationException");
    let data_key = kms("GenerateDataKey", json!({})).unwrap();
    let plain = kms("Decrypt", json!({ "CiphertextBlob": data_key["CiphertextBlob"] })).unwrap();
    assert_eq!(plain["Plaintext"], data_key["Plaintext"]);
}
