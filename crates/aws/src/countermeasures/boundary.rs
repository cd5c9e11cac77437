//! The permissions boundary of a user or a role: read, set and removed.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::AttachedPermissionsBoundary;
use severance_domain::countermeasure::deny_all;
use severance_domain::ids::Arn;
use severance_domain::right::iam;

use super::driver::{unless_gone, without};
use super::inline::{Holder, SHOW_ROLE, SHOW_USER};
use crate::error::AwsError;

const PUT_USER: &str = iam::PUT_USER_PERMISSIONS_BOUNDARY.action;
const PUT_ROLE: &str = iam::PUT_ROLE_PERMISSIONS_BOUNDARY.action;
const DELETE_USER: &str = iam::DELETE_USER_PERMISSIONS_BOUNDARY.action;
const DELETE_ROLE: &str = iam::DELETE_ROLE_PERMISSIONS_BOUNDARY.action;

/// What AWS says of a user or a role and its boundary.
pub(super) struct Shown {
    /// AWS's policy that denies everything, in the partition of the holder.
    pub(super) denial: String,
    /// The ARN of its boundary; none where it has none.
    pub(super) boundary: Option<String>,
}

impl Shown {
    /// Whether the boundary denies everything. It is AWS's own policy, which nobody in an account can change.
    pub(super) fn is_denied(&self) -> bool {
        self.boundary.as_deref() == Some(&self.denial)
    }

    fn of(arn: &str, boundary: Option<AttachedPermissionsBoundary>) -> Self {
        let arn = Arn::try_from(arn).ok();
        Self {
            denial: deny_all(arn.as_ref().map_or("aws", |arn| arn.partition())),
            boundary: boundary.and_then(|boundary| boundary.permissions_boundary_arn),
        }
    }
}

/// The boundaries of users and roles.
pub(super) struct Boundaries {
    iam: Client,
}

impl Boundaries {
    pub(super) fn new(iam: Client) -> Self {
        Self { iam }
    }

    /// None where AWS says that there is no such holder. An answer without one says nothing: the SDK fills what it leaves out with
    /// empty texts.
    pub(super) async fn shown(&self, of: Holder<'_>) -> Result<Option<Shown>, AwsError> {
        match of {
            Holder::User(name) => {
                let answer = self.iam.get_user().user_name(name.as_str()).send().await;
                let found = unless_gone(answer.map_err(|error| AwsError::of(SHOW_USER, &error)))?;
                let Some(found) = found else { return Ok(None) };
                let user = found.user.filter(|user| !user.user_id.is_empty());
                let user = user.ok_or_else(|| without(SHOW_USER, "a user"))?;
                Ok(Some(Shown::of(&user.arn, user.permissions_boundary)))
            }
            Holder::Role(name) => {
                let answer = self.iam.get_role().role_name(name.as_str()).send().await;
                let found = unless_gone(answer.map_err(|error| AwsError::of(SHOW_ROLE, &error)))?;
                let Some(found) = found else { return Ok(None) };
                let role = found.role.filter(|role| !role.role_id.is_empty());
                let role = role.ok_or_else(|| without(SHOW_ROLE, "a role"))?;
                Ok(Some(Shown::of(&role.arn, role.permissions_boundary)))
            }
        }
    }

    /// None where there is no such holder.
    pub(super) async fn put(&self, of: Holder<'_>, boundary: &str) -> Result<Option<()>, AwsError> {
        unless_gone(match of {
            Holder::User(name) => {
                let put = self.iam.put_user_permissions_boundary().user_name(name.as_str());
                let answer = put.permissions_boundary(boundary).send().await;
                answer.map(drop).map_err(|error| AwsError::of(PUT_USER, &error))
            }
            Holder::Role(name) => {
                let put = self.iam.put_role_permissions_boundary().role_name(name.as_str());
                let answer = put.permissions_boundary(boundary).send().await;
                answer.map(drop).map_err(|error| AwsError::of(PUT_ROLE, &error))
            }
        })
    }

    /// The one that was there before comes back, or none. None where there is no such holder.
    pub(super) async fn put_back(&self, of: Holder<'_>, earlier: Option<&Arn>) -> Result<Option<()>, AwsError> {
        match earlier {
            Some(earlier) => self.put(of, earlier.as_str()).await,
            None => self.delete(of).await,
        }
    }

    /// None where there is no such holder, or no boundary.
    async fn delete(&self, of: Holder<'_>) -> Result<Option<()>, AwsError> {
        unless_gone(match of {
            Holder::User(name) => {
                let answer = self.iam.delete_user_permissions_boundary().user_name(name.as_str()).send().await;
                answer.map(drop).map_err(|error| AwsError::of(DELETE_USER, &error))
            }
            Holder::Role(name) => {
                let answer = self.iam.delete_role_permissions_boundary().role_name(name.as_str()).send().await;
                answer.map(drop).map_err(|error| AwsError::of(DELETE_ROLE, &error))
            }
        })
    }
}
