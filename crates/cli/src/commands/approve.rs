//! `sever approve`: a person lets a held plan be carried out.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::review::{ApproveOptions, Decided};
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::verdicts::contained;
use crate::output::view;
use crate::remote::unexpected;

/// Carries a held plan out.
pub(super) fn run(given: ApproveOptions) -> Result<u8, Failure> {
    let Decided { case, plan, reason, remote } = given.decided;
    let answer = remote.stack().connect()?.ask(Ask::Approve { case, plan, reason })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}
