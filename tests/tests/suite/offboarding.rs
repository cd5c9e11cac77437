//! Leavers: what they alone used is ended, what they owned is rotated, what others share is held for review.

use std::collections::BTreeMap;

use aws_sdk_iam::types::StatusType;
use aws_sdk_secretsmanager::types::{RotationRulesType, Tag};
use serde_json::{Value, json};
use severance_tests::{Function, Stack, event, unique};

/// Rotation is configured, so that it can be started. This one does not exist: the test ends it.
const ROTATION_FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:SecretsManagerTestRotation";

async fn secret(stack: &Stack, owner: &str, rotated: bool) -> String {
    let name = unique("secret");
    let tag = Tag::builder().key("severance:owner").value(owner).build();
    stack.secrets.create_secret().name(&name).secret_string("{}").tags(tag).send().await.expect("a secret");
    if rotated {
        stack
            .secrets
            .rotate_secret()
            .secret_id(&name)
            .rotation_lambda_arn(ROTATION_FUNCTION)
            .rotation_rules(RotationRulesType::builder().automatically_after_days(30).build())
            .rotate_immediately(false)
            .send()
            .await
            .expect("rotation is configured");
    }
    name
}

/// Verdicts by the subject's name: the last part of its ARN, or of a secret's without the six characters that AWS adds.
fn verdicts(response: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    response["reactions"]
        .as_array()
        .expect("reactions")
        .iter()
        .map(|reaction| {
            let arn = text(&reaction["subject"]);
            let name = match arn.split_once(":secret:") {
                Some((_, secret)) => secret.rsplit_once('-').map_or(secret, |(name, _)| name).to_owned(),
                None => arn.rsplit('/').next().unwrap_or_default().to_owned(),
            };
            (name, text(&reaction["verdict"]))
        })
        .collect()
}

#[tokio::test]
async fn a_leavers_own_access_ends_and_what_is_shared_is_held() {
    let stack = Stack::enforcing().await;
    let person = unique("alice");
    let both = format!("{person} bob");
    let (own, workload, shared) = (unique("own"), unique("workload"), unique("shared"));
    stack.user(&own, "/people/", &[("severance:owner", &person), ("severance:class", "human")]).await;
    stack.user(&workload, "/", &[("owner", &person), ("severance:class", "workload")]).await;
    stack.user(&shared, "/", &[("severance:owner", &both), ("severance:class", "human")]).await;
    let bystander = unique("bystander");
    stack.user(&bystander, "/", &[("severance:owner", "carol"), ("severance:class", "human")]).await;
    let keys =
        [stack.key(&own).await, stack.key(&workload).await, stack.key(&shared).await, stack.key(&bystander).await];
    let rotated = secret(&stack, &person, true).await;
    let shared_secret = secret(&stack, &both, true).await;
    let unrotated = secret(&stack, &person, false).await;

    let mut event = event("severance/person-left.json", &[]);
    event["detail"]["requestId"] = json!(unique("request"));
    event["detail"]["subject"]["identifiers"] = json!([person]);
    let response = stack.invoke(Function::Offboarding, &event).await.expect("an answer");
    let expected = [
        (&own, "verified_revoked"),
        (&workload, "awaiting_review"),
        (&shared, "awaiting_review"),
        // The rotation is started; that it ends is not seen, and so not claimed.
        (&rotated, "revoked_unverified"),
        (&shared_secret, "awaiting_review"),
        (&unrotated, "awaiting_review"),
    ];
    let expected: BTreeMap<String, String> =
        expected.map(|(name, verdict)| (name.clone(), verdict.to_owned())).into_iter().collect();
    assert_eq!(verdicts(&response), expected, "{response}");

    let alive = [false, true, true, true];
    for ((user, key), alive) in [&own, &workload, &shared, &bystander].into_iter().zip(&keys).zip(alive) {
        let status = if alive { StatusType::Active } else { StatusType::Inactive };
        assert_eq!(stack.status(user, key).await, Some(status), "{user}");
        assert_eq!(stack.accepts(key).await.is_ok(), alive, "{user}");
    }
    assert!(stack.policies(&own).await.contains(&"SeveranceQuarantine".to_owned()));
    let described = stack.secrets.describe_secret().secret_id(&shared_secret).send().await.expect("the secret");
    let versions = described.version_ids_to_stages().map_or(0, std::collections::HashMap::len);
    assert_eq!(versions, 1, "the shared secret got no new version");
    let described = stack.secrets.describe_secret().secret_id(&rotated).send().await.expect("the secret");
    let labels: Vec<&String> = described.version_ids_to_stages().expect("versions").values().flatten().collect();
    assert_eq!(labels.len(), 2, "the new version waits beside the current one: {labels:?}");
}

