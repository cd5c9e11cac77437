//! Keys that a rotation has replaced.

use std::io::{self, Write};

use severance_domain::cutover::{Gate, Stage};

use crate::output::table;

/// Lists the keys that live on.
pub(crate) fn write(gates: &[Gate], out: &mut dyn Write) -> io::Result<()> {
    if gates.is_empty() {
        return writeln!(out, "No key that was replaced lives on.");
    }
    let rows: Vec<Vec<String>> = gates.iter().map(row).collect();
    table::write(&["OLD KEY", "REPLACED BY", "USER", "SECRET", "SINCE", "STATE", "CASES"], &rows, out)?;
    writeln!(out, "\nWho still uses one: sever status CASE. End one now: sever cut KEY --reason TEXT")
}

fn row(gate: &Gate) -> Vec<String> {
    vec![
        gate.old.to_string(),
        gate.new.to_string(),
        gate.user.to_string(),
        gate.secret.to_string(),
        format!("{:.0}", gate.opened_at),
        state(gate),
        gate.cases.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    ]
}

/// What the schedule last found or did about it.
fn state(gate: &Gate) -> String {
    let asked = gate.asked.last().map(|(stage, mode)| match stage {
        Stage::Quiet => format!("not used any more, deactivation asked for ({})", mode.as_str()),
        Stage::Deadline => format!("may still be used at its deadline, people asked ({})", mode.as_str()),
        Stage::Deletion => format!("deletion asked for ({})", mode.as_str()),
    });
    match (gate.inactive_since, asked) {
        (Some(since), Some(asked)) if gate.asked.last().is_some_and(|(stage, _)| *stage == Stage::Deletion) => {
            format!("inactive since {since:.0}, {asked}")
        }
        (Some(since), _) => format!("inactive since {since:.0}"),
        (None, Some(asked)) => asked,
        (None, None) => "in use, or not unused for long enough: it waits".to_owned(),
    }
}
