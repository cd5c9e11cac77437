//! Breakers that opened, and of which nobody could be told at once.

use severance_domain::respond::ScheduledRun;

use super::task::{Run, Task};
use crate::reactor::{ReactError, Reactor};

pub(super) const TASK: Task = Task { name: "breakers", fails: None };

/// Raises the alarms that are due.
pub(super) async fn run(reactor: &Reactor, _run: &Run<'_>, report: &mut ScheduledRun) -> Result<(), ReactError> {
    for breaker in reactor.guardrails.breakers().await?.iter().filter(|breaker| breaker.open_since.is_some()) {
        match reactor.guardrails.alarm_is_due(&breaker.scope).await {
            Ok(true) => reactor.raise_breaker_alarm(&breaker.scope, None).await,
            Ok(false) => {}
            Err(error) => report.failed.push(format!("the alarm of the {}: {error}", breaker.scope)),
        }
    }
    Ok(())
}