#[tokio::test]
async fn a_rotation_counts_as_done_only_once_the_new_version_is_current() {
    let stack = Stack::enforcing().await;
    let person = unique("alice");
    let name = secret(&stack, &person, true).await;
    let mut event = event("severance/person-left.json", &[]);
    event["detail"]["requestId"] = json!(unique("request"));
    event["detail"]["subject"]["identifiers"] = json!([person]);

    // Stands for the rotation function, which the emulator does not call: makes the requested version the current one.
    let rotation = async {
        for _ in 0..500 {
            let state = stack.secrets.describe_secret().secret_id(&name).send().await.expect("the secret");
            let versions = state.version_ids_to_stages().cloned().unwrap_or_default();
            let with = |stage: &str, length: usize| {
                versions
                    .iter()
                    .find(|(id, stages)| id.len() == length && stages.iter().any(|s| s == stage))
                    .map(|(id, _)| id.clone())
            };
            // A version that a case asks for is named by a digest of 64 digits, every other one by a UUID of 36.
            if let (Some(new), Some(old)) = (with("AWSPENDING", 64), with("AWSCURRENT", 36)) {
                stack
                    .secrets
                    .update_secret_version_stage()
                    .secret_id(&name)
                    .version_stage("AWSCURRENT")
                    .move_to_version_id(new)
                    .remove_from_version_id(old)
                    .send()
                    .await
                    .expect("the label moves");
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("no rotation was started");
    };
    let (response, ()) = tokio::join!(stack.invoke(Function::Offboarding, &event), rotation);
    let response = response.expect("an answer");
    assert_eq!(verdicts(&response).get(&name).map(String::as_str), Some("verified_revoked"), "{response}");
}

#[tokio::test]
async fn a_leaver_who_owns_nothing_is_on_record() {
    let stack = Stack::enforcing().await;
    let person = unique("nobody");
    let mut event = event("okta/user-deactivated.json", &[("alice@example.com", &person)]);
    event["detail"]["uuid"] = json!(unique("event"));
    event["detail"]["target"][0]["id"] = json!(unique("00u"));
    let response = stack.invoke(Function::Offboarding, &event).await.expect("an answer");
    assert_eq!(response["reactions"].as_array().map(Vec::len), Some(1), "{response}");
    assert_eq!(response["reactions"][0]["verdict"], "observed");
    let case = stack.evidence(&response["reactions"][0]).await.predicate.case;
    assert_eq!(case.subject.name, person);
}

#[tokio::test]
async fn a_request_on_the_bus_reaches_the_function_through_its_rule() {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let person = unique("alice");
    let user = unique("own");
    stack.user(&user, "/", &[("severance:owner", &person), ("severance:class", "human")]).await;
    let key = stack.key(&user).await;
    let mut event = event("severance/person-left.json", &[]);
    event["detail"]["requestId"] = json!(unique("request"));
    event["detail"]["subject"]["identifiers"] = json!([person]);
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
        .event_bus_name(stack.name("BUS"))
        .source("severance")
        .detail_type("Offboarding Requested")
        .detail(event["detail"].to_string())
        .build();
    let answer = stack.events.put_events().entries(entry).send().await.expect("the bus answers");
    assert_eq!(answer.failed_entry_count(), 0, "{answer:?}");
    let message = inbox.about(&user).await;
    assert_eq!(message["MessageAttributes"]["verdict"]["Value"], "verified_revoked");
    assert_eq!(stack.accepts(&key).await, Err("InvalidClientTokenId".to_owned()));
}

#[tokio::test]
async fn a_retired_workload_is_ended_by_its_arn() {
    let stack = Stack::enforcing().await;
    let user = unique("retired");
    stack
        .user(&user, "/service/", &[("severance:owner", "platform@example.com"), ("severance:class", "workload")])
        .await;
    let key = stack.key(&user).await;
    let mut event = event("severance/workload-retired-by-arn.json", &[("report-batch", &user)]);
    event["detail"]["requestId"] = json!(unique("request"));
    let response = stack.invoke(Function::Offboarding, &event).await.expect("an answer");
    assert_eq!(verdicts(&response).get(&user).map(String::as_str), Some("verified_revoked"), "{response}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Inactive));
}
