//! Deny a user or a role everything by its permissions boundary. The boundary that it had when the step was planned comes back;
//! one that somebody set since is left alone. One that is AWS's own IAM refuses to bring back: a person does that by hand.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::AttachedPermissionsBoundary;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::{Arn, IamName};
use severance_domain::right::iam;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, unless_gone, without};
use crate::error::AwsError;

const GET_USER: &str = iam::GET_USER.action;
const GET_ROLE: &str = iam::GET_ROLE.action;
const PUT_USER: &str = iam::PUT_USER_PERMISSIONS_BOUNDARY.action;
const PUT_ROLE: &str = iam::PUT_ROLE_PERMISSIONS_BOUNDARY.action;
const DELETE_USER: &str = iam::DELETE_USER_PERMISSIONS_BOUNDARY.action;
const DELETE_ROLE: &str = iam::DELETE_ROLE_PERMISSIONS_BOUNDARY.action;

/// Drives [`Countermeasure::PutBoundaryDenial`].
pub struct PutBoundaryDenial {
    iam: Client,
}

/// Whose boundary.
enum Holder {
    User(IamName),
    Role(IamName),
}

/// What AWS says of a boundary.
enum Found {
    /// There is no such user or role.
    NoHolder,
    /// It denies everything.
    Denial,
    /// It is another one, or none.
    Other(Option<String>),
}

/// What a step is about.
struct Target<'a> {
    holder: Holder,
    denial: String,
    earlier: Option<&'a Arn>,
}

fn target(step: &Countermeasure) -> Result<Target<'_>, AwsError> {
    let Countermeasure::PutBoundaryDenial(card::PutBoundaryDenial { principal, earlier }) = step else {
        return Err(misdirected(PUT_USER));
    };
    let name = |kind: &str| principal.name_of(kind).and_then(|name| IamName::try_from(name).ok());
    let holder = name("user").map(Holder::User).or_else(|| name("role").map(Holder::Role));
    let denial = card::deny_all(principal.partition());
    Ok(Target { holder: holder.ok_or_else(|| misdirected(PUT_USER))?, denial, earlier: earlier.as_ref() })
}

impl Holder {
    fn noun(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Role(_) => "role",
        }
    }

    /// The call that shows its boundary.
    fn show(&self) -> &'static str {
        match self {
            Self::User(_) => GET_USER,
            Self::Role(_) => GET_ROLE,
        }
    }
}

impl PutBoundaryDenial {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn find(&self, of: &Target<'_>) -> Result<Found, AwsError> {
        let boundary = match &of.holder {
            Holder::User(name) => {
                let answer = self.iam.get_user().user_name(name.as_str()).send().await;
                let found = unless_gone(answer.map_err(|error| AwsError::of(GET_USER, &error)))?;
                let shown = found.map(|found| found.user.filter(|user| !user.user_id.is_empty()));
                let user = shown.map(|shown| shown.ok_or_else(|| without(GET_USER, "a user"))).transpose()?;
                user.map(|user| user.permissions_boundary)
            }
            Holder::Role(name) => {
                let answer = self.iam.get_role().role_name(name.as_str()).send().await;
                let found = unless_gone(answer.map_err(|error| AwsError::of(GET_ROLE, &error)))?;
                let shown = found.map(|found| found.role.filter(|role| !role.role_id.is_empty()));
                let role = shown.map(|shown| shown.ok_or_else(|| without(GET_ROLE, "a role"))).transpose()?;
                role.map(|role| role.permissions_boundary)
            }
        };
        let arn = |of: AttachedPermissionsBoundary| of.permissions_boundary_arn;
        Ok(match boundary.map(|boundary| boundary.and_then(arn)) {
            None => Found::NoHolder,
            Some(Some(arn)) if arn == of.denial => Found::Denial,
            Some(other) => Found::Other(other),
        })
    }

