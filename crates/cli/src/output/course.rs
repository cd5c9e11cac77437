//! What came after a case's steps, for a reader: rechecks, what was followed, what lives on, what was given back.

use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};
use severance_domain::case::{Case, CaseId, Confirmation, Outcome, Recheck, Verification};
use severance_domain::copies::Copy;
use severance_domain::cutover::{Consumer, CutoverFacts, Stage};
use severance_domain::evidence::{Proof, Residual};
use severance_domain::restoration::{Restoration, Return, ReturnAnswer, cases};

use crate::output::table;
use crate::output::text::{write_field, write_list};
use crate::terminal::clean;

/// What is known of a key that a rotation has replaced, where a case is about one.
pub(super) fn cutover(of: Option<&CutoverFacts>, out: &mut dyn Write) -> io::Result<()> {
    let Some(of) = of else { return Ok(()) };
    let CutoverFacts {
        stage,
        secret,
        replaced_by,
        opened_at,
        quiet_for,
        deadline,
        last_used_at,
        consumers,
        copies,
        unread,
    } = of;
    let asks = match stage {
        Stage::Quiet => "nobody uses it any more",
        Stage::Deadline => "its deadline has come, or somebody asked",
        Stage::Deletion => "it has been inactive long enough",
    };
    writeln!(out, "  Cutover")?;
    write_field("  Stage", &format!("{}: {asks}", stage.as_str()), out)?;
    write_field("  New key", &format!("{replaced_by}, since {opened_at:.0}"), out)?;
    write_field("  Secret", secret.as_str(), out)?;
    write_field("  Quiet for", &format!("{quiet_for:#}"), out)?;
    write_field("  Deadline", &format!("{deadline:.0}"), out)?;
    let used = last_used_at.map_or_else(|| "IAM does not say".to_owned(), |at| format!("{at:.0}, says IAM"));
    write_field("  Last used", &used, out)?;
    if !consumers.is_empty() {
        let rows: Vec<Vec<String>> = consumers.iter().map(consumer).collect();
        table::write_section(
            "Used since by",
            &["FROM", "AGENT", "SERVICE", "REGION", "LAST SEEN", "CALLS"],
            &rows,
            out,
        )?;
    }
    let found: Vec<String> = copies.found.iter().map(Copy::describe).collect();
    write_list("Copies of it", &found, out)?;
    write_list("Not searched for copies", &copies.unread, out)?;
    write_list("Not read about its use", unread, out)
}

fn consumer(of: &Consumer) -> Vec<String> {
    vec![
        of.source_ip.clone(),
        of.user_agent.clone(),
        of.service.clone(),
        of.region.clone(),
        format!("{:.0}", of.last_seen),
        of.calls.to_string(),
    ]
}

/// How often the identity was rechecked, and what had appeared.
pub(super) fn rechecks(rechecks: &[Recheck], out: &mut dyn Write) -> io::Result<()> {
    if rechecks.is_empty() {
        return Ok(());
    }
    writeln!(out, "  Rechecked, once what was known had ended")?;
    for recheck in rechecks {
        let quiet = if recheck.is_quiet() { ": nothing new" } else { ", and this had appeared" };
        writeln!(out, "    recheck {} at {:.0}{quiet}", recheck.number, recheck.at)?;
        for found in &recheck.found {
            writeln!(out, "      - {}", clean(found))?;
        }
        for unread in &recheck.unread {
            writeln!(out, "      - NOT SEEN: {}", clean(unread))?;
        }
    }
    Ok(())
}

/// The cases of what the contained identity had made.
pub(super) fn followed(case: &Case, out: &mut dyn Write) -> io::Result<()> {
    if case.followed.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = case
        .followed
        .iter()
        .map(|of| {
            let name = of.case.as_ref().map_or_else(|| "NO CASE".to_owned(), ToString::to_string);
            let verdict = of.verdict.map_or("none yet", |verdict| verdict.as_str());
            vec![name, verdict.to_owned(), of.what.clone()]
        })
        .collect();
    table::write_section("What it had made, followed", &["CASE", "VERDICT", "WHAT"], &rows, out)
}

/// What can neither be listed nor ended, and how long that can live. What ended long ago is said to be over.
pub(crate) fn residual(case: &Case, now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    // Whatever lives on was there before the last step was taken. Later revisions of the case prolong nothing.
    let taken = case.steps.iter().filter_map(|record| match record.outcome {
        Some(Outcome::Applied { at, .. } | Outcome::AlreadyInEffect { at, .. }) => Some(at),
        _ => None,
    });
    let from = taken.max().or(case.concluded_at);
    let until = |of: &Residual| match from {
        Some(from) => {
            let end = from + SignedDuration::from_hours(of.at_most_hours.into());
            let over = if end <= now { " (over)" } else { "" };
            format!("{end:.0}{over}")
        }
        None => hours(of.at_most_hours),
    };
    let of = Proof::of(case).residual;
    residual_table("Lives on, and ends by itself", "AT THE LATEST", &of, until, out)
}

/// The same of a plan: nothing is done yet, so only the longest time is known.
pub(super) fn residual_after(of: &[Residual], out: &mut dyn Write) -> io::Result<()> {
    let title = "Lives on even when all of this is done, and ends by itself";
    residual_table(title, "AFTER AT MOST", of, |of| hours(of.at_most_hours), out)
}

