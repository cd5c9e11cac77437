//! Reviews that nobody answers: announced once more, then ended as the policy says of silence. And whatever a dead worker left.

use jiff::Timestamp;
use severance_domain::case::CaseId;
use severance_domain::respond::ScheduledRun;

use super::task::{Run, Task};
use crate::reactor::{ReactError, Reactor};
use crate::review::Answered;

pub(super) const TASK: Task = Task { name: "reviews", fails: None };

/// Tends every review that is due.
pub(super) async fn run(reactor: &Reactor, run: &Run<'_>, report: &mut ScheduledRun) -> Result<(), ReactError> {
    for (case, due_at) in reactor.guardrails.reviews().await? {
        // One that cannot be read is looked at, and so told of, below.
        if due_at > run.now && !is_left_behind(reactor, &case).await.unwrap_or(true) {
            continue;
        }
        if let Err(error) = Box::pin(tend(reactor, run, &case, due_at, report)).await {
            // LOG: The next scheduled run tries again.
            tracing::error!(%case, error = %error, "a review could not be tended");
            report.failed.push(format!("{case}: {error}"));
        }
    }
    Ok(())
}

/// Whether the worker that an answer set off has gone in the middle of it.
async fn is_left_behind(reactor: &Reactor, case: &CaseId) -> Result<bool, ReactError> {
    let stored = reactor.cases.load(case).await?;
    Ok(stored
        .is_none_or(|stored| stored.is_abandoned() || (stored.closed && stored.case.pending_review().is_none())))
}

async fn tend(
    reactor: &Reactor,
    run: &Run<'_>,
    id: &CaseId,
    due_at: Timestamp,
    report: &mut ScheduledRun,
) -> Result<(), ReactError> {
    let Some(stored) = reactor.cases.load(id).await? else {
        reactor.guardrails.forget_review(id).await?;
        return Ok(());
    };
    if stored.is_abandoned() {
        return reactor.finish(&stored, run.holder).await;
    }
    if !stored.closed {
        return Ok(());
    }
    let Some(review) = stored.case.pending_review() else {
        // Only what was seen: a later revision may wait for a person by now.
        reactor.guardrails.forget_review_of(id, due_at).await?;
        return Ok(());
    };
    let lapses = run.now >= review.expires_at;
    if !lapses && review.due_at() > run.now {
        return Ok(());
    }
    let answered =
        if lapses { Box::pin(reactor.lapse(&stored, run.holder)).await? } else { reactor.escalate(&stored, run.holder).await? };
    match answered {
        // LOG: A review ended, and the plan had changed.
        Answered::Refused(why) => tracing::info!(case = %id, why, "silence did not end this review"),
        Answered::Done(_) if lapses => report.lapsed.push(id.clone()),
        Answered::Done(_) => report.escalated.push(id.clone()),
    }
    Ok(())
}
