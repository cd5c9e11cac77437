//! Least privilege holds at run time: what a role is denied is named, and what it does not need it does not have.

use std::collections::BTreeSet;

use aws_sdk_iam::operation::get_role_policy::GetRolePolicyError;
use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};
use severance_catalogue::function::FUNCTIONS;
use severance_domain::case::Outcome;
use severance_domain::right::{On, Right};
use severance_tests::{Function, Stack, event, misused, unique};

/// The services in which the stack keeps its record and logs. All else is about identities, and where keys are kept.
const OF_RECORD: &[&str] = &["dynamodb:", "kms:", "logs:", "s3:", "sns:", "sqs:", "sts:", "xray:"];

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => vec![],
    }
}

/// The statements of a deployed function's role.
async fn statements(stack: &Stack, function: &str) -> Vec<Value> {
    let role = format!("{}-{function}", stack.name("STACK"));
    let listed = stack.iam.list_role_policies().role_name(&role).send().await.expect("the role's policies");
    let mut documents = Vec::new();
    for name in listed.policy_names() {
        match stack.iam.get_role_policy().role_name(&role).policy_name(name).send().await {
            Ok(policy) => documents.push(policy.policy_document().to_owned()),
            // Another test's guardrail, which went after it was listed.
            Err(error) if error.as_service_error().is_some_and(GetRolePolicyError::is_no_such_entity_exception) => {}
            Err(error) => panic!("the policy {name} of {role}: {error:?}"),
        }
    }
    let attached =
        stack.iam.list_attached_role_policies().role_name(&role).send().await.expect("the attached policies");
    for policy in attached.attached_policies() {
        let arn = policy.policy_arn().expect("an ARN");
        let version = stack.iam.get_policy().policy_arn(arn).send().await.expect("the policy");
        let version = version.policy().and_then(|policy| policy.default_version_id()).expect("a version").to_owned();
        let found =
            stack.iam.get_policy_version().policy_arn(arn).version_id(version).send().await.expect("the version");
        documents.extend(found.policy_version().and_then(|version| version.document()).map(str::to_owned));
    }
    let mut statements = Vec::new();
    for document in documents {
        let document = percent_encoding::percent_decode_str(&document).decode_utf8().expect("text").into_owned();
        let document: Value = serde_json::from_str(&document).expect("JSON");
        statements
            .extend(document["Statement"].as_array().cloned().unwrap_or_else(|| vec![document["Statement"].clone()]));
    }
    statements
}

#[tokio::test]
async fn each_role_allows_what_its_functions_card_says_and_nothing_else() {
    let stack = Stack::enforcing().await;
    for function in FUNCTIONS {
        let allowed: BTreeSet<String> = statements(&stack, function.name)
            .await
            .iter()
            .filter(|statement| statement["Effect"] == "Allow")
            .flat_map(|statement| texts(&statement["Action"]))
            .filter(|action| !OF_RECORD.iter().any(|service| action.starts_with(service)))
            .collect();
        let expected: BTreeSet<String> = function.rights().iter().map(|right| right.action.to_owned()).collect();
        assert_eq!(allowed, expected, "{}", function.name);
    }
}

#[tokio::test]
async fn a_resource_is_open_only_where_iam_knows_none() {
    // The directory knows resources, whose ids nobody has before they are listed.
    let may_be_open = |action: &str| {
        action.starts_with("xray:")
            || Right::of(action).is_some_and(|right| matches!(right.on, On::Nothing | On::Directory))
    };
    let stack = Stack::enforcing().await;
    for function in FUNCTIONS.iter().map(|function| function.name) {
        for statement in statements(&stack, function).await {
            if statement["Effect"] == "Allow" && texts(&statement["Resource"]).iter().any(|resource| resource == "*") {
                for action in texts(&statement["Action"]) {
                    assert!(may_be_open(&action), "{function} may {action} on everything");
                }
            }
            for action in texts(&statement["Action"]) {
                assert!(statement["Effect"] == "Deny" || !action.contains('*'), "{function} may {action}");
            }
        }
    }
}

