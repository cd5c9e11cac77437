//! The exit codes of `sever` in the documents.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use severance_catalogue::exit::{self, Exit};

/// How `sever verify FILE` ends.
pub(super) fn of_files() -> String {
    let mut text = "| code | `status` in `--json` | meaning | what to do |\n|---|---|---|---|\n".to_owned();
    for exit in exit::OF_FILES {
        let name = if exit.name.is_empty() { String::new() } else { format!("`{}`", exit.name) };
        let _ = writeln!(text, "| `{}` | {name} | {} | {} |", exit.code, exit.meaning(), exit.then);
    }
    text
}

/// How every other command ends, by code: first what it means of most commands.
pub(super) fn of_commands() -> String {
    let mut exits: Vec<&Exit> = exit::all().collect();
    exits.sort_by_key(|exit| exit.code);
    let row = |exit: &Exit| format!("| `{}` | {} | {} | {} |", exit.code, exit.of, exit.meaning(), exit.then);
    let mut rows: Vec<String> = exits.into_iter().map(row).collect();
    // What `--help` says in several ways, the documents say once.
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(row.clone()));
    format!("| code | of | meaning | what to do |\n|---|---|---|---|\n{}\n", rows.join("\n"))
}
