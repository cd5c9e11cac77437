//! What `sever cutovers` and `sever cut` take.

use severance_catalogue::exit;
use severance_domain::ids::AccessKeyId;

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;

const LIST_EXAMPLES: &str = "\
Examples:
  # Every key that was replaced and is not gone yet.
  sever cutovers

  # Who still uses one: the case that asks about it names each of them.
  sever status sev-0123456789abcdef0123

  # For a script: keys that are still active.
  sever cutovers --json | jq -r '.cutovers.cutovers[] | select(.inactiveSince == null).old'

A key that nobody uses for the quiet window of its class is deactivated, and deleted after the stack's CutoverDeletion. One
that is still used at its deadline is held for a person: do nothing to keep it, sever approve or sever cut to end it.";

const CUT_EXAMPLES: &str = "\
Examples:
  # Whoever still uses it breaks: look who that is first.
  sever cutovers
  sever cut AKIAIOSFODNN7EXAMPLE --reason \"the last consumer is switched off, OPS-12\" --ticket OPS-12

Only a key that a rotation has replaced can be cut; any other is ended by sever contain. It is deactivated, not deleted, so
sever restore CASE gives it back.";

/// The options of `sever cutovers`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(LIST_EXAMPLES, &[]))]
pub(crate) struct CutoversOptions {
    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// The options of `sever cut`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(CUT_EXAMPLES, &[&exit::CUT]))]
pub(crate) struct CutOptions {
    /// The old key.
    #[arg(value_name = "KEY", value_parser = values::long_term_key)]
    pub(crate) key: AccessKeyId,

    /// Why nobody needs it any more. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    pub(crate) reason: String,

    /// The ticket that it belongs to.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    pub(crate) ticket: Option<String>,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
