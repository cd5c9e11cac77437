//! Who a signal is about, and what they hold: read from AWS, because an event is only a claim.

mod credentials;
pub mod directory;
mod found;
mod names;
mod owned;
mod permissions;
mod reader;
mod role;
pub mod roles_anywhere;
mod secret;
mod user;

use futures::{StreamExt as _, TryStreamExt as _};
use severance_domain::ids::{IamName, ResourceId};
use severance_domain::profile::Clues;
use severance_domain::right::{Right, cloudtrail, iam, rolesanywhere};
use severance_domain::signal::{PrincipalHint, Signal, SignalKind, SubjectHint};
use severance_domain::subject::{Absence, Subject, SubjectKind};

pub use found::{Again, Found, unresolved};
pub use reader::Identities;
pub use user::ends_whole_identity;

use crate::error::AwsError;
use found::{Resolution, root};

/// By which calls a subject of this kind is rechecked.
pub fn rights_on(kind: SubjectKind) -> &'static [Right] {
    match kind {
        SubjectKind::User => &[
            iam::GET_USER,
            iam::LIST_ACCESS_KEYS,
            iam::GET_LOGIN_PROFILE,
            iam::LIST_SSH_PUBLIC_KEYS,
            iam::LIST_SIGNING_CERTIFICATES,
            iam::LIST_SERVICE_SPECIFIC_CREDENTIALS,
            cloudtrail::LOOKUP_EVENTS,
            iam::GET_GROUP_POLICY,
            iam::GET_POLICY,
            iam::GET_POLICY_VERSION,
            iam::GET_USER_POLICY,
            iam::LIST_ATTACHED_GROUP_POLICIES,
            iam::LIST_ATTACHED_USER_POLICIES,
            iam::LIST_GROUP_POLICIES,
            iam::LIST_GROUPS_FOR_USER,
            iam::LIST_USER_POLICIES,
        ],
        SubjectKind::Role => &[
            iam::GET_ROLE,
            rolesanywhere::LIST_PROFILES,
            cloudtrail::LOOKUP_EVENTS,
            iam::GET_POLICY,
            iam::GET_POLICY_VERSION,
            iam::GET_ROLE_POLICY,
            iam::LIST_ATTACHED_ROLE_POLICIES,
            iam::LIST_ROLE_POLICIES,
        ],
        _ => &[],
    }
}

impl Identities {
    /// What an identity holds now, if it is still the same one.
    pub async fn again(&self, subject: &Subject, signal: &Signal) -> Result<Again, AwsError> {
        let name = || IamName::try_from(subject.name.as_str()).ok();
        let hint = PrincipalHint { name: name(), arn: subject.arn.clone(), unique_id: subject.unique_id.clone() };
        // What is asked is what the identity holds, whatever key the claim was about.
        let about = Signal { access_key: None, ..signal.clone() };
        let read = match (subject.kind, name()) {
            (SubjectKind::User, Some(user)) => self.user_named(&about, &hint, &user).await?,
            (SubjectKind::Role, Some(_)) => self.role(&hint).await?,
            (SubjectKind::Secret, _) => match &subject.arn {
                Some(arn) => self.secret(arn).await?,
                None => Resolution::unread("its ARN is not known"),
            },
            (SubjectKind::DirectoryUser, _) => match (&self.directory, ResourceId::try_from(subject.name.as_str())) {
                (Some(directory), Ok(id)) => directory.user(&id).await?,
                _ => Resolution::unread(NO_DIRECTORY),
            },
            _ => Resolution::unread("it is no identity that can be rechecked"),
        };
        Ok(match read {
            Resolution::One(found) => Again::Same(Box::new(found.inventory)),
            Resolution::Many(_) => Again::Nobody("it is several".to_owned()),
            Resolution::Nobody(_, why) => Again::Nobody(why),
        })
    }

