//! `sever contain`, `sever status`: a reaction by hand, and how it stands.

use severance_domain::case::CaseId;
use severance_domain::ids::{AccessKeyId, Arn};
use severance_domain::respond::{Answer, Ask, Claim, Reacted};
use severance_domain::signal::{Severity, SignalKind};
use severance_domain::verdict::Verdict;

use crate::exit::{Failure, NOT_CONTAINED, remote_help};
use crate::remote::{RemoteOptions, unexpected};
use crate::table::{print, say};
use crate::{explain, options, view};

const CONTAIN_HELP: &str = remote_help!(
    "\
Examples:
  # What would be done, and which policies say so. Changes nothing.
  sever contain arn:aws:iam::111122223333:user/deployer --signal identity_compromised --reason drill --dry-run

  # Do it. What a policy holds for review waits for another person: sever approve.
  sever contain arn:aws:iam::111122223333:user/deployer --signal credential_exposed \\
    --access-key AKIAIOSFODNN7EXAMPLE --severity critical --reason \"key in a public repository\" --ticket INC-42

Besides the codes below, 24: it was answered, but access was not seen to end (held, observed, partial, failed)."
);

const STATUS_HELP: &str = remote_help!(
    "\
Examples:
  sever status sev-0123456789abcdef0123
  sever status sev-0123456789abcdef0123 --json | jq -r .case.verdict"
);

/// The options of `sever contain`.
#[derive(Debug, clap::Args)]
#[command(after_help = CONTAIN_HELP)]
pub(crate) struct ContainOptions {
    /// The identity: the ARN of an IAM user, an IAM role or a secret.
    #[arg(value_name = "ARN", value_parser = options::arn)]
    subject: Arn,

    /// What is claimed about it.
    #[arg(long, value_name = "KIND", value_parser = options::signal())]
    signal: SignalKind,

    /// Why you say so. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = options::words)]
    reason: String,

    /// The ticket that it belongs to.
    #[arg(long, value_name = "TICKET", value_parser = options::words)]
    ticket: Option<String>,

    /// The access key that it is about.
    #[arg(long, value_name = "ID", value_parser = options::access_key)]
    access_key: Option<AccessKeyId>,

    /// How bad it is; high unless said.
    #[arg(long, value_name = "SEVERITY", value_parser = options::severity())]
    severity: Option<Severity>,

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
    #[arg(value_parser = options::case)]
    case: CaseId,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// Claims something by hand.
pub(crate) fn contain(given: ContainOptions) -> Result<u8, Failure> {
    let ContainOptions { subject, signal, reason, ticket, access_key, severity, dry_run, remote } = given;
    let claim = Claim { subject, signal, access_key, severity };
    if dry_run {
        return explain::live(claim, &remote);
    }
    let answer = remote.connect()?.ask(Ask::Contain { claim, reason, ticket })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}

/// Shows a case.
pub(crate) fn status(given: StatusOptions) -> Result<u8, Failure> {
    let StatusOptions { case, remote } = given;
    let answer = remote.connect()?.ask(Ask::Status { case })?;
    let Answer::Case(case) = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::case(case, out))?;
    Ok(0)
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
