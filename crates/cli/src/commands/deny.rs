//! `sever deny`: a person closes a held plan.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::review::{Decided, DenyOptions};
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::view;

/// Closes a held plan.
pub(super) fn run(given: DenyOptions) -> Result<u8, Failure> {
    let Decided { case, plan, reason, remote } = given.decided;
    let answer = remote.stack().connect()?.ask(Ask::Deny { case, plan, reason })?;
    print(remote.json, &answer, |out| match &answer {
        Answer::Reacted { reactions } => view::reactions(reactions, out),
        other => view::done(other, out),
    })?;
    Ok(0)
}
