//! What the schedule does, one file for each task.
//!
//! All of it follows from the table and the clock, so anybody may ask for a run; two at once may say a thing twice, and do it
//! once.

/// The tasks, in the order in which they run.
macro_rules! tasks {
    ($($task:ident),+ $(,)?) => {
        $(mod $task;)+

        async fn run_all(reactor: &Reactor, run: &Run<'_>, ticked: &mut Ticked) -> Result<(), ReactError> {
            $(
                let ended = Box::pin($task::run(reactor, run, ticked)).await;
                settle(&$task::TASK, ended, ticked)?;
            )+
            Ok(())
        }
    };
}

mod task;

use severance_aws::clock;
use severance_domain::respond::Ticked;

use crate::reactor::{ReactError, Reactor};
use task::{Run, settle};

tasks! { breakers, reviews, rotations, cutovers, exemptions, recertification }

impl Reactor {
    /// Does all that is due. What cannot be done does not keep the rest from it.
    pub async fn tick(&self, holder: &str) -> Result<Ticked, ReactError> {
        let now = clock::now();
        let mut ticked = Ticked::default();
        let exemptions = self.guardrails.load().await?.exemptions;
        run_all(self, &Run { now, holder, exemptions }, &mut ticked).await?;
        // LOG: The schedule's work is done. The fields are counts.
        // - cutovers: cutovers about which something was done
        // - rotations: rotations that had not ended when their case was closed, and have since
        tracing::info!(
            escalated = ticked.escalated.len(),
            lapsed = ticked.lapsed.len(),
            warned = ticked.warned.len(),
            asked = ticked.asked.len(),
            overdue = ticked.overdue.len(),
            cutovers = ticked.cutovers.len(),
            rotations = ticked.rotations.len(),
            failed = ticked.failed.len(),
            "ticked"
        );
        Ok(ticked)
    }
}
