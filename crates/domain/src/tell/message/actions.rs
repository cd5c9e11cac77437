//! What a person does next by hand.

use super::cutover::next;
use super::facts::{by_hand, decision, is_only_observed, only_observed, owners};
use super::rechecks::next_after_reappearance;
use super::restoration::next_after_restoration;
use super::words::Item;
use crate::countermeasure::Countermeasure;
use crate::record::case::{Case, Confirmation, Outcome, Purpose, StepRecord};
use crate::words::command::Command;
use crate::words::ruling::Disposition;
use crate::words::signal::SignalKind;
use crate::words::subject::SubjectKind;
use crate::words::verdict::Verdict;

pub(super) fn next_actions(case: &Case, verdict: Verdict, stack: &str) -> Vec<Item> {
    match case.purpose() {
        Purpose::Restore(_) => return next_after_restoration(case, verdict, stack),
        Purpose::React | Purpose::Verify(_) => {}
    }
    let mut actions = Vec::new();
    if verdict == Verdict::Reappeared {
        actions.extend(next_after_reappearance(case, stack));
    }
    actions.extend(case.steps.iter().flat_map(|record| next_for_step(case, record)));
    if case.pending_review().is_some() {
        actions.push(Item::with(
            "look at it once more, and see whether it changed",
            Some(Command::sever("status").word(case.id.as_str()).option("stack", stack)),
        ));
    }
    if verdict == Verdict::Observed && only_observed(case) && decision(case).is_none() {
        actions.push(Item::of("to let Severance act on the next event, deploy the stack with Mode=enforce"));
    }
    // A leaver is not asked how the leaving went.
    let cut_off = !matches!(case.signal.kind, SignalKind::Offboarding | SignalKind::CredentialSuperseded)
        && verdict != Verdict::Reappeared
        && case.steps.iter().any(|record| {
            is_applied(record)
                && !matches!(
                    record.step.countermeasure,
                    Countermeasure::RotateSecret(_) | Countermeasure::AdoptAccessKey(_)
                )
        });
    if let Some(owners) = owners(case).filter(|_| cut_off) {
        actions.push(Item::of(&match &case.signal.follows {
            Some(follows) => format!("tell {owners}: somebody else had made this, see case {}", follows.case),
            None => format!("tell {owners}: whatever used this access no longer works"),
        }));
    }
    actions.extend(next(case, owners(case).as_deref()));
    if case.signal.kind.is_immediate_danger() {
        actions.push(investigation(case));
    }
    actions
}

fn next_for_step(case: &Case, record: &StepRecord) -> Vec<Item> {
    let step = &record.step.countermeasure;
    let what = step.describe();
    let reads_back = match case.purpose() {
        Purpose::Verify(_) => true,
        Purpose::React | Purpose::Restore(_) => false,
    };
    match (record.step.disposition, &record.outcome, &record.confirmation) {
        (Disposition::Review | Disposition::Decline, ..)
        | (Disposition::Enforce, Some(_), Some(Confirmation::Confirmed { .. })) => vec![],
        (Disposition::Observe, ..) if !case.signal.kind.is_immediate_danger() || !is_only_observed(&record.step) => {
            vec![]
        }
        (Disposition::Observe | Disposition::Refuse, ..) => {
            vec![Item::with(&format!("if the claim is true, {what} by hand"), by_hand(case, step))]
        }
        (Disposition::Enforce, Some(Outcome::Failed { retryable: true, .. }), _) => vec![Item::with(
            &format!("if no later revision of this case says that it is done, {what} by hand"),
            by_hand(case, step),
        )],
        (Disposition::Enforce, Some(Outcome::Failed { action, code, .. }), _) => {
            let mut items = vec![Item::with(&format!("{what} by hand"), by_hand(case, step))];
            if code.contains("AccessDenied") {
                items.push(Item::of(&format!(
                    "allow {action} to the function's role, and look for a service control policy or a permissions \
                     boundary that denies it"
                )));
            }
            items
        }
        (Disposition::Enforce, None, _) => vec![Item::with(&format!("{what} by hand"), by_hand(case, step))],
        // What lives is told with what to do about it.
        (_, _, Some(Confirmation::Unconfirmed { contradicted: true, .. })) if reads_back => vec![],
        (Disposition::Enforce, Some(_), _) => {
            vec![Item::with(&format!("check that this took effect: {what}"), step.card().check())]
        }
    }
}

/// Where to see what was done with the access while it lived.
fn investigation(case: &Case) -> Item {
    let (what, key, value) = match (&case.signal.access_key, case.signal.kind) {
        (Some(access_key), _) => ("key", "AccessKeyId", access_key.to_string()),
        (None, SignalKind::CredentialExposed) => ("credential", "Username", case.subject.name.clone()),
        (None, _) => ("identity", "Username", case.subject.name.clone()),
    };
    let command = Command::aws("cloudtrail", "lookup-events")
        .quoted("lookup-attributes", &format!("AttributeKey={key},AttributeValue={value}"));
    // A role's events stand under its session names, and a secret's under whoever read it.
    let is_listed = key == "AccessKeyId" || matches!(case.subject.kind, SubjectKind::User | SubjectKind::Root);
    Item::with(
        &format!("find out what was done with the {what}: look it up in CloudTrail, in each Region"),
        is_listed.then_some(command),
    )
}

fn is_applied(record: &StepRecord) -> bool {
    matches!(record.outcome, Some(Outcome::Applied { .. }))
}
