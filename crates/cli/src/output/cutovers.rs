//! Keys that a rotation has replaced.

use std::io::{self, Write};

use severance_domain::cutover::{Cutover, Stage};

use crate::output::table;

/// Lists the keys that live on.
pub(crate) fn write(cutovers: &[Cutover], out: &mut dyn Write) -> io::Result<()> {
    if cutovers.is_empty() {
        return writeln!(out, "No key that was replaced lives on.");
    }
    let rows: Vec<Vec<String>> = cutovers.iter().map(row).collect();
    table::write(&["OLD KEY", "REPLACED BY", "USER", "SECRET", "SINCE", "STATE", "CASES"], &rows, out)?;
    writeln!(out, "\nWho still uses one: sever status CASE. End one now: sever cut KEY --reason TEXT")
}

fn row(cutover: &Cutover) -> Vec<String> {
    vec![
        cutover.old.to_string(),
        cutover.new.to_string(),
        cutover.user.to_string(),
        cutover.secret.to_string(),
        format!("{:.0}", cutover.opened_at),
        state(cutover),
        cutover.cases.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    ]
}

/// What the schedule last found or did about it.
fn state(cutover: &Cutover) -> String {
    let asked = cutover.asked.last().map(|(stage, mode)| match stage {
        Stage::Quiet => format!("not used any more, deactivation asked for ({})", mode.as_str()),
        Stage::Deadline => format!("may still be used at its deadline, people asked ({})", mode.as_str()),
        Stage::Deletion => format!("deletion asked for ({})", mode.as_str()),
    });
    match (cutover.inactive_since, asked) {
        (Some(since), Some(asked)) if cutover.asked.last().is_some_and(|(stage, _)| *stage == Stage::Deletion) => {
            format!("inactive since {since:.0}, {asked}")
        }
        (Some(since), _) => format!("inactive since {since:.0}"),
        (None, Some(asked)) => asked,
        (None, None) => "in use, or not unused for long enough: it waits".to_owned(),
    }
}
