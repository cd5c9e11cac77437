//! `sever status`: how a case stands.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::contain::StatusOptions;
use crate::clock;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::view;
use crate::remote::unexpected;

/// Shows a case.
pub(super) fn run(given: StatusOptions) -> Result<u8, Failure> {
    let StatusOptions { case, remote } = given;
    let answer = remote.stack().connect()?.ask(Ask::Status { case })?;
    let Answer::Case(case) = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::case(case, clock::now(), out))?;
    Ok(0)
}
