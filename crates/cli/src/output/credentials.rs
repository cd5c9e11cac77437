//! What an identity holds, one line for each credential and each access path.

use std::io::{self, Write};

use jiff::Timestamp;
use severance_domain::subject::{Credential, CredentialState, Inventory, LastUsed, Trust};

use crate::output::table;

const HEAD: [&str; 6] = ["TYPE", "ID", "STATE", "CREATED", "LAST USED", "FOR"];

/// Writes the inventory as a table.
pub(super) fn write(title: &str, inventory: &Inventory, out: &mut dyn Write) -> io::Result<()> {
    table::write_section(title, &HEAD, &rows(inventory), out)
}

fn rows(held: &Inventory) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = held
        .access_keys
        .iter()
        .map(|key| {
            let used = match key.last_used {
                LastUsed::NotAsked => "not asked".to_owned(),
                LastUsed::Never => "never".to_owned(),
                LastUsed::At(at) => at_second(Some(at)),
            };
            row(["access key", key.id.as_str(), active(key.active), &at_second(key.created_at), &used, ""])
        })
        .collect();
    if held.console_password == Some(true) {
        rows.push(row(["console password", "", "active", "", "", "the console"]));
    }
    rows.extend(held.service_credentials.iter().map(|of| {
        let state = match of.state {
            CredentialState::Active => "active",
            CredentialState::Inactive => "inactive",
            CredentialState::Expired => "expired",
        };
        let until = of.expires_at.map(|at| format!(", until {at:.0}")).unwrap_or_default();
        let what = format!("{}{until}", of.service);
        row(["service credential", of.id.as_str(), state, &at_second(of.created_at), "", &what])
    }));
    rows.extend(uploaded("SSH public key", &held.ssh_public_keys));
    rows.extend(uploaded("signing certificate", &held.signing_certificates));
    rows.extend(held.trust.iter().flat_map(trusted));
    rows.extend(held.roles_anywhere.iter().map(|profile| {
        let state = if profile.enabled { "enabled" } else { "disabled" };
        row(["Roles Anywhere profile", profile.arn.as_str(), state, "", "", "whoever holds a certificate"])
    }));
    rows.extend(held.group_memberships.iter().map(|of| row(["group", of.group.as_str(), "member", "", "", ""])));
    rows.extend(held.account_assignments.iter().map(|of| {
        let by = of.by_group.as_ref().map(|group| format!(", by group {group}")).unwrap_or_default();
        let what = format!("{}{by}", of.permission_set);
        row(["account", of.account.as_str(), "assigned", "", "", &what])
    }));
    rows.extend(held.secret.iter().map(|secret| {
        let state = match (secret.deletion_scheduled, secret.rotation_enabled) {
            (true, _) => "to be deleted",
            (false, true) => "rotation on",
            (false, false) => "rotation off",
        };
        let last = secret.last_rotated_at.map_or_else(|| "never rotated".to_owned(), |at| format!("rotated {at:.0}"));
        row(["secret value", "", state, "", "", &last])
    }));
    rows
}

fn uploaded(kind: &str, all: &[Credential]) -> impl Iterator<Item = Vec<String>> {
    all.iter().map(move |held| row([kind, held.id.as_str(), active(held.active), &at_second(held.created_at), "", ""]))
}

fn trusted(trust: &Trust) -> Vec<Vec<String>> {
    let state = if trust.closed { "closed" } else { "open" };
    let of = |who: &[String], what: &str| -> Vec<Vec<String>> {
        who.iter().map(|who| row(["trust", who, state, "", "", what])).collect()
    };
    [
        of(&trust.principals, "starting sessions, from AWS"),
        of(&trust.federated, "starting sessions, by an identity provider"),
        of(&trust.services, "starting sessions, by an AWS service"),
    ]
    .concat()
}

fn active(active: bool) -> &'static str {
    if active { "active" } else { "inactive" }
}

fn at_second(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!("{at:.0}"))
}

fn row(cells: [&str; 6]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}
