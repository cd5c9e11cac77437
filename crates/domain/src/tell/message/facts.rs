//! What several parts of a message ask of a case.

use super::words::from_outside;
use crate::countermeasure::Countermeasure;
use crate::record::case::{Case, Purpose};
use crate::record::plan::Step;
use crate::record::review::Decision;
use crate::words::command::Command;
use crate::words::ids::Arn;
use crate::words::mode::Mode;
use crate::words::request::Request;
use crate::words::ruling::Disposition;

/// Whether something was planned that only the mode kept from being done. What the policy itself leaves alone is none of it.
pub(super) fn only_observed(case: &Case) -> bool {
    case.steps.iter().any(|record| is_only_observed(&record.step))
}

pub(super) fn is_only_observed(step: &Step) -> bool {
    step.disposition == Disposition::Observe
        && step.ruling.as_ref().is_none_or(|ruling| ruling.answer != Disposition::Observe)
}

/// Whether an exemption is why nothing was done, and not the mode.
pub(super) fn exempted(case: &Case) -> bool {
    !case.exemptions.is_empty()
        && !only_observed(case)
        && case.steps.iter().all(|record| record.step.disposition == Disposition::Observe)
}

/// Whether every step was to be taken: the policy may leave one at recording it, and a person may decline one.
pub(super) fn all_enforced(case: &Case) -> bool {
    case.steps.iter().all(|record| record.step.disposition == Disposition::Enforce)
}

/// Whether the verdict may still become another by itself, because rechecks are due.
pub(super) fn is_rechecked(case: &Case) -> bool {
    case.awaited_until().is_some() && case.recheck_due_at().is_some()
}

/// What came of the review of this case, if it ended.
pub(super) fn decision(case: &Case) -> Option<&Decision> {
    case.review.as_ref()?.decision.as_ref()
}

/// Who asked for it, for access to be given back, or for all to be read back: with the word that says which.
pub(super) fn requests(case: &Case) -> Vec<(&'static str, String)> {
    let asked = case.signal.request.iter().map(|request| ("Asked", request));
    let since = match case.purpose() {
        Purpose::React => None,
        Purpose::Restore(restoration) => Some(("Undone", &restoration.request)),
        Purpose::Verify(verification) => Some(("Checked", &verification.request)),
    };
    asked
        .chain(since)
        .map(|(what, Request { by, reason, ticket, .. })| {
            let ticket = ticket.as_ref().map(|ticket| format!(", ticket {ticket}")).unwrap_or_default();
            (what, format!("by {by}: {reason}{ticket}"))
        })
        .collect()
}

/// Whether what is held is carried out if nobody answers: only a stack that may act by itself acts on silence.
pub(super) fn silence_acts(case: &Case) -> bool {
    case.mode == Mode::Enforce && case.pending_review().is_some_and(|review| review.enforce_on_silence)
}

/// The command by which a person takes a step that Severance did not take.
pub(super) fn by_hand(case: &Case, step: &Countermeasure) -> Option<Command> {
    let partition = case.subject.arn.as_ref().map_or("aws", Arn::partition);
    step.card().by_hand(partition)
}

pub(super) fn owners(case: &Case) -> Option<String> {
    (!case.profile.owners.is_empty()).then(|| from_outside(&case.profile.owners.join(", ")))
}
