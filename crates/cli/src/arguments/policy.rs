//! What `sever policy` takes.

use std::path::PathBuf;

use severance_catalogue::exit::{self, Exit};
use severance_domain::ids::{AccessKeyId, Arn};
use severance_domain::playbook::Mode;
use severance_domain::profile::{Class, Criticality};
use severance_domain::signal::{Severity, SignalKind, Source};

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;

const CHECK_EXAMPLES: &str = "\
Examples:
  # Before a commit, and in CI.
  sever policy check policies

  # Only your own, as a list.
  sever policy check --json | jq -r '.policies[]'";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  # Offline, about an identity that you describe. No AWS account is asked.
  sever policy explain arn:aws:iam::111122223333:user/batch --signal credential_unused --class workload \\
    --owner payments@example.com --environment prod --idle-days 120

  # With policies of your own, before you deploy them.
  sever policy explain arn:aws:iam::111122223333:role/app --signal identity_compromised --policies policies

  # A leaver.
  sever policy explain arn:aws:iam::111122223333:user/alice --signal offboarding --owner alice --leaver alice

  # The deployed stack, about the identity as AWS shows it now. Changes nothing.
  sever policy explain arn:aws:iam::111122223333:user/batch --signal credential_unused --live";

/// The examples of a command, and how it ends.
fn help(examples: &str, exits: &[Exit]) -> String {
    format!("{examples}\n\nExit codes:{}", help::codes(exits))
}

/// What to do with the policies.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check a folder of policies, offline: their syntax, and that they fit the schema.
    Check(CheckOptions),
    /// Say what would be done about an identity, which policies say so, and why. Offline, unless --live.
    Explain(Box<ExplainOptions>),
}

/// The options of `sever policy check`.
#[derive(Debug, clap::Args)]
#[command(after_help = help(CHECK_EXAMPLES, exit::OF_POLICY_CHECK))]
pub(crate) struct CheckOptions {
    /// The folder with the policies: every *.cedar file in its folders default and custom.
    #[arg(value_name = "DIR", default_value = "policies")]
    pub(crate) directory: PathBuf,

    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The options of `sever policy explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = help(EXPLAIN_EXAMPLES, exit::OF_POLICY_EXPLAIN))]
pub(crate) struct ExplainOptions {
    /// The identity: the ARN of an IAM user, an IAM role, a secret, or an account's root user.
    #[arg(value_name = "ARN", value_parser = values::arn)]
    pub(crate) subject: Arn,

    /// What is claimed about it.
    #[arg(long, value_name = "KIND", value_parser = values::signal())]
    pub(crate) signal: SignalKind,

    /// The access key that it is about.
    #[arg(long, value_name = "ID", value_parser = values::access_key)]
    pub(crate) access_key: Option<AccessKeyId>,

    /// How bad it is.
    #[arg(long, value_name = "SEVERITY", value_parser = values::severity(), default_value = "high")]
    pub(crate) severity: Severity,

    /// Ask the deployed responder about the real identity, instead of describing one.
    #[arg(long, conflicts_with_all = [
        "policies", "source", "class", "owners", "environment", "criticality", "tags", "age_days", "idle_days", "leaver",
        "workload", "mode",
    ])]
    pub(crate) live: bool,

    /// A folder of policies (in default and custom below it), instead of those that were built in.
    #[arg(long, value_name = "DIR")]
    pub(crate) policies: Option<PathBuf>,

    /// Who makes the claim.
    #[arg(long, value_name = "SOURCE", value_parser = values::source(), default_value = "responder")]
    pub(crate) source: Source,

    /// Its class.
    #[arg(long, value_name = "CLASS", value_parser = values::class())]
    pub(crate) class: Option<Class>,

    /// Its owner. May be given more than once.
    #[arg(long = "owner", value_name = "OWNER")]
    pub(crate) owners: Vec<String>,

    /// Where it runs.
    #[arg(long, value_name = "ENVIRONMENT")]
    pub(crate) environment: Option<String>,

    /// What would break without it.
    #[arg(long, value_name = "CRITICALITY", value_parser = values::criticality())]
    pub(crate) criticality: Option<Criticality>,

    /// A tag on it. May be given more than once. The template's own tag keys count, such as severance:class.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = values::pair)]
    pub(crate) tags: Vec<(String, String)>,

    /// How old it and its key are; 400 unless given, 0 for a new key.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=36_500))]
    pub(crate) age_days: Option<i64>,

    /// For how long its key has not been used; all its life, unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=36_500))]
    pub(crate) idle_days: Option<i64>,

    /// The person who leaves, for --signal offboarding. Else the identity itself is named as retired.
    #[arg(long, alias = "attribution-owner", value_name = "NAME", conflicts_with = "workload")]
    pub(crate) leaver: Option<String>,

    /// The workload that is retired, for --signal offboarding.
    #[arg(long, value_name = "NAME")]
    pub(crate) workload: Option<String>,

    /// What the stack is set to.
    #[arg(long, value_name = "MODE", value_parser = values::mode(), default_value = "enforce")]
    pub(crate) mode: Mode,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
