//! `sever restore`: what a case ended is given back, as far as it may be.

use severance_domain::respond::{Answer, Ask, Reacted};
use severance_domain::verdict::Verdict;

use crate::arguments::restore::RestoreOptions;
use crate::commands::contain::afterwards;
use crate::exit::{Failure, NOT_RESTORED};
use crate::output::answer::print;
use crate::output::{course, view};
use crate::remote::unexpected;
use crate::terminal::{clean, say};

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
