//! What would be done about a claim, asked before anything is.

use severance_domain::respond::{Answer, Ask, Claim};

use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::view;
use crate::remote::{Responder, unexpected};

/// Asks the deployed responder. Changes nothing.
pub(super) fn live(claim: Claim, responder: &Responder, json: bool) -> Result<u8, Failure> {
    let answer = responder.ask(Ask::Explain(claim))?;
    if !matches!(answer, Answer::Explained(_)) {
        return Err(unexpected());
    }
    print(json, &answer, |out| view::explained(&answer, out))?;
    Ok(0)
}
