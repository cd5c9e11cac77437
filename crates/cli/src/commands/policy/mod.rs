//! `sever policy`: the guardrails, checked and explained before they are deployed.

pub(crate) mod explain;

use std::path::{Path, PathBuf};

use serde::Serialize;
use severance_policy::Guardrails;

use self::explain::ExplainOptions;
use crate::exit::{BROKEN_POLICY, Failure};
use crate::output::answer::print;
use crate::terminal::clean;

const CHECK_HELP: &str = "\
Examples:
  # Before a commit, and in CI.
  sever policy check policies

  # Only your own, as a list.
  sever policy check --json | jq -r '.policies[]'

Exit codes:
   0  every policy holds
   2  wrong usage
  10  the output could not be written
  20  broken: each problem is named by file, line and column";

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
#[command(after_help = CHECK_HELP)]
pub(crate) struct CheckOptions {
    /// The folder with the policies: every *.cedar file in its folders default and custom.
    #[arg(value_name = "DIR", default_value = "policies")]
    directory: PathBuf,

    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,
}

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
