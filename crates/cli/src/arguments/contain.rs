//! What `sever contain` and `sever status` take.

use severance_catalogue::exit;
use severance_domain::case::CaseId;

use crate::arguments::claim::ClaimOptions;
use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;

const CONTAIN_EXAMPLES: &str = "\
Examples:
  # First look: sever plan. Then end all of it, because somebody else may hold it.
  sever contain arn:aws:iam::111122223333:user/deployer \\
    --reason \"signs in from two countries\" --ticket INC-42

  # The same, where you know since when: what it made in these three hours is ended with it, without asking.
  sever contain arn:aws:iam::111122223333:user/deployer --since 3h \\
    --reason \"laptop stolen at noon\" --ticket INC-42

  # One key that became known. What a policy holds waits for another person: sever approve.
  sever contain arn:aws:iam::111122223333:user/deployer --signal credential_exposed \\
    --access-key AKIAIOSFODNN7EXAMPLE --severity critical \\
    --reason \"key in a public repository\" --ticket INC-42

  # What would be done, with each policy's own words. Changes nothing.
  sever contain arn:aws:iam::111122223333:user/deployer --reason drill --dry-run

The answer comes when all was read back. Then the identity is rechecked for some 20 minutes: sever status. Undo: sever restore.";

const STATUS_EXAMPLES: &str = "\
Examples:
  # What was done, what was seen, what lives on until when, and what was given back.
  sever status sev-0123456789abcdef0123

  # For a script.
  sever status sev-0123456789abcdef0123 --json | jq -r .case.verdict";

/// The options of `sever contain`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(CONTAIN_EXAMPLES, &[&exit::RECHECKED, &exit::CONTAIN]))]
pub(crate) struct ContainOptions {
    #[command(flatten)]
    pub(crate) claim: ClaimOptions,

    /// Why you say so. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    pub(crate) reason: String,

    /// The ticket that it belongs to.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    pub(crate) ticket: Option<String>,

    /// Only say what would be done about the identity as it is now.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// The options of `sever status`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(STATUS_EXAMPLES, &[]))]
pub(crate) struct StatusOptions {
    /// The case.
    #[arg(value_parser = values::case)]
    pub(crate) case: CaseId,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