#[tokio::test]
async fn a_step_that_is_denied_fails_by_name_and_the_others_go_on() {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let user = unique("ci");
    stack
        .user(&user, "/denied/", &[("severance:owner", "platform@example.com"), ("severance:class", "workload")])
        .await;
    let key = stack.key(&user).await;
    // As an administrator's guardrail would: this one user's keys may not be touched by the function.
    let role = format!("{}-posture-finding", stack.name("STACK"));
    let policy = unique("guardrail");
    let deny = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Action": "iam:UpdateAccessKey",
        "Resource": format!("arn:aws:iam::{}:user/denied/{user}", severance_tests::ACCOUNT)}]});
    stack
        .iam
        .put_role_policy()
        .role_name(&role)
        .policy_name(&policy)
        .policy_document(deny.to_string())
        .send()
        .await
        .expect("the guardrail");

    let event = misused(&user, &key);
    let response = stack.invoke(Function::PostureFinding, &event).await;
    stack.iam.delete_role_policy().role_name(&role).policy_name(&policy).send().await.expect("the guardrail goes");
    let response = response.expect("an answer");
    let reaction = &response["reactions"][0];
    assert_eq!(reaction["verdict"], "partial", "{response}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active));
    assert!(stack.policies(&user).await.contains(&"SeveranceQuarantine".to_owned()), "the other step was taken");

    let case = stack.evidence(reaction).await.predicate.case;
    let denied = case.steps.iter().find_map(|record| match &record.outcome {
        Some(Outcome::Failed { action, code, retryable, .. }) => Some((action.clone(), code.clone(), *retryable)),
        _ => None,
    });
    assert_eq!(denied, Some(("iam:UpdateAccessKey".to_owned(), "AccessDenied".to_owned(), false)));
    let message = inbox.about(case.id.as_str()).await;
    let body = message["Message"].as_str().expect("a body");
    assert!(body.contains("iam:UpdateAccessKey") && body.contains("AccessDenied"), "{body}");
    assert!(message["Subject"].as_str().expect("a subject").contains("act now"), "{message}");
}

#[tokio::test]
async fn a_function_cannot_touch_severances_own_roles() {
    let stack = Stack::enforcing().await;
    let role = format!("{}-key-creation", stack.name("STACK"));
    let mut event = event("guardduty/assumed-role.json", &[("build-runner", &role)]);
    event["detail"]["id"] = json!(unique("finding"));
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(response["reactions"][0]["verdict"], "awaiting_review", "{response}");
    let policies = stack.iam.list_role_policies().role_name(&role).send().await.expect("the policies");
    assert!(!policies.policy_names().iter().any(|name| name.starts_with("Severance")), "{policies:?}");

    // And where the code would, IAM does not let it. The policies that the roles hold count as themselves: a new
    // version of one would be new permissions.
    for function in ["posture-finding", "offboarding", "responder"] {
        let role_of_function = format!("{}-{function}", stack.name("STACK"));
        let attached = stack.iam.list_attached_role_policies().role_name(&role_of_function).send().await;
        let attached = attached.expect("the attached policies");
        let held: Vec<&str> = attached.attached_policies().iter().filter_map(|policy| policy.policy_arn()).collect();
        assert_eq!(held.len(), 2, "{held:?}");
        let statements = statements(&stack, function).await;
        let is_denied = |action: &str, covers: &dyn Fn(&str) -> bool| {
            statements.iter().any(|statement| {
                statement["Effect"] == "Deny"
                    && texts(&statement["Action"]).iter().any(|denied| denied == action)
                    && texts(&statement["Resource"]).iter().any(|arn| covers(arn))
            })
        };
        let own_role = format!("role/{role}");
        assert!(
            is_denied("iam:Put*", &|arn| arn.ends_with(&own_role)),
            "{function} may write to its own stack's roles"
        );
        for policy in held {
            // By their full names: a pattern would shield whatever policy somebody calls alike.
            let covers = |arn: &str| arn == policy;
            assert!(is_denied("iam:Create*", &covers), "{function} may write new versions of {policy}");
            assert!(is_denied("iam:Set*", &covers), "{function} may choose the version of {policy}");
        }
    }
}
