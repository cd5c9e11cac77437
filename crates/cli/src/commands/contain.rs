//! `sever contain`, `sever status`: a reaction by hand, and how it stands.

use severance_domain::case::{Case, CaseId};
use severance_domain::respond::{Answer, Ask, Reacted};
use severance_domain::verdict::Verdict;

use crate::arguments::claim::ClaimOptions;
use crate::arguments::help::remote_help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::clock;
use crate::commands::claim;
use crate::commands::policy::explain;
use crate::exit::{Failure, NOT_CONTAINED};
use crate::output::answer::print;
use crate::output::view;
use crate::remote::{Responder, unexpected};
use crate::terminal::say;

const CONTAIN_HELP: &str = remote_help!(
    "\
Examples:
  # First look: sever plan. Then end all of it, because somebody else may hold it.
  sever contain arn:aws:iam::111122223333:user/deployer \\
    --reason \"signs in from two countries\" --ticket INC-42

  # One key that became known. What a policy holds waits for another person: sever approve.
  sever contain arn:aws:iam::111122223333:user/deployer --signal credential_exposed \\
    --access-key AKIAIOSFODNN7EXAMPLE --severity critical \\
    --reason \"key in a public repository\" --ticket INC-42

  # What would be done, with each policy's own words. Changes nothing.
  sever contain arn:aws:iam::111122223333:user/deployer --reason drill --dry-run

It may take minutes: the identity is looked at again until nothing new appears. Undo: sever restore.

Besides the codes below, 24: it was answered, but access was not seen to end (held, observed, partial, failed)."
);

const STATUS_HELP: &str = remote_help!(
    "\
Examples:
  # What was done, what was seen, what lives on until when, and what was given back.
  sever status sev-0123456789abcdef0123

  # For a script.
  sever status sev-0123456789abcdef0123 --json | jq -r .case.verdict"
);

/// The options of `sever contain`.
#[derive(Debug, clap::Args)]
#[command(after_help = CONTAIN_HELP)]
pub(crate) struct ContainOptions {
    #[command(flatten)]
    claim: ClaimOptions,

    /// Why you say so. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    reason: String,

    /// The ticket that it belongs to.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    ticket: Option<String>,

    /// Only say what would be done about the identity as it is now.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// The options of `sever status`.
#[derive(Debug, clap::Args)]
#[command(after_help = STATUS_HELP)]
pub(crate) struct StatusOptions {
    /// The case.
    #[arg(value_parser = values::case)]
    case: CaseId,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// Claims something by hand.
pub(crate) fn contain(given: ContainOptions) -> Result<u8, Failure> {
    let ContainOptions { claim, reason, ticket, dry_run, remote } = given;
    let responder = remote.stack().connect()?;
    let claim = claim::of(&claim, &responder)?;
    if dry_run {
        return explain::live(claim, &responder, remote.json);
    }
    let answer = responder.ask(Ask::Contain { claim, reason, ticket })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}

/// Shows a case.
pub(crate) fn status(given: StatusOptions) -> Result<u8, Failure> {
    let StatusOptions { case, remote } = given;
    let answer = remote.stack().connect()?.ask(Ask::Status { case })?;
    let Answer::Case(case) = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::case(case, clock::now(), out))?;
    Ok(0)
}

/// The case as it stands once something was done with it. What was done is done, also where that cannot be shown.
pub(crate) fn afterwards(responder: &Responder, case: &CaseId) -> Option<Box<Case>> {
    match responder.ask(Ask::Status { case: case.clone() }) {
        Ok(Answer::Case(case)) => Some(case),
        Ok(_) => None,
        Err(failure) => {
            say(&format!("the case cannot be shown now ({failure}): sever status {case}"));
            None
        }
    }
}

/// 0 only where all access was seen to end: whoever goes on after `sever contain … &&` believes so.
pub(crate) fn contained(reactions: &[Reacted]) -> u8 {
    let living: Vec<&Reacted> =
        reactions.iter().filter(|reacted| reacted.verdict != Verdict::VerifiedRevoked).collect();
    for reacted in &living {
        say(&format!("NOT SEEN TO END: the access of {} ({}, {})", reacted.subject, reacted.verdict, reacted.case));
    }
    if reactions.is_empty() {
        say("nothing was found to act on");
    }
    if living.is_empty() && !reactions.is_empty() { 0 } else { NOT_CONTAINED }
}
