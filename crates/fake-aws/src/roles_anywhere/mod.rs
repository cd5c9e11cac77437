//! IAM Roles Anywhere: trust anchors and profiles, per Region, and sessions by certificate.

mod anchors;
mod profiles;
mod refusals;
mod session;
mod tables;
mod wire;

use crate::call::{Answer, Call};
use crate::state::State;

pub use session::{Opening, opening, start_session};
pub use tables::{Profile, RolesAnywhere, TrustAnchor, arn};
pub(crate) use wire::route;

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match call.request.operation.as_str() {
        "ListProfiles" => profiles::list(state, call),
        "GetProfile" => profiles::get(state, call),
        "CreateProfile" => profiles::create(state, call),
        "UpdateProfile" => profiles::change(state, call, |profile| profiles::update(profile, &call.request.input)),
        "EnableProfile" => profiles::change(state, call, |profile| {
            profile.enabled = true;
            Ok(())
        }),
        "DisableProfile" => profiles::change(state, call, |profile| {
            profile.enabled = false;
            Ok(())
        }),
        "DeleteProfile" => profiles::delete(state, call),
        "ListTrustAnchors" => anchors::list(state, call),
        "GetTrustAnchor" => anchors::get(state, call),
        "CreateTrustAnchor" => anchors::create(state, call),
        "EnableTrustAnchor" | "DisableTrustAnchor" | "DeleteTrustAnchor" => anchors::change(state, call),
        _ => Err(call.unknown()),
    }
}

#[cfg(test)]
mod tests;
