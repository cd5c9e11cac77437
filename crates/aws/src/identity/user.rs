//! One user, by whatever the event names it.

use aws_sdk_iam::types::StatusType;
use futures::future::{join_all, try_join, try_join3};
use severance_domain::ids::{AccessKeyId, Arn, IamName, UniqueId};
use severance_domain::profile::Profile;
use severance_domain::right::iam;
use severance_domain::signal::{PrincipalHint, Signal, SignalKind};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, Subject, SubjectKind};

use super::found::{Found, Resolution, boundary, iam_tags, instant, recoverable};
use super::names::{name_in, reused_name};
use super::reader::Identities;
use crate::error::AwsError;

const GET_USER: &str = iam::GET_USER.action;
const LIST_USERS: &str = iam::LIST_USERS.action;
const LIST_KEYS: &str = iam::LIST_ACCESS_KEYS.action;
const KEY_LAST_USED: &str = iam::GET_ACCESS_KEY_LAST_USED.action;
const GET_LOGIN: &str = iam::GET_LOGIN_PROFILE.action;
const LIST_USER_POLICIES: &str = iam::LIST_ATTACHED_USER_POLICIES.action;
const LIST_GROUPS: &str = iam::LIST_GROUPS_FOR_USER.action;
const LIST_GROUP_POLICIES: &str = iam::LIST_ATTACHED_GROUP_POLICIES.action;

/// Keys of a user whose holder is asked for before all users are looked through.
const KEYS_ASKED: usize = 2;

/// What a user's inventory leaves out where one key is in question, and not the user.
const NOT_ENUMERATED: &str = "SSH public keys, signing certificates and service-specific credentials were not enumerated: the claim is about keys";

impl Identities {
    pub(super) async fn user(&self, signal: &Signal, hint: &PrincipalHint) -> Result<Resolution, AwsError> {
        let asked = self.user_name(signal, hint).await;
        let known = match &asked {
            Ok(Some(name)) => Some(name.clone()),
            Ok(None) | Err(_) => self.holder_by_trail(signal).await?,
        };
        let Some(name) = known else {
            asked?;
            return Ok(match &signal.access_key {
                Some(key) if key.is_temporary() => {
                    Resolution::unread(format!("{key} is a session's key, which AWS does not trace to its holder"))
                }
                _ => Resolution::gone("AWS knows no such user, or the event does not say which"),
            });
        };
        let found = self.user_named(signal, hint, &name).await?;
        if fits(signal, &found) {
            return Ok(found);
        }
        // A user can be renamed while its keys live on, and another one be put under its old name: ids decide then.
        match self.renamed(signal, hint).await? {
            Ok(Some(other)) if other != name => self.user_named(signal, hint, &other).await,
            Ok(_) => Ok(self.with_deleter(signal, found).await),
            // IAM answers so of a key that was deleted, too; whose it was stands in CloudTrail then.
            Err(error) => match self.holder_by_trail(signal).await? {
                Some(other) if other != name => self.user_named(signal, hint, &other).await,
                Some(_) => Ok(self.with_deleter(signal, found).await),
                None => Ok(unless_same(found, hint, &error)),
            },
        }
    }

    /// Whose the claim's key was, where IAM does not know it any more: by CloudTrail, and by the name that they bear now. Whoever held
    /// it may have deleted it.
    async fn holder_by_trail(&self, signal: &Signal) -> Result<Option<IamName>, AwsError> {
        let (Some(key), Some(trail), true) = (&signal.access_key, &self.trail, signal.kind.is_immediate_danger())
        else {
            return Ok(None);
        };
        if key.is_temporary() {
            return Ok(None);
        }
        let Some((arn, unique_id)) = trail.holder(key).await? else { return Ok(None) };
        let name = arn.name_of("user").and_then(|name| IamName::try_from(name).ok());
        Ok(match unique_id {
            Some(unique_id) => self.present_name(&unique_id, &[]).await?.map(|(name, _)| name),
            None => name,
        })
    }

