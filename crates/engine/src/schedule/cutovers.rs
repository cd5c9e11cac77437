//! Cutovers: what is due about keys that a rotation has replaced.

use jiff::SignedDuration;
use severance_aws::clock;
use severance_domain::cutover::{Closed, Gate, Next, Stage};
use severance_domain::respond::Ticked;
use severance_domain::verdict::Verdict;

use super::task::{Run, Task};
use crate::cutover::{Looked, signal};
use crate::reactor::{ReactError, Reactor};

pub(super) const TASK: Task = Task {
    name: "cutovers",
    fails: Some(|error| {
        // LOG: None of the cutovers is looked after in this tick; the next one tries again.
        tracing::error!(error = %error, "cutovers could not be looked after");
    }),
};

/// How long a tick tends gates: those that are left, the next one tends.
const ENOUGH: SignedDuration = SignedDuration::from_secs(60);

/// Does what is due about every key that was replaced.
pub(super) async fn run(reactor: &Reactor, run: &Run<'_>, ticked: &mut Ticked) -> Result<(), ReactError> {
    let mut gates = reactor.guardrails.gates().await?;
    gates.retain(|gate| gate.due_at.is_none_or(|due| due <= run.now));
    // What a tick has no time for comes first in the next one.
    gates.sort_by_key(|gate| gate.looked_at);
    let begun = clock::now();
    for mut gate in gates {
        if clock::now().duration_since(begun) > ENOUGH {
            ticked.failed.push("the time of this tick is over: the next one tends the other cutovers".to_owned());
            break;
        }
        if let Err(error) = Box::pin(tend(reactor, &mut gate, run.holder, ticked)).await {
            // LOG: The other cutovers are looked after; the next tick tries again.
            tracing::error!(key = %gate.old, error = %error, "a cutover could not be tended");
            ticked.failed.push(format!("the cutover of {}: {error}", gate.old));
            // One that fails each time must not stand in the way of the others.
            gate.looked(clock::now(), run.now);
            reactor.guardrails.save_gate(&gate).await?;
        }
    }
    Ok(())
}

async fn tend(reactor: &Reactor, gate: &mut Gate, holder: &str, ticked: &mut Ticked) -> Result<(), ReactError> {
    if let (Some(search), None) = (&reactor.copies, gate.searched_at) {
        search.ask(gate).await?;
        gate.searched_at = Some(clock::now());
        reactor.guardrails.save_gate(gate).await?;
    }
    let Looked { seen, windows } = reactor.look_at_gate(gate).await?;
    let mode = reactor.settings.mode;
    let (stage, done) = match gate.next(windows, &seen, mode) {
        Next::Close(why) => return close(reactor, gate, why, ticked).await,
        Next::Wait { until } => {
            if seen.active == Some(false) && gate.inactive_since.is_none() {
                gate.inactive_since = Some(seen.now);
            }
            gate.looked(seen.now, until);
            reactor.guardrails.save_gate(gate).await?;
            return Ok(());
        }
        Next::Deactivate => (Stage::Quiet, "nobody uses it any more"),
        Next::Ask => (Stage::Deadline, "it is still used at its deadline"),
        Next::Delete => (Stage::Deletion, "it has been inactive long enough"),
    };
    let signal = signal(gate, stage, windows, &seen, &format!("{}/{}", stage.as_str(), mode.as_str()), None);
    for outcome in Box::pin(reactor.react(&signal, holder)).await {
        let reaction = outcome?;
        ticked.cutovers.push(format!("{}: {done}: {} ({})", gate.old, reaction.case, reaction.verdict.as_str()));
        if stage != Stage::Deletion && reaction.verdict == Verdict::VerifiedRevoked {
            gate.inactive_since = Some(clock::now());
        }
        if !gate.cases.contains(&reaction.case) {
            gate.cases.push(reaction.case);
        }
    }
    gate.asked.push((stage, mode));
    gate.looked(seen.now, seen.now);
    reactor.guardrails.save_gate(gate).await?;
    Ok(())
}

async fn close(reactor: &Reactor, gate: &Gate, why: Closed, ticked: &mut Ticked) -> Result<(), ReactError> {
    // LOG: The gate of a replaced key is closed.
    // - key: the old one
    tracing::info!(key = %gate.old, secret = %gate.secret, why = why.as_words(), "a cutover is over");
    reactor.guardrails.close_gate(gate).await?;
    ticked.cutovers.push(format!("{}: {}", gate.old, why.as_words()));
    Ok(())
}
