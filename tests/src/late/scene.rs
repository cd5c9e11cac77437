//! The stage: who is on it, and what is sent about them.

use std::collections::BTreeMap;

use aws_sdk_iam::config::Credentials;
use aws_sdk_iam::types::Tag;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use serde_json::{Value, json};
use severance_domain::case::Case;

use super::access_paths::{AccessPath, OUTSIDE, PROBE};
use super::waiting::settled;
use crate::access_paths;
use crate::events::{event, unique};
use crate::identities::HeldKey;
use crate::published::Inbox;
use crate::stack::{ACCOUNT, Stack};

/// A scenario: the stack, what it sends, and who is on the stage.
pub struct Scene<'a> {
    /// The stack.
    pub stack: &'a Stack,
    pub(super) inbox: Inbox<'a>,
    pub(super) prefix: String,
    pub(super) claims: Vec<String>,
    /// By case and revision.
    pub(super) told: BTreeMap<(String, u32), Case>,
    /// What the attacker holds or opened, by what it is.
    pub access_paths: Vec<(&'static str, AccessPath)>,
    /// What others have, by whose it is. It worked when the stage was set.
    pub bystanders: Vec<(&'static str, AccessPath)>,
}

impl Stack {
    /// Begins a scenario. Delays are drawn by the names in a request, so those are the same in every run: the scenario's, with a
    /// number behind it where it was played in this stack before.
    pub async fn scene(&self, scenario: &str) -> Scene<'_> {
        let mut number = 1;
        let (prefix, honest) = loop {
            let prefix = if number == 1 { format!("late-{scenario}") } else { format!("late-{scenario}-{number}") };
            let honest = format!("{prefix}-honest");
            match self.iam.create_user().user_name(&honest).send().await {
                Ok(_) => break (prefix, honest),
                Err(error) if error.code() == Some("EntityAlreadyExists") => number += 1,
                Err(error) => panic!("{honest} cannot be made: {error:?}"),
            }
        };
        let mut scene = Scene {
            stack: self,
            inbox: self.inbox().await,
            prefix,
            claims: vec![],
            told: BTreeMap::new(),
            access_paths: vec![],
            bystanders: vec![],
        };
        scene.may_user(&honest, &[]).await;
        let key = self.key(&honest).await;
        scene.bystanders.push(("an honest user's key", AccessPath::Key(key)));
        scene
    }

    /// Puts an event on the default bus, as if AWS had sent it.
    pub async fn put_event(&self, event: &Value) {
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let body = format!("Action=OverlayPutEvent&Event={}", encode(&event.to_string()));
        let signed =
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";
        let headers = [("Authorization", signed), ("Content-Type", "application/x-www-form-urlencoded")];
        let answer = access_paths::http("POST", "/", &headers, &body).await;
        assert_eq!(answer.status, 200, "the bus does not take the event: {}", answer.body);
    }
}

fn may(actions: &[&str]) -> String {
    let actions: Vec<&str> = actions.iter().copied().chain([PROBE]).collect();
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}).to_string()
}

/// A trust policy: the account, and the attacker's account in a statement under this Sid, if there is one.
fn trust(outsider: Option<&str>) -> String {
    let allow = |account: &str| {
        let principal = format!("arn:aws:iam::{account}:root");
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}})
    };
    let mut statements = vec![allow(ACCOUNT)];
    statements.extend(outsider.map(|sid| {
        let mut statement = allow(OUTSIDE);
        statement["Sid"] = json!(sid);
        statement
    }));
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

