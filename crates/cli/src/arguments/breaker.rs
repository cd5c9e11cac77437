//! What `sever breaker` takes.

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;

const STATUS_EXAMPLES: &str = "Examples:\n  sever breaker status";

const RESET_EXAMPLES: &str = "\
Examples:
  # First find out why so much was done at once: sever breaker status names the case that opened it.
  sever breaker reset --reason \"200 keys of one leaked store, INC-42\"

While a breaker is open every step waits for a person. What was held meanwhile still waits: sever reviews.";

/// What to do with the breakers.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum BreakerCommand {
    /// Show how much of each window is used, and whether a breaker is open.
    Status(StatusOptions),
    /// Close the breakers and forget what filled them.
    Reset(ResetOptions),
}

/// The options of `sever breaker status`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(STATUS_EXAMPLES, &[]))]
pub(crate) struct StatusOptions {
    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// The options of `sever breaker reset`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(RESET_EXAMPLES, &[]))]
pub(crate) struct ResetOptions {
    /// Why it may go on.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    pub(crate) reason: String,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
