//! Rechecks that are due, and cases whose workers died: each is looked after in an invocation of its own, so that none waits for
//! another.

use futures::StreamExt as _;
use jiff::Timestamp;
use severance_aws::cases::LEASE;
use severance_aws::clock;
use severance_domain::case::CaseId;
use severance_domain::respond::ScheduledRun;

use super::task::{Run, Task};
use crate::reactor::{ReactError, Reactor};

pub(super) const TASK: Task = Task {
    name: "rechecks",
    fails: Some(|error| {
        // LOG: No recheck is asked for in this run; the next one, a minute later, tries again.
        tracing::error!(error = %error, "rechecks could not be looked after");
    }),
};

/// Cases that are asked for at the same time.
const AT_ONCE: usize = 16;

/// Asks for every case that is due.
pub(super) async fn run(reactor: &Reactor, run: &Run<'_>, report: &mut ScheduledRun) -> Result<(), ReactError> {
    let mut due = reactor.guardrails.due().await?;
    due.retain(|(_, due_at)| *due_at <= run.now);
    let asked = futures::stream::iter(due).map(|(case, due_at)| async move {
        let asked = ask(reactor, &case, due_at, run.holder).await;
        (case, asked)
    });
    // One after the other, where no function takes them: a run ends all the same, and the next one goes on.
    let at_once = if reactor.rechecks.is_some() { AT_ONCE } else { 1 };
    let asked: Vec<(CaseId, Result<bool, ReactError>)> = asked.buffer_unordered(at_once).collect().await;
    for (case, asked) in asked {
        match asked {
            Ok(true) => report.rechecks.push(case),
            Ok(false) => {}
            Err(error) => {
                // LOG: The others are looked after; the next run, a minute later, tries again.
                tracing::error!(%case, error = %error, "a case could not be rechecked");
                report.failed.push(format!("{case}: {error}"));
            }
        }
    }
    Ok(())
}

/// Asks for one case, unless another run just did. Says whether it was asked for.
async fn ask(reactor: &Reactor, case: &CaseId, due_at: Timestamp, holder: &str) -> Result<bool, ReactError> {
    // As long as a worker may be silent: should this one die, a later run asks again.
    let Ok(lease) = jiff::SignedDuration::try_from(LEASE) else { return Ok(false) };
    if !reactor.guardrails.move_due(case, due_at, clock::now() + lease).await? {
        return Ok(false);
    }
    match &reactor.rechecks {
        Some(function) => function.ask(case).await?,
        None => drop(Box::pin(reactor.recheck_case(case, holder)).await?),
    }
    Ok(true)
}
