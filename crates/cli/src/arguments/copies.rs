//! What `sever copies` takes.

use severance_catalogue::exit;
use severance_domain::ids::AccessKeyId;

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;

const EXAMPLES: &str = "\
Examples:
  # Secrets, parameters, environments of functions, builds and tasks that name the key.
  sever copies AKIAIOSFODNN7EXAMPLE

  # In other Regions, too. The function's role must let it.
  sever copies AKIAIOSFODNN7EXAMPLE --look-in eu-west-1 --look-in us-east-1

  # For a script: the ARNs that still hold it.
  sever copies AKIAIOSFODNN7EXAMPLE --json | jq -r '.copies[] | select(.how == \"names_key\").arn'

It prints where the key stands, never what stands there. It does not look into code, images, buckets and machines. While
something could not be looked at there may be copies that nobody knows of: the exit code is 24.";

/// The examples, how the command ends, and what it needs.
fn help() -> String {
    let codes = help::codes(exit::OF_COPIES);
    format!(
        "{EXAMPLES}\n\nExit codes:{codes}

You need lambda:InvokeFunction on the function STACK-copies-search, which exists only in a stack with CopiesSearch=true."
    )
}

/// The options of `sever copies`.
#[derive(Debug, clap::Args)]
#[command(after_help = help())]
pub(crate) struct CopiesOptions {
    /// The key.
    #[arg(value_name = "KEY", value_parser = values::long_term_key)]
    pub(crate) key: AccessKeyId,

    /// A Region to look in; the stack's own, unless given. May be given more than once.
    #[arg(long = "look-in", value_name = "REGION", value_parser = values::words)]
    pub(crate) look_in: Vec<String>,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
