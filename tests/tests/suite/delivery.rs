//! Events come at least once, sometimes at the same time, sometimes broken. Nothing is done twice and nothing is lost.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use severance_tests::{Function, Stack, event, misused, unique};

async fn exposed_user(stack: &Stack) -> (String, severance_tests::HeldKey, Value) {
    let user = unique("ci");
    stack.user(&user, "/", &[("severance:owner", "platform@example.com"), ("severance:class", "workload")]).await;
    let key = stack.key(&user).await;
    let event = misused(&user, &key);
    (user, key, event)
}

fn mutations(response: &Value) -> Vec<String> {
    const READS: [&str; 5] = ["IAM.Get", "IAM.List", "DynamoDB.Get", "DynamoDB.Query", "KMS.GetPublicKey"];
    let calls = response["calls"].as_object().expect("the calls");
    calls.keys().filter(|name| !READS.iter().any(|read| name.starts_with(read))).cloned().collect()
}

#[tokio::test]
async fn the_second_delivery_changes_nothing_and_returns_the_first_ones_verdict() {
    let stack = Stack::enforcing().await;
    let (user, key, event) = exposed_user(&stack).await;
    let first = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    // Once nobody rechecks it any more.
    let first = json!({"reactions": [stack.last_word(&first["reactions"][0]).await]});
    // Put back by hand between the two: a second delivery that acted would end it again.
    let active = aws_sdk_iam::types::StatusType::Active;
    stack
        .iam
        .update_access_key()
        .user_name(&user)
        .access_key_id(&key.id)
        .status(active.clone())
        .send()
        .await
        .expect("ok");
    let second = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    let (first, second_reaction) = (&first["reactions"][0], &second["reactions"][0]);
    assert_eq!(second_reaction["verdict"], first["verdict"]);
    assert_eq!(second_reaction["case"], first["case"]);
    assert_eq!(second_reaction["revision"], first["revision"]);
    assert_eq!(second_reaction["replayed"], true);
    // The only writes are the conditional one that is refused, and what tells the schedule of the case before it is met.
    assert_eq!(mutations(&second), ["DynamoDB.PutItem", "DynamoDB.UpdateItem"], "{second}");
    assert_eq!(stack.status(&user, &key).await, Some(active));
    assert_eq!(versions_of(&stack, first).await, 1, "one object for the one revision");
}

#[tokio::test]
async fn concurrent_deliveries_have_one_effect_and_one_verdict() {
    let stack = Stack::enforcing().await;
    let (_, key, event) = exposed_user(&stack).await;
    let deliveries = (0..4).map(|_| stack.invoke(Function::PostureFinding, &event));
    let responses = futures::future::join_all(deliveries).await;
    let responses: Vec<Value> = responses.into_iter().map(|response| response.expect("an answer")).collect();
    let acted: Vec<&Value> =
        responses.iter().map(|response| &response["reactions"][0]).filter(|r| r["replayed"] == false).collect();
    assert_eq!(acted.len(), 1, "{responses:?}");
    for response in &responses {
        assert_eq!(response["reactions"][0]["verdict"], "revoked_unverified");
        assert_eq!(response["reactions"][0]["case"], acted[0]["case"]);
    }
    assert_eq!(versions_of(&stack, acted[0]).await, 1);
    assert_eq!(stack.accepts(&key).await, Err("InvalidClientTokenId".to_owned()));
}

