//! Rotations that had not ended when their case was closed.

use jiff::{SignedDuration, Timestamp};
use severance_aws::countermeasures::{About, Seen};
use severance_domain::case::CaseId;
use severance_domain::ids::Arn;
use severance_domain::policy::Request;
use severance_domain::respond::ScheduledRun;

use super::task::{Run, Task};
use crate::reactor::{ReactError, Reactor};

pub(super) const TASK: Task = Task {
    name: "rotations",
    fails: Some(|error| {
        // LOG: None of the rotations is looked after in this run; the next one tries again.
        tracing::error!(error = %error, "rotations could not be followed");
    }),
};

/// How long a rotation is followed.
const FOLLOWED: SignedDuration = SignedDuration::from_hours(24);

/// Looks after rotations that had not ended when their case was closed: by the state of the version that each was to make.
pub(super) async fn run(reactor: &Reactor, run: &Run<'_>, report: &mut ScheduledRun) -> Result<(), ReactError> {
    for (id, since) in reactor.guardrails.rotations().await? {
        if let Err(error) = Box::pin(tend(reactor, run, &id, since, report)).await {
            // LOG: The other rotations are looked after; the next scheduled run tries again.
            tracing::error!(case = %id, error = %error, "a rotation could not be followed");
            report.failed.push(format!("the rotation of {id}: {error}"));
        }
    }
    Ok(())
}

async fn tend(reactor: &Reactor, run: &Run<'_>, id: &CaseId, since: Timestamp, report: &mut ScheduledRun) -> Result<(), ReactError> {
    let Some(stored) = reactor.cases.load(id).await? else {
        reactor.guardrails.forget_rotation(id).await?;
        return Ok(());
    };
    if !stored.closed {
        return Ok(());
    }
    let access = reactor.access_for(&stored.case).await?;
    let mut ended = true;
    for step in stored.case.steps.iter().filter(|record| record.is_unfinished_rotation()) {
        let step = &step.step.countermeasure;
        if let Some(driver) = access.driver(step) {
            // What cannot be read has not ended, and is given up when its time is over.
            let seen = driver.confirm(step, About::of(&stored.case)).await;
            ended &= matches!(seen, Ok(Seen::InEffect(_)));
        }
    }
    let is_late = run.now.duration_since(since) > FOLLOWED;
    if !ended && !is_late {
        return Ok(());
    }
    let how = if ended { "the rotation ended" } else { "the rotation did not end within 24 hours" };
    let partition = reactor.settings.signing_key.partition();
    let by = format!("arn:{partition}:iam::{}:role/{}-responder", reactor.settings.account, reactor.settings.stack);
    if let Ok(by) = Arn::try_from(by) {
        let request = Request { by, reason: how.to_owned(), ticket: None, standing: None };
        Box::pin(reactor.verify(id, request, run.holder)).await?;
    }
    reactor.guardrails.forget_rotation(id).await?;
    report.rotations.push(format!("{id}: {how}"));
    Ok(())
}
