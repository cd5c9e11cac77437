//! What `sever plan` takes.

use crate::arguments::claim::ClaimOptions;
use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;

const EXAMPLES: &str = "\
Examples:
  # Who it is, every credential, what would be done in which order, what that hits, and what would live on.
  sever plan arn:aws:iam::111122223333:user/deployer

  # Of one key that became known. Whoever holds it need not be known.
  sever plan AKIAIOSFODNN7EXAMPLE --signal credential_exposed --severity critical

  # For a script: the steps that would be taken at once.
  sever plan arn:aws:iam::111122223333:role/app --json \\
    | jq -r '.explained[].plan.steps[] | select(.disposition == \"enforce\").countermeasure.type'

It changes nothing and needs no reason. Its last lines are the command that does it: sever contain.
ENFORCE is done at once, REVIEW waits for a person, OBSERVE is only written down, REFUSE is never done.";

/// The options of `sever plan`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::remote(EXAMPLES, &[]))]
pub(crate) struct PlanOptions {
    #[command(flatten)]
    pub(crate) claim: ClaimOptions,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}
