//! One real event in, AWS's state, the evidence and the message out: on the deployed template, under enforced IAM.

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};
use severance_domain::countermeasure::Countermeasure;
use severance_tests::{Function, Stack, event, misused, unique};

const OWNER: (&str, &str) = ("severance:owner", "platform@example.com");
const WORKLOAD: (&str, &str) = ("severance:class", "workload");

fn only(response: &Value) -> &Value {
    let reactions = response["reactions"].as_array().expect("reactions");
    assert_eq!(reactions.len(), 1, "{response}");
    &reactions[0]
}

/// What all inline policies of a user may have together is used up: the denial is attached, and comes off again.
#[tokio::test]
async fn a_user_whose_inline_policies_are_full_is_contained_all_the_same() {
    let stack = Stack::enforcing().await;
    let user = unique("full");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    let reads = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "x".repeat(1_900), "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"
    }]});
    let put = stack.iam.put_user_policy().user_name(&user).policy_name("work").policy_document(reads.to_string());
    put.send().await.expect("a policy that leaves no room");
    let attached = || async {
        let listed = stack.iam.list_attached_user_policies().user_name(&user).send().await.expect("its policies");
        listed.attached_policies().iter().any(|held| held.policy_name() == Some("AWSDenyAll"))
    };

    let response = stack.invoke(Function::PostureFinding, &misused(&user, &key)).await.expect("an answer");
    let reaction = only(&response);
    assert_eq!(stack.last_word(reaction).await["verdict"], "verified_revoked", "{response}");
    assert!(attached().await && !stack.policies(&user).await.contains(&"SeveranceQuarantine".to_owned()));
    assert_eq!(stack.accepts(&key).await, Err("InvalidClientTokenId".to_owned()));

    stack.iam.delete_user_policy().user_name(&user).policy_name("work").send().await.expect("room");
    let person = stack.person("restorer").await;
    let case = reaction["case"].as_str().expect("a case");
    let ran = person.sever(&["restore", case, "--reason", "it is clean again"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!attached().await);
}

#[tokio::test]
async fn a_misused_key_dies_and_the_evidence_and_the_message_say_so() {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let user = unique("ci");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let (stolen, other) = (stack.key(&user).await, stack.key(&user).await);
    assert_eq!(stack.accepts(&stolen).await, Ok(()));

    let event = misused(&user, &stolen);
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    let reaction = only(&response);
    assert_eq!(reaction["verdict"], "revoked_unverified", "people are told first");
    assert_eq!(reaction["replayed"], false);

    // State: both keys are dead, and the user is denied everything.
    for key in [&stolen, &other] {
        assert_eq!(stack.status(&user, key).await, Some(StatusType::Inactive));
        assert_eq!(stack.accepts(key).await, Err("InvalidClientTokenId".to_owned()));
    }
    assert!(stack.policies(&user).await.contains(&"SeveranceQuarantine".to_owned()));
    let tags = stack.iam.list_user_tags().user_name(&user).send().await.expect("tags");
    let tag = tags.tags().iter().find(|tag| tag.key() == "severance:quarantined-by").expect("the quarantine's tag");
    assert_eq!(tag.value(), reaction["case"].as_str().expect("a case"));

    // Evidence: the deny came first, everything is confirmed, and the inventory shows what was held before.
    let case = stack.evidence(reaction).await.predicate.case;
    let steps: Vec<&str> = case.steps.iter().map(|record| record.step.countermeasure.as_str()).collect();
    assert_eq!(steps, ["quarantine_user", "deactivate_access_key", "deactivate_access_key"]);
    for record in &case.steps {
        assert!(record.is_confirmed(), "{record:?}");
        assert!(record.intent_at.is_some());
    }
    assert_eq!(case.inventory.access_keys.len(), 2);
    assert!(case.inventory.access_keys.iter().all(|key| key.active), "the inventory is from before the steps");
    assert_eq!(case.signal.finding_id, event["detail"]["id"].as_str().expect("an id"));
    assert_eq!(case.signal.event_digest, severance_domain::digest::Digest::of_json(&event));

    // Message: verdict and subject on top, attributes for filters, no offer to bring a stolen key back.
    let message = inbox.about(case.id.as_str()).await;
    let subject = message["Subject"].as_str().expect("a subject");
    // A long name is cut short there, and stands whole in the body.
    assert!(subject.contains("REVOKED, being rechecked") && subject.contains(&user[..8]), "{subject}");
    for (name, value) in [
        ("verdict", "revoked_unverified"),
        ("account", severance_tests::ACCOUNT),
        ("signal", case.signal.kind.as_str()),
        ("severity", case.signal.severity.as_str()),
    ] {
        assert_eq!(message["MessageAttributes"][name]["Value"], value);
    }
    let body = message["Message"].as_str().expect("a body");
    assert!(body.contains(&user));
    assert!(body.contains(reaction["evidence"].as_str().expect("a URI")));
    assert!(!body.contains("--status Active"), "{body}");

    // The last word is a revision of its own, with a message of its own.
    let last = stack.last_word(reaction).await;
    assert_eq!((&last["verdict"], &last["revision"]), (&json!("verified_revoked"), &json!(2)));
    let stated = stack.evidence(&last).await.predicate.case;
    assert!(stated.rechecks.last().is_some_and(severance_domain::case::Recheck::is_clean), "{:?}", stated.rechecks);
    let message = inbox.saying(case.id.as_str(), "REVOKED, verified").await;
    assert_eq!(message["MessageAttributes"]["verdict"]["Value"], "verified_revoked");
}

