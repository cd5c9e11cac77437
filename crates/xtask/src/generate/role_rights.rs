//! Which role may do what to identities and secrets, for those who judge the risk.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use severance_catalogue::function::FUNCTIONS;
use severance_domain::right::{On, Only};

use super::documents::quoted;
use super::rights::{condition_for, in_members};
use super::roles::DATA_KEY;

/// What a row of the table is about: on what, which of these, under which condition of the template, in whose roles.
type Row = (On, Only, Option<&'static str>, Vec<&'static str>);

/// What stands for the role in member accounts.
const MEMBERS: &str = "member accounts";

/// The rights of all roles, by what they are on.
pub(super) fn table() -> String {
    let mut roles: BTreeMap<(On, Only, Option<&str>, &str), Vec<&str>> = BTreeMap::new();
    let functions = FUNCTIONS.iter().map(|function| (function.name, function.rights()));
    for (role, rights) in functions.chain([(MEMBERS, in_members())]) {
        for right in rights {
            let key = (right.on, right.only, condition_for(right), right.action);
            roles.entry(key).or_default().push(role);
        }
    }
    let mut rows: BTreeMap<Row, Vec<&str>> = BTreeMap::new();
    for ((on, only, there_if, action), roles) in roles {
        rows.entry((on, only, there_if, roles)).or_default().push(action);
    }
    let mut text = "| on | only | actions | roles |\n|---|---|---|---|\n".to_owned();
    for ((on, only, there_if, roles), actions) in rows {
        let only: Vec<String> =
            which(only).into_iter().chain(there_if.map(|there_if| format!("with `{}`", parameter(there_if)))).collect();
        let (on, only) = (what(on), only.join(", "));
        let (actions, roles) =
            (quoted(&actions), if roles.contains(&MEMBERS) { with_members(&roles) } else { quoted(&roles) });
        let _ = writeln!(text, "| {on} | {only} | {actions} | {roles} |");
    }
    for function in FUNCTIONS {
        if let Some(table) = function.table {
            let (only, actions) = (quoted(table.partitions), quoted(table.actions));
            let _ = writeln!(text, "| items of the table | in {only} | {actions} | `{}` |", function.name);
        }
        if !function.decrypts.is_empty() {
            let (only, actions) = (quoted(function.decrypts), quoted(&DATA_KEY));
            let _ = writeln!(text, "| any KMS key of the account | through {only} | {actions} | `{}` |", function.name);
        }
    }
    text
}

fn with_members(roles: &[&str]) -> String {
    let functions: Vec<&str> = roles.iter().copied().filter(|role| *role != MEMBERS).collect();
    let listed = quoted(&functions);
    if listed.is_empty() { MEMBERS.to_owned() } else { format!("{listed}; {MEMBERS}") }
}

/// What the actions are on, in words.
fn what(on: On) -> &'static str {
    match on {
        On::User => "users",
        On::Group => "groups",
        On::Role => "roles",
        On::Policy => "the account's own policies",
        On::AnyPolicy => "policies, AWS's among them",
        On::Profile => "profiles of Roles Anywhere, in every Region",
        On::Secret => "secrets of the stack's Region; in member accounts of any",
        On::SecretAnywhere => "secrets of any Region",
        On::OwnSecret => "secrets `severance/*`",
        On::RotationFunction => "the rotation functions that the deployment names",
        On::OwnRotation => "the stack's own rotation function",
        On::CopiesSearch => "the stack's own copies search",
        On::OwnResponder => "the stack's own responder",
        On::Parameter => "parameters",
        On::BuildProject => "build projects",
        On::Organization => "accounts and service control policies",
        On::Directory => "`*` of the directory",
        On::Nothing => "`*`: no resource exists",
    }
}

/// Which of them, in words; none for all.
fn which(only: Only) -> Option<String> {
    Some(match only {
        Only::All => return None,
        Only::ThisTag(tag) => format!("the tag `{tag}` alone"),
        Only::ManagedSecrets => "tagged `severance:managed` = `true`".to_owned(),
        Only::ManagedUsers => "tagged `severance:secret`".to_owned(),
        Only::NewManagedSecrets => "made with `severance:managed` = `true` and the tags of adoption".to_owned(),
        Only::Attaching(name) => format!("the policy is AWS's `{name}`"),
        Only::Boundary(name) => format!("the boundary is AWS's `{name}`"),
        Only::OwnBoundary => "the boundary is a policy of the account's own".to_owned(),
    })
}

/// The parameter behind a condition of the template.
fn parameter(condition: &str) -> String {
    format!("{}=true", condition.trim_start_matches("Has"))
}
