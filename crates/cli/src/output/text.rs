//! The report for a reader.

use std::io::{self, Write};

use severance_domain::case::{Case, Confirmation, Outcome, StepRecord};
use severance_domain::evidence::Evidence;
use severance_domain::plan::Disposition;

use crate::commands::verify::evidence::{CaseReport, FileReport, Record, Report};
use crate::exit::Status;
use crate::output::course;
use crate::terminal::clean;

/// Writes the report.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for file in &report.files {
        write_file(file, out)?;
    }
    for case in &report.cases {
        write_case(case, out)?;
    }
    let verified = report.files.iter().filter(|file| file.status == Status::Verified).count();
    let (files, cases) = (report.files.len(), report.cases.len());
    let partial = report.cases.iter().any(|case| !case.not_checked.is_empty());
    let caveat = if partial { ", BUT NOT EVERY REVISION WAS AT HAND" } else { "" };
    writeln!(
        out,
        "RESULT  {}{caveat}: {verified} of {files} files verified, {cases} {}, exit code {}",
        report.status.headline(),
        if cases == 1 { "case" } else { "cases" },
        report.exit_code
    )
}

fn write_file(file: &FileReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}  {}", file.status.headline(), clean(file.file))?;
    if let Some(problem) = &file.problem {
        writeln!(out, "  {}", clean(problem))?;
    }
    if let Some(record) = &file.record {
        write_record(record, out)?;
    }
    writeln!(out)
}

fn write_record(record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Evidence { stack, case, proof } = &record.statement.predicate;
    let Case { signal, subject, profile, .. } = case;
    let verdict = case.verdict.map_or("none", |verdict| verdict.as_str());
    let owners = if profile.owners.is_empty() { "nobody".to_owned() } else { profile.owners.join(", ") };
    let why = [
        name(&signal.kind),
        format!("severity {}", name(&signal.severity)),
        format!("{} {}", name(&signal.source), signal.rule),
    ];
    let concluded = case.concluded_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let fields: [(&str, String); 11] = [
        ("Verdict", verdict.to_owned()),
        ("Who", format!("{} {}", subject.kind.as_words(), subject.label())),
        ("Unique id", subject.unique_id.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string)),
        ("Owner", owners),
        ("What", signal.title.clone()),
        ("Why", why.join(", ")),
        ("When", format!("happened {}, opened {}, concluded {concluded}", signal.occurred_at, case.opened_at)),
        ("Mode", name(&case.mode)),
        ("Case", format!("{} revision {}", case.id, case.revision)),
        ("By", format!("stack {} in {} {}, Severance {}", stack.name, stack.account, stack.region, stack.version)),
        ("Event", format!("{} ({})", signal.event_id, signal.event_digest)),
    ];
    for (label, value) in fields {
        write_field(label, &value, out)?;
    }
    course::cutover(signal.cutover.as_deref(), out)?;
    writeln!(out, "  Steps")?;
    if case.steps.is_empty() {
        writeln!(out, "    none")?;
    }
    for (n, step) in case.steps.iter().enumerate() {
        write_step(n + 1, step, out)?;
    }
    write_list("Notes", &case.notes, out)?;
    course::looks(&case.rounds, out)?;
    course::followed(case, out)?;
    course::verification(case.verification.as_ref(), out)?;
    course::restoration(case.restoration.as_ref(), out)?;
    write_list("Proven", &proof.state, out)?;
    write_list("Not proven", &proof.not_proven, out)?;
    if !record.proof_checked {
        let why = format!("the two lists above: Severance {} derives them otherwise than this version", stack.version);
        write_field("Unchecked", &why, out)?;
    }
    write_field("Payload", &record.digest.to_string(), out)?;
    write_field("Previous", &case.previous.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string), out)?;
    write_field("Signed by", &format!("{} ({})", record.signed_by, stack.signing_key.arn), out)?;
    if record.unchecked_signatures > 0 {
        let others = format!("{} more by keys that were not given: not checked", record.unchecked_signatures);
        write_field("Signatures", &others, out)?;
    }
    Ok(())
}

pub(crate) fn write_step(n: usize, record: &StepRecord, out: &mut dyn Write) -> io::Result<()> {
    let StepRecord { step, round, outcome, confirmation, .. } = record;
    let planned = if *round == 0 { String::new() } else { format!(" (after look {round})") };
    writeln!(out, "    {n}. {}{planned}", clean(&step.countermeasure.describe()))?;
    writeln!(out, "       {}, because {}", name(&step.disposition), clean(&step.reason))?;
    let came_of_it = match outcome {
        None if step.disposition == Disposition::Enforce => "NOT DONE".to_owned(),
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

fn write_case(case: &CaseReport, out: &mut dyn Write) -> io::Result<()> {
    let revisions = case.revisions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let whole = match (case.status, case.not_checked.is_empty()) {
        (Status::Verified, true) => "CHAIN WHOLE",
        (Status::Verified, false) => "CHAIN PARTIAL",
        (status, _) => status.headline(),
    };
    writeln!(out, "{whole}  {}: revisions {revisions} at hand", clean(&case.case))?;
    writeln!(out, "  opened {} by stack {}", clean(&case.opened_at), clean(&case.stack))?;
    for problem in &case.problems {
        writeln!(out, "  {}", clean(problem))?;
    }
    for gap in &case.not_checked {
        writeln!(out, "  NOT CHECKED: {}", clean(gap))?;
    }
    if case.unfinished {
        writeln!(out, "  the last one left steps to be tried again: a later revision should exist")?;
    }
    writeln!(out)
}

pub(crate) fn write_field(label: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {label:<10} {}", clean(value))
}

pub(crate) fn write_list(title: &str, lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {title}")?;
    lines.iter().try_for_each(|line| writeln!(out, "    - {}", clean(line)))
}

/// The name that an enumeration's value has in evidence.
pub(crate) fn name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