fn residual_table(
    title: &str,
    head: &str,
    of: &[Residual],
    end: impl Fn(&Residual) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    if of.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = of.iter().map(|of| vec![end(of), of.what.clone()]).collect();
    table::write_section(title, &[head, "WHAT"], &rows, out)
}

fn hours(hours: u32) -> String {
    if hours == 1 { "1 hour".to_owned() } else { format!("{hours} hours") }
}

/// What the last reading of everything showed, if there was one.
pub(crate) fn verification(of: Option<&Verification>, out: &mut dyn Write) -> io::Result<()> {
    let Some(of) = of else { return Ok(()) };
    writeln!(out, "  Read back once more")?;
    let ticket = of.request.ticket.as_ref().map(|ticket| format!(", ticket {ticket}")).unwrap_or_default();
    write_field("  Asked by", &format!("{}: {}{ticket}", of.request.by, of.request.reason), out)?;
    let lives = if of.alive.is_empty() { "nothing was seen alive" } else { "NOT IN EFFECT ANY MORE:" };
    write_field("  Seen", &format!("{:.0}, {lives}", of.at), out)?;
    of.alive.iter().try_for_each(|alive| writeln!(out, "      - {}", clean(alive)))
}

/// What was given back, what was not, and why, if anybody asked for it.
pub(crate) fn restoration(of: Option<&Restoration>, out: &mut dyn Write) -> io::Result<()> {
    let Some(of) = of else { return Ok(()) };
    writeln!(out, "  Given back")?;
    let ticket = of.request.ticket.as_ref().map(|ticket| format!(", ticket {ticket}")).unwrap_or_default();
    write_field("  Asked by", &format!("{}: {}{ticket}", of.by(), of.request.reason), out)?;
    write_field("  When", &format!("{:.0}", of.at), out)?;
    let (undone, rest): (Vec<&Return>, Vec<&Return>) =
        of.steps.iter().filter(|step| step.answer.changes()).partition(|step| came_back(step));
    let lines = |steps: &[&Return]| -> Vec<String> {
        steps
            .iter()
            .map(|step| format!("{}. {}{}", step.step + 1, step.countermeasure.describe(), outcome(step)))
            .collect()
    };
    write_list("Came back", &lines(&undone), out)?;
    write_list("DID NOT COME BACK, or was not seen to", &lines(&rest), out)?;
    let stays: Vec<String> = of
        .steps
        .iter()
        .filter_map(|step| {
            let (word, why) = match &step.answer {
                ReturnAnswer::Rotate { why } => ("a new one must take its place", why.clone()),
                ReturnAnswer::Keep { why } => ("stays", why.clone()),
                ReturnAnswer::Held { by } => ("stays for now", format!("it is held by {}", cases(by))),
                ReturnAnswer::Undo | ReturnAnswer::UndoKeepingSessionsDenied => return None,
            };
            Some(format!("{}. {}: {word}, because {why}", step.step + 1, step.countermeasure.describe()))
        })
        .collect();
    if let Some(moment) = of.sessions_before {
        write_field("  Sessions", &format!("those issued before {moment:.0} stay denied"), out)?;
    }
    write_list("Stays as it is", &stays, out)
}

fn came_back(of: &Return) -> bool {
    of.was_taken() && of.is_confirmed()
}

fn outcome(of: &Return) -> String {
    let came_of_it = match (&of.outcome, &of.confirmation) {
        (None, _) => ": NOT TRIED".to_owned(),
        (Some(Outcome::Failed { at, action, code, message, retryable }), _) => {
            let again = if *retryable { ", to be tried again" } else { "" };
            format!(": FAILED {at:.0}, {action} answered {code}{again}: {message}")
        }
        (_, Some(Confirmation::Confirmed { at, observed })) => format!(": undone, seen {at:.0}: {observed}"),
        (_, Some(Confirmation::Unconfirmed { reason, .. })) => format!(": undone, NOT SEEN: {reason}"),
        (_, None) => ": undone, NOT READ BACK".to_owned(),
    };
    match of.answer {
        ReturnAnswer::UndoKeepingSessionsDenied => format!("{came_of_it} (older sessions stay denied)"),
        _ => came_of_it,
    }
}

/// What a restoration would do, the last step first, and how much of it changes something.
pub(crate) fn restorable(case: &CaseId, subject: &str, steps: &[Return], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{case}  {}", clean(subject))?;
    returns(steps, out)?;
    let undone = steps.iter().filter(|step| step.answer.changes()).count();
    writeln!(out, "\n{undone} of {} steps would be undone. Nothing was changed.", steps.len())
}

fn returns(steps: &[Return], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> = steps
        .iter()
        .map(|of| {
            let (answer, why) = match &of.answer {
                ReturnAnswer::Undo => ("UNDO", String::new()),
                ReturnAnswer::UndoKeepingSessionsDenied => {
                    ("LIFT", "sessions issued before now stay denied: stolen ones may still live".to_owned())
                }
                ReturnAnswer::Rotate { why } => ("STAYS, rotate", why.clone()),
                ReturnAnswer::Keep { why } => ("STAYS", why.clone()),
                ReturnAnswer::Held { by } => ("STAYS, held", format!("restore {} as well", cases(by))),
            };
            vec![(of.step + 1).to_string(), answer.to_owned(), of.countermeasure.describe(), why]
        })
        .collect();
    table::write_section(
        "What would be done, in this order",
        &["STEP", "ANSWER", "WHAT WAS DONE THEN", "WHY"],
        &rows,
        out,
    )
}
