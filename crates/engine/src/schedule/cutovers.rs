//! Cutovers: what is due about keys that a rotation has replaced.

use jiff::SignedDuration;
use severance_aws::clock;
use severance_domain::cutover::{Closed, Cutover, Next, Stage};
use severance_domain::respond::ScheduledRun;
use severance_domain::verdict::Verdict;

use super::task::{Run, Task};
use crate::cutover::{CutoverNow, signal};
use crate::reactor::{ReactError, Reactor};

pub(super) const TASK: Task = Task {
    name: "cutovers",
    fails: Some(|error| {
        // LOG: None of the cutovers is looked after in this run; the next one tries again.
        tracing::error!(error = %error, "cutovers could not be looked after");
    }),
};

/// How long a scheduled run tends cutovers: those that are left, the next one tends.
const ENOUGH: SignedDuration = SignedDuration::from_secs(60);

/// Does what is due about every key that was replaced.
pub(super) async fn run(reactor: &Reactor, run: &Run<'_>, report: &mut ScheduledRun) -> Result<(), ReactError> {
    let mut cutovers = reactor.guardrails.cutovers().await?;
    cutovers.retain(|cutover| cutover.due_at.is_none_or(|due| due <= run.now));
    // What a scheduled run has no time for comes first in the next one.
    cutovers.sort_by_key(|cutover| cutover.looked_at);
    let begun = clock::now();
    for mut cutover in cutovers {
        if clock::now().duration_since(begun) > ENOUGH {
            report.failed.push("the time of this run is over: the next one tends the other cutovers".to_owned());
            break;
        }
        if let Err(error) = Box::pin(tend(reactor, &mut cutover, run.holder, report)).await {
            // LOG: The other cutovers are looked after; the next scheduled run tries again.
            tracing::error!(key = %cutover.old, error = %error, "a cutover could not be tended");
            report.failed.push(format!("the cutover of {}: {error}", cutover.old));
            // One that fails each time must not stand in the way of the others.
            cutover.looked(clock::now(), run.now);
            reactor.guardrails.save_cutover(&cutover).await?;
        }
    }
    Ok(())
}

async fn tend(reactor: &Reactor, cutover: &mut Cutover, holder: &str, report: &mut ScheduledRun) -> Result<(), ReactError> {
    if let (Some(search), None) = (&reactor.copies, cutover.searched_at) {
        search.ask(cutover).await?;
        cutover.searched_at = Some(clock::now());
        reactor.guardrails.save_cutover(cutover).await?;
    }
    let CutoverNow { seen, windows } = reactor.read_cutover(cutover).await?;
    let mode = reactor.settings.mode;
    let (stage, done) = match cutover.next(windows, &seen, mode) {
        Next::Close(why) => return close(reactor, cutover, why, report).await,
        Next::Wait { until } => {
            if seen.active == Some(false) && cutover.inactive_since.is_none() {
                cutover.inactive_since = Some(seen.now);
            }
            cutover.looked(seen.now, until);
            reactor.guardrails.save_cutover(cutover).await?;
            return Ok(());
        }
        Next::Deactivate => (Stage::Quiet, "nobody uses it any more"),
        Next::Ask => (Stage::Deadline, "it is still used at its deadline"),
        Next::Delete => (Stage::Deletion, "it has been inactive long enough"),
    };
    let signal = signal(cutover, stage, windows, &seen, &format!("{}/{}", stage.as_str(), mode.as_str()), None);
    for outcome in Box::pin(reactor.react(&signal, holder)).await {
        let reaction = outcome?;
        report.cutovers.push(format!("{}: {done}: {} ({})", cutover.old, reaction.case, reaction.verdict.as_str()));
        if stage != Stage::Deletion && reaction.verdict == Verdict::VerifiedRevoked {
            cutover.inactive_since = Some(clock::now());
        }
        if !cutover.cases.contains(&reaction.case) {
            cutover.cases.push(reaction.case);
        }
    }
    cutover.asked.push((stage, mode));
    cutover.looked(seen.now, seen.now);
    reactor.guardrails.save_cutover(cutover).await?;
    Ok(())
}

async fn close(reactor: &Reactor, cutover: &Cutover, why: Closed, report: &mut ScheduledRun) -> Result<(), ReactError> {
    // LOG: The cutover of a replaced key is closed.
    // - key: the old one
    tracing::info!(key = %cutover.old, secret = %cutover.secret, why = why.as_words(), "a cutover is over");
    reactor.guardrails.close_cutover(cutover).await?;
    report.cutovers.push(format!("{}: {}", cutover.old, why.as_words()));
    Ok(())
}
