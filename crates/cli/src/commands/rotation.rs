//! A rotation, begun and followed.

use std::time::Duration;

use severance_domain::case::{Case, CaseId, StepRecord};
use severance_domain::respond::{Answer, Ask, Claim};

use crate::arguments::rotate::Asked;
use crate::commands::case::afterwards;
use crate::commands::explanation;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::verdicts::rotated;
use crate::output::{rotation, view};
use crate::progress::Progress;
use crate::remote::{Responder, unexpected};

/// A rotation that was begun is rechecked after so long, then after twice that, and so on.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// But never less often than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often the responder is asked to look after rotations while somebody waits: each run does all that is due.
const RUN_EVERY: Duration = Duration::from_secs(15);

/// Asks for a rotation, and waits for its end.
pub(super) fn run(asked: Asked, claim: Claim, responder: &Responder) -> Result<u8, Failure> {
    let Asked { reason, ticket, wait, dry_run, remote } = asked;
    if dry_run {
        return explanation::live(claim, responder, remote.json);
    }
    let mut answer = responder.ask(Ask::Contain { claim, reason, ticket })?;
    let Answer::Reacted { reactions } = &mut answer else { return Err(unexpected()) };
    if !remote.json {
        print(false, &(), |out| view::reactions(reactions, out))?;
    }
    let mut cases = Vec::new();
    for reacted in reactions.iter_mut() {
        let Some(case) = follow(responder, &reacted.case, Duration::from_secs(wait)) else { continue };
        reacted.verdict = case.verdict.unwrap_or(reacted.verdict);
        reacted.revision = case.revision;
        cases.push(case);
    }
    print(remote.json, &answer, |out| cases.iter().try_for_each(|case| rotation::write(case, out)))?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    Ok(rotated(reactions))
}

/// The case, once no rotation of it goes on, or after so long. None where it cannot be shown.
fn follow(responder: &Responder, case: &CaseId, at_most: Duration) -> Option<Box<Case>> {
    let mut progress = Progress::on_stderr(&format!("the rotation of {case}"), at_most);
    let (mut waited, mut pause, mut run_at) = (Duration::ZERO, FIRST_PAUSE, FIRST_PAUSE);
    loop {
        let seen = afterwards(responder, case)?;
        if waited >= at_most || !seen.steps.iter().any(StepRecord::is_unfinished_rotation) {
            return Some(seen);
        }
        progress.tell(waited);
        let next = pause.min(at_most.saturating_sub(waited));
        std::thread::sleep(next);
        waited += next;
        pause = (pause * 2).min(LONGEST_PAUSE);
        if waited >= run_at {
            // Where that fails the schedule's own run does it.
            let _ = responder.ask(Ask::ScheduledRun);
            run_at = waited + RUN_EVERY;
        }
    }
}
