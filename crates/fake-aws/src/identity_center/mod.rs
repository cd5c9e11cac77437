//! IAM Identity Center with its directory: who is in which group, and who may use which account.
//!
//! Assignments are changed after the call has answered: a status tells when, and may tell that it failed.

mod assignments;
mod directory;
mod refusals;
mod session;
mod tables;

use crate::call::{Answer, Call};
use crate::state::State;

pub use session::{role_for, start_session};
pub use tables::IdentityCenter;

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match call.request.service.as_str() {
        "sso" => assignments::answer(state, call),
        _ => directory::answer(state, call),
    }
}

#[cfg(test)]
mod tests;
