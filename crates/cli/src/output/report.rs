//! The report on files of evidence.

use std::io::{self, Write};

use serde::Serialize;
use severance_domain::case::Case;
use severance_domain::digest::Digest;
use severance_domain::evidence::{Evidence, Statement};

use crate::exit::Status;
use crate::output::course;
use crate::output::step::write_step;
use crate::output::text::{name, write_field, write_list};
use crate::terminal::clean;

/// What was found. This is the document that `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'a> {
    /// The worst of all.
    pub(crate) status: Status,
    /// The process's exit code.
    pub(crate) exit_code: u8,
    /// The fingerprints of the keys that were given.
    pub(crate) keys: Vec<&'a str>,
    /// One entry for each file, in the order in which they were read.
    pub(crate) files: Vec<FileReport<'a>>,
    /// One entry for each case that has a verified file.
    pub(crate) cases: Vec<CaseReport>,
}

/// What was found of one file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileReport<'a> {
    /// Its name.
    pub(crate) file: &'a str,
    /// How it fared.
    pub(crate) status: Status,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// What a verified file states.
    #[serde(flatten)]
    pub(crate) record: Option<Record<'a>>,
}

/// What a verified file states.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record<'a> {
    /// SHA-256 of the payload.
    pub(crate) digest: &'a Digest,
    /// The key that signed.
    pub(crate) signed_by: &'a str,
    /// How many signatures by other keys were not checked.
    pub(crate) unchecked_signatures: usize,
    /// Whether the proof was derived anew from the steps and found the same.
    pub(crate) proof_checked: bool,
    /// The payload.
    pub(crate) statement: &'a Statement,
}

/// What was found of one case.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseReport {
    /// The case.
    pub(crate) case: String,
    /// When it was opened: a claim that comes again after its case is forgotten opens another of the same name.
    pub(crate) opened_at: String,
    /// The installation that keeps it.
    pub(crate) stack: String,
    /// How its chain fared.
    pub(crate) status: Status,
    /// The revisions that are at hand, lowest first.
    pub(crate) revisions: Vec<u32>,
    /// What is wrong with the chain.
    pub(crate) problems: Vec<String>,
    /// What was left unchecked because the caller allowed it.
    pub(crate) not_checked: Vec<String>,
    /// Whether the last revision at hand left steps to be tried again, so that another one should follow.
    pub(crate) unfinished: bool,
}

/// Writes the report, as one JSON document or as text for a reader.
pub(crate) fn write(report: &Report<'_>, json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from).and_then(|()| writeln!(out))
    } else {
        write_text(report, out)
    }
}

fn write_text(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
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
        ("When", format!("happened {}, opened {:.0}, concluded {concluded}", signal.times(), case.opened_at)),
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
    course::rechecks(&case.rechecks, out)?;
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

/// What must not be overlooked, also when the report goes into a file.
pub(crate) fn warn(report: &Report<'_>, stderr: &mut dyn Write) -> io::Result<()> {
    for case in &report.cases {
        for gap in &case.not_checked {
            writeln!(stderr, "sever: WARNING: {}: {}", clean(&case.case), clean(gap))?;
        }
    }
    if report.status != Status::Verified {
        let failed = report.files.iter().filter(|file| file.status != Status::Verified).count();
        let broken = report.cases.iter().filter(|case| case.status != Status::Verified).count();
        let (files, cases) = (report.files.len(), report.cases.len());
        let outcome = report.status.headline();
        writeln!(
            stderr,
            "sever: {outcome}: {failed} of {files} files and {broken} of {cases} chains failed (exit code {})",
            report.exit_code
        )?;
    }
    Ok(())
}
