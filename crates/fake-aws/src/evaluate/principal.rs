//! Role trust policies: whom they name, and how far that reaches.

use crate::caller::{Caller, SessionOf};
use crate::state::State;
use crate::store::View;

use super::context::{Context, arn_of};
use super::document::{Document, Statement};

/// How far a trust policy's word reaches (IAM User Guide, "Policy evaluation logic": resource-based policies and implicit denies
/// in other policy types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    /// The account is trusted: its own policies say who.
    Account,
    /// The role is named: its sessions need no policy of the role, but boundary and session policies cut what they may.
    Role,
    /// The user, session, service or identity provider is named: nothing else must allow.
    Direct,
}

/// What a trust policy says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Denied,
    Granted(Grant),
    Silent,
}

/// A role by its ARN: account and unique id. Names of roles know no case, paths do.
pub(crate) fn role_of(state: &State, view: View, arn: &str) -> Option<(String, String)> {
    let (account, rest) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let (_, name) = rest.strip_prefix("role/").map(|_| rest.rsplit_once('/'))??;
    let id = state.iam.role_id(view, account, name)?;
    let known = state.iam.role_arn(view, account, &id)?;
    let paths = |arn: &str| arn.rsplit_once('/').map(|(path, _)| path.to_owned());
    (paths(&known) == paths(arn)).then(|| (account.to_owned(), id))
}

/// What the trust policy of a role says.
pub(crate) fn verdict(
    state: &State,
    view: View,
    (account, role): (&str, &str),
    caller: &Caller,
    action: &str,
    context: &Context,
) -> Verdict {
    let Some(trust) = state.iam.trust(view, account, role) else {
        return Verdict::Silent;
    };
    let mut granted = None;
    for statement in &Document::read(&trust.document).statements {
        if !statement.covers(action, "", context) {
            continue;
        }
        let named = |text: &str| trust.ids.get(text).map(String::as_str);
        let reach = reach(state, view, statement, caller, context, named);
        match reach {
            Some(_) if statement.denies => return Verdict::Denied,
            reach => granted = granted.max(reach),
        }
    }
    granted.map_or(Verdict::Silent, Verdict::Granted)
}

/// How far a statement's principals reach a caller, if they do.
fn reach<'a>(
    state: &State,
    view: View,
    statement: &Statement,
    caller: &Caller,
    context: &Context,
    named: impl Fn(&str) -> Option<&'a str>,
) -> Option<Grant> {
    let principals = statement.principals.as_ref()?;
    let one = |(kind, text): &(String, String)| match (kind.as_str(), text.as_str()) {
        ("AWS", "*") => everybody(caller, statement.denies || principals.not),
        ("AWS", text) => aws(state, view, caller, text, named(text)),
        ("Service", text) => match caller {
            Caller::Service { name, .. } if name == text => Some(Grant::Direct),
            _ => None,
        },
        ("Federated", text) => match (caller, context.get("aws:federatedprovider")) {
            (Caller::Anonymous { .. }, Some([provider])) if provider == text => Some(Grant::Direct),
            _ => None,
        },
        _ => None,
    };
    let reach = principals.named.iter().filter_map(one).max();
    if principals.not { reach.is_none().then_some(Grant::Account) } else { reach }
}

/// A denial of everybody binds everybody. What everybody is allowed are identities of AWS accounts alone: identity providers and
/// services are to be named.
fn everybody(caller: &Caller, denied: bool) -> Option<Grant> {
    match caller {
        Caller::User { .. } => Some(Grant::Direct),
        Caller::Session(session) => Some(match session.of {
            SessionOf::Role(_) => Grant::Role,
            SessionOf::User(_) | SessionOf::Federated(_) => Grant::Direct,
            SessionOf::Root => Grant::Account,
        }),
        Caller::Root { .. } => Some(Grant::Account),
        _ => denied.then_some(Grant::Account),
    }
}

/// A principal of an account: the account's number or root, a unique id, or an ARN. IAM has kept the unique id of what an ARN named
/// when it was written (`named`), so that one that was made again under the name is not meant.
fn aws(state: &State, view: View, caller: &Caller, text: &str, named: Option<&str>) -> Option<Grant> {
    let account = caller.account();
    let (id, reach) = match caller {
        Caller::User { id, .. } => (Some(id), Grant::Direct),
        Caller::Session(session) => match &session.of {
            SessionOf::Role(id) => (Some(id), Grant::Role),
            SessionOf::User(id) => (Some(id), Grant::Direct),
            SessionOf::Federated(_) | SessionOf::Root => (None, Grant::Direct),
        },
        Caller::Root { .. } => (None, Grant::Direct),
        _ => return None,
    };
    if text == account || text == format!("arn:aws:iam::{account}:root") {
        return Some(Grant::Account);
    }
    if let Some(id) = id {
        let own = match named {
            Some(named) => named == id,
            None => {
                text == id
                    || [state.iam.user_arn(view, account, id), state.iam.role_arn(view, account, id)]
                        .iter()
                        .flatten()
                        .any(|arn| arn == text)
            }
        };
        if own {
            return Some(reach);
        }
    }
    let session = matches!(caller, Caller::Session(_)) && text.starts_with("arn:aws:sts:");
    (session && text == arn_of(state, view, caller)).then_some(Grant::Direct)
}
