//! The accounts before anything happens: who is honest, who will be the attacker's, and what the stack itself needs.

use fake_aws::{Caller, Credential, FakeAws, Request, Session, SessionOf, StartedBy, View};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Where the stack is deployed.
pub const HUB: &str = "111111111111";
/// Another account that it may act in.
pub const MEMBER: &str = "222222222222";
/// The organization's management account.
pub const MANAGEMENT: &str = "999999999999";
/// The attacker's own account, which is in no organization of ours.
pub const OUTSIDE: &str = "666666666666";
/// The Region of the stack. IAM's events stand in us-east-1.
pub const REGION: &str = "eu-west-1";
/// Some of the Regions that nobody here has opted in to.
const NOT_ENABLED: [&str; 4] = ["af-south-1", "ap-east-1", "eu-south-1", "me-south-1"];
/// The stack's name.
pub const STACK: &str = "severance";
/// What the members' trust expects to hear.
pub const EXTERNAL_ID: &str = "adversary-external-id";

/// The user whose key is stolen.
pub const VICTIM: &str = "build-bot";
/// The role of which a session is stolen.
pub const VICTIM_ROLE: &str = "runner";
/// A user of honest people, with a key, whom nothing connects with the victim.
pub const HONEST: &str = "honest-app";
/// A user whom no act of anybody is about.
pub const UNINVOLVED: &str = "uninvolved";
/// A role that others use too, with a policy of the account's own.
pub const SHARED_ROLE: &str = "shared";
/// A role that only a service uses.
pub const SERVICE_ROLE: &str = "app";
/// The policy of the account's own that the shared role has.
pub const TEAM_POLICY: &str = "team";

/// The functions whose roles and sessions there are.
pub const FUNCTIONS: [&str; 3] = ["posture-finding", "key-creation", "responder"];

/// What there is when the curtain rises.
#[derive(Debug, Clone)]
pub struct Cast {
    /// The account that all this is in.
    pub account: String,
    /// The victim's unique id.
    pub victim: String,
    /// The victim role's unique id.
    pub victim_role: String,
    /// The key that is stolen.
    pub stolen: Credential,
    /// The session of the victim role that is stolen, in a schedule about a role.
    pub stolen_session: Credential,
    /// The victim's other key, which nobody stole.
    pub second: Option<Credential>,
    /// An honest user's key.
    pub honest: Credential,
    /// The honest user's unique id.
    pub honest_id: String,
    /// A session of the shared role that bears the victim's name, and is somebody else's.
    pub namesake: Credential,
    /// An honest session of the victim role.
    pub colleague: Credential,
    /// The shared role's unique id.
    pub shared_role: String,
    /// The service role's unique id.
    pub service_role: String,
}

/// AWS's policy that allows everything.
pub const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// The moment before which everything here was made.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(-24 * 200);

/// Sets the stage in an account.
pub fn set(aws: &FakeAws, account: &str, two_keys: bool) -> Cast {
    let long_ago = aws.now() + LONG_AGO;
    let stage = Stage { aws, account, at: long_ago };
    aws.state().organizations.join(MANAGEMENT, &[HUB, MEMBER]);
    aws.state().disabled_regions = NOT_ENABLED.map(str::to_owned).into();
    for function in FUNCTIONS {
        Stage { account: HUB, ..stage }.function(function);
    }
    let member = Stage { account: MEMBER, ..stage };
    member.iam(
        "CreateRole",
        &json!({
            "RoleName": "SeveranceMember",
            "AssumeRolePolicyDocument": json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{HUB}:root") },
                "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
                "Condition": { "StringEquals": { "sts:ExternalId": EXTERNAL_ID }, "StringLike": { "sts:SourceIdentity": "sev-*" } },
            }] }).to_string(),
        }),
    );
    member.attach_role("SeveranceMember", ADMINISTRATOR);

    // The victim: a robot that may do everything, as robots of build pipelines may.
    let victim = stage.user(VICTIM, &json!([]));
    stage.iam("CreateGroup", &json!({ "GroupName": "builders" }));
    stage.iam("AttachGroupPolicy", &json!({ "GroupName": "builders", "PolicyArn": ADMINISTRATOR }));
    stage.iam("AddUserToGroup", &json!({ "GroupName": "builders", "UserName": VICTIM }));
    stage.iam("PutUserPermissionsBoundary", &json!({ "UserName": VICTIM, "PermissionsBoundary": ADMINISTRATOR }));
    let stolen = stage.key(VICTIM);
    let second = two_keys.then(|| stage.key(VICTIM));

    // Somebody who has nothing to do with it.
    let owned = json!([{ "Key": "owner", "Value": "alice@example.com" }, { "Key": "class", "Value": "workload" }]);
    let honest_id = stage.user(HONEST, &owned);
    stage.allow_user(HONEST, &["s3:*", "dynamodb:*"]);
    let honest = stage.key(HONEST);

    stage.user(UNINVOLVED, &owned);

    // A role of many, with a policy of the account's own, and one that only instances have.
    let policy = stage.iam(
        "CreatePolicy",
        &json!({ "PolicyName": TEAM_POLICY, "PolicyDocument": allow(&["s3:GetObject"]).to_string() }),
    );
    let policy = policy["Policy"]["Arn"].as_str().expect("an ARN").to_owned();
    let shared_role = stage.role(SHARED_ROLE, &json!({ "AWS": format!("arn:aws:iam::{account}:root") }));
    stage.attach_role(SHARED_ROLE, &policy);
    // Who works with it deploys: makes users for what it deploys.
    stage.allow_role(SHARED_ROLE, &["iam:CreateUser", "iam:CreateAccessKey", "iam:PutUserPolicy"]);
    let service_role = stage.role(SERVICE_ROLE, &json!({ "Service": "ec2.amazonaws.com" }));
    stage.allow_role(SERVICE_ROLE, &["s3:*"]);
    let victim_role = stage.role(VICTIM_ROLE, &json!({ "AWS": format!("arn:aws:iam::{account}:root") }));
    stage.attach_role(VICTIM_ROLE, ADMINISTRATOR);

    let hours = |n| SignedDuration::from_hours(n);
    let begun = aws.now() - hours(1);
    let session = |role: &str, name: &str| session(aws, account, role, name, begun, hours(12));
    Cast {
        namesake: session(&shared_role, VICTIM),
        colleague: session(&victim_role, "colleague"),
        stolen_session: session(&victim_role, "i-0a1b2c3d4e5f60718"),
        account: account.to_owned(),
        victim,
        victim_role,
        stolen,
        second,
        honest,
        honest_id,
        shared_role,
        service_role,
    }
}