    /// Adds who deleted the key that a claim names, where that was somebody else than its holder. What CloudTrail does not tell is
    /// taken for the holder's own work.
    async fn with_deleter(&self, signal: &Signal, found: Resolution) -> Resolution {
        let (Some(key), Some(trail), Resolution::One(one)) = (&signal.access_key, &self.trail, &found) else {
            return found;
        };
        if !signal.kind.is_immediate_danger() || key.is_temporary() {
            return found;
        }
        let Ok(Some((by, id))) = trail.deleter(key).await else { return found };
        if id.is_some() && id == one.subject.unique_id || Some(&by) == one.subject.arn.as_ref() {
            return found;
        }
        let mut one = one.clone();
        one.inventory.named_key_deleted_by = Some(by);
        Resolution::One(one)
    }

    pub(super) async fn user_named(
        &self,
        signal: &Signal,
        hint: &PrincipalHint,
        name: &IamName,
    ) -> Result<Resolution, AwsError> {
        let read = async {
            let answer = self.iam.get_user().user_name(name.as_str()).send().await;
            answer.map_err(|error| AwsError::of(GET_USER, &error))
        };
        // The reads do not depend on each other, and every round trip is time that a stolen key lives.
        let (user, inventory) = match try_join(read, self.user_inventory(signal, name)).await {
            Ok(both) => both,
            Err(error) if error.is_no_such_entity() => {
                return Ok(Resolution::gone(format!("{GET_USER} knows no user {name}")));
            }
            Err(error) => return Err(error),
        };
        let Some(user) = user.user() else {
            return Ok(Resolution::unread(format!("{GET_USER} answered without a user")));
        };
        let unique_id = UniqueId::try_from(user.user_id()).ok();
        if let Some(reused) = reused_name(hint, unique_id.as_ref(), GET_USER) {
            return Ok(Resolution::gone(reused));
        }
        Ok(Resolution::One(Box::new(Found {
            subject: Subject {
                kind: SubjectKind::User,
                account: self.account.clone(),
                name: user.user_name().to_owned(),
                arn: Arn::try_from(user.arn()).ok(),
                unique_id,
            },
            profile: Profile::from_tags(&iam_tags(user.tags()), &self.tags),
            inventory: Inventory {
                created_at: instant(Some(user.create_date())),
                permissions_boundary: boundary(user.permissions_boundary()),
                ..inventory
            },
            trust: None,
            absent: None,
        })))
    }

    /// The user's name: from the event, else from the key that it names, else by looking through all users.
    async fn user_name(&self, signal: &Signal, hint: &PrincipalHint) -> Result<Option<IamName>, AwsError> {
        match name_in(hint, "user") {
            Some(name) => Ok(Some(name)),
            None => match self.holder(signal).await? {
                Some(name) => Ok(Some(name)),
                None => self.name_of(hint).await,
            },
        }
    }

    /// The present name of the user that the event's ids are about; the inner error where AWS refuses to say.
    async fn renamed(
        &self,
        signal: &Signal,
        hint: &PrincipalHint,
    ) -> Result<Result<Option<IamName>, AwsError>, AwsError> {
        let refused = match recoverable(self.holder(signal)).await? {
            Ok(Some(name)) => return Ok(Ok(Some(name))),
            Ok(None) => None,
            Err(refused) => Some(refused),
        };
        Ok(match recoverable(self.name_of(hint)).await? {
            Ok(None) => refused.map_or(Ok(None), Err),
            other => other,
        })
    }

    /// Whose the event's long-term key is, by AWS's account.
    async fn holder(&self, signal: &Signal) -> Result<Option<IamName>, AwsError> {
        match signal.access_key.as_ref().filter(|key| !key.is_temporary()) {
            Some(key) => self.holder_of(key).await,
            None => Ok(None),
        }
    }

