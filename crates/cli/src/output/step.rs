//! A step, and what came of it.

use std::io::{self, Write};

use severance_domain::case::{Confirmation, Outcome, StepRecord};
use severance_domain::plan::Disposition;

use crate::output::text::name;
use crate::terminal::clean;

/// Writes a step below its number.
pub(super) fn write_step(n: usize, record: &StepRecord, out: &mut dyn Write) -> io::Result<()> {
    let StepRecord { step, recheck, outcome, confirmation, .. } = record;
    let planned = if *recheck == 0 { String::new() } else { format!(" (after recheck {recheck})") };
    writeln!(out, "    {n}. {}{planned}", clean(&step.countermeasure.describe()))?;
    writeln!(out, "       {}, because {}", name(&step.disposition()), clean(&step.reason))?;
    let came_of_it = match outcome {
        None if step.disposition() == Disposition::Enforce => "NOT DONE".to_owned(),
        None => return Ok(()),
        Some(Outcome::Applied { at, note: None }) => format!("done {at}"),
        Some(Outcome::Applied { at, note: Some(note) }) => format!("done {at}: {note}"),
        Some(Outcome::AlreadyInEffect { at, note }) => format!("was so already, seen {at}: {note}"),
        Some(Outcome::Failed { at, action, code, message, retryable }) => {
            let again = if *retryable { ", to be tried again" } else { "" };
            format!("FAILED {at}: {action} answered {code}{again}: {message}")
        }
    };
    writeln!(out, "       {}", clean(&came_of_it))?;
    let seen = match (outcome, confirmation) {
        (_, Some(Confirmation::Confirmed { at, observed })) => format!("confirmed {at}: {observed}"),
        (_, Some(Confirmation::Unconfirmed { at, reason, contradicted: true })) => {
            format!("NOT IN EFFECT {at}: {reason}")
        }
        (_, Some(Confirmation::Unconfirmed { at, reason, .. })) => format!("NOT CONFIRMED until {at}: {reason}"),
        (Some(Outcome::Applied { .. } | Outcome::AlreadyInEffect { .. }), None) => "NOT READ BACK".to_owned(),
        (_, None) => return Ok(()),
    };
    writeln!(out, "       {}", clean(&seen))
}
