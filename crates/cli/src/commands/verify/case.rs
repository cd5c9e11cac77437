//! `sever verify CASE`: the responder reads back once more whether all that a case ended is dead.

use severance_domain::case::CaseId;
use severance_domain::respond::{Answer, Ask};

use crate::arguments::verify::VerifyOptions;
use crate::clock;
use crate::commands::case::afterwards;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::verdicts::dead;
use crate::output::{course, view};
use crate::remote::unexpected;

/// Asks for it, and says what lives.
pub(super) fn run(case: &CaseId, given: VerifyOptions) -> Result<u8, Failure> {
    let VerifyOptions { reason, remote, .. } = given;
    let Some(reason) = reason else {
        return Err(Failure::Usage(format!(
            "to read back what {case} ended, say why: --reason TEXT. To check files of evidence, give --key PUB.pem"
        )));
    };
    let responder = remote.stack().connect()?;
    let answer = responder.ask(Ask::Verify { case: case.clone(), reason })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    if !remote.json
        && let Some(case) = afterwards(&responder, case)
    {
        print(false, &answer, |out| {
            course::verification(case.verification.as_ref(), out)?;
            course::residual(&case, clock::now(), out)
        })?;
    }
    Ok(dead(reactions))
}
