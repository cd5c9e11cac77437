//! Deny an identity everything by a service control policy on its account: nobody in the account can lift it. One
//! policy for each case, attached to each account that the case names. It binds neither the management account nor
//! service-linked roles.

use async_trait::async_trait;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{PolicySummary, PolicyType, Tag};
use serde_json::{Value, json};
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::{AccountId, Arn};
use severance_domain::plan::{QUARANTINE_POLICY, QUARANTINE_TAG};
use severance_domain::right::organizations;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected};
use crate::error::AwsError;

const CREATE: &str = organizations::CREATE_POLICY.action;
const ATTACH: &str = organizations::ATTACH_POLICY.action;
const LIST: &str = organizations::LIST_POLICIES.action;
const LIST_FOR: &str = organizations::LIST_POLICIES_FOR_TARGET.action;
const DESCRIBE: &str = organizations::DESCRIBE_POLICY.action;
const DETACH: &str = organizations::DETACH_POLICY.action;
const DELETE: &str = organizations::DELETE_POLICY.action;

/// Drives [`Countermeasure::QuarantineByScp`].
pub struct QuarantineByScp {
    organizations: Client,
}

impl QuarantineByScp {
    /// Over this client, with the rights of the management account or of a delegated administrator for policies.
    pub fn new(organizations: Client) -> Self {
        Self { organizations }
    }

