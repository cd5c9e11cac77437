//! Take one account away from a user of IAM Identity Center. AWS does it after the call has answered, and may fail
//! then.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus, ListAccountAssignmentsFilter, PrincipalType, StatusValues, TargetType,
};
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::{AccountId, Arn, ResourceId};
use severance_domain::right::sso;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, unless_gone};
use crate::error::AwsError;

const DELETE: &str = sso::DELETE_ACCOUNT_ASSIGNMENT.action;
const DELETION: &str = sso::DESCRIBE_ACCOUNT_ASSIGNMENT_DELETION_STATUS.action;
const LIST: &str = sso::LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL.action;
const INSTANCES: &str = sso::LIST_INSTANCES.action;
const CREATE: &str = sso::CREATE_ACCOUNT_ASSIGNMENT.action;
const CREATION: &str = sso::DESCRIBE_ACCOUNT_ASSIGNMENT_CREATION_STATUS.action;

const GONE: &str = "the user, the permission set or the account is not there any more";

/// Drives [`Countermeasure::RemoveAccountAssignment`].
pub struct RemoveAccountAssignment {
    sso: Client,
    /// The ids of what was asked for and may still be under way, by what it was asked for. Lost with the process: then
    /// only the list tells.
    requests: Mutex<BTreeMap<String, String>>,
}

/// One assignment.
struct Assignment<'a> {
    user: &'a ResourceId,
    account: &'a AccountId,
    permission_set: &'a Arn,
}

impl RemoveAccountAssignment {
    /// Over this client, whose Region is that of the Identity Center instance.
    pub fn new(sso: Client) -> Self {
        Self { sso, requests: Mutex::default() }
    }

    /// The instance that the permission set belongs to: its ARN names it
    /// (<https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PermissionSet.html>). An account may see
    /// several.
    async fn instance(&self, of: &Assignment<'_>) -> Result<String, AwsError> {
        let id = of.permission_set.resource().split('/').nth(1).unwrap_or_default();
        let mut pages = self.sso.list_instances().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(INSTANCES, &error))?;
            let mut arns = page.instances.unwrap_or_default().into_iter().filter_map(|found| found.instance_arn);
            if let Some(arn) = arns.find(|arn| arn.rsplit('/').next() == Some(id)) {
                return Ok(arn);
            }
        }
        Err(AwsError {
            action: INSTANCES,
            code: "NoInstance".to_owned(),
            message: format!("no instance of IAM Identity Center here has {}", of.permission_set),
            retryable: false,
        })
    }

    /// Whether the user has it directly, not by a group. None where there is no such user.
    async fn is_assigned(&self, instance: &str, of: &Assignment<'_>) -> Result<Option<bool>, AwsError> {
        let filter = ListAccountAssignmentsFilter::builder().account_id(of.account.as_str()).build();
        let list = self.sso.list_account_assignments_for_principal().instance_arn(instance);
        let list = list.principal_id(of.user.as_str()).principal_type(PrincipalType::User).filter(filter);
        let mut pages = list.into_paginator().send();
        while let Some(page) = pages.next().await {
            let Some(page) = unless_gone(page.map_err(|error| AwsError::of(LIST, &error)))? else { return Ok(None) };
            let mut assignments = page.account_assignments.unwrap_or_default().into_iter();
            let is_it = assignments.any(|found| {
                found.account_id() == Some(of.account.as_str())
                    && found.permission_set_arn() == Some(of.permission_set.as_str())
                    && found.principal_id() == Some(of.user.as_str())
            });
            if is_it {
                return Ok(Some(true));
            }
        }
        Ok(Some(false))
    }

    fn remember(&self, what: &'static str, of: &Assignment<'_>, status: Option<AccountAssignmentOperationStatus>) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        match status.and_then(|status| status.request_id) {
            Some(id) => requests.insert(of.key(what), id),
            None => requests.remove(&of.key(what)),
        };
    }

    fn request(&self, what: &'static str, of: &Assignment<'_>) -> Option<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).get(&of.key(what)).cloned()
    }

    async fn deletion(
        &self,
        instance: &str,
        of: &Assignment<'_>,
    ) -> Result<Option<AccountAssignmentOperationStatus>, AwsError> {
        let Some(id) = self.request(DELETE, of) else { return Ok(None) };
        let describe = self.sso.describe_account_assignment_deletion_status().instance_arn(instance);
        let answer = describe.account_assignment_deletion_request_id(id).send().await;
        let found = unless_gone(answer.map_err(|error| AwsError::of(DELETION, &error)))?;
        Ok(found.and_then(|found| found.account_assignment_deletion_status))
    }

    async fn creation(
        &self,
        instance: &str,
        of: &Assignment<'_>,
    ) -> Result<Option<AccountAssignmentOperationStatus>, AwsError> {
        let Some(id) = self.request(CREATE, of) else { return Ok(None) };
        let describe = self.sso.describe_account_assignment_creation_status().instance_arn(instance);
        let answer = describe.account_assignment_creation_request_id(id).send().await;
        let found = unless_gone(answer.map_err(|error| AwsError::of(CREATION, &error)))?;
        Ok(found.and_then(|found| found.account_assignment_creation_status))
    }
}