/// The session that Lambda gives a function of the stack.
pub fn session_of_function(aws: &FakeAws, function: &str, lasts: SignedDuration) -> Credential {
    let name = format!("{STACK}-{function}");
    let role = aws.state().iam.role_id(View::Settled, HUB, &name).expect("the stage has the function's role");
    session(aws, HUB, &role, &name, aws.now(), lasts)
}

/// A session that was started before anything happened.
pub fn session(
    aws: &FakeAws,
    account: &str,
    role: &str,
    name: &str,
    issued_at: Timestamp,
    lasts: SignedDuration,
) -> Credential {
    let mut state = aws.state();
    let key = state.unique("ASIA");
    let token = format!("token of {key}");
    state.sessions.insert(
        key.clone(),
        Session {
            key: key.clone(),
            token: token.clone(),
            account: account.to_owned(),
            of: SessionOf::Role(role.to_owned()),
            name: name.to_owned(),
            issued_at,
            expires_at: issued_at + lasts,
            policies: vec![],
            source_identity: None,
            tags: std::collections::BTreeMap::new(),
            by: StartedBy::Service("lambda.amazonaws.com".to_owned()),
            context: std::collections::BTreeMap::new(),
        },
    );
    Credential { key_id: key, token: Some(token) }
}

/// A policy that allows these actions on everything.
pub fn allow(actions: &[&str]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }] })
}

/// A trust policy for this principal.
pub fn trust(principal: &Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }] })
}

/// An account at a moment, in which everything is allowed.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    /// The AWS.
    pub(crate) aws: &'a FakeAws,
    /// The account.
    pub(crate) account: &'a str,
    /// The moment.
    pub(crate) at: Timestamp,
}

impl Stage<'_> {
    /// Makes what there is.
    pub(crate) fn ask(&self, service: &str, operation: &str, input: &Value) -> Value {
        let request = Request::new(service, operation, input.clone()).in_region(REGION);
        let answer = self.aws.call_as(self.at, Caller::Stage { account: self.account.to_owned() }, request);
        answer.unwrap_or_else(|refusal| panic!("the stage cannot {operation} {input}: {refusal:?}"))
    }

    pub(crate) fn iam(&self, operation: &str, input: &Value) -> Value {
        self.ask("iam", operation, input)
    }

    /// The role of a function of the stack.
    pub(crate) fn function(&self, function: &str) {
        let name = format!("{STACK}-{function}");
        self.role(&name, &json!({ "Service": "lambda.amazonaws.com" }));
        self.attach_role(&name, ADMINISTRATOR);
    }

    fn user(&self, name: &str, tags: &Value) -> String {
        let made = self.iam("CreateUser", &json!({ "UserName": name, "Tags": tags }));
        made["User"]["UserId"].as_str().expect("an id").to_owned()
    }

    fn key(&self, user: &str) -> Credential {
        let made = self.iam("CreateAccessKey", &json!({ "UserName": user }));
        let key_id = made["AccessKey"]["AccessKeyId"].as_str().expect("an id").to_owned();
        Credential { key_id, token: None }
    }

    fn role(&self, name: &str, principal: &Value) -> String {
        let trust = trust(principal).to_string();
        let made = self.iam("CreateRole", &json!({ "RoleName": name, "AssumeRolePolicyDocument": trust }));
        made["Role"]["RoleId"].as_str().expect("an id").to_owned()
    }

    fn allow_user(&self, name: &str, actions: &[&str]) {
        let document = allow(actions).to_string();
        self.iam("PutUserPolicy", &json!({ "UserName": name, "PolicyName": "work", "PolicyDocument": document }));
    }

    fn allow_role(&self, name: &str, actions: &[&str]) {
        let document = allow(actions).to_string();
        self.iam("PutRolePolicy", &json!({ "RoleName": name, "PolicyName": "work", "PolicyDocument": document }));
    }

    fn attach_role(&self, name: &str, policy: &str) {
        self.iam("AttachRolePolicy", &json!({ "RoleName": name, "PolicyArn": policy }));
    }
}
