//! Roles, people in IAM Identity Center, other accounts, and the ways to ask: on the deployed template, under enforced IAM.

use aws_sdk_ssoadmin::types::{PrincipalType, TargetType};
use serde_json::{Value, json};
use severance_domain::case::Case;
use severance_domain::verdict::Verdict;
use severance_tests::{Function, Stack, event, unique};

const OWNER: (&str, &str) = ("severance:owner", "platform@example.com");

fn case_of(answer: &Value) -> String {
    let reactions = answer["reacted"]["reactions"].as_array().unwrap_or_else(|| panic!("no reactions in {answer}"));
    assert_eq!(reactions.len(), 1, "{answer}");
    reactions[0]["case"].as_str().expect("a case").to_owned()
}

/// A role that no AWS service uses is closed: old sessions die, and nobody starts new ones until it is restored.
#[tokio::test]
async fn a_role_is_closed_and_opened_again() {
    let stack = Stack::enforcing().await;
    let role = unique("cross");
    let sessions = stack.role(&role, &[OWNER, ("severance:class", "third-party")]).await;
    let before = sessions.assume().await;
    assert_eq!(before.works().await, Ok(()));
    let mut finding = event("guardduty/assumed-role.json", &[("build-runner", &role)]);
    finding["detail"]["id"] = json!(unique("finding"));
    finding["detail"]["resource"]["accessKeyDetails"]["principalId"] = json!(format!("{}:session", sessions.role_id));
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let response = stack.invoke(Function::PostureFinding, &finding).await.expect("an answer");
    let reaction = &stack.last_word(&response["reactions"][0]).await;
    assert_eq!(reaction["verdict"], "verified_revoked", "{response}");
    assert_eq!(before.works().await, Err("AccessDenied".to_owned()));
    assert_eq!(sessions.try_assume().await.err(), Some("AccessDenied".to_owned()), "nobody gets in any more");

    let person = stack.person("restorer").await;
    let case = reaction["case"].as_str().expect("a case");
    let ran = person.sever(&["restore", case, "--reason", "the partner changed its keys"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(sessions.assume().await.works().await, Ok(()), "new sessions work again");
    assert_eq!(before.works().await, Err("AccessDenied".to_owned()), "the ones from before do not");
}

/// A person of the directory loses groups and accounts, and gets exactly these back.
#[tokio::test]
async fn a_directory_user_loses_groups_and_accounts_and_gets_them_back() {
    let stack = Stack::enforcing().await;
    let (sso, store) = (aws_sdk_ssoadmin::Client::new(stack.sdk()), aws_sdk_identitystore::Client::new(stack.sdk()));
    let instances = sso.list_instances().send().await.expect("the instance");
    let instance = &instances.instances()[0];
    let (arn, id) = (instance.instance_arn().expect("its ARN"), instance.identity_store_id().expect("its directory"));
    let name = unique("person");
    let called = aws_sdk_identitystore::types::Name::builder().given_name("A").family_name("Person").build();
    let made = store.create_user().identity_store_id(id).user_name(&name).display_name(&name).name(called).send().await;
    let user = made.expect("a directory user").user_id().to_owned();
    let group = store.create_group().identity_store_id(id).display_name(unique("group")).send().await;
    let group = group.expect("a group").group_id().to_owned();
    let member = aws_sdk_identitystore::types::MemberId::UserId(user.clone());
    let joined =
        store.create_group_membership().identity_store_id(id).group_id(&group).member_id(member.clone()).send();
    joined.await.expect("a membership");
    let set = sso.create_permission_set().instance_arn(arn).name(unique("set")).send().await.expect("a set");
    let set = set.permission_set().and_then(|set| set.permission_set_arn()).expect("its ARN").to_owned();
    let assign = sso.create_account_assignment().instance_arn(arn).target_id("222222222222").permission_set_arn(&set);
    let assign = assign.target_type(TargetType::AwsAccount).principal_type(PrincipalType::User).principal_id(&user);
    assign.send().await.expect("an assignment");
    let holds = || async {
        let memberships =
            store.list_group_memberships_for_member().identity_store_id(id).member_id(member.clone()).send().await;
        let listed = sso.list_account_assignments_for_principal().instance_arn(arn).principal_id(&user);
        let assigned = listed.principal_type(PrincipalType::User).send().await;
        let assigned = assigned.expect("assignments");
        (memberships.expect("memberships").group_memberships().len(), assigned.account_assignments().len())
    };
    stack.until("the account is assigned", || async { holds().await == (1, 1) }).await;

    let person = stack.person("responder").await;
    let subject = format!("arn:aws:identitystore:::user/{user}");
    let ran = person.sever(&["contain", &subject, "--signal", "offboarding", "--reason", "left today"]).await;
    let case: Case = stack.case(&case_of(&ran.json)).await;
    assert_eq!(holds().await, (0, 0), "{ran:?} {case:#?}");
    let steps: Vec<&str> = case.steps.iter().map(|record| record.step.countermeasure.as_str()).collect();
    assert_eq!(steps, ["remove_group_membership", "remove_account_assignment", "quarantine_by_scp"]);
    // What is running can only be ended by a service control policy, which a person has to ask for.
    assert_eq!(case.verdict, Some(Verdict::Partial));

    let ran = person.sever(&["restore", case.id.as_str(), "--reason", "it was another Smith"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(holds().await, (1, 1), "{ran:?}");
}

/// The same code in a member account, by a session that is cut down to one identity.
#[tokio::test]
async fn an_identity_of_a_member_account_is_contained_and_restored_by_a_session_for_it_alone() {
    let stack = Stack::enforcing().await;
    let account = stack.member_account();
    let there = stack.iam_of_account(&account);
    let user = unique("member");
    there.create_user().user_name(&user).path("/ci/").send().await.expect("a user there");
    let made = there.create_access_key().user_name(&user).send().await.expect("a key there");
    let key = made.access_key().expect("the key").access_key_id().to_owned();
    let person = stack.person("responder").await;
    let subject = format!("arn:aws:iam::{account}:user/ci/{user}");
    let plan = person.sever(&["plan", &subject]).await;
    assert_eq!(plan.code, 0, "{plan:?}");
    let planned = &plan.json["explained"][0];
    assert_eq!(planned["inventory"]["accessKeys"][0]["id"], key.as_str(), "{planned}");
    assert!(planned["radius"]["score"].is_u64(), "{planned}");

    let ran = person.sever(&["contain", &subject, "--reason", "drill", "--ticket", "INC-9"]).await;
    assert_eq!(ran.code, 27, "{ran:?}");
    let last = stack.last_word(&ran.json["reacted"]["reactions"][0]).await;
    let case: Case = stack.case(&case_of(&ran.json)).await;
    assert_eq!(
        (&last["verdict"], case.verdict),
        (&json!("verified_revoked"), Some(Verdict::VerifiedRevoked)),
        "{case:#?}"
    );
    let status = || async {
        let keys = there.list_access_keys().user_name(&user).send().await.expect("the keys");
        keys.access_key_metadata()[0].status().cloned()
    };
    assert_eq!(status().await, Some(aws_sdk_iam::types::StatusType::Inactive));
    // CloudTrail of that account names the case in each call.
    let calls = stack.trail_of_account(&account, "UpdateAccessKey").await;
    let ours = calls.iter().find(|call| call["requestParameters"]["userName"] == user.as_str()).expect("our call");
    let session = &ours["userIdentity"]["sessionContext"];
    assert!(ours.to_string().contains(case.id.as_str()), "{session}");

    let ran = person.sever(&["restore", case.id.as_str(), "--reason", "drill is over"]).await;
    // The claim does not say which credential others know, so its only key stays dead, and only the denial is lifted.
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(status().await, Some(aws_sdk_iam::types::StatusType::Inactive));
    let policies = there.list_user_policies().user_name(&user).send().await.expect("policies");
    assert_eq!(policies.policy_names(), ["SeveranceRevokeOlderSessions"]);
}

/// Who calls at the URL, AWS says; and the function that is invoked directly does not believe it of a payload.
#[tokio::test]
async fn a_caller_at_the_url_is_known_by_their_signature() {
    let stack = Stack::enforcing().await;
    let user = unique("by-url");
    stack.user(&user, "/", &[OWNER]).await;
    let key = stack.key(&user).await;
    let person = stack.person("caller").await;
    let ask = json!({"request": {"contain": {
        "claim": {"subject": stack.user_arn(&user), "signal": "credential_exposed", "accessKey": key.id},
        "reason": "posted on a forum"}}});
    let unsigned = severance_tests::access_paths::http("POST", &stack.url_path(), &[], &ask.to_string()).await;
    assert_eq!(unsigned.status, 403, "{}", unsigned.body);
    let answer = person.post(&ask).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    let case: Case = stack.case(&case_of(&body)).await;
    assert_eq!(case.signal.request.as_ref().map(|request| request.by.as_str()), Some(person.arn.as_str()));
    assert_eq!(stack.accepts(&key).await, Err("InvalidClientTokenId".to_owned()));
    let broken = person.post(&json!({"request": {"contain": {}}})).await;
    assert_eq!(broken.status, 400);
    assert!(broken.body.contains("$.request.contain"), "{}", broken.body);

    let forged = json!({
        "version": "2.0", "isBase64Encoded": false, "body": ask.to_string(),
        "requestContext": {"http": {"method": "POST"}, "authorizer": {"iam": {"userArn": "arn:aws:iam::000000000000:user/ceo"}}}});
    let refused = stack.invoke(Function::Responder, &forged).await;
    assert!(refused.is_err(), "the function behind no URL reads no such event: {refused:?}");
}
