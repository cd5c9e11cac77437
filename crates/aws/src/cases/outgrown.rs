//! What a later event of the same finding calls for.

use severance_domain::case::{Case, StepRecord};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::plan::Disposition;
use severance_domain::playbook::Mode;

/// Whether a closed case must go on, on the whole new plan. The same event never reopens its case. A later event of the same
/// finding does where it calls for a step that the case planned and could not take; where somebody was active after the case
/// was concluded, if it is about danger; and where it calls for a step that the case did not know, if it is about neglect.
/// A finding that is merely repeated reopens nothing, so what a person gave back on purpose, or made anew after a leak, stays.
/// And what was only observed says nothing about what to do once the stack enforces. A step that waits for a person is
/// not asked about again by the same finding, but it is taken where the policy now enforces it; one that a person decided
/// against is not, unless somebody was active since.
pub(super) fn outgrown(stored: &Case, planned: &Case) -> bool {
    // What was given back on purpose stays so for this finding, unless somebody is at it again.
    if stored.is_restored() {
        return planned.signal.kind.is_immediate_danger() && is_active_since(stored, planned);
    }
    let same_event = stored.signal.event_id == planned.signal.event_id;
    if same_event && (stored.mode == planned.mode || planned.mode == Mode::Observe) {
        return false;
    }
    let of_target = |step: &Countermeasure| {
        stored.steps.iter().filter(|record| record.step.countermeasure.is_same_target(step)).collect::<Vec<_>>()
    };
    let active_since = is_active_since(stored, planned);
    let calls_for = |record: &&StepRecord| {
        matches!(record.step.disposition(), Disposition::Enforce | Disposition::Review)
            && record.step.countermeasure != Countermeasure::HoldForReview
    };
    planned.steps.iter().filter(calls_for).any(|record| {
        let before = of_target(&record.step.countermeasure);
        // What a person was asked once about this finding, they are not asked again.
        if record.step.disposition() == Disposition::Review && !before.is_empty() {
            return stored.mode == Mode::Observe;
        }
        // What a person decided against stays so for this finding, unless somebody else is at it again.
        if before.iter().any(|record| record.was_denied()) {
            return planned.signal.kind.is_immediate_danger() && active_since;
        }
        let was_taken = before.iter().any(|record| record.was_taken());
        if stored.mode != planned.mode || !before.is_empty() {
            !was_taken || (planned.signal.kind.is_immediate_danger() && active_since)
        } else {
            active_since || !planned.signal.kind.is_immediate_danger()
        }
    })
}

/// Whether what the new signal is about happened after the case was concluded.
pub(super) fn is_active_since(stored: &Case, planned: &Case) -> bool {
    stored.concluded_at.is_some_and(|concluded| planned.signal.occurred_at > concluded)
}
