//! `sever restore`: what a case ended is given back, as far as it may be.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::restore::RestoreOptions;
use crate::commands::case::afterwards;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::verdicts::restored;
use crate::output::{course, view};
use crate::remote::unexpected;

/// Gives back, or says what would be given back.
pub(super) fn run(given: RestoreOptions) -> Result<u8, Failure> {
    let RestoreOptions { case, reason, ticket, dry_run, remote } = given;
    let responder = remote.stack().connect()?;
    let answer = responder.ask(Ask::Restore { case: case.clone(), reason, ticket, dry_run })?;
    match &answer {
        Answer::Restorable { case, subject, steps } if dry_run => {
            print(remote.json, &answer, |out| course::restorable(case, subject, steps, out))?;
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
