//! Take a user of IAM Identity Center out of a group, and with it out of every account that comes by it. A restored
//! membership has another id. Where groups come from an outside directory, that one may put the user back.

use async_trait::async_trait;
use aws_sdk_identitystore::Client;
use aws_sdk_identitystore::operation::create_group_membership::CreateGroupMembershipError;
use aws_sdk_identitystore::types::{ConflictExceptionReason, MemberId};
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::ResourceId;
use severance_domain::right::identitystore;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, unless_gone};
use crate::error::AwsError;

const DELETE: &str = identitystore::DELETE_GROUP_MEMBERSHIP.action;
const LIST: &str = identitystore::LIST_GROUP_MEMBERSHIPS_FOR_MEMBER.action;
const CREATE: &str = identitystore::CREATE_GROUP_MEMBERSHIP.action;

/// Drives [`Countermeasure::RemoveGroupMembership`].
pub struct RemoveGroupMembership {
    directory: Client,
}

/// One membership, as it was when the step was planned.
struct Membership<'a> {
    user: &'a ResourceId,
    store: &'a ResourceId,
    group: &'a ResourceId,
    id: &'a ResourceId,
}

impl Membership<'_> {
    fn member(&self) -> MemberId {
        MemberId::UserId(self.user.to_string())
    }
}

/// Whether a user is in a group.
enum Found {
    /// By the membership with this id.
    In(String),
    Out,
    NoUser,
}

impl RemoveGroupMembership {
    /// Over this client, whose Region is that of the Identity Center instance.
    pub fn new(directory: Client) -> Self {
        Self { directory }
    }

    async fn find(&self, of: &Membership<'_>) -> Result<Found, AwsError> {
        let list = self.directory.list_group_memberships_for_member().identity_store_id(of.store.as_str());
        let mut pages = list.member_id(of.member()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let Some(page) = unless_gone(page.map_err(|error| AwsError::of(LIST, &error)))? else {
                return Ok(Found::NoUser);
            };
            let mut memberships = page.group_memberships.into_iter();
            if let Some(found) = memberships.find(|found| found.group_id() == Some(of.group.as_str())) {
                return Ok(Found::In(found.membership_id.unwrap_or_default()));
            }
        }
        Ok(Found::Out)
    }
}

/// A conflict is another write to the same thing at the same time, unless it says that the thing is there already.
fn patient(error: AwsError) -> AwsError {
    AwsError { retryable: error.retryable || error.code == "ConflictException", ..error }
}

fn target(step: &Countermeasure) -> Result<Membership<'_>, AwsError> {
    match step {
        Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership { user, store, group, membership }) => {
            Ok(Membership { user, store, group, id: membership })
        }
        _ => Err(misdirected(DELETE)),
    }
}

#[async_trait]
impl Driver for RemoveGroupMembership {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let of = target(step)?;
        let delete = self.directory.delete_group_membership().identity_store_id(of.store.as_str());
        let answer = delete.membership_id(of.id.as_str()).send().await;
        Ok(match unless_gone(answer.map_err(|error| patient(AwsError::of(DELETE, &error))))? {
            Some(_) => Applied::Changed(None),
            None => Applied::Already("the membership does not exist any more".to_owned()),
        })
    }

    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        let of = target(step)?;
        Ok(match self.find(&of).await? {
            Found::Out => Seen::InEffect(format!("{LIST} does not show the group any more")),
            Found::NoUser => Seen::InEffect(format!("{LIST} shows that the user does not exist any more")),
            Found::In(id) if id == of.id.as_str() => Seen::NotYet(format!("{LIST} still shows the membership")),
            Found::In(id) => Seen::NotYet(format!("{LIST} shows the user in the group again, by membership {id}")),
        })
    }

    async fn undo(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Applied, AwsError> {
        let of = target(step)?;
        let create = self.directory.create_group_membership().identity_store_id(of.store.as_str());
        let answer = create.group_id(of.group.as_str()).member_id(of.member()).send().await;
        let error = match answer {
            Ok(made) => return Ok(Applied::Changed(Some(format!("by membership {}", made.membership_id)))),
            Err(error) => error,
        };
        let is_member = matches!(
            error.as_service_error(),
            Some(CreateGroupMembershipError::ConflictException(conflict))
                if conflict.reason() == Some(&ConflictExceptionReason::UniquenessConstraintViolation)
        );
        if is_member {
            let why = "the user is in the group already: somebody put them back, or an earlier try did";
            return Ok(Applied::Already(why.to_owned()));
        }
        let error = patient(AwsError::of(CREATE, &error));
        if error.is_no_such_entity() {
            return Ok(Applied::Already("the user or the group does not exist any more".to_owned()));
        }
        Err(error)
    }

    async fn confirm_undone(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Seen, AwsError> {
        Ok(match self.find(&target(step)?).await? {
            Found::In(id) => Seen::InEffect(format!("{LIST} shows the user in the group, by membership {id}")),
            Found::NoUser => Seen::InEffect(format!("{LIST} shows that the user does not exist any more")),
            Found::Out => Seen::NotYet(format!("{LIST} does not show the user in the group")),
        })
    }
}
