//! What a person is asked to decide, what it would hit, and how to answer.

use jiff::Timestamp;

use super::cutover::question;
use super::facts::silence_acts;
use super::words::Item;
use crate::record::case::Case;
use crate::record::review::Decision;
use crate::words::command::Command;
use crate::words::mode::Mode;
use crate::words::profile::Profile;
use crate::words::subject::{CredentialState, Inventory, LastUsed, ServiceCredential, Subject, SubjectKind, Trust};

pub(super) fn decision_words(decision: &Decision) -> String {
    match decision {
        Decision::Approved { by, reason, at, .. } => format!("approved by {by} at {at:.0}: {reason}"),
        Decision::Denied { by, reason, at, .. } => format!("denied by {by} at {at:.0}: {reason}"),
        Decision::Lapsed { enforced: true, at } => {
            format!("nobody answered by {at:.0}, and the policy says to act then")
        }
        Decision::Lapsed { enforced: false, at } => format!("nobody answered by {at:.0}"),
    }
}

/// How a person answers: the commands to copy.
pub(super) fn decide_items(case: &Case, stack: &str) -> Vec<Item> {
    let Some(review) = case.pending_review() else { return vec![] };
    let answer = |verb: &'static str, reason: &str| {
        let command = Command::sever(verb).word(case.id.as_str()).option("plan", review.short_plan());
        Some(command.option("stack", stack).quoted("reason", reason))
    };
    let silence = if silence_acts(case) {
        "if nobody answers, it is carried out then"
    } else {
        "if nobody answers, it is closed undone"
    };
    let mut items = Vec::new();
    if case.can_be_approved() {
        let but = case.signal.request.as_ref().map(|request| format!(" (anybody may but {}, who asked)", request.by));
        let first = if case.mode == Mode::Observe { ", once the stack's Mode is review or enforce" } else { "" };
        let question = question(case, stack);
        let (done, left) =
            question.as_ref().map_or(("to have it done", "to have it left alone"), |of| (of.cut, of.hold));
        let text = format!("{done}{but}{first}, by {:.0}; {silence}", review.expires_at, but = but.unwrap_or_default());
        items.push(Item::with(&text, answer("approve", "why this is right")));
        items.push(Item::with(left, answer("deny", "why it stays")));
        items.extend(question.map(|of| of.later));
    } else {
        let text =
            format!("nothing fits that Severance could do: act by hand by {:.0}, then close it", review.expires_at);
        items.push(Item::with(&text, answer("deny", "done by hand")));
    }
    items
}

/// What a plan would hit, as far as it was read.
pub fn blast_radius(case: &Case) -> Vec<String> {
    radius(&case.subject, &case.profile, &case.inventory, case.opened_at)
}

/// What acting on a subject would hit, as far as it was read.
pub fn radius(subject: &Subject, profile: &Profile, inventory: &Inventory, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    if subject.kind == SubjectKind::User {
        let active = inventory.access_keys.iter().filter(|key| key.active).count();
        lines.push(format!("access keys: {active} active, {} in all", inventory.access_keys.len()));
        for key in inventory.access_keys.iter().filter(|key| key.active) {
            lines.push(match (key.last_used, key.idle_days(now)) {
                (LastUsed::At(at), Some(days)) => format!("{} was last used {at:.0}, {days} days ago", key.id),
                (LastUsed::Never, _) => format!("{} was never used", key.id),
                _ => format!("AWS was not asked when {} was last used", key.id),
            });
        }
    }
    let held = |what: &str, states: Vec<bool>| {
        let active = states.iter().filter(|active| **active).count();
        (!states.is_empty()).then(|| format!("{what}: {active} active, {} in all", states.len()))
    };
    lines.extend(held("SSH public keys", inventory.ssh_public_keys.iter().map(|of| of.active).collect()));
    lines.extend(held("signing certificates", inventory.signing_certificates.iter().map(|of| of.active).collect()));
    let is_active = |of: &ServiceCredential| of.state == CredentialState::Active;
    lines.extend(held("service credentials", inventory.service_credentials.iter().map(is_active).collect()));
    match inventory.console_password {
        Some(true) => lines.push("it has a console password".to_owned()),
        Some(false) => lines.push("it has no console password".to_owned()),
        None => {}
    }
    if let Some(policies) = &inventory.attached_policies {
        let which = if policies.is_empty() { "none".to_owned() } else { policies.join(", ") };
        lines.push(format!("managed policies attached to it or its groups: {which} (inline policies were not read)"));
    }
    if profile.privileged == Some(true) {
        lines.push("it may administer the account".to_owned());
    }
    if subject.kind == SubjectKind::Role {
        lines.push("every session of the role that is running".to_owned());
        lines.extend(inventory.trust.as_ref().map(trusted));
    }
    if !inventory.group_memberships.is_empty() {
        lines.push(format!("groups: {}", inventory.group_memberships.len()));
    }
    let mut accounts: Vec<&str> = inventory.account_assignments.iter().map(|of| of.account.as_str()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    if !accounts.is_empty() {
        lines.push(format!("accounts that they can enter, by group or directly: {}", accounts.join(", ")));
    }
    lines
}

fn trusted(trust: &Trust) -> String {
    let all = [&trust.services, &trust.federated, &trust.principals];
    let who: Vec<&str> = all.into_iter().flatten().map(String::as_str).collect();
    if who.is_empty() {
        "nobody may assume it".to_owned()
    } else {
        format!("whoever may assume it: {}", who.join(", "))
    }
}
