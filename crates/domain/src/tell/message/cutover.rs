//! A key that was replaced: by what, who still uses the old one, and what that means for whoever reads of it.

use super::facts::silence_acts;
use super::words::Item;
use crate::countermeasure::{self as card, Countermeasure};
use crate::record::case::{Case, StepRecord};
use crate::words::command::Command;
use crate::words::cutover::{CutoverFacts, Stage};
use crate::words::ids::{AccessKeyId, Arn};
use crate::words::signal::SignalKind;

/// What was replaced by what, and since when.
pub(super) fn replaced(case: &Case) -> Vec<Item> {
    let Some((old, of)) = about(case) else { return vec![] };
    let CutoverFacts { secret, replaced_by, opened_at, quiet_for, deadline, last_used_at, .. } = of;
    let mut lines = vec![format!("{old} was replaced by {replaced_by} at {opened_at:.0}, in secret {secret}")];
    match of.stage {
        Stage::Quiet => {
            lines.push(format!("nobody used it for {quiet_for:#} (CloudTrail's management events, and IAM)"));
        }
        Stage::Deadline => lines.push(format!("people are asked about it since {deadline:.0}")),
        Stage::Deletion => lines.push(format!("deleting {old} is final: nobody can bring it back")),
    }
    lines.extend(last_used_at.map(|at| format!("IAM saw it used last at {at:.0} (moved every 15 minutes)")));
    lines.iter().map(|line| Item::of(line)).collect()
}

/// Who has not moved to the new key.
pub(super) fn consumers(case: &Case) -> Vec<Item> {
    let consumers = about(case).into_iter().flat_map(|(_, of)| &of.consumers);
    consumers.map(|who| Item::of(&format!("{} ({} calls)", who.describe(), who.calls))).collect()
}

/// Whether a note says what stands under the consumers already.
pub(super) fn says_consumer(case: &Case, note: &str) -> bool {
    about(case)
        .is_some_and(|(old, of)| of.consumers.iter().any(|who| note == format!("still on {old}: {}", who.describe())))
}

/// How the question about a key that is still used is put: what is done, what is left, and how to end it later.
pub(super) struct Question {
    pub(super) cut: &'static str,
    pub(super) hold: &'static str,
    pub(super) later: Item,
}

pub(super) fn question(case: &Case, stack: &str) -> Option<Question> {
    let (old, of) = about(case)?;
    if of.stage != Stage::Deadline {
        return None;
    }
    let command =
        Command::sever("cut").word(old.as_str()).option("stack", stack).quoted("reason", "nobody needs it any more");
    Some(Question {
        cut: "to cut it now, whoever still uses it",
        hold: if silence_acts(case) {
            "to hold it, so that its consumers can move"
        } else {
            "to hold it, so that its consumers can move, do nothing; or close the question"
        },
        later: Item::with("to cut it later, once its consumers have moved", Some(command)),
    })
}

/// What is to be told and done beside the usual.
pub(super) fn next(case: &Case, owners: Option<&str>) -> Vec<Item> {
    let owners = owners.unwrap_or("whoever owns it");
    let mut items = Vec::new();
    let was_taken = |wanted: fn(&Countermeasure) -> bool| {
        case.steps.iter().any(|record| record.was_taken() && wanted(&record.step.countermeasure))
    };
    if let Some((old, of)) = about(case) {
        if was_taken(|step| matches!(step, Countermeasure::DeactivateAccessKey(_))) {
            let secret = &of.secret;
            items.push(Item::with(
                &format!(
                    "tell {owners}: {old} is dead, and whatever still holds it must read the new key from its secret"
                ),
                Some(read_secret(secret)),
            ));
        }
        if of.stage == Stage::Deadline && case.pending_review().is_some() {
            items.push(Item::with(
                &format!(
                    "tell {owners}, and whoever is named under Still used by, to read the new key from its secret"
                ),
                Some(read_secret(&of.secret)),
            ));
        }
        return items;
    }
    if let Some(secret) = rotated_beside(case) {
        // The deny-all binds the new key as well as the old one.
        let denied = if was_taken(|step| matches!(step, Countermeasure::QuarantineUser(_))) {
            "; it is denied everything with its user until the quarantine is lifted, see To undo"
        } else {
            ""
        };
        items.push(Item::with(
            &format!(
                "have what used the exposed key read the new one from its secret, once the rotation has ended: a new key is on \
                 its way in {secret}, and the notes name who used the old one{denied}"
            ),
            Some(read_secret(secret)),
        ));
    }
    for record in case.steps.iter().filter(|record| record.was_taken()) {
        if let Countermeasure::AdoptAccessKey(card::AdoptAccessKey { access_key, secret, .. }) =
            &record.step.countermeasure
        {
            items.push(Item::with(
                &format!(
                    "tell {owners}: read the key from secret {secret} instead of {access_key}, which works on until nobody uses \
                     it any more"
                ),
                Some(Command::sever("cutovers")),
            ));
        }
    }
    items
}

/// Whether all that it takes is to put another key in the place of one that works on.
pub(super) fn only_replaces(case: &Case) -> bool {
    let mut taken = case.steps.iter().filter(|record| record.was_taken()).peekable();
    taken.peek().is_some() && taken.all(replaces)
}

fn replaces(record: &StepRecord) -> bool {
    matches!(record.step.countermeasure, Countermeasure::RotateSecret(_) | Countermeasure::AdoptAccessKey(_))
}

/// The secret that brings another key to the consumers of an exposed one.
fn rotated_beside(case: &Case) -> Option<&Arn> {
    if !case.signal.kind.is_immediate_danger() {
        return None;
    }
    let ends_key = |record: &StepRecord| {
        record.was_taken() && matches!(record.step.countermeasure, Countermeasure::DeactivateAccessKey(_))
    };
    if !case.steps.iter().any(ends_key) {
        return None;
    }
    case.steps.iter().filter(|record| record.was_taken()).find_map(|record| match &record.step.countermeasure {
        Countermeasure::RotateSecret(card::RotateSecret { secret }) => Some(secret),
        _ => None,
    })
}

fn about(case: &Case) -> Option<(&AccessKeyId, &CutoverFacts)> {
    if case.signal.kind != SignalKind::CredentialSuperseded {
        return None;
    }
    case.signal.access_key.as_ref().zip(case.signal.cutover.as_deref())
}

fn read_secret(secret: &Arn) -> Command {
    // Its labels and its rotation; whoever may not read the value may look at these.
    Command::aws("secretsmanager", "describe-secret")
        .quoted("secret-id", secret.as_str())
        .quoted("region", secret.region())
}