    /// The id of this case's policy, made now or found. Tags in the same call, so that none is without.
    async fn made(&self, principal: &Arn, case: &CaseId) -> Result<String, AwsError> {
        let invalid = || misdirected(CREATE);
        let tag = Tag::builder().key(QUARANTINE_TAG).value(case.as_str()).build().map_err(|_| invalid())?;
        let create = self.organizations.create_policy().r#type(PolicyType::ServiceControlPolicy).name(name(case));
        let create = create.description(format!("Severance denies {principal} everything")).tags(tag);
        let answer = create.content(denial(principal).to_string()).send().await;
        match answer.map_err(|error| AwsError::of(CREATE, &error)) {
            Ok(made) => {
                let id = made.policy.and_then(|policy| policy.policy_summary).and_then(|summary| summary.id);
                id.ok_or_else(|| AwsError { code: "InvalidResponse".to_owned(), ..invalid() })
            }
            Err(error) if error.code == "DuplicatePolicyException" => match self.find(case).await? {
                Some(id) if self.is_ours(&id, principal).await? => Ok(id),
                // Somebody else's work under our name, or ours changed: it is not ours to attach.
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// This case's policy, wherever it is attached.
    async fn find(&self, case: &CaseId) -> Result<Option<String>, AwsError> {
        let list = self.organizations.list_policies().filter(PolicyType::ServiceControlPolicy);
        let mut pages = list.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST, &error))?;
            if let Some(id) = named(page.policies.unwrap_or_default(), case) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// This case's policy, if it is attached to the account itself.
    async fn attached(&self, account: &AccountId, case: &CaseId) -> Result<Option<String>, AwsError> {
        let list = self.organizations.list_policies_for_target().filter(PolicyType::ServiceControlPolicy);
        let mut pages = list.target_id(account.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST_FOR, &error))?;
            if let Some(id) = named(page.policies.unwrap_or_default(), case) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Whether the policy still says what we wrote. One that is gone does not.
    async fn is_ours(&self, id: &str, principal: &Arn) -> Result<bool, AwsError> {
        let answer = self.organizations.describe_policy().policy_id(id).send().await;
        match answer.map_err(|error| AwsError::of(DESCRIBE, &error)) {
            Ok(found) => {
                let content = found.policy.and_then(|policy| policy.content).unwrap_or_default();
                Ok(serde_json::from_str(&content).is_ok_and(|content: Value| content == denial(principal)))
            }
            Err(error) if error.code == "PolicyNotFoundException" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// False where it was not attached.
    async fn detach(&self, id: &str, account: &AccountId) -> Result<bool, AwsError> {
        let answer = self.organizations.detach_policy().policy_id(id).target_id(account.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(DETACH, &error)) {
            Ok(_) => Ok(true),
            Err(error) => match error.code.as_str() {
                // An account that left the organization took no policy along.
                "PolicyNotAttachedException" | "PolicyNotFoundException" | "TargetNotFoundException" => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// False where it is attached to other accounts still: the last of this case's steps deletes it.
    async fn delete(&self, id: &str) -> Result<bool, AwsError> {
        let answer = self.organizations.delete_policy().policy_id(id).send().await;
        match answer.map_err(|error| AwsError::of(DELETE, &error)) {
            Ok(_) => Ok(true),
            Err(error) if error.code == "PolicyNotFoundException" => Ok(true),
            Err(error) if error.code == "PolicyInUseException" => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn name(case: &CaseId) -> String {
    format!("{QUARANTINE_POLICY}-{case}")
}

fn named(policies: Vec<PolicySummary>, case: &CaseId) -> Option<String> {
    let name = name(case);
    policies.into_iter().find(|policy| policy.name.as_deref() == Some(&name)).and_then(|policy| policy.id)
}

/// Denies one identity everything.
///
/// A session of a role is compared by the role's ARN
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>).
/// A user of Identity Center has a session of a role that others have as well, so there it is the directory's own key
/// (<https://docs.aws.amazon.com/singlesignon/latest/userguide/prereqs-revoking-user-permissions.html>).
fn denial(principal: &Arn) -> Value {
    let directory_user = principal.name_of("user").filter(|_| principal.service() == "identitystore");
    let condition = match directory_user {
        Some(id) => json!({"StringEquals": {"identitystore:UserId": id}}),
        None => json!({"ArnEquals": {"aws:PrincipalArn": principal.as_str()}}),
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "SeveranceQuarantine", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
        ]
    })
}

fn target(step: &Countermeasure) -> Result<(&Arn, &AccountId), AwsError> {
    match step {
        Countermeasure::QuarantineByScp(card::QuarantineByScp { principal, account }) => Ok((principal, account)),
        _ => Err(misdirected(CREATE)),
    }
}

#[async_trait]
impl Driver for QuarantineByScp {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError> {
        let (principal, account) = target(step)?;
        let id = self.made(principal, case).await?;
        let answer = self.organizations.attach_policy().policy_id(&id).target_id(account.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(ATTACH, &error)) {
            Ok(_) => Ok(Applied::Changed(Some(format!("by policy {id}")))),
            Err(error) if error.code == "DuplicatePolicyAttachmentException" => {
                Ok(Applied::Changed(Some(format!("an earlier try of this case attached policy {id}"))))
            }
            Err(error) => Err(error),
        }
    }

    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let (principal, account) = target(step)?;
        Ok(match self.attached(account, about.case).await? {
            Some(id) if self.is_ours(&id, principal).await? => {
                Seen::InEffect(format!("{LIST_FOR} shows policy {id} on the account, and {DESCRIBE} the denial in it"))
            }
            Some(id) => Seen::NotYet(format!("{DESCRIBE} does not show our denial in policy {id}")),
            None => Seen::NotYet(format!("{LIST_FOR} shows no policy {} on the account", name(about.case))),
        })
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        let (principal, account) = target(step)?;
        let Some(id) = self.find(&undo.case.id).await? else {
            return Ok(Applied::Already("it is not there any more".to_owned()));
        };
        if !self.is_ours(&id, principal).await? {
            return Ok(Applied::Already(format!("policy {id} is not as we wrote it: left alone")));
        }
        let detached = self.detach(&id, account).await?;
        let deleted = self.delete(&id).await?;
        let in_use = || format!("policy {id} stays, because it is attached to other accounts");
        Ok(match (detached, deleted) {
            (_, true) => Applied::Changed(None),
            (true, false) => Applied::Changed(Some(in_use())),
            (false, false) => Applied::Already(format!("it is not on the account any more; {}", in_use())),
        })
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        let (principal, account) = target(step)?;
        Ok(match self.attached(account, &undo.case.id).await {
            Ok(None) => Seen::InEffect(format!("{LIST_FOR} shows no policy of this case on the account")),
            Err(error) if error.code == "TargetNotFoundException" => {
                Seen::InEffect(format!("{LIST_FOR} shows that the account is not in the organization any more"))
            }
            Ok(Some(id)) if self.is_ours(&id, principal).await? => {
                Seen::NotYet(format!("{LIST_FOR} still shows policy {id} on the account"))
            }
            Ok(Some(id)) => {
                Seen::InEffect(format!("{DESCRIBE} shows another document in policy {id}, which was left alone"))
            }
            Err(error) => return Err(error),
        })
    }
}