impl Assignment<'_> {
    fn key(&self, what: &str) -> String {
        format!("{what} {} {} {}", self.user, self.account, self.permission_set)
    }
}

/// What AWS says about the request, where it still says something else than was asked for.
fn unfinished(action: &str, status: Option<AccountAssignmentOperationStatus>) -> Option<String> {
    let status = status?;
    match status.status? {
        StatusValues::Failed => {
            let reason = status.failure_reason.unwrap_or_else(|| "no reason".to_owned());
            Some(format!("{action} shows that it failed: {reason}"))
        }
        StatusValues::InProgress => Some(format!("{action} shows it under way")),
        _ => None,
    }
}

/// Another write to the same assignment has not arrived everywhere yet, which another try may outlast.
fn patient(error: AwsError) -> AwsError {
    AwsError { retryable: error.retryable || error.code == "ConflictException", ..error }
}

fn target(step: &Countermeasure) -> Result<Assignment<'_>, AwsError> {
    match step {
        Countermeasure::RemoveAccountAssignment(card::RemoveAccountAssignment { user, account, permission_set }) => {
            Ok(Assignment { user, account, permission_set })
        }
        _ => Err(misdirected(DELETE)),
    }
}

#[async_trait]
impl Driver for RemoveAccountAssignment {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let of = target(step)?;
        let instance = self.instance(&of).await?;
        let delete = self.sso.delete_account_assignment().instance_arn(instance);
        let delete = delete.target_id(of.account.as_str()).target_type(TargetType::AwsAccount);
        let delete = delete.permission_set_arn(of.permission_set.as_str());
        let answer = delete.principal_type(PrincipalType::User).principal_id(of.user.as_str()).send().await;
        Ok(match unless_gone(answer.map_err(|error| patient(AwsError::of(DELETE, &error))))? {
            Some(asked) => {
                self.remember(DELETE, &of, asked.account_assignment_deletion_status);
                Applied::Changed(None)
            }
            None => Applied::Already(GONE.to_owned()),
        })
    }

    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        let of = target(step)?;
        let instance = self.instance(&of).await?;
        if self.is_assigned(&instance, &of).await? != Some(true) {
            return Ok(Seen::InEffect(format!("{LIST} does not show the assignment any more")));
        }
        let why = unfinished(DELETION, self.deletion(&instance, &of).await?);
        Ok(Seen::NotYet(why.unwrap_or_else(|| format!("{LIST} still shows the assignment"))))
    }

    async fn undo(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Applied, AwsError> {
        let of = target(step)?;
        let instance = self.instance(&of).await?;
        match self.is_assigned(&instance, &of).await? {
            Some(true) => return Ok(Applied::Already("somebody assigned it again, or an earlier try did".to_owned())),
            Some(false) => {}
            None => return Ok(Applied::Already(GONE.to_owned())),
        }
        let create = self.sso.create_account_assignment().instance_arn(instance);
        let create = create.target_id(of.account.as_str()).target_type(TargetType::AwsAccount);
        let create = create.permission_set_arn(of.permission_set.as_str());
        let answer = create.principal_type(PrincipalType::User).principal_id(of.user.as_str()).send().await;
        Ok(match unless_gone(answer.map_err(|error| patient(AwsError::of(CREATE, &error))))? {
            Some(asked) => {
                self.remember(CREATE, &of, asked.account_assignment_creation_status);
                Applied::Changed(None)
            }
            None => Applied::Already(GONE.to_owned()),
        })
    }

    async fn confirm_undone(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Seen, AwsError> {
        let of = target(step)?;
        let instance = self.instance(&of).await?;
        match self.is_assigned(&instance, &of).await? {
            Some(true) => return Ok(Seen::InEffect(format!("{LIST} shows the assignment"))),
            None => return Ok(Seen::InEffect(format!("{LIST} shows that the user is not there any more"))),
            Some(false) => {}
        }
        let why = unfinished(CREATION, self.creation(&instance, &of).await?);
        Ok(Seen::NotYet(why.unwrap_or_else(|| format!("{LIST} does not show the assignment"))))
    }
}