    async fn holder_of(&self, key: &AccessKeyId) -> Result<Option<IamName>, AwsError> {
        let answer = self.iam.get_access_key_last_used().access_key_id(key.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(KEY_LAST_USED, &error)) {
            Ok(used) => Ok(used.user_name().and_then(|name| IamName::try_from(name).ok())),
            Err(error) if error.is_no_such_entity() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where a user is by now, by its unique id: its name and its ARN. The holder of one of its keys is asked for first, for else all
    /// users are looked through. None where AWS shows no such user.
    ///
    /// # Errors
    /// Where AWS refuses or does not answer.
    pub async fn present_name(
        &self,
        wanted: &UniqueId,
        keys: &[AccessKeyId],
    ) -> Result<Option<(IamName, Arn)>, AwsError> {
        for key in keys.iter().filter(|key| !key.is_temporary()).take(KEYS_ASKED) {
            // A key that was deleted is refused, like one that may not be asked about.
            let Ok(Some(name)) = self.holder_of(key).await else { continue };
            let answer = self.iam.get_user().user_name(name.as_str()).send().await;
            match answer.map_err(|error| AwsError::of(GET_USER, &error)) {
                Ok(found) => {
                    let found = found.user().filter(|user| user.user_id() == wanted.as_str());
                    let arn = found.and_then(|user| Arn::try_from(user.arn()).ok());
                    if let Some(arn) = arn {
                        return Ok(Some((name, arn)));
                    }
                }
                // It has moved on again.
                Err(error) if error.is_no_such_entity() => {}
                Err(error) => return Err(error),
            }
        }
        let mut pages = self.iam.list_users().max_items(1_000).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST_USERS, &error))?;
            if let Some(user) = page.users().iter().find(|user| user.user_id() == wanted.as_str()) {
                return Ok(IamName::try_from(user.user_name()).ok().zip(Arn::try_from(user.arn()).ok()));
            }
        }
        Ok(None)
    }

    /// The present name under the event's unique id: IAM has no call for it but to look through all users.
    async fn name_of(&self, hint: &PrincipalHint) -> Result<Option<IamName>, AwsError> {
        let Some(wanted) = &hint.unique_id else { return Ok(None) };
        Ok(self.present_name(wanted, &[]).await?.map(|(name, _)| name))
    }

    /// A user's credentials, as far as the signal's decision depends on them.
    pub(super) async fn user_inventory(&self, signal: &Signal, user: &IamName) -> Result<Inventory, AwsError> {
        let mut unread = Vec::new();
        let whole = ends_whole_identity(signal);
        // Boxed: these futures are large, and so would be all that wait for them.
        let (keys, console_password, others) = Box::pin(try_join3(
            recoverable(self.access_keys(user)),
            recoverable(async {
                if matters_for_password(signal) { self.console_password(user).await.map(Some) } else { Ok(None) }
            }),
            async { if whole { self.other_credentials(user).await } else { Ok(Inventory::default()) } },
        ))
        .await?;
        let mut access_keys = keys.unwrap_or_else(|error| {
            unread.push(format!("the user's access keys could not be listed: {error}"));
            Vec::new()
        });
        let mut gaps = Vec::new();
        if !whole {
            gaps.push(NOT_ENUMERATED.to_owned());
        }
        let console_password = console_password.unwrap_or_else(|error| {
            let what = format!("whether there is a console password could not be read: {error}");
            if whole {
                unread.push(what);
            } else {
                gaps.push(what);
            }
            None
        });
        unread.extend(others.unread.iter().cloned());
        if is_neglect(signal.kind) {
            let last_uses = join_all(self.last_uses(&access_keys)).await;
            for (key, last_use) in access_keys.iter_mut().zip(last_uses) {
                match last_use {
                    Ok(at) => key.last_used = at,
                    Err(error) if error.retryable => return Err(error),
                    // Left as not asked, the key is held for review: nobody says that it is unused.
                    Err(error) => gaps.push(format!("the last use of {} could not be read: {error}", key.id)),
                }
            }
        }
        let mut attached_policies = None;
        if is_neglect(signal.kind) {
            match recoverable(self.attached_policies(user)).await? {
                Ok(names) => attached_policies = Some(names),
                Err(error) => gaps.push(format!("the attached policies could not be read: {error}")),
            }
        }
        Ok(Inventory { access_keys, console_password, unread, gaps, attached_policies, ..others })
    }

    /// The names of the managed policies that are attached to a user or to one of its groups, sorted.
    async fn attached_policies(&self, user: &IamName) -> Result<Vec<String>, AwsError> {
        let direct = async {
            let mut names = Vec::new();
            let mut pages = self.iam.list_attached_user_policies().user_name(user.as_str()).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| AwsError::of(LIST_USER_POLICIES, &error))?;
                names.extend(page.attached_policies().iter().filter_map(|policy| policy.policy_name.clone()));
            }
            Ok(names)
        };
        let by_group = async {
            let mut names = Vec::new();
            let mut pages = self.iam.list_groups_for_user().user_name(user.as_str()).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| AwsError::of(LIST_GROUPS, &error))?;
                for group in page.groups() {
                    let mut pages =
                        self.iam.list_attached_group_policies().group_name(group.group_name()).into_paginator().send();
                    while let Some(page) = pages.next().await {
                        let page = page.map_err(|error| AwsError::of(LIST_GROUP_POLICIES, &error))?;
                        names.extend(page.attached_policies().iter().filter_map(|policy| policy.policy_name.clone()));
                    }
                }
            }
            Ok(names)
        };
        let (mut names, more) = try_join(direct, by_group).await?;
        names.extend(more);
        names.sort();
        names.dedup();
        Ok(names)
    }

    async fn access_keys(&self, user: &IamName) -> Result<Vec<AccessKey>, AwsError> {
        let mut keys = Vec::new();
        let mut pages = self.iam.list_access_keys().user_name(user.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST_KEYS, &error))?;
            for key in page.access_key_metadata() {
                let id =
                    AccessKeyId::try_from(key.access_key_id().unwrap_or_default()).map_err(|invalid| AwsError {
                        action: LIST_KEYS,
                        code: "InvalidResponse".to_owned(),
                        message: format!("a key's id is not {}", invalid.expected),
                        retryable: false,
                    })?;
                keys.push(AccessKey {
                    id,
                    active: key.status() != Some(&StatusType::Inactive),
                    created_at: instant(key.create_date()),
                    last_used: LastUsed::NotAsked,
                });
            }
        }
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(keys)
    }

    fn last_uses(&self, keys: &[AccessKey]) -> Vec<impl Future<Output = Result<LastUsed, AwsError>> + use<>> {
        keys.iter()
            .map(|key| {
                let call = self.iam.get_access_key_last_used().access_key_id(key.id.as_str());
                async move {
                    let answer = call.send().await.map_err(|error| AwsError::of(KEY_LAST_USED, &error))?;
                    // An answer that says nothing of its use does not say that there was none.
                    let used = answer.access_key_last_used().ok_or_else(|| AwsError {
                        action: KEY_LAST_USED,
                        code: "InvalidResponse".to_owned(),
                        message: "the answer is without the key's last use".to_owned(),
                        retryable: false,
                    })?;
                    Ok(instant(used.last_used_date()).map_or(LastUsed::Never, LastUsed::At))
                }
            })
            .collect()
    }

    async fn console_password(&self, user: &IamName) -> Result<bool, AwsError> {
        let answer = self.iam.get_login_profile().user_name(user.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(GET_LOGIN, &error)) {
            Ok(_) => Ok(true),
            Err(error) if error.is_no_such_entity() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether nothing is on fire: then there is time to ask when each key was used, and what the user may do.
fn is_neglect(kind: SignalKind) -> bool {
    matches!(
        kind,
        SignalKind::CredentialStale
            | SignalKind::CredentialSuperseded
            | SignalKind::CredentialUnused
            | SignalKind::IdentityDormant
            | SignalKind::IdentityOwnerless
    )
}

/// Whether every credential of an identity is in question, and not one of them.
pub fn ends_whole_identity(signal: &Signal) -> bool {
    signal.kind.is_immediate_danger() || signal.kind == SignalKind::Offboarding || signal.follows.is_some()
}

/// A password counts where a whole user is ended, and where a claim may be about it.
fn matters_for_password(signal: &Signal) -> bool {
    ends_whole_identity(signal) || signal.kind == SignalKind::CredentialUnused
}

/// What was found under a name, where AWS refuses to say who is meant: as it is if its unique id is the one that the event names,
/// and else unread. That a key is not there says nothing where its user may have been renamed.
fn unless_same(found: Resolution, hint: &PrincipalHint, refused: &AwsError) -> Resolution {
    match found {
        Resolution::One(mut found) => {
            if hint.unique_id.is_none() || found.subject.unique_id != hint.unique_id {
                found.inventory.unread.push(format!("whose key it is could not be read: {refused}"));
            }
            Resolution::One(found)
        }
        other => other,
    }
}

/// Whether what was found under the name is what the event's ids are about, as far as that can be told.
fn fits(signal: &Signal, found: &Resolution) -> bool {
    let Resolution::One(found) = found else { return false };
    let inventory = &found.inventory;
    match &signal.access_key {
        Some(key) if !key.is_temporary() && inventory.unread.is_empty() => {
            inventory.access_keys.iter().any(|held| held.id == *key)
        }
        _ => true,
    }
}
