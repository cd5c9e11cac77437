//! What `sever rotate` and `sever adopt` take.

use severance_catalogue::exit;
use severance_domain::ids::{AccessKeyId, Arn};

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values::{self, Named};

const ROTATE_EXAMPLES: &str = "\
Examples:
  # The key that a secret holds. The new one stands in the same secret; the old one works on.
  sever rotate arn:aws:secretsmanager:eu-west-1:111122223333:secret:severance/ci-deployer-AbCdEf \\
    --reason \"the yearly rotation\" --ticket OPS-12

  # All that is known is the key: whose it is and which secret holds it, the responder finds out.
  sever rotate AKIAIOSFODNN7EXAMPLE --reason \"left on a laptop that was sold\"

  # What would be done. Changes nothing.
  sever rotate AKIAIOSFODNN7EXAMPLE --reason drill --dry-run

The old key is not touched by this. Severance deactivates it when nobody has used it for the quiet window of its class, and
asks a person where it is still used at its deadline: sever cutovers. A key that others may know is not to be rotated but
contained: sever contain KEY --signal credential_exposed. It is replaced beside that where a secret holds it.";

const ADOPT_EXAMPLES: &str = "\
Examples:
  # A user with one active key. A secret is made for it, severance/NAME, and rotated at once.
  sever adopt arn:aws:iam::111122223333:user/ci-deployer --reason \"no key outside of secrets, OPS-7\"

  # Of two active keys the one that is to be replaced.
  sever adopt arn:aws:iam::111122223333:user/ci-deployer --key AKIAIOSFODNN7EXAMPLE --reason OPS-7

  # What would be done. Changes nothing.
  sever adopt arn:aws:iam::111122223333:user/ci-deployer --reason drill --dry-run

Nobody knows a key's secret half but who holds it, so the secret begins with a new key. Have whatever uses the old one read
the secret; the old one works on until nobody uses it any more (sever cutovers). IAM allows a user two keys: with two, one
must be deleted first.";

/// How long a rotation is waited for.
const WAIT_SECONDS: u64 = 120;

/// Beyond this the schedule is the better one to wait.
const WAIT_AT_MOST: u64 = 3_600;

/// What both commands take.
#[derive(Debug, clap::Args)]
pub(crate) struct Asked {
    /// Why. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    pub(crate) reason: String,

    /// The ticket that it belongs to.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    pub(crate) ticket: Option<String>,

    /// For how many seconds to wait for the rotation's end. 0: not at all; the schedule follows it in any case.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = WAIT_SECONDS,
        value_parser = clap::value_parser!(u64).range(0..=WAIT_AT_MOST),
    )]
    pub(crate) wait: u64,

    /// Only say what would be done as things are now.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// The options of `sever rotate`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(ROTATE_EXAMPLES, &[&exit::ROTATE]))]
pub(crate) struct RotateOptions {
    /// The secret's ARN, or the id of the access key that it holds.
    #[arg(value_name = "SECRET|KEY", value_parser = values::secret_or_key)]
    pub(crate) named: Named,

    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// The options of `sever adopt`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(ADOPT_EXAMPLES, &[&exit::ADOPT]))]
pub(crate) struct AdoptOptions {
    /// The ARN of the IAM user whose key it is.
    #[arg(value_name = "USER", value_parser = values::user)]
    pub(crate) user: Arn,

    /// The key that is to be replaced. Not needed where only one is active.
    #[arg(long, value_name = "ID", value_parser = values::long_term_key)]
    pub(crate) key: Option<AccessKeyId>,

    #[command(flatten)]
    pub(crate) asked: Asked,
}
