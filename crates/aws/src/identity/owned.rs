//! Everything in the account that a leaver owns.

use aws_sdk_iam::types::EntityType;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use futures::future::try_join;
use futures::{StreamExt as _, TryStreamExt as _};
use severance_domain::ids::{Arn, IamName, ResourceId, UniqueId};
use severance_domain::profile::Profile;
use severance_domain::right::{iam, secretsmanager};
use severance_domain::signal::{PrincipalHint, Signal, Source};
use severance_domain::subject::{Absence, Inventory, SecretState, Subject, SubjectKind};

use super::found::{Found, Resolution, iam_tags, instant, trust_document, unresolved};
use super::reader::Identities;
use crate::error::AwsError;

const AUTHORIZATION_DETAILS: &str = iam::GET_ACCOUNT_AUTHORIZATION_DETAILS.action;
const LIST_SECRETS: &str = secretsmanager::LIST_SECRETS.action;

/// Inventories that are read at the same time.
pub(super) const AT_ONCE: usize = 8;

/// A service that refuses to list what a leaver owns is a review of its own: what the other one lists is acted on.
async fn readable(
    signal: &Signal,
    listing: impl Future<Output = Result<Vec<Found>, AwsError>>,
) -> Result<Vec<Found>, AwsError> {
    match listing.await {
        Err(error) if !error.retryable => {
            let mut unread = unresolved(signal, Absence::Unread, error.to_string());
            unread.subject.name = format!("{} ({})", unread.subject.name, error.action);
            Ok(vec![unread])
        }
        listed => listed,
    }
}

impl Identities {
    /// Users, roles and secrets whose owner tags name the leaver, and users that bear one of the leaver's names.
    pub(super) async fn owned_by(&self, signal: &Signal, identifiers: &[String]) -> Result<Resolution, AwsError> {
        let (mut found, more) = try_join(
            readable(signal, self.owned_principals(signal, identifiers)),
            readable(signal, self.owned_secrets(identifiers)),
        )
        .await?;
        found.extend(more);
        found.extend(self.registered(signal, identifiers, &found).await?);
        found.extend(self.in_directory(signal, identifiers).await?);
        if found.is_empty() {
            let subject = Subject {
                kind: SubjectKind::Person,
                account: self.account.clone(),
                name: identifiers.first().cloned().unwrap_or_default(),
                arn: None,
                unique_id: None,
            };
            let (profile, inventory) = (Profile::default(), Inventory::default());
            found.push(Found { subject, profile, inventory, trust: None, absent: None });
        }
        // The order in which AWS lists things must not reach the evidence.
        found.sort_by_key(|found| found.subject.key());
        Ok(Resolution::Many(found))
    }

    /// The directory user under the id by which IAM Identity Center itself names the leaver.
    async fn in_directory(&self, signal: &Signal, identifiers: &[String]) -> Result<Vec<Found>, AwsError> {
        let (Some(directory), Source::IdentityCenter) = (&self.directory, signal.source) else { return Ok(vec![]) };
        let mut found = Vec::new();
        for id in identifiers.iter().filter_map(|name| ResourceId::try_from(name.as_str()).ok()) {
            match directory.user(&id).await {
                Ok(Resolution::One(one)) => found.push(*one),
                Ok(Resolution::Many(many)) => found.extend(many),
                // One that was deleted has no access left there.
                // LOG: Identity Center's event names a user who is not in the directory any more.
                Ok(Resolution::Nobody(_, why)) => tracing::info!(%id, why, "the directory does not know the leaver"),
                Err(error) if error.retryable => return Err(error),
                Err(error) => {
                    let mut unread = unresolved(signal, Absence::Unread, error.to_string());
                    unread.subject.name = format!("{id} ({})", error.action);
                    found.push(unread);
                }
            }
        }
        Ok(found)
    }

