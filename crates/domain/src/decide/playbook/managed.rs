//! What fits a claim about an access key that a secret holds, or is to hold: it is replaced, and the old one ends when its
//! consumers have moved.

use super::context::Context;
use super::keys::{inactive_already, named_key};
use super::part::{held, hold, note, step};
use crate::countermeasure::{self as card, Countermeasure};
use crate::record::plan::Plan;
use crate::rotation::SECRET_TAG;
use crate::words::cutover::{CutoverFacts, Stage};
use crate::words::ids::{Arn, IamName};
use crate::words::profile::Profile;
use crate::words::signal::Signal;
use crate::words::subject::Inventory;

/// The secret that a user's key is managed in, by the user's own tag.
pub(super) fn secret_of(profile: &Profile) -> Option<Arn> {
    let arn = Arn::try_from(profile.tags.get(SECRET_TAG)?.as_str()).ok()?;
    (arn.service() == "secretsmanager" && arn.resource().starts_with("secret:")).then_some(arn)
}

/// A claim that a managed key is due: the secret is rotated, and the key is not touched before nobody uses it any more.
pub(super) fn rotate(signal: &Signal, profile: &Profile, inventory: &Inventory) -> Plan {
    let Some(secret) = secret_of(profile) else {
        return hold("its access key is in no secret that Severance rotates: sever adopt puts it there");
    };
    if signal.access_key.is_some() && named_key(signal, inventory).is_none() && inventory.unread.is_empty() {
        return note("the key does not exist any more: nothing to do");
    }
    let reason = "it is due; the old key ends when its consumers have moved";
    Plan { steps: vec![step(Countermeasure::RotateSecret(card::RotateSecret { secret }), reason)], ..Plan::default() }
}

/// A managed key that is too old is replaced, not cut.
pub(super) fn rotate_stale(signal: &Signal, profile: &Profile, inventory: &Inventory, context: &Context) -> Plan {
    let limit = context.stale_key_days;
    let in_question = inventory.access_keys.iter().filter(|key| key.active);
    let in_question = in_question.filter(|key| signal.access_key.as_ref().is_none_or(|named| *named == key.id));
    // A key that was replaced and waits at its cutover is older than any: the youngest says whether a rotation is due.
    let youngest = in_question.min_by_key(|key| key.age_days(context.now).unwrap_or(i64::MAX));
    match youngest.map(|key| (key, key.age_days(context.now))) {
        Some((key, Some(days))) if days < limit => {
            note(&format!("the claim is not borne out: {} is {days} days old, and the limit is {limit}", key.id))
        }
        Some((key, None)) => hold(&format!("AWS does not say of {} how old it is", key.id)),
        Some(_) => rotate(signal, profile, inventory),
        None if !inventory.unread.is_empty() => Plan::default(),
        None => note("the claim is not borne out: no key in question is active"),
    }
}

/// The exposed key is ended at once, and whoever used it in good faith gets another one by the secret.
pub(super) fn rotate_beside(plan: &mut Plan, signal: &Signal, profile: &Profile) {
    let Some(secret) = secret_of(profile) else { return };
    if signal.access_key.as_ref().is_some_and(crate::words::ids::AccessKeyId::is_temporary) {
        return;
    }
    let reason = "its consumers need another key than the exposed one";
    // Before what costs more time than one call, after the denial and the keys.
    let after = |step: &crate::record::plan::Step| {
        matches!(step.countermeasure, Countermeasure::QuarantineUser(_) | Countermeasure::DeactivateAccessKey(_))
    };
    let at = plan.steps.iter().rposition(after).map_or(plan.steps.len(), |last| last + 1);
    plan.steps.insert(at, step(Countermeasure::RotateSecret(card::RotateSecret { secret }), reason));
}

