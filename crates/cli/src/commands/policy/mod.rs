//! `sever policy`: the guardrails, checked and explained before they are deployed.

pub(crate) mod explain;

use std::path::Path;

use serde::Serialize;
use severance_policy::Guardrails;

use crate::arguments::policy::{CheckOptions, PolicyCommand};
use crate::exit::{BROKEN_POLICY, Failure};
use crate::output::answer::print;
use crate::terminal::clean;

/// What `sever policy check --json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checked {
    /// Whether every policy holds.
    ok: bool,
    /// The ids of the policies; none where one is broken.
    policies: Vec<String>,
    /// What is wrong.
    problems: Vec<ProblemFound>,
}

#[derive(Serialize)]
struct ProblemFound {
    file: String,
    line: usize,
    column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

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
    match Guardrails::from_directory(&given.directory) {
        Ok(guardrails) => {
            let checked =
                Checked { ok: true, policies: guardrails.ids().map(str::to_owned).collect(), problems: Vec::new() };
            print(given.json, &checked, |out| {
                writeln!(out, "{} policies in {}: all hold", guardrails.len(), clean(&directory))
            })?;
            Ok(0)
        }
        Err(error) => {
            let problems = error.problems.iter().map(|problem| ProblemFound {
                file: problem.file.clone(),
                line: problem.line,
                column: problem.column,
                policy: problem.policy.clone(),
                reason: problem.reason.clone(),
                help: problem.help.clone(),
            });
            let checked = Checked { ok: false, policies: Vec::new(), problems: problems.collect() };
            print(given.json, &checked, |out| {
                writeln!(out, "{}: broken", clean(&directory))?;
                error.to_string().lines().try_for_each(|line| writeln!(out, "  {}", clean(line)))
            })?;
            Ok(BROKEN_POLICY)
        }
    }
}
