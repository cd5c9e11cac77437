//! Access paths that open by a credential: keys, sessions and passwords that the attacker holds.

use jiff::Timestamp;

use crate::caller::{Caller, SessionOf};
use crate::evaluate::arn_of;
use crate::iam::OtherCredential;
use crate::state::State;
use crate::store::{Table, View};

use super::access_paths::{AccessPath, Holder, Open, holder};
use super::attacker::{Attacker, Held, Password};
use super::probes::NOBODY;
use super::rights::{Asked, issue_times};

/// The access paths that the attacker's own credentials open.
pub(super) fn open(state: &State, at: Timestamp, attacker: &Attacker) -> Vec<Open> {
    let mut found = Vec::new();
    for credential in &attacker.credentials {
        let Ok(caller) = state.caller_in(View::Settled, credential, at) else { continue };
        if !attacker.accounts.contains(caller.account()) {
            found.extend(credentials_path(state, at, &caller));
        }
    }
    for password in &attacker.passwords {
        found.extend(password_path(state, at, password));
    }
    let iam = &state.iam;
    for (held, table, access_path) in [
        (&attacker.ssh_keys, &iam.ssh_keys, AccessPath::SshKey as fn(String) -> AccessPath),
        (&attacker.certificates, &iam.certificates, AccessPath::Certificate),
        (&attacker.service_credentials, &iam.service_credentials, AccessPath::ServiceCredential),
    ] {
        found.extend(held.iter().filter_map(|held| other_path(state, at, held, table, access_path(held.id.clone()))));
    }
    found
}

fn credentials_path(state: &State, at: Timestamp, caller: &Caller) -> Option<Open> {
    let asked = Asked::new(state, at, caller);
    let can = asked.effective();
    if can.is_empty() {
        return None;
    }
    let account = caller.account();
    match caller {
        Caller::Session(session) => {
            let holder = match &session.of {
                SessionOf::Role(id) | SessionOf::User(id) | SessionOf::Federated(id) => holder(state, account, id),
                SessionOf::Root => {
                    let (arn, id) = (arn_of(state, View::Settled, caller), account.to_owned());
                    Holder { account: account.to_owned(), arn, id }
                }
            };
            let renews = renewals(&asked, state, account);
            let ends_at = renews.is_empty().then_some(session.expires_at);
            Some(Open { access_path: AccessPath::Session(session.key.clone()), holder, ends_at, can, renews })
        }
        Caller::User { id, key, .. } => {
            let holder = holder(state, account, id);
            Some(Open { access_path: AccessPath::AccessKey(key.clone()), holder, ends_at: None, can, renews: vec![] })
        }
        _ => None,
    }
}

/// How a session becomes access that outlives it.
fn renewals(asked: &Asked<'_>, state: &State, account: &str) -> Vec<String> {
    const MINT: [&str; 7] = [
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
        "iam:CreateServiceSpecificCredential",
        "iam:ResetServiceSpecificCredential",
        "iam:UploadSSHPublicKey",
        "iam:UploadSigningCertificate",
    ];
    let mut found = asked.ways_on();
    let mut ask = |action: &str, arn: String| {
        if asked.may(action, &arn) {
            found.push(format!("{action} on {arn}"));
        }
    };
    for (id, ..) in state.iam.users.in_account(View::Settled, account) {
        let arn = state.iam.user_arn(View::Settled, account, id).unwrap_or_default();
        for action in MINT {
            ask(action, arn.clone());
        }
    }
    // A user that does not exist yet will do, too, and a role that begins to trust somebody.
    ask("iam:CreateAccessKey", format!("arn:aws:iam::{account}:user/{NOBODY}"));
    for (id, ..) in state.iam.roles.in_account(View::Settled, account) {
        ask("iam:UpdateAssumeRolePolicy", state.iam.role_arn(View::Settled, account, id).unwrap_or_default());
    }
    found
}

/// Signing in gives a session that was issued at that moment, which denials of older sessions do not meet. Unlike that of
/// `GetSessionToken` it may call IAM, so the user is asked, with a moment of issue.
fn password_path(state: &State, at: Timestamp, password: &Password) -> Option<Open> {
    let Password { account, user, made } = password;
    let key = (account.clone(), user.clone(), String::new());
    state.iam.user(View::Settled, account, user)?;
    if state.iam.passwords.get(View::Settled, &key)? != made {
        return None;
    }
    let caller = Caller::User { account: account.clone(), id: user.clone(), key: String::new() };
    let can = issue_times(state, at, &caller).into_iter().find_map(|issued| {
        let can = Asked::new(state, at, &caller).beside("aws:TokenIssueTime", issued.to_string()).effective();
        (!can.is_empty()).then_some(can)
    })?;
    Some(Open {
        access_path: AccessPath::Password,
        holder: holder(state, account, user),
        ends_at: None,
        can,
        renews: vec![],
    })
}

fn other_path(
    state: &State,
    at: Timestamp,
    held: &Held,
    table: &Table<OtherCredential>,
    access_path: AccessPath,
) -> Option<Open> {
    let Held { account, user, id } = held;
    state.iam.user(View::Settled, account, user)?;
    let credential = table.get(View::Settled, &(account.clone(), user.clone(), id.clone()))?;
    if credential.status_at(at) != "Active" {
        return None;
    }
    let caller = Caller::User { account: account.clone(), id: user.clone(), key: String::new() };
    let asked = Asked::new(state, at, &caller);
    let service = credential.service.strip_suffix(".amazonaws.com").unwrap_or(&credential.service);
    let can = match access_path {
        AccessPath::SshKey(_) => asked.effects(Some(&["codecommit"])),
        AccessPath::ServiceCredential(_) => asked.effects(Some(&[service])),
        _ => asked.effective(),
    };
    let holder = holder(state, account, user);
    (!can.is_empty()).then(|| Open { access_path, holder, ends_at: credential.expires, can, renews: vec![] })
}
