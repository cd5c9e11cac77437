//! `sever cut`: a key that was replaced ends now.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::cutovers::CutOptions;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::verdicts::contained;
use crate::output::view;
use crate::remote::unexpected;

/// Deactivates a key that was replaced.
pub(super) fn run(given: CutOptions) -> Result<u8, Failure> {
    let CutOptions { key, reason, ticket, remote } = given;
    let answer = remote.stack().connect()?.ask(Ask::Cut { access_key: key, reason, ticket })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}
