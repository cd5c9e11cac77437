//! Names, paths, and whom a call means.

use serde_json::Value;

use crate::call::{Call, Refusal};
use crate::caller::{Caller, SessionOf};
use crate::state::State;
use crate::store::{Table, View};

use super::{Iam, Identity, id_of};

/// What policies hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A user.
    User,
    /// A role.
    Role,
    /// A group.
    Group,
}

impl Kind {
    /// As it stands in operations' names: `User`.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Role => "Role",
            Self::Group => "Group",
        }
    }

    /// As it stands in ARNs: `user`.
    pub fn in_arn(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
            Self::Group => "group",
        }
    }

    /// As its name is called in requests: `UserName`.
    pub fn parameter(self) -> String {
        format!("{}Name", self.word())
    }

    /// The longest name (IAM quotas, "IAM name limits").
    pub(super) fn longest(self) -> usize {
        match self {
            Self::User | Self::Role => 64,
            Self::Group => 128,
        }
    }

    /// All of this kind.
    pub fn table(self, iam: &Iam) -> &Table<Identity> {
        match self {
            Self::User => &iam.users,
            Self::Role => &iam.roles,
            Self::Group => &iam.groups,
        }
    }

    /// IAM's answer about one that is not there.
    pub(super) fn missing(self, name: &str) -> Refusal {
        Refusal::no_such(&format!("{} with name {name}", self.in_arn()))
    }

    /// IAM's answer where the name is taken.
    pub(super) fn taken(self, name: &str) -> Refusal {
        Refusal::new(409, "EntityAlreadyExists", format!("{} with name {name} already exists.", self.word()))
    }
}

/// The unique id of the user, role or group that a call names, as it is seen from there.
pub(super) fn named(state: &State, view: View, call: &Call, kind: Kind) -> Result<String, Refusal> {
    let name = call.required(&kind.parameter())?;
    id_of(kind.table(&state.iam), view, call.account(), name).ok_or_else(|| kind.missing(name))
}

/// The same for what the call changes. A role that AWS made is nobody else's to change.
pub(super) fn to_change(state: &State, call: &Call, kind: Kind) -> Result<String, Refusal> {
    let id = named(state, View::Settled, call, kind)?;
    let by_aws = matches!(call.caller, Caller::Stage { .. } | Caller::Service { .. });
    if let Some(role) = state.iam.role(View::Settled, call.account(), &id)
        && kind == Kind::Role
        && reserved(&role.path)
        && !by_aws
    {
        let message = format!(
            "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
            role.name
        );
        return Err(Refusal::new(400, "UnmodifiableEntity", message));
    }
    Ok(id)
}

/// Whether roles of this path are AWS's own: service-linked ones, and those of Identity Center's permission sets.
pub(super) fn reserved(path: &str) -> bool {
    path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/")
}

/// The user that a call names, or the caller's own where it names none.
pub(super) fn named_or_own(state: &State, view: View, call: &Call) -> Result<String, Refusal> {
    if !call.text("UserName").is_empty() {
        return named(state, view, call, Kind::User);
    }
    let own = match &call.caller {
        Caller::User { id, .. } => Some(id),
        Caller::Session(session) => match &session.of {
            SessionOf::User(id) => Some(id),
            _ => None,
        },
        _ => None,
    };
    own.cloned().ok_or_else(|| invalid("Must specify userName when calling with non-User credentials"))
}

/// The name of a user who may be gone from this view, but not for good.
pub(super) fn user_name<'a>(iam: &'a Iam, view: View, account: &str, id: &str) -> &'a str {
    let found = iam.user(view, account, id).or_else(|| iam.user(View::Settled, account, id));
    found.map_or("", |user| &*user.name)
}

/// A name that is to be given to something: letters, digits and `+=,.@-_` (pattern `[\w+=,.@-]+` of the API Reference).
pub(super) fn new_name<'a>(call: &'a Call, parameter: &str, longest: usize) -> Result<&'a str, Refusal> {
    let name = call.required(parameter)?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@-_".contains(c)) {
        return Err(invalid(&format!(
            "The specified value for {parameter} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
        )));
    }
    if name.len() > longest {
        return Err(invalid(&format!(
            "1 validation error detected: Value at '{parameter}' failed to satisfy constraint: Member must have length less than \
             or equal to {longest}"
        )));
    }
    Ok(name)
}

/// A path: `/`, or printable ASCII and DEL between slashes, of 512 characters at most (API Reference, parameter `Path`).
pub(super) fn path(call: &Call, parameter: &str) -> Result<String, Refusal> {
    let path = match call.text(parameter) {
        "" => "/",
        path => path,
    };
    let fits = path.starts_with('/') && path.ends_with('/') && path.len() <= 512;
    if fits && path.bytes().all(|byte| (0x21..=0x7f).contains(&byte)) {
        return Ok(path.to_owned());
    }
    Err(invalid(&format!(
        "The specified value for {parameter} is invalid. It must begin and end with / and contain only alphanumeric characters \
         and/or / characters."
    )))
}

/// One of these values.
pub(super) fn one_of<'a>(call: &'a Call, parameter: &str, of: &[&str]) -> Result<&'a str, Refusal> {
    let value = call.required(parameter)?;
    if of.contains(&value) {
        return Ok(value);
    }
    let set = of.join(", ");
    Err(invalid(&format!(
        "1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: Member must satisfy enum \
         value set: [{set}]"
    )))
}

/// A whole number of the input, as JSON or as text.
pub(super) fn number(call: &Call, parameter: &str) -> Option<i64> {
    match &call.request.input[parameter] {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// IAM's answer to input that cannot be.
pub(super) fn invalid(why: &str) -> Refusal {
    Refusal::new(400, "ValidationError", why)
}

/// IAM's answer to input that is well-formed and makes no sense.
pub(super) fn invalid_input(why: &str) -> Refusal {
    Refusal::new(400, "InvalidInput", why)
}

/// IAM's answer where something still hangs on what is to be deleted.
pub(super) fn conflict(why: &str) -> Refusal {
    Refusal::new(409, "DeleteConflict", why)
}
