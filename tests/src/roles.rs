//! Roles and their sessions.

use aws_sdk_iam::types::Tag;
use serde_json::{Value, json};

use crate::stack::{ACCOUNT, Stack};

/// A role that the account's root may assume.
pub struct AssumableRole<'a> {
    stack: &'a Stack,
    /// Its unique id.
    pub role_id: String,
    arn: String,
}

/// One session of a role.
pub struct Session {
    iam: aws_sdk_iam::Client,
    role: String,
}

impl Stack {
    /// Makes a role whose sessions may read itself.
    pub async fn role(&self, name: &str, tags: &[(&str, &str)]) -> AssumableRole<'_> {
        self.role_of(name, tags, &json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")})).await
    }

    /// The same, which an AWS service uses as well.
    pub async fn service_role(&self, name: &str, tags: &[(&str, &str)]) -> AssumableRole<'_> {
        let trusted = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root"), "Service": "ec2.amazonaws.com"});
        self.role_of(name, tags, &trusted).await
    }

    async fn role_of(&self, name: &str, tags: &[(&str, &str)], trusted: &Value) -> AssumableRole<'_> {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}]});
        let tags = tags.iter().map(|(k, v)| Tag::builder().key(*k).value(*v).build().expect("a tag")).collect();
        let made = self
            .iam
            .create_role()
            .role_name(name)
            .assume_role_policy_document(trust.to_string())
            .set_tags(Some(tags))
            .send()
            .await
            .expect("a new role");
        let allow = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "*"}]});
        self.iam
            .put_role_policy()
            .role_name(name)
            .policy_name("work")
            .policy_document(allow.to_string())
            .send()
            .await
            .expect("a policy");
        let role = made.role().expect("the role");
        AssumableRole { stack: self, role_id: role.role_id().to_owned(), arn: role.arn().to_owned() }
    }
}

impl AssumableRole<'_> {
    /// Starts a session.
    pub async fn assume(&self) -> Session {
        self.try_assume().await.unwrap_or_else(|code| panic!("no session: {code}"))
    }

    /// Starts a session, if AWS allows it; else the error's code.
    pub async fn try_assume(&self) -> Result<Session, String> {
        use aws_sdk_sts::error::ProvideErrorMetadata as _;
        let sts = aws_sdk_sts::Client::new(self.stack.sdk());
        let answer = sts.assume_role().role_arn(&self.arn).role_session_name("test").send().await;
        let answer = answer.map_err(|error| error.code().unwrap_or("no code").to_owned())?;
        let given = answer.credentials().expect("its credentials");
        let credentials = aws_sdk_iam::config::Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            None,
            "test",
        );
        let config = aws_sdk_iam::config::Builder::from(self.stack.sdk()).credentials_provider(credentials).build();
        let role = self.arn.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Session { iam: aws_sdk_iam::Client::from_conf(config), role })
    }
}

impl Session {
    /// Whether AWS lets the session do what its role may do; else the error's code.
    pub async fn works(&self) -> Result<(), String> {
        match self.iam.get_role().role_name(&self.role).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                use aws_sdk_iam::error::ProvideErrorMetadata as _;
                Err(error.code().unwrap_or("no code").to_owned())
            }
        }
    }
}
