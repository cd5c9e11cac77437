//! `sever contain`: a reaction by hand.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::contain::ContainOptions;
use crate::commands::{claim, explanation};
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::verdicts::contained;
use crate::output::view;
use crate::remote::unexpected;

/// Claims something by hand.
pub(super) fn run(given: ContainOptions) -> Result<u8, Failure> {
    let ContainOptions { claim, reason, ticket, dry_run, remote } = given;
    let responder = remote.stack().connect()?;
    let claim = claim::of(&claim, &responder)?;
    if dry_run {
        return explanation::live(claim, &responder, remote.json);
    }
    let answer = responder.ask(Ask::Contain { claim, reason, ticket })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}
