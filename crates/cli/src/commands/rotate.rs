//! `sever rotate`, `sever adopt`: a key is replaced by another one in a secret, and the old one works on until its consumers
//! have moved.

use std::io::{self, Write};
use std::time::Duration;

use severance_domain::case::{Case, CaseId, StepRecord};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::{AccessKeyId, Arn};
use severance_domain::respond::{Answer, Ask, Claim, Reacted};
use severance_domain::signal::SignalKind;
use severance_domain::verdict::Verdict;

use crate::arguments::help::remote_help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values::{self, Named};
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

const ROTATE_HELP: &str = remote_help!(
    "\
Examples:
  # The key that a secret holds. The new one stands in the same secret; the old one works on.
  sever rotate arn:aws:secretsmanager:eu-west-1:111122223333:secret:severance/ci-deployer-AbCdEf \\
    --reason \"the yearly rotation\" --ticket OPS-12

  # All that is known is the key: whose it is and which secret holds it, the responder finds out.
  sever rotate AKIAIOSFODNN7EXAMPLE --reason \"left on a laptop that was sold\"

  # What would be done. Changes nothing.
  sever rotate AKIAIOSFODNN7EXAMPLE --reason drill --dry-run

The old key is not touched by this. Severance deactivates it when nobody has used it for the quiet window of its class, and
asks a person where it is still used at its deadline: sever cutovers. A key that others may know is not to be rotated but
contained: sever contain KEY --signal credential_exposed. It is replaced beside that where a secret holds it.

Besides the codes below, 24: it was answered, but the rotation was not seen to end (held, observed, failed, or still going
on: the schedule follows it for 24 hours)."
);

const ADOPT_HELP: &str = remote_help!(
    "\
Examples:
  # A user with one active key. A secret is made for it, severance/NAME, and rotated at once.
  sever adopt arn:aws:iam::111122223333:user/ci-deployer --reason \"no key outside of secrets, OPS-7\"

  # Of two active keys the one that is to be replaced.
  sever adopt arn:aws:iam::111122223333:user/ci-deployer --key AKIAIOSFODNN7EXAMPLE --reason OPS-7

  # What would be done. Changes nothing.
  sever adopt arn:aws:iam::111122223333:user/ci-deployer --reason drill --dry-run

Nobody knows a key's secret half but who holds it, so the secret begins with a new key. Have whatever uses the old one read
the secret; the old one works on until nobody uses it any more (sever cutovers). IAM allows a user two keys: with two, one
must be deleted first.

Besides the codes below, 24: it was answered, but the first rotation was not seen to end (held, observed, failed, or still
going on: the schedule follows it for 24 hours)."
);

/// How long a rotation is waited for.
const WAIT_SECONDS: u64 = 120;

/// Beyond this the schedule is the better one to wait.
const WAIT_AT_MOST: u64 = 3_600;

/// A rotation that was begun is looked at again after so long, then after twice that, and so on.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// But never less often than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often the responder is asked to look after rotations while somebody waits: each tick does all that is due.
const TICK_EVERY: Duration = Duration::from_secs(15);

/// What both commands take.
#[derive(Debug, clap::Args)]
struct Asked {
    /// Why. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    reason: String,

    /// The ticket that it belongs to.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    ticket: Option<String>,

    /// For how many seconds to wait for the rotation's end. 0: not at all; the schedule follows it in any case.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = WAIT_SECONDS,
        value_parser = clap::value_parser!(u64).range(0..=WAIT_AT_MOST),
    )]
    wait: u64,

    /// Only say what would be done as things are now.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// The options of `sever rotate`.
#[derive(Debug, clap::Args)]
#[command(after_help = ROTATE_HELP)]
pub(crate) struct RotateOptions {
    /// The secret's ARN, or the id of the access key that it holds.
    #[arg(value_name = "SECRET|KEY", value_parser = values::secret_or_key)]
    named: Named,

    #[command(flatten)]
    asked: Asked,
}

/// The options of `sever adopt`.
#[derive(Debug, clap::Args)]
#[command(after_help = ADOPT_HELP)]
pub(crate) struct AdoptOptions {
    /// The ARN of the IAM user whose key it is.
    #[arg(value_name = "USER", value_parser = values::user)]
    user: Arn,

    /// The key that is to be replaced. Not needed where only one is active.
    #[arg(long, value_name = "ID", value_parser = values::long_term_key)]
    key: Option<AccessKeyId>,

    #[command(flatten)]
    asked: Asked,
}

/// Starts a secret's rotation.
pub(crate) fn rotate(given: RotateOptions) -> Result<u8, Failure> {
    let responder = given.asked.remote.stack().connect()?;
    let (subject, access_key) = match given.named {
        Named::Identity(secret) => (secret, None),
        Named::Key(key) => (responder.account_of(&key)?, Some(key)),
    };
    let claim = Claim { subject, signal: SignalKind::SecretUnrotated, access_key, severity: None };
    given.asked.put(claim, &responder)
}

/// Puts a key under management.
pub(crate) fn adopt(given: AdoptOptions) -> Result<u8, Failure> {
    let AdoptOptions { user, key, asked } = given;
    let responder = asked.remote.stack().connect()?;
    let claim = Claim { subject: user, signal: SignalKind::CredentialUnmanaged, access_key: key, severity: None };
    asked.put(claim, &responder)
}

impl Asked {
    fn put(self, claim: Claim, responder: &Responder) -> Result<u8, Failure> {
        let Self { reason, ticket, wait, dry_run, remote } = self;
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