#[tokio::test]
async fn a_roles_sessions_from_before_the_finding_die_and_later_ones_live() {
    let stack = Stack::enforcing().await;
    let role = unique("build");
    // A service uses it, so it is not closed.
    let sessions = stack.service_role(&role, &[OWNER]).await;
    let before = sessions.assume().await;
    assert_eq!(before.works().await, Ok(()));

    let mut event = event("guardduty/assumed-role.json", &[("build-runner", &role)]);
    event["detail"]["id"] = json!(unique("finding"));
    event["detail"]["resource"]["accessKeyDetails"]["principalId"] = json!(format!("{}:session", sessions.role_id));
    // The token's issue time has whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    // Not only the service may start sessions of it, and whether that ends a person decides: the word is not said meanwhile.
    let last = stack.last_word(only(&response)).await;
    assert_eq!((&last["verdict"], last["plan"].is_string()), (&json!("partial"), true), "{response}");
    assert_eq!(before.works().await, Err("AccessDenied".to_owned()));
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(sessions.assume().await.works().await, Ok(()), "the role's later sessions go on");
}

#[tokio::test]
async fn a_role_that_was_deleted_and_made_again_is_somebody_else() {
    let stack = Stack::enforcing().await;
    let role = unique("build");
    stack.role(&role, &[OWNER]).await;
    let mut event = event("guardduty/assumed-role.json", &[("build-runner", &role)]);
    event["detail"]["id"] = json!(unique("finding"));
    event["detail"]["resource"]["accessKeyDetails"]["principalId"] = json!("AROAEXAMPLEFORMERROLE:session");
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(only(&response)["verdict"], "awaiting_review", "{response}");
    let policies = stack.iam.list_role_policies().role_name(&role).send().await.expect("the policies");
    assert!(!policies.policy_names().iter().any(|name| name.starts_with("Severance")), "{policies:?}");
}

#[tokio::test]
async fn of_two_keys_only_the_one_that_is_too_old_is_deactivated() {
    let stack = Stack::enforcing().await;
    let user = unique("report");
    stack.user(&user, "/service/", &[OWNER, WORKLOAD]).await;
    let (old, young) = (stack.key(&user).await, stack.key(&user).await);
    stack.age(&old, 200, Some(120)).await;
    stack.age(&young, 10, None).await;

    let mut event = event("securityhub/iam-3-stale-key.json", &[("report-batch", &user)]);
    name_finding(&mut event);
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(only(&response)["verdict"], "verified_revoked", "{response}");
    assert_eq!(stack.status(&user, &old).await, Some(StatusType::Inactive));
    assert_eq!(stack.status(&user, &young).await, Some(StatusType::Active));
    assert_eq!(stack.policies(&user).await, ["work"], "nothing but the key is touched");
}

