//! What can be undone and by which command, and once it was asked for, what came of it.

use super::facts::owners;
use super::words::Item;
use crate::countermeasure::{Countermeasure, UndoWords};
use crate::record::case::{Case, Confirmation, Outcome, Purpose};
use crate::record::restoration::{Return, ReturnAnswer, answer, cases, is_foreign, last_taken};
use crate::words::case_id::CaseId;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::ids::IamName;
use crate::words::marks::REVOKE_SESSIONS_POLICY;
use crate::words::subject::SubjectKind;
use crate::words::verdict::Verdict;

/// How to undo what was done: one command, and what it does about each step, the last one first. A credential that others know
/// is never brought back, and what keeps one down is lifted only when nothing else has to.
pub(super) fn undo(case: &Case, stack: &str) -> Vec<Item> {
    match case.purpose() {
        Purpose::Restore(_) => return vec![],
        Purpose::React | Purpose::Verify(_) => {}
    }
    let answers: Vec<_> = last_taken(case).map(|(_, record)| (record, answer(case, record))).collect();
    let mut items = Vec::new();
    if answers.iter().any(|(_, answer)| answer.changes()) {
        items
            .push(Item::with("give back what may come back; with --dry-run it only says what", Some(ask(case, stack))));
    }
    items.extend(answers.into_iter().map(|(record, answer)| {
        let UndoWords { what, comes, stays, .. } = record.step.countermeasure.card().undo_words();
        Item::of(&match answer {
            ReturnAnswer::Undo => format!("{comes}: {what}"),
            ReturnAnswer::UndoKeepingSessionsDenied => {
                format!("{comes}: {what}; in its place sessions from before are denied")
            }
            ReturnAnswer::Rotate { why } => format!("{stays}: {what} ({why}); a new one must take its place"),
            ReturnAnswer::Keep { why } => format!("{stays}: {what} ({why})"),
            ReturnAnswer::Held { by } => format!("{stays}: {what} (held by {})", cases(&by)),
        })
    }));
    items
}

/// What was given back, and how far that was seen.
pub(super) fn given_back(case: &Case) -> Vec<Item> {
    let to_undo = case.returns().iter().filter(|of| of.answer.changes());
    let mut items: Vec<Item> = to_undo.map(|of| Item::of(&came_of_it(of))).collect();
    if let (Some(moment), false) = (sessions_before(case), items.is_empty()) {
        items.push(Item::of(&format!(
            "sessions issued before {moment:.0} stay denied, stolen or not: whoever works with an older one starts a new one"
        )));
    }
    items
}

/// The moment before which sessions stay denied, where this restoration lifts anything.
fn sessions_before(case: &Case) -> Option<jiff::Timestamp> {
    match case.purpose() {
        Purpose::Restore(of) if of.steps.iter().any(Return::was_taken) => of.sessions_before,
        _ => None,
    }
}

fn came_of_it(of: &Return) -> String {
    let UndoWords { what, came, .. } = of.countermeasure.card().undo_words();
    let done = match &of.outcome {
        None => return format!("{what}: NOT DONE"),
        Some(Outcome::Failed { action, code, message, retryable, .. }) => {
            let again = if *retryable { "; will be tried again" } else { "" };
            return format!("{what}: FAILED, {action} answered {code} ({message}){again}");
        }
        Some(Outcome::AlreadyInEffect { note, .. }) => format!("{came} already ({note})"),
        Some(Outcome::Applied { note: Some(note), .. }) => format!("{came} ({note})"),
        Some(Outcome::Applied { note: None, .. }) => came.to_owned(),
    };
    let sessions = match of.answer {
        ReturnAnswer::UndoKeepingSessionsDenied => "; in its place sessions from before are denied",
        _ => "",
    };
    match &of.confirmation {
        Some(Confirmation::Confirmed { .. }) => format!("{what}: {done}, confirmed{sessions}"),
        _ => format!("{what}: {done}, NOT CONFIRMED{sessions}"),
    }
}

/// What was not given back, and why.
pub(super) fn stays(case: &Case) -> Vec<Item> {
    case.returns()
        .iter()
        .filter_map(|of| {
            let UndoWords { what, stays, .. } = of.countermeasure.card().undo_words();
            match &of.answer {
                ReturnAnswer::Rotate { why } => Some(format!("{what} {stays}: {why}; a new one must take its place")),
                ReturnAnswer::Keep { why } => Some(format!("{what} {stays}: {why}")),
                ReturnAnswer::Held { by } => Some(format!("{what} {stays}: it is held by {}", cases(by))),
                ReturnAnswer::Undo | ReturnAnswer::UndoKeepingSessionsDenied => None,
            }
        })
        .map(|text| Item::of(&text))
        .collect()
}

