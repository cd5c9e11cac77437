//! The case behind what was just done.

use severance_domain::case::{Case, CaseId};
use severance_domain::respond::{Answer, Ask};

use crate::remote::Responder;
use crate::terminal::say;

/// The case as it stands once something was done with it. What was done is done, also where that cannot be shown.
pub(super) fn afterwards(responder: &Responder, case: &CaseId) -> Option<Box<Case>> {
    match responder.ask(Ask::Status { case: case.clone() }) {
        Ok(Answer::Case(case)) => Some(case),
        Ok(_) => None,
        Err(failure) => {
            say(&format!("the case cannot be shown now ({failure}): sever status {case}"));
            None
        }
    }
}
