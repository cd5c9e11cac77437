//! `sever reviews`, `sever approve`, `sever deny`, `sever recertify`: what people decide.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::review::{ApproveOptions, Decided, DenyOptions, RecertifyOptions, ReviewsOptions};
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::verdicts::contained;
use crate::output::{reviews, view};
use crate::remote::unexpected;

/// Lists what waits for a person.
pub(crate) fn list(given: &ReviewsOptions) -> Result<u8, Failure> {
    let answer = given.remote.stack().connect()?.ask(Ask::Reviews)?;
    let Answer::Reviews { cases } = &answer else { return Err(unexpected()) };
    print(given.remote.json, &answer, |out| reviews::write(cases, out))?;
    Ok(0)
}

/// Carries a held plan out.
pub(crate) fn approve(given: ApproveOptions) -> Result<u8, Failure> {
    let Decided { case, plan, reason, remote } = given.decided;
    let answer = remote.stack().connect()?.ask(Ask::Approve { case, plan, reason })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}

/// Closes a held plan.
pub(crate) fn deny(given: DenyOptions) -> Result<u8, Failure> {
    let Decided { case, plan, reason, remote } = given.decided;
    let answer = remote.stack().connect()?.ask(Ask::Deny { case, plan, reason })?;
    print(remote.json, &answer, |out| match &answer {
        Answer::Reacted { reactions } => view::reactions(reactions, out),
        other => view::done(other, out),
    })?;
    Ok(0)
}

/// Says that an identity is still needed.
pub(crate) fn recertify(given: RecertifyOptions) -> Result<u8, Failure> {
    let RecertifyOptions { subject, until, reason, remote } = given;
    let answer = remote.stack().connect()?.ask(Ask::Recertify { subject, until, reason })?;
    print(remote.json, &answer, |out| view::done(&answer, out))?;
    Ok(0)
}