    /// Every subject of a signal. What AWS refuses to tell becomes an unresolved subject, which a person must look at; only
    /// what another try may mend is an error.
    pub async fn resolve(&self, signal: &Signal) -> Result<Vec<Found>, AwsError> {
        for account in accounts(signal) {
            if account != self.account.as_str() {
                let why = format!("it lives in account {account}, and this stack acts only in {}", self.account);
                return Ok(vec![unresolved(signal, Absence::Unread, why)]);
            }
        }
        let traced = match self.traced(signal).await {
            Ok(traced) => traced,
            Err(error) if error.retryable => return Err(error),
            Err(error) => return Ok(vec![unresolved(signal, Absence::Unread, error.to_string())]),
        };
        let found = match traced.as_ref().unwrap_or(&signal.subject) {
            SubjectHint::User(hint) => self.user(signal, hint).await,
            SubjectHint::AccessKeyOnly => self.user(signal, &PrincipalHint::default()).await,
            SubjectHint::Role(hint) => self.role(hint).await,
            SubjectHint::Secret { arn } => self.secret(arn).await,
            SubjectHint::DirectoryUser { id } => match &self.directory {
                Some(directory) => directory.user(id).await,
                None => Ok(Resolution::unread(NO_DIRECTORY)),
            },
            SubjectHint::Root => Ok(Resolution::One(Box::new(root(signal)))),
            SubjectHint::Person { identifiers } | SubjectHint::Workload { identifiers } => {
                self.owned_by(signal, identifiers).await
            }
        };
        match found {
            Ok(found) if is_too_new(signal, &found) => Err(AwsError {
                action: "iam:ListAccessKeys",
                code: "NotYetVisible".to_owned(),
                message: "the new key is not listed yet: IAM is eventually consistent".to_owned(),
                retryable: true,
            }),
            Ok(Resolution::One(found)) => Ok(vec![self.profiled(*found).await?]),
            Ok(Resolution::Many(found)) => {
                futures::stream::iter(found.into_iter().map(|found| self.profiled(found)))
                    .buffered(owned::AT_ONCE)
                    .try_collect()
                    .await
            }
            Ok(Resolution::Nobody(absent, why)) => Ok(vec![unresolved(signal, absent, why)]),
            Err(error) if error.retryable => Err(error),
            Err(error) => Ok(vec![unresolved(signal, Absence::Unread, error.to_string())]),
        }
    }

    /// Whose a session is, where the event names nothing but its key.
    async fn traced(&self, signal: &Signal) -> Result<Option<SubjectHint>, AwsError> {
        let nobody = match &signal.subject {
            SubjectHint::AccessKeyOnly => true,
            SubjectHint::User(hint) | SubjectHint::Role(hint) => *hint == PrincipalHint::default(),
            _ => false,
        };
        let (Some(key), Some(trail), true) = (&signal.access_key, &self.trail, nobody) else { return Ok(None) };
        if !key.is_temporary() {
            return Ok(None);
        }
        let Some((arn, unique_id)) = trail.holder(key).await? else { return Ok(None) };
        Ok(match SubjectHint::of_arn(&arn) {
            Some(SubjectHint::User(hint)) => Some(SubjectHint::User(PrincipalHint { unique_id, ..hint })),
            Some(SubjectHint::Role(hint)) => Some(SubjectHint::Role(PrincipalHint { unique_id, ..hint })),
            _ => None,
        })
    }

    /// Adds to what the tags say what the registry does, and what can be inferred.
    async fn profiled(&self, mut found: Found) -> Result<Found, AwsError> {
        let entry = match (&found.subject.kind, &found.subject.arn) {
            (SubjectKind::User | SubjectKind::Role | SubjectKind::Secret, Some(arn)) => {
                self.registry.registry_entry(arn.as_str()).await?
            }
            _ => None,
        };
        let profile = std::mem::take(&mut found.profile).with_registry(entry.as_ref(), self.precedence);
        let clues = Clues { subject: &found.subject, inventory: &found.inventory, trust: found.trust.as_deref() };
        found.profile = profile.inferred(&clues);
        Ok(found)
    }
}

/// Why a directory user cannot be read.
const NO_DIRECTORY: &str = "this function may not read the directory (parameter IdentityCenter)";

/// How long after its creation a key may be missing from IAM's answers without being gone. Others measured 3 to 4 seconds.
const SETTLING: jiff::SignedDuration = jiff::SignedDuration::from_secs(120);

/// Whether a new key is missing only because IAM does not show it yet. Closing its case now would let it live.
fn is_too_new(signal: &Signal, found: &Resolution) -> bool {
    let shown = match found {
        Resolution::One(found) => {
            found.subject.kind != SubjectKind::User
                || !found.inventory.unread.is_empty()
                || found.inventory.access_keys.iter().any(|key| Some(&key.id) == signal.access_key.as_ref())
        }
        Resolution::Many(_) => true,
        Resolution::Nobody(..) => false,
    };
    signal.kind == SignalKind::CredentialCreated
        && !shown
        && crate::clock::now().duration_since(signal.occurred_at) < SETTLING
}

/// Every account that a signal says its subject lives in.
fn accounts(signal: &Signal) -> impl Iterator<Item = &str> {
    let arn = match &signal.subject {
        SubjectHint::User(hint) | SubjectHint::Role(hint) => hint.arn.as_ref(),
        SubjectHint::Secret { arn } => Some(arn),
        _ => None,
    };
    std::iter::once(signal.account.as_str()).chain(arn.map(severance_domain::ids::Arn::account))
}
