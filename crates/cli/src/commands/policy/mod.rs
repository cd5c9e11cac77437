//! `sever policy`: the guardrails, checked and explained before they are deployed.

pub(crate) mod explain;

use std::path::Path;

use severance_policy::Guardrails;

use crate::arguments::policy::{CheckOptions, PolicyCommand};
use crate::exit::{BROKEN_POLICY, Failure};
use crate::output::answer::print;
use crate::output::policies::{self, Checked};

/// Checks or explains.
pub(crate) fn run(command: PolicyCommand) -> Result<u8, Failure> {
    match command {
        PolicyCommand::Check(given) => check(&given),
        PolicyCommand::Explain(given) => explain::run(*given),
    }
}

/// The policies of a folder, or those that were built in.
pub(crate) fn guardrails(directory: Option<&Path>) -> Result<Guardrails, Failure> {
    let found = directory.map_or_else(Guardrails::embedded, Guardrails::from_directory);
    found.map_err(|error| Failure::Policy(error.to_string()))
}

fn check(given: &CheckOptions) -> Result<u8, Failure> {
    let directory = given.directory.display().to_string();
    let found = Guardrails::from_directory(&given.directory);
    print(given.json, &Checked::from(&found), |out| policies::write(&found, &directory, out))?;
    Ok(if found.is_ok() { 0 } else { BROKEN_POLICY })
}
