//! Deny a user everything by an inline policy, and name the case in a tag on the user.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use severance_domain::case::CaseId;
use severance_domain::ids::IamName;
use severance_domain::plan::{Countermeasure, QUARANTINE_POLICY, QUARANTINE_TAG};

use super::{Applied, Driver, Seen, misdirected, policy};
use crate::error::AwsError;

const PUT: &str = "iam:PutUserPolicy";
const GET: &str = "iam:GetUserPolicy";
const GET_USER: &str = "iam:GetUser";
const TAG: &str = "iam:TagUser";

/// Drives [`Countermeasure::QuarantineUser`].
pub struct QuarantineUser {
    iam: Client,
}

impl QuarantineUser {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    /// The tag only tells people who did it, so a quarantine without it is still one: what fails here is a note.
    async fn tag(&self, user: &IamName, case: &CaseId) -> Option<String> {
        let tag = Tag::builder().key(QUARANTINE_TAG).value(case.as_str()).build().ok()?;
        let answer = self.iam.tag_user().user_name(user.as_str()).tags(tag).send().await;
        let error = AwsError::of(TAG, &answer.err()?);
        Some(format!("the user could not be tagged: {error}"))
    }

    /// IAM answers alike where the policy is missing and where the user is.
    async fn without_policy(&self, user: &IamName) -> Result<Seen, AwsError> {
        let answer = self.iam.get_user().user_name(user.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(GET_USER, &error)) {
            Ok(_) => Ok(Seen::NotYet(format!("{GET} shows no policy {QUARANTINE_POLICY}"))),
            Err(error) if error.is_no_such_entity() => Ok(Seen::NotYet(format!(
                "{GET_USER} shows no user of that name: it was deleted, or renamed and lives on"
            ))),
            Err(error) => Err(error),
        }
    }
}

fn target(step: &Countermeasure) -> Result<&IamName, AwsError> {
    match step {
        Countermeasure::QuarantineUser { user } => Ok(user),
        _ => Err(misdirected(PUT)),
    }
}

#[async_trait]
impl Driver for QuarantineUser {
    fn actions(&self) -> &'static [&'static str] {
        &[PUT, GET, GET_USER, TAG]
    }

    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError> {
        let user = target(step)?;
        let answer = self
            .iam
            .put_user_policy()
            .user_name(user.as_str())
            .policy_name(QUARANTINE_POLICY)
            .policy_document(policy::deny_all().to_string())
            .send()
            .await;
        match answer.map_err(|error| AwsError::of(PUT, &error)) {
            Ok(_) => Ok(Applied::Changed(self.tag(user, case).await)),
            Err(error) if error.is_no_such_entity() => {
                Ok(Applied::Already("the user does not exist any more".to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    async fn confirm(&self, step: &Countermeasure, _case: &CaseId) -> Result<Seen, AwsError> {
        let user = target(step)?;
        let answer = self.iam.get_user_policy().user_name(user.as_str()).policy_name(QUARANTINE_POLICY).send().await;
        match answer.map_err(|error| AwsError::of(GET, &error)) {
            Ok(found) if policy::is_in_place(found.policy_document(), &policy::deny_all()) => {
                Ok(Seen::InEffect(format!("{GET} shows the deny-all policy {QUARANTINE_POLICY}")))
            }
            Ok(_) => Ok(Seen::NotYet(format!("{GET} shows another document under {QUARANTINE_POLICY}"))),
            Err(error) if error.is_no_such_entity() => self.without_policy(user).await,
            Err(error) => Err(error),
        }
    }
}
