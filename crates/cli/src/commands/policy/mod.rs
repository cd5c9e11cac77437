//! `sever policy`: the guardrails, checked and explained before they are deployed.

mod check;
mod explain;

use crate::arguments::policy::PolicyCommand;
use crate::exit::Failure;

/// Checks or explains.
pub(super) fn run(command: PolicyCommand) -> Result<u8, Failure> {
    match command {
        PolicyCommand::Check(given) => check::run(&given),
        PolicyCommand::Explain(given) => explain::run(*given),
    }
}
