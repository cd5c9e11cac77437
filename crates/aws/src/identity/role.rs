//! One role, by whatever the event names it.

use severance_domain::ids::{Arn, IamName, UniqueId};
use severance_domain::profile::Profile;
use severance_domain::right::iam;
use severance_domain::signal::PrincipalHint;
use severance_domain::subject::{Inventory, Subject, SubjectKind, Trust};

use super::found::{Found, Resolution, boundary, iam_tags, instant, recoverable, trust_document};
use super::names::{name_in, reused_name};
use super::reader::Identities;
use crate::error::AwsError;

const GET_ROLE: &str = iam::GET_ROLE.action;
const LIST_ROLES: &str = iam::LIST_ROLES.action;

/// The service by which certificates start sessions.
const ROLES_ANYWHERE: &str = "rolesanywhere.amazonaws.com";

impl Identities {
    pub(super) async fn role(&self, hint: &PrincipalHint) -> Result<Resolution, AwsError> {
        let Some(name) = self.role_name(hint).await? else {
            return Ok(Resolution::gone("AWS knows no such role, or the event does not say which"));
        };
        let answer = self.iam.get_role().role_name(name.as_str()).send().await;
        let answer = match answer.map_err(|error| AwsError::of(GET_ROLE, &error)) {
            Ok(answer) => answer,
            Err(error) if error.is_no_such_entity() => {
                return Ok(Resolution::gone(format!("{GET_ROLE} knows no role {name}")));
            }
            Err(error) => return Err(error),
        };
        let Some(role) = answer.role() else {
            return Ok(Resolution::unread(format!("{GET_ROLE} answered without a role")));
        };
        let unique_id = UniqueId::try_from(role.role_id()).ok();
        if let Some(reused) = reused_name(hint, unique_id.as_ref(), GET_ROLE) {
            return Ok(Resolution::gone(reused));
        }
        let arn = Arn::try_from(role.arn()).ok();
        let trust = trust_document(role.assume_role_policy_document());
        let inventory = self.role_inventory(arn.as_ref(), trust.as_deref()).await?;
        Ok(Resolution::One(Box::new(Found {
            subject: Subject {
                kind: SubjectKind::Role,
                account: self.account.clone(),
                name: role.role_name().to_owned(),
                arn,
                unique_id,
            },
            profile: Profile::from_tags(&iam_tags(role.tags()), &self.tags),
            inventory: Inventory {
                created_at: instant(Some(role.create_date())),
                permissions_boundary: boundary(role.permissions_boundary()),
                ..inventory
            },
            trust,
            absent: None,
        })))
    }

    /// The ways to new sessions of a role: its trust policy, and the profiles of IAM Roles Anywhere that name it.
    pub(super) async fn role_inventory(&self, arn: Option<&Arn>, trust: Option<&str>) -> Result<Inventory, AwsError> {
        let mut held = Inventory { trust: trust.map(Trust::read), ..Inventory::default() };
        let used = held.trust.as_ref().is_some_and(|trust| trust.services.iter().any(|name| name == ROLES_ANYWHERE));
        // Without the service in its trust policy no profile can start a session of it.
        let (Some(arn), true) = (arn, used) else { return Ok(held) };
        let Some(roles_anywhere) = &self.roles_anywhere else {
            held.gaps.push("profiles of IAM Roles Anywhere were not read: this function may not".to_owned());
            return Ok(held);
        };
        match recoverable(roles_anywhere.profiles_of(arn)).await? {
            Ok(profiles) => held.roles_anywhere = profiles,
            Err(error) => held.unread.push(format!("profiles of IAM Roles Anywhere could not be listed: {error}")),
        }
        let regions = roles_anywhere.regions().join(", ");
        held.gaps.push(format!("profiles of IAM Roles Anywhere were looked for in {regions} only"));
        Ok(held)
    }

    async fn role_name(&self, hint: &PrincipalHint) -> Result<Option<IamName>, AwsError> {
        if let Some(name) = name_in(hint, "role") {
            return Ok(Some(name));
        }
        let Some(wanted) = &hint.unique_id else { return Ok(None) };
        let mut pages = self.iam.list_roles().max_items(1_000).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST_ROLES, &error))?;
            if let Some(role) = page.roles().iter().find(|role| role.role_id() == wanted.as_str()) {
                return Ok(IamName::try_from(role.role_name()).ok());
            }
        }
        Ok(None)
    }
}
