//! One managed policy on a user or a role: whether it is attached, attached and detached.

use aws_sdk_iam::Client;
use severance_domain::right::iam;

use super::driver::unless_gone;
use super::inline::Holder;
use crate::error::AwsError;

const LIST_USER: &str = iam::LIST_ATTACHED_USER_POLICIES.action;
const LIST_ROLE: &str = iam::LIST_ATTACHED_ROLE_POLICIES.action;
const ATTACH_USER: &str = iam::ATTACH_USER_POLICY.action;
const ATTACH_ROLE: &str = iam::ATTACH_ROLE_POLICY.action;
const DETACH_USER: &str = iam::DETACH_USER_POLICY.action;
const DETACH_ROLE: &str = iam::DETACH_ROLE_POLICY.action;

/// All pages of a list, as the ARNs of the policies in it.
macro_rules! holds {
    ($action:expr, $call:expr, $policy:expr) => {{
        let mut pages = $call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let Some(page) = unless_gone(page.map_err(|error| AwsError::of($action, &error)))? else { break };
            if page.attached_policies().iter().any(|held| held.policy_arn() == Some($policy)) {
                return Ok(true);
            }
        }
        Ok(false)
    }};
}

/// The managed policies that are attached to users and roles.
pub(super) struct Attachments {
    iam: Client,
}

impl Attachments {
    pub(super) fn new(iam: Client) -> Self {
        Self { iam }
    }

    /// The call that lists them.
    pub(super) fn list(of: Holder<'_>) -> &'static str {
        match of {
            Holder::User(_) => LIST_USER,
            Holder::Role(_) => LIST_ROLE,
        }
    }

    /// Whether this policy, by its ARN, is among them.
    pub(super) async fn has(&self, of: Holder<'_>, policy: &str) -> Result<bool, AwsError> {
        match of {
            Holder::User(name) => {
                holds!(LIST_USER, self.iam.list_attached_user_policies().user_name(name.as_str()), policy)
            }
            Holder::Role(name) => {
                holds!(LIST_ROLE, self.iam.list_attached_role_policies().role_name(name.as_str()), policy)
            }
        }
    }

    /// None where there is no such holder.
    pub(super) async fn attach(&self, of: Holder<'_>, policy: &str) -> Result<Option<()>, AwsError> {
        unless_gone(match of {
            Holder::User(name) => {
                let attach = self.iam.attach_user_policy().user_name(name.as_str());
                let answer = attach.policy_arn(policy).send().await;
                answer.map(drop).map_err(|error| AwsError::of(ATTACH_USER, &error))
            }
            Holder::Role(name) => {
                let attach = self.iam.attach_role_policy().role_name(name.as_str());
                let answer = attach.policy_arn(policy).send().await;
                answer.map(drop).map_err(|error| AwsError::of(ATTACH_ROLE, &error))
            }
        })
    }

    /// None where it is not attached, or there is no such holder.
    pub(super) async fn detach(&self, of: Holder<'_>, policy: &str) -> Result<Option<()>, AwsError> {
        unless_gone(match of {
            Holder::User(name) => {
                let detach = self.iam.detach_user_policy().user_name(name.as_str());
                let answer = detach.policy_arn(policy).send().await;
                answer.map(drop).map_err(|error| AwsError::of(DETACH_USER, &error))
            }
            Holder::Role(name) => {
                let detach = self.iam.detach_role_policy().role_name(name.as_str());
                let answer = detach.policy_arn(policy).send().await;
                answer.map(drop).map_err(|error| AwsError::of(DETACH_ROLE, &error))
            }
        })
    }
}