#[tokio::test]
async fn a_claim_that_aws_does_not_bear_out_changes_nothing() {
    let stack = Stack::enforcing().await;
    let user = unique("report");
    stack.user(&user, "/service/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    stack.age(&key, 400, Some(3)).await;

    let mut event = event("accessanalyzer/unused-access-key.json", &[("report-batch", &user)]);
    event["detail"]["findingId"] = json!(unique("finding"));
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(only(&response)["verdict"], "observed", "{response}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active));
    let notes = stack.evidence(only(&response)).await.predicate.case.notes;
    assert!(notes.iter().any(|note| note.contains("not borne out")), "{notes:?}");

    // Long unused, the same key of the same user does not survive the next finding.
    stack.age(&key, 400, Some(120)).await;
    event["detail"]["findingId"] = json!(unique("finding"));
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(only(&response)["verdict"], "verified_revoked", "{response}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Inactive));
}

#[tokio::test]
async fn an_exposed_key_named_alone_leads_to_its_user() {
    let stack = Stack::enforcing().await;
    let user = unique("x+=,.@_-");
    stack.user(&user, "/deep/er/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    let mut event = event("health/credentials-exposed.json", &[("AKIAEXAMPLECIDEPLOY1", &key.id)]);
    event["detail"]["eventArn"] = json!(format!("arn:aws:health:us-east-1::event/RISK/X/{}", unique("event")));
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(stack.last_word(only(&response)).await["verdict"], "verified_revoked", "{response}");
    assert_eq!(stack.accepts(&key).await, Err("InvalidClientTokenId".to_owned()));
    let case = stack.evidence(only(&response)).await.predicate.case;
    assert_eq!(case.subject.name, user);
}

#[tokio::test]
async fn a_new_key_lives_only_where_somebody_answers_for_it() {
    let stack = Stack::enforcing().await;
    let human = ("severance:class", "human");
    let cases = [
        (vec![], StatusType::Inactive, "verified_revoked"),
        (vec![OWNER, human], StatusType::Inactive, "verified_revoked"),
        (vec![OWNER, WORKLOAD], StatusType::Active, "observed"),
    ];
    for (tags, status, verdict) in cases {
        let user = unique("hire");
        stack.user(&user, "/", &tags).await;
        let (first, new) = (stack.key(&user).await, stack.key(&user).await);
        let mut event = event(
            "cloudtrail-iam/create-access-key-no-owner.json",
            &[("new-hire-bot", &user), ("AKIAEXAMPLENEWHIRE01", &new.id)],
        );
        event["detail"]["eventID"] = json!(unique("event"));
        let response = stack.invoke(Function::KeyCreation, &event).await.expect("an answer");
        assert_eq!(only(&response)["verdict"], verdict, "{tags:?} {response}");
        assert_eq!(stack.status(&user, &new).await, Some(status), "{tags:?}");
        assert_eq!(stack.status(&user, &first).await, Some(StatusType::Active), "the older key is not in question");
    }
}

#[tokio::test]
async fn a_tag_that_says_break_glass_asks_a_person() {
    let stack = Stack::enforcing().await;
    let user = unique("glass");
    stack.user(&user, "/", &[OWNER, ("severance:class", "break-glass")]).await;
    let key = stack.key(&user).await;
    let event = misused(&user, &key);
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(only(&response)["verdict"], "awaiting_review", "{response}");
    assert_eq!(stack.accepts(&key).await, Ok(()));
    assert_eq!(stack.policies(&user).await, ["work"]);
    // Whoever may tag a user may have written it, so it is a question and no refusal.
    assert!(only(&response)["plan"].is_string(), "{response}");
}

#[tokio::test]
async fn an_identity_of_another_account_is_not_mistaken_for_ours() {
    let stack = Stack::enforcing().await;
    let user = unique("ci");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    let mut event = misused(&user, &key);
    event["detail"]["accountId"] = json!("222222222222");
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(only(&response)["verdict"], "awaiting_review", "{response}");
    assert_eq!(stack.accepts(&key).await, Ok(()));
}

#[tokio::test]
async fn observing_takes_the_same_path_up_to_the_call() {
    let stack = Stack::observing().await;
    let inbox = stack.inbox().await;
    let user = unique("ci");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    let event = misused(&user, &key);
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    let reaction = only(&response);
    assert_eq!(reaction["verdict"], "observed", "{response}");
    assert_eq!(stack.accepts(&key).await, Ok(()));
    assert_eq!(stack.policies(&user).await, ["work"]);
    let evidence = stack.evidence(reaction).await.predicate;
    let planned: Vec<&Countermeasure> = evidence.case.steps.iter().map(|record| &record.step.countermeasure).collect();
    assert_eq!(planned.len(), 2, "what would be done is stated: {planned:?}");
    assert!(evidence.proof.state.is_empty() && evidence.proof.not_proven.len() >= 2);
    let message = inbox.about(evidence.case.id.as_str()).await;
    assert!(message["Subject"].as_str().expect("a subject").contains("OBSERVED"), "{message}");
}

fn name_finding(event: &mut Value) {
    for finding in event["detail"]["findings"].as_array_mut().expect("findings") {
        finding["Id"] = json!(unique("finding"));
    }
}

#[tokio::test]
async fn a_user_that_was_renamed_is_found_by_its_key_and_a_decoy_is_left_alone() {
    let stack = Stack::enforcing().await;
    let (old, new) = (unique("ci"), unique("renamed"));
    // As IAM looks after iam:UpdateUser, which the emulator lacks: the key under the new name, another user under the old.
    stack.user(&new, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&new).await;
    stack.user(&old, "/", &[OWNER, WORKLOAD]).await;
    let bystander = stack.key(&old).await;

    let event = misused(&old, &key);
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(stack.last_word(only(&response)).await["verdict"], "verified_revoked", "{response}");
    assert_eq!(stack.evidence(only(&response)).await.predicate.case.subject.name, new);
    assert_eq!(stack.accepts(&key).await, Err("InvalidClientTokenId".to_owned()));
    assert_eq!(stack.accepts(&bystander).await, Ok(()), "who bears the old name is somebody else");
}
