//! `sever recertify`: a person says that an identity is still needed.

use severance_domain::respond::Ask;

use crate::arguments::review::RecertifyOptions;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::view;

/// Says that an identity is still needed.
pub(super) fn run(given: RecertifyOptions) -> Result<u8, Failure> {
    let RecertifyOptions { subject, until, reason, remote } = given;
    let answer = remote.stack().connect()?.ask(Ask::Recertify { subject, until, reason })?;
    print(remote.json, &answer, |out| view::done(&answer, out))?;
    Ok(0)
}
