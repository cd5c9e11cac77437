//! `sever cutovers`: keys that a rotation has replaced, and how long they live on.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::cutovers::CutoversOptions;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::cutovers;
use crate::remote::unexpected;

/// Lists the keys that were replaced.
pub(super) fn run(given: &CutoversOptions) -> Result<u8, Failure> {
    let answer = given.remote.stack().connect()?.ask(Ask::Cutovers)?;
    let Answer::Cutovers { cutovers } = &answer else { return Err(unexpected()) };
    print(given.remote.json, &answer, |out| cutovers::write(cutovers, out))?;
    Ok(0)
}
