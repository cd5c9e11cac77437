//! Users in the directory of IAM Identity Center: which groups they are in, and which accounts they may use.

use aws_sdk_identitystore::Client as IdentityStore;
use aws_sdk_identitystore::types::MemberId;
use aws_sdk_ssoadmin::Client as SsoAdmin;
use aws_sdk_ssoadmin::types::PrincipalType;
use futures::future::try_join;
use severance_domain::ids::{AccountId, Arn, ResourceId};
use severance_domain::profile::Profile;
use severance_domain::right::{identitystore, sso};
use severance_domain::subject::{AccountAssignment, GroupMembership, Inventory, Subject, SubjectKind};

use super::found::{Found, Resolution};
use crate::error::AwsError;

const LIST_INSTANCES: &str = sso::LIST_INSTANCES.action;
const LIST_ASSIGNMENTS: &str = sso::LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL.action;
const DESCRIBE_USER: &str = identitystore::DESCRIBE_USER.action;
const LIST_MEMBERSHIPS: &str = identitystore::LIST_GROUP_MEMBERSHIPS_FOR_MEMBER.action;

/// The directory, read from the account that administers IAM Identity Center.
#[derive(Debug, Clone)]
pub struct Directory {
    sso: SsoAdmin,
    store: IdentityStore,
    account: AccountId,
    partition: String,
}

/// The one instance of an organization, and its directory.
struct Instance {
    arn: String,
    store: ResourceId,
}

impl Directory {
    /// Over these clients; `account` is the one that they speak for.
    pub fn new(sso: SsoAdmin, store: IdentityStore, account: AccountId, partition: String) -> Self {
        Self { sso, store, account, partition }
    }

    /// A directory user by its id.
    pub(super) async fn user(&self, id: &ResourceId) -> Result<Resolution, AwsError> {
        let Some(instance) = self.instance().await? else {
            return Ok(Resolution::unread(format!("{LIST_INSTANCES} shows no instance of IAM Identity Center here")));
        };
        let store = &instance.store;
        let answer = self.store.describe_user().identity_store_id(store.as_str()).user_id(id.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(DESCRIBE_USER, &error)) {
            Ok(_) => {}
            Err(error) if error.is_no_such_entity() => {
                return Ok(Resolution::gone(format!("{DESCRIBE_USER} knows no user {id}")));
            }
            Err(error) => return Err(error),
        }
        let (group_memberships, mut account_assignments) =
            try_join(self.memberships(store, id), self.assignments(&instance.arn, id)).await?;
        account_assignments.sort();
        let arn = format!("arn:{}:identitystore:::user/{id}", self.partition);
        Ok(Resolution::One(Box::new(Found {
            subject: Subject {
                kind: SubjectKind::DirectoryUser,
                account: self.account.clone(),
                name: id.to_string(),
                arn: Arn::try_from(arn).ok(),
                unique_id: None,
            },
            // A directory holds people.
            profile: Profile { class: Some(severance_domain::profile::Class::Human), ..Profile::default() },
            inventory: Inventory { group_memberships, account_assignments, ..Inventory::default() },
            trust: None,
            absent: None,
        })))
    }

    async fn instance(&self) -> Result<Option<Instance>, AwsError> {
        let answer = self.sso.list_instances().send().await.map_err(|error| AwsError::of(LIST_INSTANCES, &error))?;
        Ok(answer.instances().iter().find_map(|instance| {
            let store = ResourceId::try_from(instance.identity_store_id()?).ok()?;
            Some(Instance { arn: instance.instance_arn()?.to_owned(), store })
        }))
    }

    async fn memberships(&self, store: &ResourceId, id: &ResourceId) -> Result<Vec<GroupMembership>, AwsError> {
        let mut found = Vec::new();
        let mut pages = self
            .store
            .list_group_memberships_for_member()
            .identity_store_id(store.as_str())
            .member_id(MemberId::UserId(id.to_string()))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST_MEMBERSHIPS, &error))?;
            for of in page.group_memberships() {
                let (Some(group), Some(membership)) = (of.group_id(), of.membership_id()) else { continue };
                found.push(GroupMembership {
                    group: checked(LIST_MEMBERSHIPS, group)?,
                    membership: checked(LIST_MEMBERSHIPS, membership)?,
                    store: store.clone(),
                });
            }
        }
        found.sort();
        Ok(found)
    }

    async fn assignments(&self, instance: &str, id: &ResourceId) -> Result<Vec<AccountAssignment>, AwsError> {
        let mut found = Vec::new();
        let mut pages = self
            .sso
            .list_account_assignments_for_principal()
            .instance_arn(instance)
            .principal_id(id.as_str())
            .principal_type(PrincipalType::User)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST_ASSIGNMENTS, &error))?;
            for of in page.account_assignments() {
                let (Some(account), Some(permission_set)) = (of.account_id(), of.permission_set_arn()) else {
                    continue;
                };
                let by_group = match of.principal_type() {
                    Some(PrincipalType::Group) => {
                        Some(checked(LIST_ASSIGNMENTS, of.principal_id().unwrap_or_default())?)
                    }
                    _ => None,
                };
                found.push(AccountAssignment {
                    account: checked(LIST_ASSIGNMENTS, account)?,
                    permission_set: checked(LIST_ASSIGNMENTS, permission_set)?,
                    by_group,
                });
            }
        }
        Ok(found)
    }
}

fn checked<T>(action: &'static str, text: &str) -> Result<T, AwsError>
where
    T: for<'a> TryFrom<&'a str>,
{
    T::try_from(text).map_err(|_| AwsError {
        action,
        code: "InvalidResponse".to_owned(),
        message: "an id in the answer is not one".to_owned(),
        retryable: false,
    })
}
