//! `sever cutovers`, `sever cut`: keys that a rotation has replaced, and how long they live on.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::cutovers::{CutOptions, CutoversOptions};
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::verdicts::contained;
use crate::output::{cutovers, view};
use crate::remote::unexpected;

/// Lists the keys that were replaced.
pub(crate) fn list(given: &CutoversOptions) -> Result<u8, Failure> {
    let answer = given.remote.stack().connect()?.ask(Ask::Cutovers)?;
    let Answer::Cutovers { gates } = &answer else { return Err(unexpected()) };
    print(given.remote.json, &answer, |out| cutovers::write(gates, out))?;
    Ok(0)
}

/// Deactivates a key that was replaced.
pub(crate) fn cut(given: CutOptions) -> Result<u8, Failure> {
    let CutOptions { key, reason, ticket, remote } = given;
    let answer = remote.stack().connect()?.ask(Ask::Cut { access_key: key, reason, ticket })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}
