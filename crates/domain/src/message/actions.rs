//! What a person does next by hand, and how to undo what was done.

use super::words::{Item, from_outside, quoted};
use super::{decision, is_only_observed, only_observed};
use crate::case::{Case, Confirmation, Outcome, StepRecord};
use crate::ids::{AccessKeyId, Arn};
use crate::plan::{Countermeasure, Disposition, QUARANTINE_POLICY, REVOKE_SESSIONS_POLICY};
use crate::signal::SignalKind;
use crate::subject::SubjectKind;
use crate::verdict::Verdict;

pub(super) fn next_actions(case: &Case, verdict: Verdict, stack: &str) -> Vec<Item> {
    let mut actions: Vec<Item> = case.steps.iter().flat_map(|record| next_for_step(case, record)).collect();
    if case.pending_review().is_some() {
        actions.push(Item::with(
            "look at it once more, and see whether it changed",
            Some(format!("sever status {} --stack {stack}", case.id)),
        ));
    }
    if verdict == Verdict::Observed && only_observed(case) && decision(case).is_none() {
        actions.push(Item::of("to let Severance act on the next event, deploy the stack with Mode=enforce"));
    }
    // A leaver is not asked how the leaving went.
    let cut_off = case.signal.kind != SignalKind::Offboarding
        && case.steps.iter().any(|record| {
            is_applied(record) && !matches!(record.step.countermeasure, Countermeasure::RotateSecret { .. })
        });
    if let Some(owners) = owners(case).filter(|_| cut_off) {
        actions.push(Item::of(&format!("tell {owners}: whatever used this access no longer works")));
    }
    if case.signal.kind.is_immediate_danger() {
        actions.push(investigation(case));
    }
    actions
}

fn next_for_step(case: &Case, record: &StepRecord) -> Vec<Item> {
    let step = &record.step.countermeasure;
    let what = step.describe();
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
        (Disposition::Enforce, Some(_), _) => {
            vec![Item::with(&format!("check that this took effect: {what}"), look(step))]
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
    let command = format!(
        "aws cloudtrail lookup-events --lookup-attributes {}",
        quoted(&format!("AttributeKey={key},AttributeValue={value}"))
    );
    // A role's events stand under its session names, and a secret's under whoever read it.
    let is_listed = key == "AccessKeyId" || matches!(case.subject.kind, SubjectKind::User | SubjectKind::Root);
    Item::with(
        &format!("find out what was done with the {what}: look it up in CloudTrail, in each Region"),
        is_listed.then_some(command),
    )
}

/// The command by which a person takes a step that Severance did not take.
fn by_hand(case: &Case, step: &Countermeasure) -> Option<String> {
    match step {
        Countermeasure::DeactivateAccessKey { user, access_key } => {
            Some(format!("aws iam update-access-key --user-name={user} --access-key-id {access_key} --status Inactive"))
        }
        Countermeasure::QuarantineUser { user } => {
            let partition = case.subject.arn.as_ref().map_or("aws", Arn::partition);
            let policy = quoted(&format!("arn:{partition}:iam::aws:policy/AWSDenyAll"));
            Some(format!("aws iam attach-user-policy --user-name={user} --policy-arn {policy}"))
        }
        Countermeasure::RotateSecret { secret } => {
            Some(format!("aws secretsmanager rotate-secret --secret-id {}{}", quoted(secret.as_str()), region(secret)))
        }
        // The IAM console has a button for this one: the role, Revoke sessions.
        Countermeasure::RevokeRoleSessions { .. } | Countermeasure::HoldForReview => None,
    }
}

/// The command by which a person sees whether a step took effect.
fn look(step: &Countermeasure) -> Option<String> {
    match step {
        Countermeasure::DeactivateAccessKey { user, .. } => {
            Some(format!("aws iam list-access-keys --user-name={user}"))
        }
        Countermeasure::QuarantineUser { user } => {
            Some(format!("aws iam get-user-policy --user-name={user} --policy-name {QUARANTINE_POLICY}"))
        }
        Countermeasure::RevokeRoleSessions { role, .. } => {
            Some(format!("aws iam get-role-policy --role-name={role} --policy-name {REVOKE_SESSIONS_POLICY}"))
        }
        Countermeasure::RotateSecret { secret } => Some(format!(
            "aws secretsmanager describe-secret --secret-id {}{}",
            quoted(secret.as_str()),
            region(secret)
        )),
        Countermeasure::HoldForReview => None,
    }
}

fn region(arn: &Arn) -> String {
    if arn.region().is_empty() { String::new() } else { format!(" --region {}", quoted(arn.region())) }
}

/// How to undo what was done, in reverse order. A credential that others know is never brought back, and what keeps one
/// down is lifted only with a warning.
pub(super) fn undo(case: &Case) -> Vec<Item> {
    let in_danger = case.signal.kind.is_immediate_danger();
    let item = |step: &Countermeasure| match step {
        Countermeasure::DeactivateAccessKey { access_key, .. } if in_danger => {
            Item::of(&format!("{access_key} stays dead, because others may know it: make a new key instead"))
        }
        Countermeasure::QuarantineUser { .. } if in_danger => {
            let alive = alive_keys(case);
            if alive.is_empty() {
                Item::with(
                    "lift the quarantine, but not within 36 hours: sessions that a thief started may live that long",
                    step.undo_command(),
                )
            } else {
                Item::of(&format!("the quarantine must stay: nothing else holds {} down", alive.join(", ")))
            }
        }
        Countermeasure::RevokeRoleSessions { .. } if in_danger => Item::with(
            "let older sessions in again, but not within 12 hours: stolen ones may live that long",
            step.undo_command(),
        ),
        Countermeasure::RotateSecret { .. } => {
            Item::of("a rotation cannot be undone; Secrets Manager keeps the value before it as AWSPREVIOUS")
        }
        Countermeasure::DeactivateAccessKey { user, access_key } => {
            Item::with(&format!("reactivate access key {access_key} of user {user}"), step.undo_command())
        }
        Countermeasure::QuarantineUser { user } => {
            Item::with(&format!("lift the quarantine of user {user}"), step.undo_command())
        }
        Countermeasure::RevokeRoleSessions { role, .. } => {
            Item::with(&format!("let older sessions of role {role} in again"), step.undo_command())
        }
        Countermeasure::HoldForReview => Item::of("nothing was done, so there is nothing to undo"),
    };
    case.steps
        .iter()
        .rev()
        .filter(|record| is_applied(record))
        .map(|record| item(&record.step.countermeasure))
        .collect()
}

/// The keys that were to be deactivated, and of which that was not seen.
fn alive_keys(case: &Case) -> Vec<&str> {
    case.steps
        .iter()
        .filter(|record| !matches!(record.confirmation, Some(Confirmation::Confirmed { .. })))
        .filter_map(|record| match &record.step.countermeasure {
            Countermeasure::DeactivateAccessKey { access_key, .. } => Some(access_key),
            _ => None,
        })
        .map(AccessKeyId::as_str)
        .collect()
}

fn is_applied(record: &StepRecord) -> bool {
    matches!(record.outcome, Some(Outcome::Applied { .. }))
}

pub(super) fn owners(case: &Case) -> Option<String> {
    (!case.profile.owners.is_empty()).then(|| from_outside(&case.profile.owners.join(", ")))
}
