//! Deny a user or a role everything by its permissions boundary. The boundary that it had when the step was planned comes back;
//! one that somebody set since is left alone. One that is AWS's own IAM refuses to bring back: a person does that by hand.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::{Arn, IamName};
use severance_domain::right::iam;

use super::boundary::Boundaries;
use super::driver::{About, Applied, Driver, Seen, Undo, misdirected};
use super::inline::{Holder, nobody};
use crate::error::AwsError;

/// Drives [`Countermeasure::PutBoundaryDenial`].
pub struct PutBoundaryDenial {
    boundaries: Boundaries,
}

/// Whose boundary.
enum Principal {
    User(IamName),
    Role(IamName),
}

/// What a step is about.
struct Target<'a> {
    principal: Principal,
    earlier: Option<&'a Arn>,
}

impl Target<'_> {
    fn holder(&self) -> Holder<'_> {
        match &self.principal {
            Principal::User(name) => Holder::User(name),
            Principal::Role(name) => Holder::Role(name),
        }
    }
}

fn target(step: &Countermeasure) -> Result<Target<'_>, AwsError> {
    let invalid = || misdirected(iam::PUT_USER_PERMISSIONS_BOUNDARY.action);
    let Countermeasure::PutBoundaryDenial(card::PutBoundaryDenial { principal, earlier }) = step else {
        return Err(invalid());
    };
    let name = |kind: &str| principal.name_of(kind).and_then(|name| IamName::try_from(name).ok());
    let of = name("user").map(Principal::User).or_else(|| name("role").map(Principal::Role));
    Ok(Target { principal: of.ok_or_else(invalid)?, earlier: earlier.as_ref() })
}

impl PutBoundaryDenial {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { boundaries: Boundaries::new(iam) }
    }
}

#[async_trait]
impl Driver for PutBoundaryDenial {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let target = target(step)?;
        let of = target.holder();
        let Some(shown) = self.boundaries.shown(of).await? else { return Ok(Applied::Gone(of.gone())) };
        if shown.is_denied() {
            return Ok(Applied::Already("its permissions boundary denies everything already".to_owned()));
        }
        let replaced = shown.boundary.filter(|found| target.earlier.is_none_or(|earlier| earlier.as_str() != found));
        Ok(match self.boundaries.put(of, &shown.denial).await? {
            None => Applied::Gone(of.gone()),
            Some(()) => Applied::Changed(replaced.map(|found| {
                format!("it took the place of {found}, which somebody set since and a restoration does not bring back")
            })),
        })
    }

    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        let target = target(step)?;
        let (of, show) = (target.holder(), target.holder().show());
        Ok(match self.boundaries.shown(of).await? {
            None => nobody(of),
            Some(shown) if shown.is_denied() => {
                Seen::InEffect(format!("{show} shows the permissions boundary AWSDenyAll"))
            }
            Some(shown) => Seen::NotYet(match shown.boundary {
                Some(found) => format!("{show} shows the permissions boundary {found}"),
                None => format!("{show} shows no permissions boundary"),
            }),
        })
    }

    async fn undo(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Applied, AwsError> {
        let target = target(step)?;
        let of = target.holder();
        match self.boundaries.shown(of).await? {
            None => return Ok(Applied::Gone(of.gone())),
            Some(shown) if !shown.is_denied() => {
                return Ok(Applied::Already("it is not its boundary any more: left alone".to_owned()));
            }
            Some(_) => {}
        }
        let back = self.boundaries.put_back(of, target.earlier).await?;
        Ok(back.map_or_else(|| Applied::Gone(of.gone()), |()| Applied::Changed(None)))
    }

    async fn confirm_undone(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Seen, AwsError> {
        let target = target(step)?;
        let (of, show) = (target.holder(), target.holder().show());
        Ok(match self.boundaries.shown(of).await? {
            None => nobody(of),
            Some(shown) if shown.is_denied() => {
                Seen::NotYet(format!("{show} still shows the permissions boundary AWSDenyAll"))
            }
            Some(_) => Seen::InEffect(format!("{show} does not show the permissions boundary AWSDenyAll")),
        })
    }
}
