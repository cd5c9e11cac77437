//! IAM Roles Anywhere: trust anchors and profiles, per Region, and sessions by certificate.

mod profiles;
mod session;
mod wire;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::pages::{Names, page_of, seen_by, uuid};
use crate::state::State;
use crate::store::{Table, View};

pub use session::{Opening, opening, start_session};
pub(crate) use wire::route;

/// A profile: which roles a certificate may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub enabled: bool,
    /// The roles, by ARN. There may be none.
    pub roles: Vec<String>,
    /// What sessions are cut down with, a document.
    pub session_policy: Option<String>,
    /// Managed policies that sessions are cut down with.
    pub managed_policies: Vec<String>,
    /// How many seconds a session lasts.
    pub seconds: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// A trust anchor: whose certificates are believed.
#[derive(Debug, Clone, PartialEq)]
pub struct TrustAnchor {
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub enabled: bool,
    /// The certificate authority.
    pub source: Value,
    /// When it was made.
    pub created: Timestamp,
}

/// What the service holds.
#[derive(Debug)]
pub struct RolesAnywhere {
    /// Profiles: account, Region, id.
    pub profiles: Table<Profile>,
    /// Trust anchors: account, Region, id.
    pub anchors: Table<TrustAnchor>,
}

impl Default for RolesAnywhere {
    fn default() -> Self {
        Self { profiles: Table::new("profile"), anchors: Table::new("trust anchor") }
    }
}

impl RolesAnywhere {
    /// A profile by its id.
    pub fn profile(&self, view: View, account: &str, region: &str, id: &str) -> Option<&Profile> {
        self.profiles.get(view, &key_of(account, region, id))
    }

    /// A trust anchor by its id.
    pub fn anchor(&self, view: View, account: &str, region: &str, id: &str) -> Option<&TrustAnchor> {
        self.anchors.get(view, &key_of(account, region, id))
    }
}

fn key_of(account: &str, region: &str, id: &str) -> (String, String, String) {
    (account.to_owned(), region.to_owned(), id.to_owned())
}

/// `arn:aws:rolesanywhere:<region>:<account>:<kind>/<id>`, where kind is `profile` or `trust-anchor`.
pub fn arn(region: &str, account: &str, kind: &str, id: &str) -> String {
    format!("arn:aws:rolesanywhere:{region}:{account}:{kind}/{id}")
}

fn invalid(why: &str) -> Refusal {
    Refusal::new(400, "ValidationException", why)
}

fn gone(what: &str) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", format!("{what} not found"))
}

/// "[ a-zA-Z0-9-_]*", 1 to 255 (API reference, `ResourceName`).
fn name_of(call: &Call) -> Result<String, Refusal> {
    let name = call.text("name");
    let is_name = |c: char| c.is_ascii_alphanumeric() || " -_".contains(c);
    if (1..=255).contains(&name.len()) && name.chars().all(is_name) {
        Ok(name.to_owned())
    } else {
        Err(invalid("1 validation error detected: Value at 'name' failed to satisfy constraint"))
    }
}

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match call.request.operation.as_str() {
        "ListProfiles" => {
            let all = state.roles_anywhere.profiles.of(seen_by(call), call.account(), &call.request.region);
            let all = all.map(|(id, of)| profiles::shown(call, id, of)).collect();
            page_of(
                all,
                Names { list: "profiles", token: "nextToken", most: "pageSize" },
                state.page,
                &call.request.input,
            )
        }
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
        "ListTrustAnchors" => {
            let all = state.roles_anywhere.anchors.of(seen_by(call), call.account(), &call.request.region);
            let all = all.map(|(id, of)| anchor_shown(call, id, of)).collect();
            let names = Names { list: "trustAnchors", token: "nextToken", most: "pageSize" };
            page_of(all, names, state.page, &call.request.input)
        }
        "GetTrustAnchor" => {
            let (account, region, id) = key_of(call.account(), &call.request.region, call.text("trustAnchorId"));
            let found = state.roles_anywhere.anchor(seen_by(call), &account, &region, &id);
            let found = found.ok_or_else(|| gone("Trust Anchor"))?;
            Ok(json!({ "trustAnchor": anchor_shown(call, &id, found) }))
        }
        "CreateTrustAnchor" => {
            let name = name_of(call)?;
            let source = call.request.input["source"].clone();
            if source.is_null() {
                return Err(invalid("1 validation error detected: Value null at 'source'"));
            }
            let id = uuid(&state.unique("trust-anchor"));
            let anchor = TrustAnchor { name, enabled: call.flag("enabled"), source, created: call.at };
            Ok(write_anchor(state, call, &id, anchor))
        }
        "EnableTrustAnchor" | "DisableTrustAnchor" | "DeleteTrustAnchor" => change_anchor(state, call),
        _ => Err(call.unknown()),
    }
}

fn change_anchor(state: &mut State, call: &Call) -> Answer {
    let key = key_of(call.account(), &call.request.region, call.text("trustAnchorId"));
    let held = state.roles_anywhere.anchors.get(View::Settled, &key).cloned();
    let mut anchor = held.ok_or_else(|| gone("Trust Anchor"))?;
    if call.request.operation == "DeleteTrustAnchor" {
        let (at, lag) = state.writing(call);
        state.roles_anywhere.anchors.remove(at, &lag, &key);
        return Ok(json!({ "trustAnchor": anchor_shown(call, &key.2, &anchor) }));
    }
    anchor.enabled = call.request.operation == "EnableTrustAnchor";
    Ok(write_anchor(state, call, &key.2, anchor))
}

fn write_anchor(state: &mut State, call: &Call, id: &str, anchor: TrustAnchor) -> Value {
    let (at, lag) = state.writing(call);
    let shown = json!({ "trustAnchor": anchor_shown(call, id, &anchor) });
    state.roles_anywhere.anchors.put(at, &lag, key_of(call.account(), &call.request.region, id), anchor);
    shown
}

fn anchor_shown(call: &Call, id: &str, of: &TrustAnchor) -> Value {
    json!({
        "trustAnchorId": id, "trustAnchorArn": arn(&call.request.region, call.account(), "trust-anchor", id),
        "name": of.name, "enabled": of.enabled, "source": of.source, "createdAt": of.created.to_string(),
    })
}

#[cfg(test)]
mod tests;
