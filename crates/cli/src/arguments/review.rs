//! What `sever reviews`, `sever approve`, `sever deny` and `sever recertify` take.

use jiff::civil::Date;
use severance_catalogue::exit;
use severance_domain::case::CaseId;
use severance_domain::ids::Arn;

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;

const REVIEWS_EXAMPLES: &str = "\
Examples:
  sever reviews
  sever reviews --json | jq -r '.reviews.cases[] | .id + \" \" + .review.plan'";

const APPROVE_EXAMPLES: &str = "\
Examples:
  # What waits, with the digest of each plan; then look at one, and decide.
  sever reviews
  sever status sev-0123456789abcdef0123
  sever approve sev-0123456789abcdef0123 --plan 0123456789abcdef --reason \"confirmed with the owner\"

You approve the plan as it was shown, by its digest. If the situation has changed meanwhile, the plan has another digest and
nothing is done. Whoever asked for a reaction cannot approve it, and nobody approves what is about themselves.";

const DENY_EXAMPLES: &str = "\
Examples:
  sever deny sev-0123456789abcdef0123 --plan 0123456789abcdef --reason \"planned test, see OPS-7\"";

const RECERTIFY_EXAMPLES: &str = "\
Examples:
  sever recertify arn:aws:iam::111122223333:user/batch --until 2027-03-31 --reason \"yearly closing still runs on it\"";

/// The options of `sever reviews`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(REVIEWS_EXAMPLES, &[]))]
pub(crate) struct ReviewsOptions {
    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// What `sever approve` and `sever deny` name.
#[derive(Debug, clap::Args)]
pub(crate) struct Decided {
    /// The case.
    #[arg(value_parser = values::case)]
    pub(crate) case: CaseId,

    /// The digest of the plan that you saw, or its first 16 digits.
    #[arg(long, value_name = "DIGEST", value_parser = values::plan)]
    pub(crate) plan: String,

    /// Why. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    pub(crate) reason: String,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

/// The options of `sever approve`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(APPROVE_EXAMPLES, &[&exit::RECHECKED, &exit::APPROVE]))]
pub(crate) struct ApproveOptions {
    #[command(flatten)]
    pub(crate) decided: Decided,
}

/// The options of `sever deny`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(DENY_EXAMPLES, &[]))]
pub(crate) struct DenyOptions {
    #[command(flatten)]
    pub(crate) decided: Decided,
}

/// The options of `sever recertify`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(RECERTIFY_EXAMPLES, &[]))]
pub(crate) struct RecertifyOptions {
    /// The identity.
    #[arg(value_name = "ARN", value_parser = values::arn)]
    pub(crate) subject: Arn,

    /// Until when nobody need ask again. The stack has a longest time.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Date,

    /// Why it is still needed.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    pub(crate) reason: String,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
