//! Signing in: a session of the role that stands for a permission set in an account.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::call::Refusal;
use crate::caller::{Credential, SessionOf, StartedBy};
use crate::iam::Identity;
use crate::state::State;
use crate::store::View;
use crate::sts::{Start, start};

/// The unique id of the role that a user of the directory gets in an account by a permission set, as it is seen from there. It is the
/// account's whose path is `/aws-reserved/sso.amazonaws.com/…` and whose name begins with `AWSReservedSSO_<permission set>_`. None
/// where nothing is assigned, or there is no such role.
pub fn role_for(state: &State, view: View, user: &str, account: &str, permission_set: &str) -> Option<String> {
    let center = &state.identity_center;
    let is_assigned = |(of, set, _): &(String, String, Option<String>)| of == account && set == permission_set;
    if !center.users.contains_key(user) || !center.access_of(view, user).iter().any(is_assigned) {
        return None;
    }
    let begins = format!("AWSReservedSSO_{}_", center.permission_sets.get(permission_set)?);
    let is_it = |of: &Identity| of.path.starts_with("/aws-reserved/sso.amazonaws.com/") && of.name.starts_with(&begins);
    state.iam.roles.in_account(view, account).find(|(_, _, of)| is_it(of)).map(|(id, ..)| id.to_owned())
}

/// Starts a session for a user of the directory, of the role that is [theirs](role_for) as it is enforced then.
///
/// # Errors
/// `ForbiddenException` where there is none.
pub fn start_session(
    state: &mut State,
    at: Timestamp,
    user: &str,
    account: &str,
    permission_set: &str,
) -> Result<Credential, Refusal> {
    let role = role_for(state, View::Enforced(at), user, account, permission_set);
    let role = role.ok_or_else(|| Refusal::new(403, "ForbiddenException", "No access"))?;
    let name = state.identity_center.users.get(user).cloned().unwrap_or_default();
    let by = StartedBy::IdentityCenter(user.to_owned());
    let mut wanted = Start::new(account, SessionOf::Role(role), &name, SignedDuration::from_hours(1), by);
    wanted.context = BTreeMap::from([("identitystore:UserId".to_owned(), user.to_owned())]);
    Ok(start(state, at, wanted).credential())
}
