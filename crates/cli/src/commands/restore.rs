//! `sever restore`: what a case ended is given back, as far as it may be.

use severance_domain::case::CaseId;
use severance_domain::respond::{Answer, Ask, Reacted};
use severance_domain::verdict::Verdict;

use crate::arguments::help::remote_help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::commands::contain::afterwards;
use crate::exit::{Failure, NOT_RESTORED};
use crate::output::answer::print;
use crate::output::{course, view};
use crate::remote::unexpected;
use crate::terminal::{clean, say};

const HELP: &str = remote_help!(
    "\
Examples:
  # What would come back, what would not, and why. Changes nothing.
  sever restore sev-0123456789abcdef0123 --reason \"false alarm, INC-42\" --dry-run

  # Do it.
  sever restore sev-0123456789abcdef0123 --reason \"false alarm, says the owner\" --ticket INC-42

  # For a script: what stays.
  sever restore sev-0123456789abcdef0123 --reason drill --dry-run --json \\
    | jq -r '.restorable.steps[].answer | select(.why) | .do + \": \" + .why'

Never brought back: a credential that others may know, a deleted password, a rotated value, and what somebody else has
changed since. After danger a quarantine is lifted, but sessions from before stay denied. docs/RESPONDER.md says why.

Besides the codes below, 25: it was answered, but not all that was to come back was seen to (partial, failed, held)."
);

/// The options of `sever restore`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct RestoreOptions {
    /// The case.
    #[arg(value_parser = values::case)]
    case: CaseId,

    /// Why it may come back. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    reason: String,

    /// The ticket that it belongs to.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    ticket: Option<String>,

    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// Gives back, or says what would be given back.
pub(crate) fn run(given: RestoreOptions) -> Result<u8, Failure> {
    let RestoreOptions { case, reason, ticket, dry_run, remote } = given;
    let responder = remote.stack().connect()?;
    let answer = responder.ask(Ask::Restore { case: case.clone(), reason, ticket, dry_run })?;
    match &answer {
        Answer::Restorable { case, subject, steps } if dry_run => {
            print(remote.json, &answer, |out| {
                writeln!(out, "{case}  {}", clean(subject))?;
                course::returns(steps, out)?;
                let undone = steps.iter().filter(|step| step.answer.changes()).count();
                writeln!(out, "\n{undone} of {} steps would be undone. Nothing was changed.", steps.len())
            })?;
            Ok(0)
        }
        Answer::Reacted { reactions } if !dry_run => {
            print(remote.json, &answer, |out| view::reactions(reactions, out))?;
            if !remote.json {
                let restoration = afterwards(&responder, &case).and_then(|case| case.restoration);
                print(false, &answer, |out| course::restoration(restoration.as_ref(), out))?;
            }
            Ok(restored(reactions))
        }
        _ => Err(unexpected()),
    }
}

/// 0 only where all that was to come back was seen to: whoever goes on after `sever restore … &&` believes so.
fn restored(reactions: &[Reacted]) -> u8 {
    let rest: Vec<&Reacted> = reactions.iter().filter(|reacted| reacted.verdict != Verdict::Restored).collect();
    for reacted in &rest {
        say(&format!("NOT ALL CAME BACK: {} ({}, {})", reacted.subject, reacted.verdict, reacted.case));
    }
    if rest.is_empty() && !reactions.is_empty() { 0 } else { NOT_RESTORED }
}
