use serde_json::{Value, json};

use crate::{Answer, Caller, FakeAws, Request, Setup};

const M: &str = "999999999999";
const A: &str = "111111111111";

fn ask(aws: &FakeAws, account: &str, operation: &str, input: Value) -> Answer {
    let caller = Caller::Root { account: account.to_owned() };
    aws.call_as(aws.now(), caller, Request::new("organizations", operation, input))
}

fn policy(name: &str, content: &str) -> Value {
    json!({ "Name": name, "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": content })
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_made_attached_and_refused_as_organizations_does() {
    let aws = FakeAws::new(Setup::default());
    let deny =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "ec2:*", "Resource": "*" }] })
            .to_string();
    assert_eq!(ask(&aws, M, "ListAccounts", json!({})).unwrap_err().code, "AWSOrganizationsNotInUseException");
    aws.state().organizations.join(M, &[A]);
    assert_eq!(ask(&aws, A, "ListAccounts", json!({})).unwrap_err().code, "AccessDeniedException");
    ask(&aws, A, "DescribeOrganization", json!({})).unwrap();

    let made = ask(&aws, M, "CreatePolicy", policy("quarantine", &deny)).unwrap();
    let id = made["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned();
    let at = json!({ "PolicyId": id, "TargetId": A });
    let code = |operation: &str, input: &Value| ask(&aws, M, operation, input.clone()).unwrap_err().code;
    assert_eq!(code("CreatePolicy", &policy("quarantine", &deny)), "DuplicatePolicyException");
    assert_eq!(
        code("CreatePolicy", &policy("large", &format!("{deny}{}", " ".repeat(5_120)))),
        "ConstraintViolationException"
    );
    assert_eq!(code("CreatePolicy", &policy("text", "text")), "MalformedPolicyDocumentException");
    assert_eq!(code("DetachPolicy", &at), "PolicyNotAttachedException");
    ask(&aws, M, "AttachPolicy", at.clone()).unwrap();
    assert_eq!(code("AttachPolicy", &at), "DuplicatePolicyAttachmentException");
    assert_eq!(code("DeletePolicy", &json!({ "PolicyId": id })), "PolicyInUseException");
    assert_eq!(code("AttachPolicy", &json!({ "PolicyId": id, "TargetId": "333333333333" })), "TargetNotFoundException");

    // Five a target, AWS's own among them; and one stays.
    for n in 0..4 {
        let made = ask(&aws, M, "CreatePolicy", policy(&format!("more-{n}"), &deny)).unwrap();
        let more = json!({ "PolicyId": made["Policy"]["PolicySummary"]["Id"], "TargetId": A });
        assert_eq!(ask(&aws, M, "AttachPolicy", more).is_ok(), n < 3);
    }
    let listed =
        ask(&aws, M, "ListPoliciesForTarget", json!({ "TargetId": A, "Filter": "SERVICE_CONTROL_POLICY" })).unwrap();
    assert_eq!(listed["Policies"].as_array().unwrap().len(), 5);
    assert_eq!(
        code("DetachPolicy", &json!({ "PolicyId": super::FULL_ACCESS, "TargetId": M })),
        "ConstraintViolationException"
    );

    let root = Caller::Root { account: A.to_owned() };
    let run = || aws.call_as(aws.now(), root.clone(), Request::new("ec2", "RunInstances", json!({})));
    assert!(run().is_err());
    ask(&aws, A, "LeaveOrganization", json!({})).unwrap();
    assert!(run().is_ok(), "outside of the organization nothing binds it");
}

#[tokio::test(start_paused = true)]
async fn a_long_list_comes_in_pages() {
    let aws = FakeAws::new(Setup::default());
    let members: Vec<String> = (1..=45).map(|n| format!("{n:012}")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    aws.state().organizations.join(M, &members);
    let (mut seen, mut token) = (0, Value::Null);
    loop {
        let page = ask(&aws, M, "ListAccounts", json!({ "NextToken": token })).unwrap();
        seen += page["Accounts"].as_array().unwrap().len();
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen, 46);
}