impl Scene<'_> {
    /// A name of this scenario's own.
    pub fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.prefix)
    }

    async fn may_user(&self, user: &str, actions: &[&str]) {
        let put = self.stack.iam.put_user_policy().user_name(user).policy_name("work").policy_document(may(actions));
        put.send().await.expect("a policy");
    }

    /// Makes a user with these tags, who may do this.
    pub async fn user(&self, what: &str, tags: &[(&str, &str)], actions: &[&str]) -> String {
        let user = self.name(what);
        let tags = tags.iter().map(|(k, v)| Tag::builder().key(*k).value(*v).build().expect("a tag")).collect();
        self.stack.iam.create_user().user_name(&user).set_tags(Some(tags)).send().await.expect("a user");
        self.may_user(&user, actions).await;
        user
    }

    /// Makes a role that everybody in the account may assume, and whose sessions may do this. Returns its ARN and unique id.
    pub async fn role(&self, what: &str, tags: &[(&str, &str)], actions: &[&str]) -> (String, String) {
        let role = self.name(what);
        let tags = tags.iter().map(|(k, v)| Tag::builder().key(*k).value(*v).build().expect("a tag")).collect();
        let create = self.stack.iam.create_role().role_name(&role).assume_role_policy_document(trust(None));
        let made = create.set_tags(Some(tags)).send().await.expect("a role");
        let put = self.stack.iam.put_role_policy().role_name(&role).policy_name("work").policy_document(may(actions));
        put.send().await.expect("a policy");
        let role = made.role().expect("the role");
        (role.arn().to_owned(), role.role_id().to_owned())
    }

    /// Starts a session of a role as the account's root.
    pub async fn session(&self, role: &str, name: &str) -> Credentials {
        let root = Credentials::new("test", "test", None, None, "test");
        self.stack.assume_as(root, role, name).await.unwrap_or_else(|code| panic!("no session of {role}: {code}"))
    }

    /// Lets all that is on the stage settle, and sees that every access path opens and every bystander works before anything happens.
    pub async fn set(&self) {
        settled().await;
        for (what, access_path) in self.access_paths.iter().chain(&self.bystanders) {
            assert!(self.stack.opens(access_path).await, "{what} does not work before anything happens");
        }
    }

    /// Lets the attacker's account into a role, as the holder of these credentials.
    pub async fn open_trust(&mut self, by: &aws_sdk_iam::Client, role: &str, sid: &str) {
        let name = role.rsplit('/').next().unwrap_or_default();
        let update = by.update_assume_role_policy().role_name(name).policy_document(trust(Some(sid)));
        update.send().await.expect("the trust is changed");
        self.access_paths.push(("the role, from outside", AccessPath::Trust(role.to_owned())));
    }

    /// Sends a finding that a user's key is misused, last seen at this moment, through the bus.
    pub async fn key_is_misused(&mut self, user: &str, key: &HeldKey, last_seen: jiff::Timestamp) {
        let replace = [("ci-deployer", user), ("AKIAEXAMPLECIDEPLOY1", key.id.as_str())];
        self.send("guardduty/compromised-access-key.json", &replace, last_seen).await;
    }

    /// The same about a session of a role.
    pub async fn session_is_misused(&mut self, role: &str, role_id: &str, last_seen: jiff::Timestamp) {
        let name = role.rsplit('/').next().unwrap_or_default();
        let principal = format!("{role_id}:i-0a1b2c3d4e5f60718");
        let replace = [("build-runner", name), ("EXAMPLEPRINCIPALID:i-0a1b2c3d4e5f60718", principal.as_str())];
        self.send("guardduty/assumed-role.json", &replace, last_seen).await;
    }

    async fn send(&mut self, file: &str, replace: &[(&str, &str)], last_seen: jiff::Timestamp) {
        let mut event = event(file, replace);
        let finding = unique("finding");
        event["id"] = json!(unique("event"));
        event["detail"]["id"] = json!(finding);
        event["detail"]["service"]["eventLastSeen"] = json!(last_seen.to_string());
        self.claims.push(finding);
        self.stack.put_event(&event).await;
    }

    /// Sends through the bus that AWS found this key in a public place.
    pub async fn key_is_exposed(&mut self, key: &HeldKey) {
        let mut event = event("health/credentials-exposed.json", &[("AKIAEXAMPLECIDEPLOY1", &key.id)]);
        let arn = format!("arn:aws:health:us-east-1::event/RISK/X/{}", unique("event"));
        event["id"] = json!(unique("event"));
        event["detail"]["eventArn"] = json!(arn);
        self.claims.push(format!("{arn}/{}", key.id));
        self.stack.put_event(&event).await;
    }

    /// What this test expects a case about beside its findings: the key that `CloudTrail` tells of.
    pub fn expects(&mut self, key: &HeldKey) {
        self.claims.push(key.id.clone());
    }
}
