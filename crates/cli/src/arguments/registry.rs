//! What `sever registry` takes.

use std::path::PathBuf;

use clap::ValueEnum;
use severance_catalogue::exit;
use severance_domain::ids::Arn;

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;

const IMPORT_EXAMPLES: &str = "\
Examples:
  # Look first: every row is checked, nothing is sent.
  sever registry import identities.csv --dry-run
  sever registry import identities.csv

  # identities.csv. Owners are separated by spaces or semicolons; what is left empty is not stated.
  arn,owners,class,environment,criticality,privileged,expires_on,review_by
  arn:aws:iam::111122223333:user/batch,payments@example.com;ops,workload,prod,high,false,2027-12-31,2027-03-31

Classes: human, workload, pipeline, agent, third-party, break-glass. Criticality: low, medium, high, critical.
A JSON file holds an array of objects with the fields that sever registry export --format json writes.
A row whose ARN is there already is replaced. If one row is wrong, none is imported.";

const EXPORT_EXAMPLES: &str = "\
Examples:
  sever registry export > identities.csv
  sever registry export --format json | jq -r '.[] | select(.owners == null) | .arn'";

const REMOVE_EXAMPLES: &str =
    "Examples:\n  sever registry remove arn:aws:iam::111122223333:user/gone arn:aws:iam::111122223333:role/gone";

/// What to do with the registry.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RegistryCommand {
    /// Put the rows of a file into the registry.
    Import(ImportOptions),
    /// Write all rows of the registry.
    Export(ExportOptions),
    /// Take rows out of the registry.
    Remove(RemoveOptions),
}

/// The options of `sever registry import`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(IMPORT_EXAMPLES, &[&exit::IMPORT]))]
pub(crate) struct ImportOptions {
    /// The rows: a file that ends in .csv or .json.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Only check the file. No AWS account is asked.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// The options of `sever registry export`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(EXPORT_EXAMPLES, &[]))]
pub(crate) struct ExportOptions {
    /// How the rows are written.
    #[arg(long, value_enum, default_value = "csv")]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// As `sever registry import` reads it.
    Csv,
    /// One array of objects.
    Json,
}

/// The options of `sever registry remove`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(REMOVE_EXAMPLES, &[]))]
pub(crate) struct RemoveOptions {
    /// Whose rows.
    #[arg(value_name = "ARN", required = true, value_parser = values::arn)]
    pub(crate) arns: Vec<Arn>,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