    async fn put(&self, holder: &Holder, boundary: &str) -> Result<Option<()>, AwsError> {
        unless_gone(match holder {
            Holder::User(name) => {
                let put = self.iam.put_user_permissions_boundary().user_name(name.as_str());
                let answer = put.permissions_boundary(boundary).send().await;
                answer.map(|_| ()).map_err(|error| AwsError::of(PUT_USER, &error))
            }
            Holder::Role(name) => {
                let put = self.iam.put_role_permissions_boundary().role_name(name.as_str());
                let answer = put.permissions_boundary(boundary).send().await;
                answer.map(|_| ()).map_err(|error| AwsError::of(PUT_ROLE, &error))
            }
        })
    }

    async fn delete(&self, holder: &Holder) -> Result<Option<()>, AwsError> {
        unless_gone(match holder {
            Holder::User(name) => {
                let answer = self.iam.delete_user_permissions_boundary().user_name(name.as_str()).send().await;
                answer.map(|_| ()).map_err(|error| AwsError::of(DELETE_USER, &error))
            }
            Holder::Role(name) => {
                let answer = self.iam.delete_role_permissions_boundary().role_name(name.as_str()).send().await;
                answer.map(|_| ()).map_err(|error| AwsError::of(DELETE_ROLE, &error))
            }
        })
    }
}

fn gone(holder: &Holder) -> String {
    format!("the {} does not exist any more", holder.noun())
}

#[async_trait]
impl Driver for PutBoundaryDenial {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let of = target(step)?;
        let replaced = match self.find(&of).await? {
            Found::NoHolder => return Ok(Applied::Already(gone(&of.holder))),
            Found::Denial => {
                return Ok(Applied::Already("its permissions boundary denies everything already".to_owned()));
            }
            Found::Other(found) => found.filter(|found| of.earlier.is_none_or(|earlier| earlier.as_str() != found)),
        };
        Ok(match self.put(&of.holder, &of.denial).await? {
            None => Applied::Already(gone(&of.holder)),
            Some(()) => Applied::Changed(replaced.map(|found| {
                format!("it took the place of {found}, which somebody set since and a restoration does not bring back")
            })),
        })
    }

    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        let of = target(step)?;
        let (show, noun) = (of.holder.show(), of.holder.noun());
        Ok(match self.find(&of).await? {
            Found::Denial => Seen::InEffect(format!("{show} shows the permissions boundary AWSDenyAll")),
            Found::Other(Some(found)) => Seen::NotYet(format!("{show} shows the permissions boundary {found}")),
            Found::Other(None) => Seen::NotYet(format!("{show} shows no permissions boundary")),
            Found::NoHolder => {
                Seen::NotYet(format!("{show} shows no {noun} of that name: it was deleted, or renamed and lives on"))
            }
        })
    }

    async fn undo(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Applied, AwsError> {
        let of = target(step)?;
        match self.find(&of).await? {
            Found::NoHolder => return Ok(Applied::Already(gone(&of.holder))),
            Found::Other(_) => return Ok(Applied::Already("it is not its boundary any more: left alone".to_owned())),
            Found::Denial => {}
        }
        let back = match of.earlier {
            Some(earlier) => self.put(&of.holder, earlier.as_str()).await?,
            None => self.delete(&of.holder).await?,
        };
        Ok(back.map_or_else(|| Applied::Already(gone(&of.holder)), |()| Applied::Changed(None)))
    }

    async fn confirm_undone(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Seen, AwsError> {
        let of = target(step)?;
        let show = of.holder.show();
        Ok(match self.find(&of).await? {
            Found::Denial => Seen::NotYet(format!("{show} still shows the permissions boundary AWSDenyAll")),
            Found::NoHolder => {
                let noun = of.holder.noun();
                Seen::NotYet(format!("{show} shows no {noun} of that name: it was deleted, or renamed and lives on"))
            }
            Found::Other(_) => Seen::InEffect(format!("{show} does not show the permissions boundary AWSDenyAll")),
        })
    }
}
