//! Whether a user of some name is the one that a case is about. Names are reused, unique ids never are.

use aws_sdk_iam::Client;
use severance_domain::ids::IamName;
use severance_domain::right::iam;

use super::driver::{About, Seen, unless_gone, without};
use crate::error::AwsError;

const GET_USER: &str = iam::GET_USER.action;

/// Who bears a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// The subject of the case, by its unique id.
    Subject,
    /// A user with another unique id.
    Another,
    /// Some user, and the case does not know its subject's unique id.
    Somebody,
    /// No user.
    Nobody,
}

impl Named {
    /// Why nothing follows from what this user does not hold.
    pub(super) fn words(self) -> String {
        match self {
            Self::Subject => format!("{GET_USER} shows the user"),
            Self::Another => {
                format!("{GET_USER} shows another user of that name: the one that is meant lives on or is gone")
            }
            Self::Somebody => {
                format!("{GET_USER} shows a user of that name, and nobody knows whether it is the same one")
            }
            Self::Nobody => format!("{GET_USER} shows no user of that name: it was deleted, or renamed and lives on"),
        }
    }
}

/// Asks IAM who bears the name.
///
/// # Errors
/// Where IAM refuses, does not answer, or answers without a user: then nothing is known.
pub(super) async fn is_same_user(iam: &Client, name: &IamName, about: About<'_>) -> Result<Named, AwsError> {
    let answer = iam.get_user().user_name(name.as_str()).send().await;
    let Some(found) = unless_gone(answer.map_err(|error| AwsError::of(GET_USER, &error)))? else {
        return Ok(Named::Nobody);
    };
    // The SDK fills what an answer leaves out with empty texts.
    let user = found.user.filter(|user| !user.user_id.is_empty()).ok_or_else(|| without(GET_USER, "a user"))?;
    Ok(match about.user(name) {
        Some(expected) if user.user_id == expected.as_str() => Named::Subject,
        Some(_) => Named::Another,
        None => Named::Somebody,
    })
}

/// What holds a user down is an effect where that user is the one that the case is about. Another who bears the name by now is
/// somebody else, and where the case does not know its subject's unique id the name is all there is.
///
/// # Errors
/// As of [`is_same_user`].
pub(super) async fn on_subject(seen: Seen, iam: &Client, name: &IamName, about: About<'_>) -> Result<Seen, AwsError> {
    let Seen::InEffect(_) = seen else { return Ok(seen) };
    Ok(match is_same_user(iam, name, about).await? {
        named @ (Named::Another | Named::Nobody) => Seen::NotYet(named.words()),
        Named::Subject | Named::Somebody => seen,
    })
}
