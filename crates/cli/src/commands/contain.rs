//! `sever contain`, `sever status`: a reaction by hand, and how it stands.

use severance_domain::case::{Case, CaseId};
use severance_domain::respond::{Answer, Ask};

use crate::arguments::contain::{ContainOptions, StatusOptions};
use crate::clock;
use crate::commands::claim;
use crate::commands::policy::explain;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::verdicts::contained;
use crate::output::view;
use crate::remote::{Responder, unexpected};
use crate::terminal::say;

/// Claims something by hand.
pub(crate) fn contain(given: ContainOptions) -> Result<u8, Failure> {
    let ContainOptions { claim, reason, ticket, dry_run, remote } = given;
    let responder = remote.stack().connect()?;
    let claim = claim::of(&claim, &responder)?;
    if dry_run {
        return explain::live(claim, &responder, remote.json);
    }
    let answer = responder.ask(Ask::Contain { claim, reason, ticket })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}

/// Shows a case.
pub(crate) fn status(given: StatusOptions) -> Result<u8, Failure> {
    let StatusOptions { case, remote } = given;
    let answer = remote.stack().connect()?.ask(Ask::Status { case })?;
    let Answer::Case(case) = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::case(case, clock::now(), out))?;
    Ok(0)
}

/// The case as it stands once something was done with it. What was done is done, also where that cannot be shown.
pub(crate) fn afterwards(responder: &Responder, case: &CaseId) -> Option<Box<Case>> {
    match responder.ask(Ask::Status { case: case.clone() }) {
        Ok(Answer::Case(case)) => Some(case),
        Ok(_) => None,
        Err(failure) => {
            say(&format!("the case cannot be shown now ({failure}): sever status {case}"));
            None
        }
    }
}
