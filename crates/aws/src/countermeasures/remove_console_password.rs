//! Delete a console password. It has no inactive state, and nobody has a copy: only a new one can follow it.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;
use severance_domain::right::iam;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, unless_gone};
use super::named::{Named, is_same_user};
use crate::error::AwsError;

const DELETE: &str = iam::DELETE_LOGIN_PROFILE.action;
const GET: &str = iam::GET_LOGIN_PROFILE.action;

const FINAL: &str = "a password cannot be restored, nobody has a copy: set a new one";

/// Drives [`Countermeasure::RemoveConsolePassword`].
pub struct RemoveConsolePassword {
    iam: Client,
}

impl RemoveConsolePassword {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }
}

fn target(step: &Countermeasure) -> Result<&IamName, AwsError> {
    match step {
        Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user }) => Ok(user),
        _ => Err(misdirected(DELETE)),
    }
}

#[async_trait]
impl Driver for RemoveConsolePassword {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    /// A password that was set a moment ago is `EntityTemporarilyUnmodifiable`, which another try may outlast.
    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let user = target(step)?;
        let answer = self.iam.delete_login_profile().user_name(user.as_str()).send().await;
        Ok(match unless_gone(answer.map_err(|error| AwsError::of(DELETE, &error)))? {
            Some(_) => Applied::Changed(None),
            None => Applied::Gone("there is no such password, or no such user, any more".to_owned()),
        })
    }

    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let user = target(step)?;
        let answer = self.iam.get_login_profile().user_name(user.as_str()).send().await;
        if unless_gone(answer.map_err(|error| AwsError::of(GET, &error)))?.is_some() {
            return Ok(Seen::NotYet(format!("{GET} still shows a password")));
        }
        // IAM answers alike where the password is missing and where the user is.
        Ok(match is_same_user(&self.iam, user, about).await? {
            Named::Subject => Seen::InEffect(format!("{GET} shows no password")),
            other => Seen::NotYet(other.words()),
        })
    }

    async fn undo(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Applied, AwsError> {
        target(step)?;
        Ok(Applied::Already(FINAL.to_owned()))
    }

    async fn confirm_undone(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Seen, AwsError> {
        target(step)?;
        Ok(Seen::NotYet(FINAL.to_owned()))
    }
}
