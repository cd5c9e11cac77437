//! What `sever exempt` takes.

use clap::ArgGroup;
use jiff::civil::Date;
use severance_domain::countermeasure::Countermeasure;

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;

const ADD_EXAMPLES: &str = "\
Examples:
  # A pattern of ARNs (* stands for any text), for one countermeasure, for 30 days.
  sever exempt add 'arn:aws:iam::111122223333:user/batch-*' --countermeasure deactivate_access_key \\
    --owner payments@example.com --reason \"yearly closing\" --ticket OPS-1 --way-out \"move to a role\" --days 30

An exemption stops by itself. Its owner is warned before. The stack has a longest time (ExemptionMaxDays).";

const LIST_EXAMPLES: &str = "Examples:\n  sever exempt list";

const END_EXAMPLES: &str = "Examples:\n  sever exempt end exm-3f2a91c0";

/// What to do with exemptions.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ExemptCommand {
    /// Exempt an identity, or all of a pattern, from some or all countermeasures, for a time.
    Add(Box<AddOptions>),
    /// List every exemption.
    List(ListOptions),
    /// End an exemption before its time.
    End(EndOptions),
}

/// The options of `sever exempt add`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(ADD_EXAMPLES, &[]), group(ArgGroup::new("end").required(true).args(["until", "days"])))]
pub(crate) struct AddOptions {
    /// The ARN, or a pattern of ARNs with * in it. Quote it, so that the shell leaves the * alone.
    #[arg(value_name = "ARN-PATTERN", value_parser = values::words)]
    pub(crate) subject: String,

    /// Who answers for it, and is warned before it ends.
    #[arg(long, value_name = "OWNER", value_parser = values::words)]
    pub(crate) owner: String,

    /// Why it is needed.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    pub(crate) reason: String,

    /// Where it is followed up.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    pub(crate) ticket: String,

    /// What will be done so that it is not needed any more.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    pub(crate) way_out: String,

    /// The last day on which it counts (UTC).
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<Date>,

    /// How many days it counts from now on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=3_650))]
    pub(crate) days: Option<i64>,

    /// A countermeasure that is not taken; all, unless given. May be given more than once.
    #[arg(long = "countermeasure", value_name = "NAME", value_parser = Countermeasure::NAMES)]
    pub(crate) countermeasures: Vec<String>,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// The options of `sever exempt list`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(LIST_EXAMPLES, &[]))]
pub(crate) struct ListOptions {
    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// The options of `sever exempt end`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(END_EXAMPLES, &[]))]
pub(crate) struct EndOptions {
    /// Its name, such as exm-3f2a91c0.
    #[arg(value_parser = values::words)]
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
