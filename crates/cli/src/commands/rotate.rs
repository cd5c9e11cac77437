//! `sever rotate`, `sever adopt`: a key is replaced by another one in a secret, and the old one works on until its consumers
//! have moved.

use std::io::{self, Write};
use std::time::Duration;

use severance_domain::case::{Case, CaseId, StepRecord};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::respond::{Answer, Ask, Claim, Reacted};
use severance_domain::signal::SignalKind;
use severance_domain::verdict::Verdict;

use crate::arguments::rotate::{AdoptOptions, Asked, RotateOptions};
use crate::arguments::values::Named;
use crate::commands::contain::afterwards;
use crate::commands::policy::explain;
use crate::exit::{Failure, NOT_CONTAINED};
use crate::output::answer::print;
use crate::output::step::write_step;
use crate::output::text::write_field;
use crate::output::view;
use crate::progress::Progress;
use crate::remote::{Responder, unexpected};
use crate::terminal::say;

/// A rotation that was begun is looked at again after so long, then after twice that, and so on.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// But never less often than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often the responder is asked to look after rotations while somebody waits: each tick does all that is due.
const TICK_EVERY: Duration = Duration::from_secs(15);

/// Starts a secret's rotation.
pub(crate) fn rotate(given: RotateOptions) -> Result<u8, Failure> {
    let responder = given.asked.remote.stack().connect()?;
    let (subject, access_key) = match given.named {
        Named::Identity(secret) => (secret, None),
        Named::Key(key) => (responder.account_of(&key)?, Some(key)),
    };
    let claim = Claim { subject, signal: SignalKind::SecretUnrotated, access_key, severity: None };
    put(given.asked, claim, &responder)
}

/// Puts a key under management.
pub(crate) fn adopt(given: AdoptOptions) -> Result<u8, Failure> {
    let AdoptOptions { user, key, asked } = given;
    let responder = asked.remote.stack().connect()?;
    let claim = Claim { subject: user, signal: SignalKind::CredentialUnmanaged, access_key: key, severity: None };
    put(asked, claim, &responder)
}

fn put(asked: Asked, claim: Claim, responder: &Responder) -> Result<u8, Failure> {
    let Asked { reason, ticket, wait, dry_run, remote } = asked;
    if dry_run {
        return explain::live(claim, responder, remote.json);
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
    print(remote.json, &answer, |out| cases.iter().try_for_each(|case| outcome(case, out)))?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    Ok(rotated(reactions))
}

/// The case, once no rotation of it goes on, or after so long. None where it cannot be shown.
fn follow(responder: &Responder, case: &CaseId, at_most: Duration) -> Option<Box<Case>> {
    let mut progress = Progress::on_stderr(&format!("the rotation of {case}"), at_most);
    let (mut waited, mut pause, mut tick_at) = (Duration::ZERO, FIRST_PAUSE, FIRST_PAUSE);
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
        if waited >= tick_at {
            // Where that fails the schedule's own tick does it.
            let _ = responder.ask(Ask::Tick);
            tick_at = waited + TICK_EVERY;
        }
    }
}

/// How far a case's rotation came, and what is to be done now.
fn outcome(case: &Case, out: &mut dyn Write) -> io::Result<()> {
    let is_rotation = |record: &&StepRecord| {
        matches!(record.step.countermeasure, Countermeasure::RotateSecret(_) | Countermeasure::AdoptAccessKey(_))
    };
    let steps: Vec<(usize, &StepRecord)> =
        case.steps.iter().enumerate().filter(|(_, record)| is_rotation(record)).collect();
    if steps.iter().any(|(_, record)| record.was_taken()) {
        writeln!(out, "  How far it came")?;
    }
    for (n, record) in steps {
        if !record.was_taken() {
            continue;
        }
        write_step(n + 1, record, out)?;
        let old = match &record.step.countermeasure {
            Countermeasure::AdoptAccessKey(card::AdoptAccessKey { access_key, secret, .. }) => {
                write_field("Secret", secret, out)?;
                let next = format!(
                    "have whatever uses {access_key} read the secret instead, anew whenever AWS refuses what it read before"
                );
                write_field("Next", &next, out)?;
                access_key.to_string()
            }
            _ => "the old key, if it is one that Severance rotates,".to_owned(),
        };
        write_field("Old key", &format!("{old} works on until its consumers have moved: sever cutovers"), out)?;
        if record.is_unfinished_rotation() {
            let how = format!("the schedule follows it for 24 hours; to look: sever status {}", case.id);
            write_field("Going on", &how, out)?;
        }
    }
    Ok(())
}

/// 0 only where every rotation was seen to end: whoever goes on after `sever rotate … &&` believes so.
fn rotated(reactions: &[Reacted]) -> u8 {
    let open: Vec<&Reacted> = reactions.iter().filter(|reacted| reacted.verdict != Verdict::VerifiedRevoked).collect();
    for reacted in &open {
        say(&format!("NOT SEEN TO END: the rotation for {} ({}, {})", reacted.subject, reacted.verdict, reacted.case));
    }
    for reacted in reactions.iter().filter(|reacted| reacted.replayed) {
        let case = &reacted.case;
        say(&format!(
            "NOT ROTATED AGAIN: the same words asked for it before ({case}); for another, give another --reason"
        ));
    }
    if reactions.is_empty() {
        say("nothing was found to act on");
    }
    if open.is_empty() && !reactions.is_empty() { 0 } else { NOT_CONTAINED }
}
