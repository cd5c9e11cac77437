//! What access keys, SSH public keys, signing certificates and service-specific credentials have in common: a status
//! that can be set to Inactive, and back.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::StatusType;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::Countermeasure;
use severance_domain::ids::IamName;

use super::driver::{About, Applied, Driver, Seen, Undo, unless_gone};
use super::named::{Named, is_same_user};
use crate::error::AwsError;

/// What a list says of one credential.
pub(super) enum Listed {
    /// Its status, where AWS gives one.
    As(Option<StatusType>),
    /// The user has no such credential.
    No,
    /// There is no user of that name.
    NoUser,
}

impl Listed {
    /// The same, where the list itself may say that there is no such user.
    pub(super) fn of(answer: Result<Self, AwsError>) -> Result<Self, AwsError> {
        Ok(unless_gone(answer)?.unwrap_or(Self::NoUser))
    }
}

/// A credential that a user holds and whose status can be set.
#[async_trait]
pub(super) trait Switched: Send + Sync {
    /// The action that lists it.
    const LIST: &'static str;
    /// What it is called.
    const NOUN: &'static str;

    /// Whose credential, and which.
    fn target(step: &Countermeasure) -> Result<(&IamName, &str), AwsError>;

    /// Sets its status.
    async fn set(&self, user: &IamName, id: &str, status: StatusType) -> Result<(), AwsError>;

    /// Reads its status, from all pages of the list.
    async fn listed(&self, user: &IamName, id: &str) -> Result<Listed, AwsError>;

    /// Over which client.
    fn iam(&self) -> &Client;

    /// What it means that no user of that name has it, where it is not proven that the subject is that user. A user that is
    /// renamed takes its credentials along, and another may be put under the old name.
    async fn unlisted(&self, _user: &IamName, _id: &str, found: Named) -> Result<Seen, AwsError> {
        Ok(Seen::NotYet(found.words()))
    }
}

fn word(status: Option<&StatusType>) -> &str {
    status.map_or("without status", StatusType::as_str)
}

#[async_trait]
impl<T: Switched> Driver for T {
    fn drives(&self, step: &Countermeasure) -> bool {
        T::target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let (user, id) = T::target(step)?;
        Ok(match unless_gone(self.set(user, id, StatusType::Inactive).await)? {
            Some(()) => Applied::Changed(None),
            None => Applied::Gone(format!("the {} does not exist any more", T::NOUN)),
        })
    }

    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let (user, id) = T::target(step)?;
        Ok(match self.listed(user, id).await? {
            Listed::As(Some(ended @ (StatusType::Inactive | StatusType::Expired))) => {
                Seen::InEffect(format!("{} shows it {}", T::LIST, ended.as_str()))
            }
            Listed::As(other) => Seen::NotYet(format!("{} shows it {}", T::LIST, word(other.as_ref()))),
            Listed::NoUser => self.unlisted(user, id, Named::Nobody).await?,
            Listed::No => match is_same_user(self.iam(), user, about).await? {
                // What a user holds goes with its unique id, so what this one does not hold is not there any more.
                Named::Subject => Seen::InEffect(format!("{} does not show it any more", T::LIST)),
                other => self.unlisted(user, id, other).await?,
            },
        })
    }

    async fn undo(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Applied, AwsError> {
        let (user, id) = T::target(step)?;
        let gone = || Applied::Already("it is not there any more".to_owned());
        Ok(match self.listed(user, id).await? {
            Listed::No | Listed::NoUser => gone(),
            Listed::As(Some(StatusType::Active)) => {
                Applied::Already("it is active already: somebody reactivated it, or an earlier try did".to_owned())
            }
            Listed::As(Some(StatusType::Expired)) => Applied::Already("it has expired: left alone".to_owned()),
            Listed::As(_) => match unless_gone(self.set(user, id, StatusType::Active).await)? {
                Some(()) => Applied::Changed(None),
                None => gone(),
            },
        })
    }

    async fn confirm_undone(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Seen, AwsError> {
        let (user, id) = T::target(step)?;
        let list = T::LIST;
        Ok(match self.listed(user, id).await? {
            Listed::As(Some(StatusType::Active)) => Seen::InEffect(format!("{list} shows it Active")),
            Listed::As(Some(StatusType::Expired)) => {
                Seen::InEffect(format!("{list} shows it Expired, which was left alone"))
            }
            Listed::As(other) => Seen::NotYet(format!("{list} shows it {}", word(other.as_ref()))),
            Listed::No => Seen::InEffect(format!("{list} does not show it any more")),
            Listed::NoUser => Seen::NotYet(Named::Nobody.words()),
        })
    }
}