/// What is left to a person once access was given back: new credentials in the place of those that stay dead.
pub(super) fn next_after_restoration(case: &Case, verdict: Verdict, stack: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let failed = |of: &&Return| of.answer.changes() && !of.was_taken() && of.is_settled();
    if case.returns().iter().any(|of| failed(&of)) {
        items.push(Item::with("once what failed is mended, ask again", Some(ask(case, stack))));
    }
    if verdict == Verdict::Failed {
        return items;
    }
    items.extend(last_holders(case, stack));
    for of in case.returns() {
        match &of.answer {
            ReturnAnswer::Rotate { .. } => items.extend(in_its_place(case, &of.countermeasure)),
            ReturnAnswer::Keep { .. } => {
                if is_foreign(case, &of.countermeasure) {
                    let what = of.countermeasure.card().undo_words().what;
                    let delete = of.countermeasure.ends().map(|ended| ended.delete());
                    items.push(Item::with(&format!("delete {what}"), delete));
                }
                if let Some(Ended::Password { user }) = of.countermeasure.ends() {
                    items.push(Item::of(&format!(
                        "set a new password for user {user}: in the IAM console, or by aws iam create-login-profile"
                    )));
                }
            }
            ReturnAnswer::Undo | ReturnAnswer::UndoKeepingSessionsDenied | ReturnAnswer::Held { .. } => {}
        }
    }
    items.extend(tidy_up(case));
    items.extend(owners(case).map(|owners| Item::of(&format!("tell {owners} what was given back and what was not"))));
    items
}

/// The cases that hold what this one was to give back: with the last of them it comes back by itself.
fn last_holders(case: &Case, stack: &str) -> Vec<Item> {
    let mut by: Vec<_> = case
        .returns()
        .iter()
        .filter_map(|of| match &of.answer {
            ReturnAnswer::Held { by } => Some(by),
            _ => None,
        })
        .flatten()
        .collect();
    by.sort();
    by.dedup();
    let item = |id: &&CaseId| {
        let command = Command::sever("restore").word(id.as_str()).option("stack", stack);
        Item::with(
            &format!(
                "case {id} still holds it: restore that one, too, if it may come back; the rest follows by itself"
            ),
            Some(command.quoted("reason", "why it may come back")),
        )
    };
    by.iter().map(item).collect()
}

/// What can be taken away once every session from before has ended by itself.
fn tidy_up(case: &Case) -> Option<Item> {
    let moment = sessions_before(case)?;
    let name = IamName::try_from(case.subject.name.as_str()).ok()?;
    let command = match case.subject.kind {
        SubjectKind::User => Command::aws("iam", "delete-user-policy").user(&name),
        SubjectKind::Role => Command::aws("iam", "delete-role-policy").role(&name),
        _ => return None,
    };
    let over = moment + LONGEST_SESSION;
    Some(Item::with(
        &format!("after {over:.0} no session from before is left, and the denial of them can be taken away"),
        Some(command.option("policy-name", REVOKE_SESSIONS_POLICY)),
    ))
}

/// The longest that temporary credentials live: those of `sts:GetSessionToken` and `sts:GetFederationToken`
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>).
const LONGEST_SESSION: jiff::SignedDuration = jiff::SignedDuration::from_hours(36);

/// A new credential in the place of one that stays dead.
fn in_its_place(case: &Case, step: &Countermeasure) -> Vec<Item> {
    let Some(ended) = step.ends() else { return vec![] };
    let one = |text: &str, command| vec![Item::with(text, Some(command))];
    match ended {
        Ended::AccessKey { user, id } => {
            let mut items = Vec::new();
            if access_keys(case) >= MOST_ACCESS_KEYS {
                let room = format!("delete {id}, to make room: IAM lets a user have two access keys");
                items.push(Item::with(&room, Some(ended.delete())));
            }
            items.extend(one(
                &format!("make a new key in the place of {id}; its secret is shown this once"),
                Command::aws("iam", "create-access-key").user(user),
            ));
            items
        }
        Ended::SshPublicKey { user, id } => one(
            &format!("upload a new SSH public key in the place of {id}"),
            Command::aws("iam", "upload-ssh-public-key").user(user).option("ssh-public-key-body", "file://new-key.pub"),
        ),
        Ended::SigningCertificate { user, id } => one(
            &format!("upload a new certificate in the place of {id}"),
            Command::aws("iam", "upload-signing-certificate")
                .user(user)
                .option("certificate-body", "file://new-certificate.pem"),
        ),
        Ended::ServiceCredential { user, id, service } => one(
            &format!("make a new credential in the place of {id}; its secret is shown this once"),
            Command::aws("iam", "create-service-specific-credential").user(user).quoted("service-name", service),
        ),
        Ended::Password { .. } => vec![],
    }
}

/// Of one user. Source: IAM's quotas, "Access keys assigned to an IAM user".
const MOST_ACCESS_KEYS: usize = 2;

/// The user's access keys, those that appeared while it was being contained too.
fn access_keys(case: &Case) -> usize {
    let mut keys: Vec<&str> = case.inventory.access_keys.iter().map(|key| key.id.as_str()).collect();
    keys.extend(case.steps.iter().filter_map(|record| match record.step.countermeasure.ends() {
        Some(Ended::AccessKey { id, .. }) => Some(id.as_str()),
        _ => None,
    }));
    keys.sort_unstable();
    keys.dedup();
    keys.len()
}

fn ask(case: &Case, stack: &str) -> Command {
    Command::sever("restore").word(case.id.as_str()).option("stack", stack).quoted("reason", "why it may come back")
}
