//! `sever cutovers`, `sever cut`: keys that a rotation has replaced, and how long they live on.

use severance_domain::cutover::{Gate, Stage};
use severance_domain::respond::{Answer, Ask};

use crate::arguments::cutovers::{CutOptions, CutoversOptions};
use crate::commands::contain::contained;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::{table, view};
use crate::remote::unexpected;

/// Lists the keys that were replaced.
pub(crate) fn list(given: &CutoversOptions) -> Result<u8, Failure> {
    let answer = given.remote.stack().connect()?.ask(Ask::Cutovers)?;
    let Answer::Cutovers { gates } = &answer else { return Err(unexpected()) };
    print(given.remote.json, &answer, |out| {
        if gates.is_empty() {
            return writeln!(out, "No key that was replaced lives on.");
        }
        let rows: Vec<Vec<String>> = gates.iter().map(row).collect();
        table::write(&["OLD KEY", "REPLACED BY", "USER", "SECRET", "SINCE", "STATE", "CASES"], &rows, out)?;
        writeln!(out, "\nWho still uses one: sever status CASE. End one now: sever cut KEY --reason TEXT")
    })?;
    Ok(0)
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

/// Deactivates a key that was replaced.
pub(crate) fn cut(given: CutOptions) -> Result<u8, Failure> {
    let CutOptions { key, reason, ticket, remote } = given;
    let answer = remote.stack().connect()?.ask(Ask::Cut { access_key: key, reason, ticket })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}
