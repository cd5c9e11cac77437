//! What `sever restore` takes.

use severance_catalogue::exit;
use severance_domain::case::CaseId;

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;

const EXAMPLES: &str = "\
Examples:
  # What would come back, what would not, and why. Changes nothing.
  sever restore sev-0123456789abcdef0123 --reason \"false alarm, INC-42\" --dry-run

  # Do it.
  sever restore sev-0123456789abcdef0123 --reason \"false alarm, says the owner\" --ticket INC-42

  # For a script: what stays.
  sever restore sev-0123456789abcdef0123 --reason drill --dry-run --json \\
    | jq -r '.restorable.steps[].answer | select(.why) | .do + \": \" + .why'

Never brought back: a credential that others may know, a deleted password, a rotated value, and what somebody else has
changed since. After danger a quarantine is lifted, but sessions from before stay denied. docs/RESPONDER.md says why.";

/// The options of `sever restore`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(EXAMPLES, &[&exit::RESTORE]))]
pub(crate) struct RestoreOptions {
    /// The case.
    #[arg(value_parser = values::case)]
    pub(crate) case: CaseId,

    /// Why it may come back. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    pub(crate) reason: String,

    /// The ticket that it belongs to.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    pub(crate) ticket: Option<String>,

    /// Only say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