    /// One paginated call returns users and roles with their tags; listing users would cost one more call for each.
    async fn owned_principals(&self, signal: &Signal, identifiers: &[String]) -> Result<Vec<Found>, AwsError> {
        let mut owned: Vec<(Subject, Profile, Option<String>)> = Vec::new();
        let mut keep = |kind, name: Option<&str>, arn: Option<&str>, id: Option<&str>, profile, trust| {
            let subject = Subject {
                kind,
                account: self.account.clone(),
                name: name.unwrap_or_default().to_owned(),
                arn: arn.and_then(|arn| Arn::try_from(arn).ok()),
                unique_id: id.and_then(|id| UniqueId::try_from(id).ok()),
            };
            owned.push((subject, profile, trust));
        };
        let mut pages = self
            .iam
            .get_account_authorization_details()
            .filter(EntityType::User)
            .filter(EntityType::Role)
            .max_items(1_000)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(AUTHORIZATION_DETAILS, &error))?;
            for user in page.user_detail_list() {
                let profile = Profile::from_tags(&iam_tags(user.tags()), &self.tags);
                let bears_their_name = user
                    .user_name()
                    .is_some_and(|user| identifiers.iter().any(|name| name.trim().eq_ignore_ascii_case(user)));
                if profile.is_owned_by(identifiers) || bears_their_name {
                    keep(SubjectKind::User, user.user_name(), user.arn(), user.user_id(), profile, None);
                }
            }
            for role in page.role_detail_list() {
                let profile = Profile::from_tags(&iam_tags(role.tags()), &self.tags);
                if profile.is_owned_by(identifiers) {
                    let trust = trust_document(role.assume_role_policy_document());
                    keep(SubjectKind::Role, role.role_name(), role.arn(), role.role_id(), profile, trust);
                }
            }
        }
        futures::stream::iter(owned.into_iter().map(|(subject, profile, trust)| async move {
            let inventory = match (subject.kind, IamName::try_from(subject.name.as_str())) {
                (SubjectKind::User, Ok(user)) => match self.user_inventory(signal, &user).await {
                    // Deleted since it was listed: one that is gone must not keep the others alive.
                    Err(error) if error.is_no_such_entity() => return Ok(None),
                    inventory => inventory?,
                },
                (SubjectKind::Role, _) => self.role_inventory(subject.arn.as_ref(), trust.as_deref()).await?,
                _ => Inventory::default(),
            };
            Ok(Some(Found { subject, profile, inventory, trust, absent: None }))
        }))
        .buffer_unordered(AT_ONCE)
        .try_filter_map(|found| async { Ok(found) })
        .try_collect()
        .await
    }

    /// What the registry says is theirs and no tag does.
    async fn registered(
        &self,
        signal: &Signal,
        identifiers: &[String],
        known: &[Found],
    ) -> Result<Vec<Found>, AwsError> {
        let names: Vec<String> = identifiers.iter().map(|name| name.trim().to_lowercase()).collect();
        let mut found = Vec::new();
        for entry in self.registry.registered_to(&names).await? {
            let Ok(arn) = Arn::try_from(entry.arn.as_str()) else { continue };
            if known.iter().any(|known| known.subject.arn.as_ref() == Some(&arn))
                || arn.account() != self.account.as_str()
            {
                continue;
            }
            let hint = PrincipalHint { arn: Some(arn.clone()), ..PrincipalHint::default() };
            let read = match arn.service() {
                "secretsmanager" => self.secret(&arn).await,
                _ if arn.name_of("role").is_some() => self.role(&hint).await,
                _ => self.user(signal, &hint).await,
            };
            match read {
                Ok(Resolution::One(one)) => found.push(*one),
                Ok(Resolution::Many(many)) => found.extend(many),
                // The registry may be older than the account: what is gone needs no ending.
                Ok(Resolution::Nobody(_, why)) => {
                    // LOG: A row of the registry that names a leaver is older than the account.
                    tracing::info!(arn = entry.arn, why, "the registry names what is not there");
                }
                Err(error) if error.is_no_such_entity() => {}
                Err(error) if error.retryable => return Err(error),
                Err(error) => {
                    let mut unread = unresolved(signal, Absence::Unread, error.to_string());
                    unread.subject.name = format!("{} ({})", entry.arn, error.action);
                    found.push(unread);
                }
            }
        }
        Ok(found)
    }

    async fn owned_secrets(&self, identifiers: &[String]) -> Result<Vec<Found>, AwsError> {
        let Some(secrets) = &self.secrets else { return Ok(vec![]) };
        let filter =
            Filter::builder().key(FilterNameStringType::TagKey).set_values(Some(self.tags.owner.clone())).build();
        let mut found = Vec::new();
        let mut pages = secrets.list_secrets().filters(filter).max_results(100).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST_SECRETS, &error))?;
            for secret in page.secret_list() {
                let Some(arn) = secret.arn().and_then(|arn| Arn::try_from(arn).ok()) else { continue };
                let state = SecretState {
                    rotation_enabled: secret.rotation_enabled().unwrap_or(false),
                    last_rotated_at: instant(secret.last_rotated_date()),
                    deletion_scheduled: secret.deleted_date().is_some(),
                };
                let secret = self.secret_found(secret.name(), arn, secret.tags(), state);
                if secret.profile.is_owned_by(identifiers) {
                    found.push(secret);
                }
            }
        }
        Ok(found)
    }
}
