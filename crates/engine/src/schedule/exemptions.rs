//! Exemptions that are about to end: their owners are warned.

use jiff::{SignedDuration, Timestamp};
use severance_domain::exemption::Exemption;
use severance_domain::message::Notice;
use severance_domain::respond::ScheduledRun;

use super::task::{Run, Task};
use crate::reactor::{ReactError, Reactor};

pub(super) const TASK: Task = Task { name: "exemptions", fails: None };

/// How long before its end the owner of an exemption is warned.
const WARNING: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Warns every owner who is to be warned.
pub(super) async fn run(reactor: &Reactor, run: &Run<'_>, report: &mut ScheduledRun) -> Result<(), ReactError> {
    for exemption in &run.exemptions {
        if let Err(error) = warn(reactor, exemption, run.now, report).await {
            // LOG: The next scheduled run tries again.
            tracing::error!(exemption = exemption.id, error = %error, "nobody could be warned");
            report.failed.push(format!("{}: {error}", exemption.id));
        }
    }
    Ok(())
}

/// Warns the owner of an exemption that it is about to end.
async fn warn(reactor: &Reactor, exemption: &Exemption, now: Timestamp, report: &mut ScheduledRun) -> Result<(), ReactError> {
    let ends_soon = exemption.is_in_force(now) && exemption.request.expires_at.duration_since(now) <= WARNING;
    if !ends_soon || exemption.warned_at.is_some() {
        return Ok(());
    }
    reactor.publisher.announce(&Notice::exemption_ends(exemption, &reactor.settings.stack).into()).await?;
    reactor.guardrails.exemption_warned(&exemption.id, now).await?;
    report.warned.push(exemption.id.clone());
    Ok(())
}
