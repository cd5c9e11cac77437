//! A recheck at a contained identity: what appeared while it was being contained, and what is done about it.

use jiff::Timestamp;

use super::contain;
use super::context::Context;
use super::propose::propose;
use super::rule::rule;
use crate::countermeasure::{Appeared, Countermeasure};
use crate::decide::policy::Policy;
use crate::record::case::{Case, Confirmation, INCONSISTENT, Rechecking, StepRecord};
use crate::record::plan::{Plan, Step, leave_to_responder};
use crate::words::signal::Signal;
use crate::words::subject::Inventory;

/// What a recheck came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FollowUp {
    /// What appeared, or is gone that held the identity down, in words.
    pub found: Vec<String>,
    /// What is done about it.
    pub steps: Vec<Step>,
}

impl FollowUp {
    /// Leaves to a person what only the responder may take, where this function cannot: as of a plan.
    pub fn leave_to_responder(&mut self, can_take: impl Fn(&Countermeasure) -> bool) {
        leave_to_responder(&mut self.steps, can_take);
    }
}

/// What to do about a contained identity after a recheck of it. `lifted` are the steps of the case that AWS shows not to be
/// in effect any more.
///
/// A step that the case left to a person, or that somebody declined, stays so.
pub fn follow_up(
    case: &Case,
    present: &Inventory,
    lifted: &[&Countermeasure],
    context: &Context,
    policy: &dyn Policy,
) -> FollowUp {
    let Case { signal, subject, profile, .. } = case;
    // The claim was borne out once. That its key has been deleted since does not make it untrue, and what is in question is
    // no longer that key.
    let named = signal.access_key.clone().filter(|_| !signal.kind.is_immediate_danger());
    let proposed = propose(&Signal { access_key: named, ..signal.clone() }, subject, profile, present, context);
    let mut found = Vec::new();
    let mut plan = Plan::default();
    for mut step in proposed.steps {
        let what = &step.countermeasure;
        // A rotation that was begun is followed by its own version, not begun anew.
        let is_rotation = matches!(what, Countermeasure::RotateSecret(_));
        if *what == Countermeasure::HoldForReview || what.needs_responder() || is_rotation {
            continue;
        }
        let before: Vec<&StepRecord> =
            case.steps.iter().filter(|record| record.step.countermeasure.is_same_target(what)).collect();
        let is_denial = what.is_denial();
        let was_lifted = lifted.iter().any(|lifted| lifted.is_same_target(what));
        if before.iter().any(|record| !record.was_taken()) {
            continue;
        }
        if is_denial && !was_lifted && !before.is_empty() {
            // It stands. A moment that was written before the door was seen shut lets in who came in between.
            if is_too_early(what, case) {
                plan.steps.push(step);
            }
            continue;
        }
        let again = if before.is_empty() { Appeared::Newly } else { Appeared::Again };
        found.push(what.card().appeared(again));
        // What stood there before the first step of the case is what comes back.
        if let Some(anew) = before.first().and_then(|first| contain::in_every_way(&first.step.countermeasure)) {
            step.countermeasure = anew;
            "somebody lifted the denial: it is written anew in each way there is".clone_into(&mut step.reason);
        }
        plan.steps.push(step);
    }
    // Where nothing fits any more, as once a service uses the role, the denial is gone all the same.
    for denial in lifted.iter().filter(|lifted| lifted.is_denial()) {
        let what = denial.card().appeared(Appeared::Again);
        let is_left = case.steps.iter().any(|of| !of.was_taken() && of.step.countermeasure.is_same_target(denial));
        if !is_left && !found.contains(&what) {
            found.push(what);
        }
    }
    let denial_lifted = lifted.iter().any(|lifted| lifted.is_denial());
    let asked_for_scp =
        case.steps.iter().any(|record| matches!(record.step.countermeasure, Countermeasure::QuarantineByScp(_)));
    if let (true, false, Some(arn)) = (denial_lifted, asked_for_scp, &subject.arn)
        && let Some(deny) = contain::beyond_reach(subject, arn, context, is_lifted_often(case, lifted, &plan.steps))
    {
        let is_known =
            |of: &StepRecord| of.step.countermeasure == Countermeasure::HoldForReview && of.step.reason == deny.reason;
        if !case.steps.iter().any(is_known) {
            plan.steps.push(deny);
        }
    }
    plan.cap();
    rule(&mut plan, signal, subject, profile, present, context, policy);
    FollowUp { found, steps: plan.steps }
}

/// Whether a role's sessions are denied only before a moment that is not surely later than every session: until it was seen that
/// nobody can start one any more, and for as long as IAM may have let somebody do so on the old word of it.
fn is_too_early(step: &Countermeasure, case: &Case) -> bool {
    let settle = case.rechecking.as_ref().map_or(INCONSISTENT, Rechecking::settle);
    let Countermeasure::RevokeRoleSessions(_) = step else { return false };
    let written = case
        .steps
        .iter()
        .filter(|of| of.step.countermeasure.is_same_target(step))
        .filter_map(StepRecord::taken_at)
        .max();
    let shut = case.steps.iter().filter(|of| shuts(&of.step.countermeasure)).filter_map(|of| match &of.confirmation {
        Some(Confirmation::Confirmed { at, .. }) => Some(*at),
        _ => None,
    });
    case.is_in_danger() && shut.max().is_some_and(|shut| written.is_none_or(|written| written < shut + settle))
}

/// Whether it keeps somebody from starting sessions of a role.
fn shuts(step: &Countermeasure) -> bool {
    matches!(step, Countermeasure::CloseRoleTrust(_) | Countermeasure::LeaveRolesAnywhere(_))
}

/// Says of the denial in a role's trust policy that the identity of the case wrote that policy itself, at this moment: what it let
/// in then is not given back.
pub fn wrote_own_trust(case: &mut Case, at: Timestamp) {
    for record in &mut case.steps {
        if let Countermeasure::CloseRoleTrust(close) = &mut record.step.countermeasure {
            close.written_at = close.written_at.max(Some(at));
        }
    }
}

/// How often a denial is written anew before a person is asked.
const MOST_ANEW: usize = 2;

/// Whether a denial that is lifted now was found lifted so often that once more will hardly hold, or is not written anew.
fn is_lifted_often(case: &Case, lifted: &[&Countermeasure], anew: &[Step]) -> bool {
    lifted.iter().filter(|of| of.is_denial()).any(|of| {
        let words = of.card().appeared(Appeared::Again);
        let before = case.rechecks.iter().filter(|recheck| recheck.found.contains(&words)).count();
        before >= MOST_ANEW || !anew.iter().any(|step| step.countermeasure.is_same_target(of))
    })
}

/// Asks the policies about steps that follow from what a contained identity had made, as about any other.
pub fn rule_steps(
    steps: Vec<Step>,
    case: &Case,
    present: &Inventory,
    context: &Context,
    policy: &dyn Policy,
) -> Vec<Step> {
    let mut plan = Plan { steps, ..Plan::default() };
    rule(&mut plan, &case.signal, &case.subject, &case.profile, present, context, policy);
    plan.steps
}
