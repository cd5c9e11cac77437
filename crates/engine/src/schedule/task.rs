//! What a task is told, and what becomes of one that fails.

use jiff::Timestamp;
use severance_domain::exemption::Exemption;
use severance_domain::respond::ScheduledRun;

use crate::reactor::ReactError;

/// One run of the schedule.
pub(super) struct Run<'a> {
    /// When it began.
    pub(super) now: Timestamp,
    /// Who holds what it works on.
    pub(super) holder: &'a str,
    /// Every exemption, as it stood when the run began.
    pub(super) exemptions: Vec<Exemption>,
}

/// A task: what it is called, and whether the others go on without it.
pub(super) struct Task {
    /// What it looks after.
    pub(super) name: &'static str,
    /// Logs that it failed and the others go on; none where the run ends with it, to be tried again.
    pub(super) fails: Option<fn(&ReactError)>,
}

/// Says what failed, or ends the run.
pub(super) fn settle(task: &Task, ended: Result<(), ReactError>, report: &mut ScheduledRun) -> Result<(), ReactError> {
    let Err(error) = ended else { return Ok(()) };
    let Some(fails) = task.fails else { return Err(error) };
    fails(&error);
    report.failed.push(format!("{}: {error}", task.name));
    Ok(())
}
