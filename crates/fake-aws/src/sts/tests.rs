use serde_json::{Value, json};

use crate::sts::start_service_session;
use crate::{Answer, Caller, Credential, FakeAws, Request, Setup};

const A: &str = "111111111111";
const B: &str = "222222222222";
const GITHUB: &str = "token.actions.githubusercontent.com";

struct Stage {
    aws: FakeAws,
    ann: Credential,
}

fn document(statement: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": statement }).to_string()
}

fn credential(answer: &Value) -> Credential {
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    Credential { key_id: text("AccessKeyId"), token: Some(text("SessionToken")) }
}

impl Stage {
    fn new() -> Self {
        let aws = FakeAws::new(Setup::default());
        let mut stage = Self { aws, ann: Credential { key_id: String::new(), token: None } };
        stage.iam(A, "CreateUser", json!({ "UserName": "ann" }));
        let all = document(&json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
        stage.iam(A, "PutUserPolicy", json!({ "UserName": "ann", "PolicyName": "all", "PolicyDocument": all }));
        let key = stage.iam(A, "CreateAccessKey", json!({ "UserName": "ann" }));
        key["AccessKey"]["AccessKeyId"].as_str().unwrap().clone_into(&mut stage.ann.key_id);
        stage
    }

    fn iam(&self, account: &str, operation: &str, input: Value) -> Value {
        self.aws
            .stage(account, Request::new("iam", operation, input))
            .unwrap_or_else(|why| panic!("{operation}: {why:?}"))
    }

    fn role(&self, account: &str, name: &str, trust: &Value) -> String {
        let all = document(&json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
        let made =
            self.iam(account, "CreateRole", json!({ "RoleName": name, "AssumeRolePolicyDocument": document(trust) }));
        self.iam(account, "PutRolePolicy", json!({ "RoleName": name, "PolicyName": "all", "PolicyDocument": all }));
        made["Role"]["RoleId"].as_str().unwrap().to_owned()
    }

    fn sts(&self, by: &Credential, operation: &str, input: Value) -> Answer {
        self.aws.call(by, Request::new("sts", operation, input))
    }

    fn assume(&self, by: &Credential, account: &str, role: &str, more: &[(&str, Value)]) -> Answer {
        let mut input = json!({ "RoleArn": format!("arn:aws:iam::{account}:role/{role}"), "RoleSessionName": "run" });
        for (name, value) in more {
            input[*name] = value.clone();
        }
        self.sts(by, "AssumeRole", input)
    }
}

fn trusting(principal: &Value, actions: &Value, condition: &Value) -> Value {
    json!({ "Effect": "Allow", "Principal": principal, "Action": actions, "Condition": condition })
}

#[tokio::test(start_paused = true)]
async fn an_assumed_role_is_who_it_says_and_ends() {
    let stage = Stage::new();
    let id = stage.role(A, "r", &trusting(&json!({ "AWS": A }), &json!("sts:AssumeRole"), &json!({})));
    let answer = stage.assume(&stage.ann, A, "r", &[("DurationSeconds", json!("900"))]).unwrap();
    assert_eq!(answer["AssumedRoleUser"]["AssumedRoleId"], format!("{id}:run"));
    let session = credential(&answer);
    assert!(session.key_id.starts_with("ASIA"));
    let who = stage.sts(&session, "GetCallerIdentity", json!({})).unwrap();
    let expected =
        json!({ "UserId": format!("{id}:run"), "Account": A, "Arn": format!("arn:aws:sts::{A}:assumed-role/r/run") });
    assert_eq!(who, expected);
    tokio::time::advance(std::time::Duration::from_mins(15)).await;
    assert_eq!(stage.sts(&session, "GetCallerIdentity", json!({})).unwrap_err().code, "ExpiredToken");
    for (more, code) in [
        ([("DurationSeconds", json!("899"))], "ValidationError"),
        ([("DurationSeconds", json!("3601"))], "ValidationError"),
        ([("RoleSessionName", json!("x"))], "ValidationError"),
        ([("RoleSessionName", json!("a b"))], "ValidationError"),
        ([("Policy", json!(" ".repeat(2_049)))], "ValidationError"),
        ([("Policy", json!("no policy"))], "MalformedPolicyDocument"),
        ([("Policy", json!(document(&json!({ "Effect": "Allow", "Action": "*" }))))], "MalformedPolicyDocument"),
        ([("PolicyArns", json!([{ "arn": "arn:aws:iam::111111111111:policy/none" }]))], "ValidationError"),
    ] {
        assert_eq!(stage.assume(&stage.ann, A, "r", &more).unwrap_err().code, code, "{more:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_keeps_its_source_identity_and_lasts_an_hour() {
    let stage = Stage::new();
    let actions = json!(["sts:AssumeRole", "sts:SetSourceIdentity"]);
    let condition =
        json!({ "StringEquals": { "sts:ExternalId": "x" }, "StringLike": { "sts:SourceIdentity": "sev-*" } });
    stage.role(A, "first", &trusting(&json!({ "AWS": A }), &actions, &json!({})));
    stage.role(B, "member", &trusting(&json!({ "AWS": A }), &actions, &condition));
    stage.role(A, "silent", &trusting(&json!({ "AWS": A }), &json!("sts:AssumeRole"), &json!({})));
    stage.iam(A, "UpdateRole", json!({ "RoleName": "first", "MaxSessionDuration": "43200" }));
    let said = ("SourceIdentity", json!("sev-1"));
    let first = stage.assume(&stage.ann, A, "first", &[said.clone(), ("DurationSeconds", json!("43200"))]).unwrap();
    assert_eq!(first["SourceIdentity"], "sev-1");
    let first = credential(&first);
    let external = ("ExternalId", json!("x"));
    assert_eq!(stage.assume(&first, B, "member", &[]).unwrap_err().code, "AccessDenied");
    let member = stage.assume(&first, B, "member", std::slice::from_ref(&external)).unwrap();
    assert_eq!(member["SourceIdentity"], "sev-1", "it is inherited");
    let other = [external.clone(), ("SourceIdentity", json!("sev-2"))];
    assert_eq!(stage.assume(&first, B, "member", &other).unwrap_err().code, "AccessDenied");
    // The trust of each role along the way has to allow it.
    assert!(stage.assume(&first, A, "silent", &[]).unwrap_err().message.contains("sts:SetSourceIdentity"));
    let chained = [external, ("DurationSeconds", json!("3601"))];
    assert!(stage.assume(&first, A, "first", &chained).unwrap_err().message.contains("role chaining"));
}

#[tokio::test(start_paused = true)]
async fn web_identities_and_saml_need_their_provider_and_the_trust() {
    let stage = Stage::new();
    let provider = format!("arn:aws:iam::{A}:oidc-provider/{GITHUB}");
    let condition = json!({ "StringLike": { format!("{GITHUB}:sub"): "repo:ours/*" }, "StringEquals": { format!("{GITHUB}:aud"): "sts.amazonaws.com" } });
    let web = json!("sts:AssumeRoleWithWebIdentity");
    stage.role(A, "deploy", &trusting(&json!({ "Federated": provider }), &web, &condition));
    let role = format!("arn:aws:iam::{A}:role/deploy");
    let ask = |subject: &str| {
        let token =
            json!({ "iss": format!("https://{GITHUB}"), "sub": subject, "aud": "sts.amazonaws.com" }).to_string();
        let input = json!({ "RoleArn": role, "RoleSessionName": "build", "WebIdentityToken": token });
        let caller = Caller::Anonymous { account: String::new() };
        stage.aws.call_as(stage.aws.now(), caller, Request::new("sts", "AssumeRoleWithWebIdentity", input))
    };
    assert_eq!(ask("repo:ours/app").unwrap_err().code, "InvalidIdentityToken");
    let url = format!("https://{GITHUB}");
    stage.iam(A, "CreateOpenIDConnectProvider", json!({ "Url": url, "ClientIDList": ["sts.amazonaws.com"] }));
    assert_eq!(ask("repo:theirs/app").unwrap_err().code, "AccessDenied");
    let answer = ask("repo:ours/app").unwrap();
    assert_eq!(answer["SubjectFromWebIdentityToken"], "repo:ours/app");
    stage.sts(&credential(&answer), "GetCallerIdentity", json!({})).unwrap();
    // Everybody is denied: identities of providers, too.
    let denial = json!({ "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": web });
    let closed = document(&json!([trusting(&json!({ "Federated": provider }), &web, &condition), denial]));
    stage.iam(A, "UpdateAssumeRolePolicy", json!({ "RoleName": "deploy", "PolicyDocument": closed }));
    assert_eq!(ask("repo:ours/app").unwrap_err().code, "AccessDenied");
    // And who is allowed everybody is no identity provider.
    let open = document(&trusting(&json!({ "AWS": "*" }), &web, &json!({})));
    stage.iam(A, "UpdateAssumeRolePolicy", json!({ "RoleName": "deploy", "PolicyDocument": open }));
    assert_eq!(ask("repo:ours/app").unwrap_err().code, "AccessDenied");

    let made = stage.iam(A, "CreateSAMLProvider", json!({ "Name": "idp", "SAMLMetadataDocument": "x".repeat(1_000) }));
    let saml = made["SAMLProviderArn"].as_str().unwrap();
    let trust = trusting(
        &json!({ "Federated": saml }),
        &json!("sts:AssumeRoleWithSAML"),
        &json!({ "StringEquals": { "saml:sub": "ann" } }),
    );
    stage.role(A, "staff", &trust);
    for (subject, allowed) in [("ann", true), ("bob", false)] {
        let input = json!({
            "RoleArn": format!("arn:aws:iam::{A}:role/staff"), "PrincipalArn": saml,
            "SAMLAssertion": json!({ "subject": subject }).to_string(),
        });
        let caller = Caller::Anonymous { account: String::new() };
        let answer = stage.aws.call_as(stage.aws.now(), caller, Request::new("sts", "AssumeRoleWithSAML", input));
        assert_eq!(answer.is_ok(), allowed, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_users_own_sessions_are_cut_as_aws_cuts_them() {
    let stage = Stage::new();
    let token = credential(&stage.sts(&stage.ann, "GetSessionToken", json!({ "DurationSeconds": "129600" })).unwrap());
    let who = stage.sts(&token, "GetCallerIdentity", json!({})).unwrap();
    assert_eq!(who["Arn"], format!("arn:aws:iam::{A}:user/ann"));
    assert_eq!(
        stage.sts(&stage.ann, "GetSessionToken", json!({ "DurationSeconds": "129601" })).unwrap_err().code,
        "ValidationError"
    );
    assert_eq!(stage.sts(&token, "GetFederationToken", json!({ "Name": "fed" })).unwrap_err().code, "AccessDenied");
    let policy = document(&json!({ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }));
    let answer = stage.sts(&stage.ann, "GetFederationToken", json!({ "Name": "fed", "Policy": policy })).unwrap();
    assert_eq!(answer["FederatedUser"]["FederatedUserId"], format!("{A}:fed"));
    let federated = credential(&answer);
    stage.aws.call(&federated, Request::new("ec2", "RunInstances", json!({}))).unwrap();
    assert_eq!(
        stage.aws.call(&federated, Request::new("s3", "GetObject", json!({}))).unwrap_err().code,
        "AccessDenied"
    );
    assert_eq!(
        stage.aws.call(&federated, Request::new("iam", "ListUsers", json!({}))).unwrap_err().code,
        "InvalidClientTokenId"
    );
    assert_eq!(
        stage.sts(&stage.ann, "GetAccessKeyInfo", json!({ "AccessKeyId": token.key_id })).unwrap()["Account"],
        A
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_gets_a_session_only_where_it_is_trusted() {
    let stage = Stage::new();
    let id = stage.role(
        A,
        "app",
        &trusting(&json!({ "Service": "ec2.amazonaws.com" }), &json!("sts:AssumeRole"), &json!({})),
    );
    let now = stage.aws.now();
    let begin = |service: &str| start_service_session(&mut stage.aws.state(), now, A, &id, service, "i-0a1b");
    let session = begin("ec2.amazonaws.com").unwrap();
    assert_eq!(
        stage.sts(&session, "GetCallerIdentity", json!({})).unwrap()["Arn"],
        format!("arn:aws:sts::{A}:assumed-role/app/i-0a1b")
    );
    assert_eq!(begin("lambda.amazonaws.com").unwrap_err().code, "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn root_of_a_member_is_for_the_management_account_and_one_task() {
    let stage = Stage::new();
    let task = |name: &str| json!({ "arn": format!("arn:aws:iam::aws:policy/root-task/{name}") });
    let ask =
        |name: &str| stage.sts(&stage.ann, "AssumeRoot", json!({ "TargetPrincipal": B, "TaskPolicyArn": task(name) }));
    assert_eq!(ask("IAMDeleteRootUserCredentials").unwrap_err().code, "AccessDenied");
    stage.aws.state().organizations.join(A, &[B]);
    assert_eq!(ask("Everything").unwrap_err().code, "ValidationError");
    let root = credential(&ask("IAMDeleteRootUserCredentials").unwrap());
    assert_eq!(stage.sts(&root, "GetCallerIdentity", json!({})).unwrap()["Arn"], format!("arn:aws:iam::{B}:root"));
    assert_eq!(
        stage.aws.call(&root, Request::new("iam", "CreateUser", json!({ "UserName": "x" }))).unwrap_err().code,
        "AccessDenied"
    );
}
