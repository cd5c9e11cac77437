//! `sever reviews`: what waits for a person.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::review::ReviewsOptions;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::reviews;
use crate::remote::unexpected;

/// Lists what waits for a person.
pub(super) fn run(given: &ReviewsOptions) -> Result<u8, Failure> {
    let answer = given.remote.stack().connect()?.ask(Ask::Reviews)?;
    let Answer::Reviews { cases } = &answer else { return Err(unexpected()) };
    print(given.remote.json, &answer, |out| reviews::write(cases, out))?;
    Ok(0)
}
