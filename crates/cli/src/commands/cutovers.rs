//! `sever cutovers`, `sever cut`: keys that a rotation has replaced, and how long they live on.

use severance_domain::cutover::{Gate, Stage};
use severance_domain::ids::AccessKeyId;
use severance_domain::respond::{Answer, Ask};

use crate::arguments::help::remote_help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::commands::contain::contained;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::{table, view};
use crate::remote::unexpected;

const LIST_HELP: &str = remote_help!(
    "\
Examples:
  # Every key that was replaced and is not gone yet.
  sever cutovers

  # Who still uses one: the case that asks about it names each of them.
  sever status sev-0123456789abcdef0123

  # For a script: keys that are still active.
  sever cutovers --json | jq -r '.cutovers.gates[] | select(.inactiveSince == null).old'

A key that nobody uses for the quiet window of its class is deactivated, and deleted after the stack's CutoverDeletion. One
that is still used at its deadline is held for a person: do nothing to keep it, sever approve or sever cut to end it."
);

const CUT_HELP: &str = remote_help!(
    "\
Examples:
  # Whoever still uses it breaks: look who that is first.
  sever cutovers
  sever cut AKIAIOSFODNN7EXAMPLE --reason \"the last consumer is switched off, OPS-12\" --ticket OPS-12

Only a key that a rotation has replaced can be cut; any other is ended by sever contain. It is deactivated, not deleted, so
sever restore CASE gives it back.

Besides the codes below, 24: it was answered, but the key was not seen to end (held, observed, failed)."
);

/// The options of `sever cutovers`.
#[derive(Debug, clap::Args)]
#[command(after_help = LIST_HELP)]
pub(crate) struct CutoversOptions {
    #[command(flatten)]
    remote: RemoteOptions,
}

/// The options of `sever cut`.
#[derive(Debug, clap::Args)]
#[command(after_help = CUT_HELP)]
pub(crate) struct CutOptions {
    /// The old key.
    #[arg(value_name = "KEY", value_parser = values::long_term_key)]
    key: AccessKeyId,

    /// Why nobody needs it any more. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    reason: String,

    /// The ticket that it belongs to.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    ticket: Option<String>,

    #[command(flatten)]
    remote: RemoteOptions,
}

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
