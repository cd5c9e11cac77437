//! Decisions on a small stage.

mod calls;
mod policies;
mod trusts;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::caller::StartedBy;
use crate::sts::{Start, start};
use crate::{FakeAws, Request, Setup};

const A: &str = "111111111111";
const B: &str = "222222222222";
const M: &str = "999999999999";

/// A fake with what the tests have in common.
struct Stage(FakeAws);

impl Stage {
    fn new() -> Self {
        Self(FakeAws::new(Setup::default()))
    }

    fn iam_in(&self, account: &str, operation: &str, input: Value) -> Value {
        self.0
            .stage(account, Request::new("iam", operation, input))
            .unwrap_or_else(|why| panic!("{operation}: {why:?}"))
    }

    fn iam(&self, operation: &str, input: Value) -> Value {
        self.iam_in(A, operation, input)
    }

    fn user(&self, name: &str, policy: Value) -> Caller {
        let made = self.iam("CreateUser", json!({ "UserName": name }));
        self.inline("User", name, policy);
        let key = self.iam("CreateAccessKey", json!({ "UserName": name }));
        Caller::User {
            account: A.to_owned(),
            id: made["User"]["UserId"].as_str().unwrap().to_owned(),
            key: key["AccessKey"]["AccessKeyId"].as_str().unwrap().to_owned(),
        }
    }

    fn role_in(&self, account: &str, name: &str, trust: Value, policy: Value) -> String {
        let trust = document(trust).to_string();
        let made = self.iam_in(account, "CreateRole", json!({ "RoleName": name, "AssumeRolePolicyDocument": trust }));
        let put = json!({ "RoleName": name, "PolicyName": "p", "PolicyDocument": document(policy).to_string() });
        self.iam_in(account, "PutRolePolicy", put);
        made["Role"]["RoleId"].as_str().unwrap().to_owned()
    }

    fn inline(&self, kind: &str, name: &str, policy: Value) {
        let mut input = json!({ "PolicyName": "p", "PolicyDocument": document(policy).to_string() });
        input[format!("{kind}Name")] = name.into();
        self.iam(&format!("Put{kind}Policy"), input);
    }

    fn policy(&self, name: &str, policy: Value) -> String {
        let made =
            self.iam("CreatePolicy", json!({ "PolicyName": name, "PolicyDocument": document(policy).to_string() }));
        made["Policy"]["Arn"].as_str().unwrap().to_owned()
    }

    fn session(&self, of: SessionOf, at: Timestamp, policies: Vec<Value>) -> Caller {
        let session = start(
            &mut self.0.state(),
            at,
            Start {
                policies: policies.into_iter().map(document).collect(),
                ..Start::new(A, of, "ann", SignedDuration::from_hours(12), StartedBy::Key("AKIA".to_owned()))
            },
        );
        Caller::Session(Box::new(session))
    }

    fn may(&self, caller: &Caller, action: &str, resource: &str) -> bool {
        allows(&self.0.state(), View::Settled, caller, action, resource)
    }

    fn decision(&self, caller: &Caller, action: &str, context: &[(&str, &str)]) -> Decision {
        let context = context.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])).collect();
        let question = Question { caller, action: action.to_owned(), resource: "*".to_owned(), context };
        decide(&self.0.state(), View::Settled, &question)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a policy is written where it is used")]
fn document(statement: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statement })
}

fn allow(action: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": "*" })
}

fn deny(action: &str) -> Value {
    json!({ "Effect": "Deny", "Action": action, "Resource": "*" })
}

fn trust(principal: &Value) -> Value {
    json!({ "Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"] })
}

fn user_id_of(caller: &Caller) -> String {
    context::identity(caller).unwrap().to_owned()
}

fn deny_before(moment: Timestamp) -> Value {
    json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": { "DateLessThan": { "aws:TokenIssueTime": moment.to_string() } },
    })
}
