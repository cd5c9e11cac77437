//! `sever verify`: of files of evidence, and of one case.

mod case;
mod evidence;
mod files;

use crate::arguments::verify::VerifyOptions;
use crate::exit::{Failure, Status};

/// Checks files offline, or has a case read back.
pub(super) fn run(given: VerifyOptions) -> Result<u8, Failure> {
    if let Some(case) = given.case() {
        return case::run(&case, given);
    }
    given.is_complete()?;
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let status = evidence::run(&given, &mut stdin.lock(), &mut stdout.lock(), &mut stderr.lock());
    status.map(Status::code).map_err(|error| Failure::Unreadable(error.to_string()))
}
