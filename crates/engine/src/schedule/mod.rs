//! What the schedule does, one file for each task.
//!
//! All of it follows from the table and the clock, so anybody may ask for a run; two at once may say a thing twice, and do it
//! once.

/// The tasks, in the order in which they run.
macro_rules! tasks {
    ($($task:ident),+ $(,)?) => {
        $(mod $task;)+

        async fn run_all(reactor: &Reactor, run: &Run<'_>, report: &mut ScheduledRun) -> Result<(), ReactError> {
            $(
                let ended = Box::pin($task::run(reactor, run, report)).await;
                settle(&$task::TASK, ended, report)?;
            )+
            Ok(())
        }
    };
}

mod task;

use severance_aws::clock;
use severance_domain::respond::ScheduledRun;

use crate::reactor::{ReactError, Reactor};
use task::{Run, settle};

tasks! { rechecks, breakers, reviews, rotations, cutovers, exemptions, recertification }

impl Reactor {
    /// Has the cases rechecked of which a recheck is due, and finished whose worker died.
    pub async fn run_rechecks(&self, holder: &str) -> Result<ScheduledRun, ReactError> {
        let mut report = ScheduledRun::default();
        let run = Run { now: clock::now(), holder, exemptions: vec![] };
        rechecks::run(self, &run, &mut report).await?;
        Ok(report)
    }

    /// Does all that is due. What cannot be done does not keep the rest from it.
    pub async fn run_schedule(&self, holder: &str) -> Result<ScheduledRun, ReactError> {
        let now = clock::now();
        let mut report = ScheduledRun::default();
        let exemptions = self.guardrails.load().await?.exemptions;
        run_all(self, &Run { now, holder, exemptions }, &mut report).await?;
        // LOG: The schedule's work is done. The fields are counts.
        // - cutovers: cutovers about which something was done
        // - rechecks: cases that were asked to be rechecked, or finished
        // - rotations: rotations that had not ended when their case was closed, and have since
        tracing::info!(
            escalated = report.escalated.len(),
            lapsed = report.lapsed.len(),
            warned = report.warned.len(),
            asked = report.asked.len(),
            overdue = report.overdue.len(),
            rechecks = report.rechecks.len(),
            cutovers = report.cutovers.len(),
            rotations = report.rotations.len(),
            failed = report.failed.len(),
            "the scheduled run ended"
        );
        Ok(report)
    }
}