#[tokio::test]
async fn a_case_whose_worker_died_is_finished_by_the_next_delivery() {
    let stack = Stack::enforcing().await;
    let (user, key, event) = exposed_user(&stack).await;
    let first = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    let case = first["reactions"][0]["case"].as_str().expect("a case");
    let first = stack.last_word(&first["reactions"][0]).await;

    // As if the worker had died right after it stored its intent: nothing done, the lease run out.
    let active = aws_sdk_iam::types::StatusType::Active;
    stack.iam.update_access_key().user_name(&user).access_key_id(&key.id).status(active).send().await.expect("ok");
    stack.iam.delete_user_policy().user_name(&user).policy_name("SeveranceQuarantine").send().await.expect("ok");
    let item = stack
        .dynamodb
        .get_item()
        .table_name(stack.name("TABLE"))
        .key("pk", AttributeValue::S(format!("CASE#{case}")))
        .key("sk", AttributeValue::S("CASE".to_owned()))
        .send()
        .await
        .expect("the case");
    let mut item = item.item.expect("the item");
    let mut record: Value = serde_json::from_str(item["record"].as_s().expect("a record")).expect("JSON");
    for step in record["steps"].as_array_mut().expect("steps") {
        step["outcome"] = Value::Null;
        step["confirmation"] = Value::Null;
    }
    record["verdict"] = Value::Null;
    record["concludedAt"] = Value::Null;
    record["revision"] = json!(first["revision"].as_u64().expect("a revision") + 1);
    record["rounds"] = json!([]);
    record.as_object_mut().expect("a record").remove("rechecking");
    record["previous"] = json!(item["published"].as_s().expect("a digest"));
    item.insert("record".to_owned(), AttributeValue::S(record.to_string()));
    item.insert("state".to_owned(), AttributeValue::S("open".to_owned()));
    item.insert("lease_until".to_owned(), AttributeValue::N("0".to_owned()));
    let table = stack.name("TABLE");
    stack.dynamodb.put_item().table_name(table).set_item(Some(item)).send().await.expect("the case is open again");

    let second = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    let reaction = &second["reactions"][0];
    assert_eq!((&reaction["verdict"], &reaction["replayed"]), (&json!("revoked_unverified"), &json!(false)));
    assert_eq!(reaction["revision"], record["revision"]);
    assert_eq!(stack.accepts(&key).await, Err("InvalidClientTokenId".to_owned()));
    let case = stack.evidence(reaction).await.predicate.case;
    assert_eq!(case.previous.map(|digest| digest.as_hex().to_owned()), record["previous"].as_str().map(str::to_owned));
}

#[tokio::test]
async fn a_broken_event_goes_to_the_dead_letter_queue_whole_and_names_its_path() {
    let stack = Stack::enforcing().await;
    for (function, file, path) in [
        (Function::PostureFinding, "guardduty/refused-no-account.json", "$.detail.accountId"),
        (Function::KeyCreation, "cloudtrail-iam/refused-no-access-key.json", "$.detail.responseElements"),
        (Function::Offboarding, "severance/refused-no-identifiers.json", "$.detail.subject"),
    ] {
        let mut event = event(file, &[]);
        event["id"] = json!(unique("event"));
        let error = stack.invoke(function, &event).await.expect_err("a broken event is an error");
        assert_eq!(error["errorType"], "Severance.Terminal.MalformedEvent", "{error}");
        assert!(error["errorMessage"].as_str().expect("a message").contains(path), "{error}");

        stack.deliver(function, &event).await;
        let letter = stack
            .message(&stack.name(function.dead_letters()), |letter| letter["requestPayload"]["id"] == event["id"])
            .await;
        assert_eq!(letter["requestPayload"], event, "the raw event is kept whole");
        assert!(letter["responsePayload"]["errorMessage"].as_str().expect("a message").contains(path), "{letter}");
    }
}

#[tokio::test]
async fn an_event_for_somebody_else_is_ignored_with_a_reason() {
    let stack = Stack::enforcing().await;
    for (function, file) in [
        (Function::PostureFinding, "guardduty/ignored-sample.json"),
        (Function::PostureFinding, "securityhub/ignored-passed.json"),
        (Function::KeyCreation, "cloudtrail-iam/ignored-access-denied.json"),
        (Function::KeyCreation, "guardduty/compromised-access-key.json"),
        (Function::Offboarding, "okta/ignored-failure.json"),
    ] {
        let response = stack.invoke(function, &event(file, &[])).await.expect("an answer");
        assert_eq!(response["reactions"], json!([]), "{file}");
        let reason = response["ignored"][0]["reason"].as_str().unwrap_or_default();
        assert!(!reason.is_empty(), "{file}: {response}");
        assert_eq!(response["calls"], json!({}), "nothing is asked of AWS for {file}");
    }
}

async fn versions_of(stack: &Stack, reaction: &Value) -> usize {
    let uri = reaction["evidence"].as_str().expect("a URI");
    let (bucket, key) = uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).expect("an S3 URI");
    let versions = stack.s3.list_object_versions().bucket(bucket).prefix(key).send().await.expect("the versions");
    versions.versions().len()
}