/// A key that nothing rotates is put into a secret of its own.
pub(super) fn adopt(signal: &Signal, user: &IamName, profile: &Profile, inventory: &Inventory) -> Plan {
    if let Some(secret) = secret_of(profile) {
        return note(&format!("its access key is under management already, in {secret}"));
    }
    if !inventory.unread.is_empty() {
        return Plan::default();
    }
    let mut active = inventory.access_keys.iter().filter(|key| key.active);
    let named = match &signal.access_key {
        Some(_) => named_key(signal, inventory).filter(|key| key.active),
        None => active.next().filter(|_| active.next().is_none()),
    };
    let Some(key) = named else {
        return hold(match inventory.access_keys.iter().filter(|key| key.active).count() {
            0 => "it has no active access key that could be put under management",
            1 => "the named key is not the active one",
            _ => "it has two active access keys: say which one is to be replaced, and deactivate the other",
        });
    };
    if let [one, other] = inventory.access_keys.as_slice() {
        let in_the_way = if one.id == key.id { other } else { one };
        return hold(&format!(
            "IAM allows two access keys, and {} takes the place that the new one needs: delete it, or have it adopted first",
            in_the_way.id
        ));
    }
    let secret = format!("severance/{user}");
    let adopt =
        Countermeasure::AdoptAccessKey(card::AdoptAccessKey { user: user.clone(), access_key: key.id.clone(), secret });
    Plan { steps: vec![step(adopt, "no secret holds it, so nothing rotates it")], ..Plan::default() }
}

/// What the cutover of a replaced key asks for, as far as the key is still as the cutover saw it.
pub(super) fn superseded(signal: &Signal, user: &IamName, inventory: &Inventory) -> Plan {
    let (Some(cutover), Some(named)) = (&signal.cutover, &signal.access_key) else {
        return hold("nothing says which key was replaced, and by which");
    };
    let Some(key) = named_key(signal, inventory) else {
        return if inventory.unread.is_empty() {
            note(&format!("{named} does not exist any more: nothing to do"))
        } else {
            Plan::default()
        };
    };
    let (user, access_key) = (user.clone(), named.clone());
    match (cutover.stage, key.active) {
        (Stage::Quiet | Stage::Deadline, true) => {
            let reason = reason(cutover);
            let mut plan = Plan {
                steps: vec![step(
                    Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, access_key }),
                    &reason,
                )],
                ..Plan::default()
            };
            plan.notes.extend(cutover.consumers.iter().map(|who| format!("still on {named}: {}", who.describe())));
            let left = cutover.copies.found.iter().filter(|copy| !copy.holds_new_key());
            plan.notes.extend(left.map(|copy| format!("a copy of {named} is left: {}", copy.describe())));
            plan.notes.extend(cutover.copies.unread.iter().map(|what| format!("not searched for copies: {what}")));
            plan.notes.extend(cutover.unread.iter().map(|what| format!("not read about its use: {what}")));
            plan
        }
        (Stage::Quiet | Stage::Deadline, false) => note(&inactive_already(key)),
        (Stage::Deletion, false) => {
            let reason = format!(
                "it was replaced by {} and was inactive since; the next rotation needs its place",
                cutover.replaced_by
            );
            Plan {
                steps: vec![step(Countermeasure::DeleteAccessKey(card::DeleteAccessKey { user, access_key }), &reason)],
                ..Plan::default()
            }
        }
        (Stage::Deletion, true) => Plan {
            steps: vec![held(&format!("{named} is active again, so somebody needs it: it is not deleted"))],
            ..Plan::default()
        },
    }
}

fn reason(cutover: &CutoverFacts) -> String {
    let CutoverFacts { replaced_by, quiet_for, deadline, consumers, .. } = cutover;
    match cutover.stage {
        Stage::Deadline if consumers.is_empty() => format!(
            "it was replaced by {replaced_by}, its deadline {deadline:.0} has passed, and nobody can say that it is not used"
        ),
        Stage::Deadline => {
            format!("it was replaced by {replaced_by}, its deadline {deadline:.0} has passed, and it is still used")
        }
        Stage::Quiet | Stage::Deletion => {
            format!("it was replaced by {replaced_by}, and nobody used it for {quiet_for:#}")
        }
    }
}
