//! Users and their keys, of this account and others.

use std::time::{Duration, Instant};

use aws_sdk_iam::types::{StatusType, Tag};
use serde_json::{Value, json};

use crate::stack::{ACCOUNT, PATIENCE, Stack};

/// An access key with its secret half, as its holder has it.
#[derive(Clone)]
pub struct HeldKey {
    /// The id.
    pub id: String,
    pub(crate) secret: String,
}

impl HeldKey {
    /// The key, for a client that signs with it.
    pub fn credentials(&self) -> aws_sdk_iam::config::Credentials {
        aws_sdk_iam::config::Credentials::new(&self.id, &self.secret, None, None, "test")
    }
}

impl Stack {
    /// Makes a user with these tags, who may read itself.
    pub async fn user(&self, name: &str, path: &str, tags: &[(&str, &str)]) {
        let tags = tags.iter().map(|(k, v)| Tag::builder().key(*k).value(*v).build().expect("a tag")).collect();
        self.iam.create_user().user_name(name).path(path).set_tags(Some(tags)).send().await.expect("a new user");
        let allow = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}]});
        self.iam
            .put_user_policy()
            .user_name(name)
            .policy_name("work")
            .policy_document(allow.to_string())
            .send()
            .await
            .expect("a policy");
    }

    /// The ARN of a user without a path.
    pub fn user_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:user/{name}")
    }

    /// Lets a user do more, on everything.
    pub async fn allow(&self, user: &str, actions: &[&str]) {
        let allow = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        let put = self.iam.put_user_policy().user_name(user).policy_name("allowed").policy_document(allow.to_string());
        put.send().await.expect("a policy");
    }

    /// Makes an access key.
    pub async fn key(&self, user: &str) -> HeldKey {
        let made = self.iam.create_access_key().user_name(user).send().await.expect("a new key");
        let key = made.access_key().expect("the key");
        HeldKey { id: key.access_key_id().to_owned(), secret: key.secret_access_key().to_owned() }
    }

    /// Makes an access key of a user, as somebody else than an administrator.
    pub async fn key_by(&self, iam: &aws_sdk_iam::Client, user: &str) -> HeldKey {
        let made = iam.create_access_key().user_name(user).send().await.expect("a new key");
        let key = made.access_key().expect("the key");
        HeldKey { id: key.access_key_id().to_owned(), secret: key.secret_access_key().to_owned() }
    }

    /// Makes a key look old, and used last so many days ago (never, if none), by an action that only the emulator's overlay
    /// has: no SDK knows it, so it is sent in the place of another call.
    pub async fn age(&self, key: &HeldKey, days_old: i64, last_used_days: Option<i64>) {
        let days_ago = |days: i64| {
            let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
            at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().replace(':', "%3A")
        };
        let mut body = format!(
            "Action=OverlaySetKeyDates&Version=2010-05-08&AccessKeyId={}&CreateDate={}",
            key.id,
            days_ago(days_old)
        );
        if let Some(days) = last_used_days {
            body = format!("{body}&LastUsedDate={}", days_ago(days));
        }
        self.iam
            .update_access_key()
            .access_key_id(&key.id)
            .status(StatusType::Active)
            .customize()
            .mutate_request(move |request| {
                request.headers_mut().insert("content-length", body.len().to_string());
                *request.body_mut() = body.clone().into();
            })
            .send()
            .await
            .expect("the overlay sets a key's dates");
    }

    /// The account that the stack may enter beside its own.
    pub fn member_account(&self) -> String {
        std::env::var("SEVERANCE_MEMBER_ACCOUNT").expect("the member account: run `make test`")
    }

    /// IAM of another account, as its root: the emulator takes the account's number for a key.
    pub fn iam_of_account(&self, account: &str) -> aws_sdk_iam::Client {
        let credentials = aws_sdk_iam::config::Credentials::new(account, "test", None, None, "test");
        let config = aws_sdk_iam::config::Builder::from(self.sdk()).credentials_provider(credentials).build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// CloudTrail's records of a call in another account.
    pub async fn trail_of_account(&self, account: &str, call: &str) -> Vec<Value> {
        use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
        let credentials = aws_sdk_cloudtrail::config::Credentials::new(account, "test", None, None, "test");
        let config = aws_sdk_cloudtrail::config::Builder::from(self.sdk()).credentials_provider(credentials).build();
        let by = LookupAttribute::builder().attribute_key(LookupAttributeKey::EventName).attribute_value(call).build();
        let by = by.expect("an attribute");
        let found = aws_sdk_cloudtrail::Client::from_conf(config).lookup_events().lookup_attributes(by).send().await;
        let found = found.expect("the history");
        let records = found.events().iter().filter_map(|event| event.cloud_trail_event());
        records.filter_map(|record| serde_json::from_str(record).ok()).collect()
    }

    /// IAM, as the holder of a key.
    pub fn iam_as(&self, key: &HeldKey) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(self.sdk()).credentials_provider(key.credentials()).build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// Whether AWS accepts a key for what its user may do; else the error's code.
    pub async fn accepts(&self, key: &HeldKey) -> Result<(), String> {
        match self.iam_as(key).get_user().send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                use aws_sdk_iam::error::ProvideErrorMetadata as _;
                Err(error.code().unwrap_or("no code").to_owned())
            }
        }
    }

    /// The status of a key, as IAM states it.
    pub async fn status(&self, user: &str, key: &HeldKey) -> Option<StatusType> {
        let keys = self.iam.list_access_keys().user_name(user).send().await.expect("the keys");
        keys.access_key_metadata()
            .iter()
            .find(|found| found.access_key_id() == Some(&key.id))
            .and_then(|found| found.status().cloned())
    }

    /// The names of a user's inline policies.
    pub async fn policies(&self, user: &str) -> Vec<String> {
        self.iam.list_user_policies().user_name(user).send().await.expect("the policies").policy_names().to_vec()
    }

    /// Waits until a user is denied everything.
    pub async fn until_quarantined(&self, user: &str) {
        let begun = Instant::now();
        while !self.policies(user).await.contains(&"SeveranceQuarantine".to_owned()) {
            assert!(begun.elapsed() < PATIENCE, "{user} was never quarantined");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
