//! Whether the policies of a folder hold.

use std::io::{self, Write};

use serde::Serialize;
use severance_policy::{Guardrails, PolicyError};

use crate::terminal::clean;

/// What `sever policy check --json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checked {
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

impl From<&Result<Guardrails, PolicyError>> for Checked {
    fn from(found: &Result<Guardrails, PolicyError>) -> Self {
        match found {
            Ok(guardrails) => {
                Self { ok: true, policies: guardrails.ids().map(str::to_owned).collect(), problems: Vec::new() }
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
                Self { ok: false, policies: Vec::new(), problems: problems.collect() }
            }
        }
    }
}

/// The same for a reader.
pub(crate) fn write(found: &Result<Guardrails, PolicyError>, directory: &str, out: &mut dyn Write) -> io::Result<()> {
    match found {
        Ok(guardrails) => writeln!(out, "{} policies in {}: all hold", guardrails.len(), clean(directory)),
        Err(error) => {
            writeln!(out, "{}: broken", clean(directory))?;
            error.to_string().lines().try_for_each(|line| writeln!(out, "  {}", clean(line)))
        }
    }
}
