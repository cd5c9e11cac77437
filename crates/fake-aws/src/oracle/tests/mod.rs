mod bystanders;
mod credentials;
mod holes;
mod outside;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::caller::Credential;
use crate::{FakeAws, Request, Setup};

const ACCOUNT: &str = "111111111111";
const ELSEWHERE: &str = "222222222222";

/// An AWS and who is in it.
struct Stage {
    aws: FakeAws,
    attacker: Attacker,
}

fn stage() -> Stage {
    Stage { aws: FakeAws::new(Setup::default()), attacker: Attacker::default() }
}

fn allow(action: &str, resource: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": resource }] })
}

fn deny_all(condition: &Value) -> Value {
    let mut statement = json!({ "Effect": "Deny", "Action": "*", "Resource": "*" });
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn trust(principal: &Value, action: &str, condition: &Value) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Principal": principal, "Action": action });
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

impl Stage {
    fn iam(&self, operation: &str, input: Value) -> Value {
        self.aws.stage(ACCOUNT, Request::new("iam", operation, input)).unwrap()
    }

    /// A user with this policy; the unique id.
    fn user(&self, name: &str, policy: &Value) -> String {
        let id = self.iam("CreateUser", json!({ "UserName": name }))["User"]["UserId"].as_str().unwrap().to_owned();
        self.put_user(name, "own", policy);
        id
    }

    fn put_user(&self, name: &str, policy: &str, document: &Value) {
        let input = json!({ "UserName": name, "PolicyName": policy, "PolicyDocument": document.to_string() });
        self.iam("PutUserPolicy", input);
    }

    fn role(&self, name: &str, trust: &Value, policy: &Value) -> String {
        let input = json!({ "RoleName": name, "AssumeRolePolicyDocument": trust.to_string() });
        let id = self.iam("CreateRole", input)["Role"]["RoleId"].as_str().unwrap().to_owned();
        self.put_role(name, "own", policy);
        id
    }

    fn put_role(&self, name: &str, policy: &str, document: &Value) {
        let input = json!({ "RoleName": name, "PolicyName": policy, "PolicyDocument": document.to_string() });
        self.iam("PutRolePolicy", input);
    }

    fn key(&self, name: &str) -> Credential {
        let made = self.iam("CreateAccessKey", json!({ "UserName": name }));
        Credential { key_id: made["AccessKey"]["AccessKeyId"].as_str().unwrap().to_owned(), token: None }
    }

    /// What the attacker does with one of their credentials, and what they learn by it.
    fn act(&mut self, credential: &Credential, service: &str, operation: &str, input: Value) -> Credential {
        let request = Request::new(service, operation, input);
        let answer = self.aws.call(credential, request.clone()).unwrap();
        let caller = self.aws.state().caller_of(credential, self.aws.now()).unwrap();
        self.attacker.learn(&self.aws.state(), &caller, &request, &answer);
        let session = &answer["Credentials"];
        Credential {
            key_id: session["AccessKeyId"].as_str().unwrap_or_default().to_owned(),
            token: session["SessionToken"].as_str().map(str::to_owned),
        }
    }

    fn assume(&mut self, credential: &Credential, role: &str) -> Credential {
        let input = json!({ "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "RoleSessionName": "session" });
        self.act(credential, "sts", "AssumeRole", input)
    }

    fn open_at(&self, at: Timestamp) -> Vec<Open> {
        open_access_paths(&self.aws.state(), at, &self.attacker)
    }

    fn open(&self) -> Vec<Open> {
        self.open_at(self.aws.now())
    }

    fn access_paths(&self) -> Vec<AccessPath> {
        self.open().into_iter().map(|open| open.access_path).collect()
    }

    fn later(&self, seconds: i64) -> Timestamp {
        self.aws.now() + SignedDuration::from_secs(seconds)
    }
}
