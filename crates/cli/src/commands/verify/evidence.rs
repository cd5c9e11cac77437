//! `sever verify`: checks every file, then every case, and reports all of it.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use severance_domain::evidence::verify::{Chain, InvalidPublicKey, PublicKey, Verified, chains, verify};

use crate::arguments::verify::VerifyOptions;
use crate::commands::verify::files::{self, Input};
use crate::exit::Status;
use crate::output::report::{self, CaseReport, FileReport, Record, Report};

/// Nothing could be checked, or the result could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The key's file cannot be read.
    #[error("cannot read the key {}: {problem}", .path.display())]
    KeyFile {
        /// Which file.
        path: PathBuf,
        /// Why not.
        problem: io::Error,
    },
    /// The key's file holds something else.
    #[error("{} is {problem}", .path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What it is not.
        problem: InvalidPublicKey,
    },
    /// The report could not be written.
    #[error("cannot write the report: {0}")]
    Output(io::Error),
}

/// Checks what the options name and writes the report.
pub(super) fn run(
    options: &VerifyOptions,
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<Status, Error> {
    let keys = read_keys(&options.keys)?;
    let inputs = files::read_all(&options.files, stdin);
    let results: Vec<_> = inputs.iter().map(|input| check(input, &keys)).collect();
    let verified = results.iter().filter_map(|result| result.as_ref().ok());
    let cases: Vec<_> = chains(verified).iter().map(|chain| judge(chain, options.allow_partial_chain)).collect();
    let files: Vec<_> = inputs.iter().zip(&results).map(|(input, result)| describe(input, result)).collect();

    let of_files = files.iter().map(|file| file.status);
    let status = of_files.chain(cases.iter().map(|case| case.status)).max().unwrap_or(Status::Unreadable);
    let keys = keys.iter().map(PublicKey::fingerprint).collect();
    let report = Report { status, exit_code: status.code(), keys, files, cases };
    match report::write(&report, options.remote.json, stdout).and_then(|()| stdout.flush()) {
        // A reader such as `head` that has seen enough does not change the result.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(Error::Output(error)),
        _ => {}
    }
    // A warning that cannot be shown stands in the report too.
    let _ = report::warn(&report, stderr);
    Ok(status)
}

fn read_keys(paths: &[PathBuf]) -> Result<Vec<PublicKey>, Error> {
    let read = |path: &PathBuf| {
        let pem = fs::read(path).map_err(|problem| Error::KeyFile { path: path.clone(), problem })?;
        let key = PublicKey::from_pem(&String::from_utf8_lossy(&pem));
        key.map_err(|problem| Error::Key { path: path.clone(), problem })
    };
    paths.iter().map(read).collect()
}

fn check(input: &Input, keys: &[PublicKey]) -> Result<Verified, (Status, String)> {
    let content = input.content.as_ref().map_err(|error| (Status::Unreadable, error.to_string()))?;
    verify(content, keys).map_err(|failure| (failure.class().into(), failure.to_string()))
}

fn describe<'a>(input: &'a Input, result: &'a Result<Verified, (Status, String)>) -> FileReport<'a> {
    let file = input.name.as_str();
    match result {
        Ok(Verified { statement, digest, fingerprint, unchecked_signatures, proof_checked }) => {
            let (unchecked_signatures, proof_checked) = (*unchecked_signatures, *proof_checked);
            let record = Record { digest, signed_by: fingerprint, unchecked_signatures, proof_checked, statement };
            FileReport { file, status: Status::Verified, problem: None, record: Some(record) }
        }
        Err((status, problem)) => FileReport { file, status: *status, problem: Some(problem.clone()), record: None },
    }
}

fn judge(chain: &Chain<'_>, allow_partial: bool) -> CaseReport {
    let mut problems: Vec<String> = chain.faults.iter().map(ToString::to_string).collect();
    let mut not_checked = Vec::new();
    for gap in &chain.missing {
        let (first, last) = (gap.start(), gap.end());
        let which =
            if first == last { format!("revision {first} is") } else { format!("revisions {first} to {last} are") };
        if allow_partial {
            not_checked.push(format!("{which} not among the verified files, so what they state is not known"));
        } else {
            problems.push(format!("cut: {which} not among the verified files"));
        }
    }
    let stack = chain.records.last().map(|record| &record.statement.predicate.stack);
    let mut revisions: Vec<u32> = chain.records.iter().map(|record| record.statement.predicate.case.revision).collect();
    revisions.dedup();
    CaseReport {
        case: chain.case().map(ToString::to_string).unwrap_or_default(),
        opened_at: chain.last().map(|case| case.opened_at.to_string()).unwrap_or_default(),
        stack: stack.map(|stack| format!("{} in {} {}", stack.name, stack.account, stack.region)).unwrap_or_default(),
        status: if problems.is_empty() { Status::Verified } else { Status::ChainBroken },
        revisions,
        problems,
        not_checked,
        unfinished: chain.last().is_some_and(|case| !case.is_settled()),
    }
}
