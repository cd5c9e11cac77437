//! What can be undone and by which command, and once it was asked for, what came of it.

use super::actions::owners;
use super::words::{Item, quoted};
use crate::case::{Case, Confirmation, Outcome};
use crate::countermeasure::{self as card, Countermeasure};
use crate::restoration::{Return, ReturnAnswer, answer, is_foreign, last_taken};
use crate::verdict::Verdict;

/// How to undo what was done: one command, and what it does about each step, the last one first. A credential that others know
/// is never brought back, and what keeps one down is lifted only when nothing else has to.
pub(super) fn undo(case: &Case, stack: &str) -> Vec<Item> {
    if case.restoration.is_some() {
        return vec![];
    }
    let answers: Vec<_> = last_taken(case).map(|(_, record)| (record, answer(case, record))).collect();
    let mut items = Vec::new();
    if answers.iter().any(|(_, answer)| answer.changes()) {
        items
            .push(Item::with("give back what may come back; with --dry-run it only says what", Some(ask(case, stack))));
    }
    items.extend(answers.into_iter().map(|(record, answer)| {
        let Thing { what, comes, stays, .. } = Thing::of(&record.step.countermeasure);
        Item::of(&match answer {
            ReturnAnswer::Undo => format!("{comes}: {what}"),
            ReturnAnswer::UndoKeepingSessionsDenied => {
                format!("{comes}: {what}; in its place sessions from before are denied")
            }
            ReturnAnswer::Rotate { why } => format!("{stays}: {what} ({why}); a new one must take its place"),
            ReturnAnswer::Keep { why } => format!("{stays}: {what} ({why})"),
        })
    }));
    items
}

/// What a step was taken against or put there, and the words for when that is undone.
struct Thing {
    what: String,
    /// What an undo does with it.
    comes: &'static str,
    /// What it is once that was done.
    came: &'static str,
    /// What it is where that is not done.
    stays: &'static str,
}

impl Thing {
    fn of(step: &Countermeasure) -> Self {
        let access = |what| Self { what, comes: "comes back", came: "back", stays: "stays dead" };
        let denial = |what| Self { what, comes: "is lifted", came: "lifted", stays: "stays" };
        match step {
            Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, access_key })
            | Countermeasure::DeleteAccessKey(card::DeleteAccessKey { user, access_key }) => {
                access(format!("access key {access_key} of user {user}"))
            }
            Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user }) => {
                access(format!("the console password of user {user}"))
            }
            Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { user, key }) => {
                access(format!("SSH public key {key} of user {user}"))
            }
            Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate { user, certificate }) => {
                access(format!("signing certificate {certificate} of user {user}"))
            }
            Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential {
                user,
                credential,
                service,
            }) => access(format!("credential {credential} of user {user} for {service}")),
            Countermeasure::RemoveAccountAssignment(card::RemoveAccountAssignment {
                user,
                account,
                permission_set,
            }) => access(format!("account {account} with {permission_set} of directory user {user}")),
            Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership { user, group, .. }) => {
                access(format!("directory user {user} in group {group}"))
            }
            Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere { role, profile }) => {
                access(format!("{role} in the Roles Anywhere profile {profile}"))
            }
            Countermeasure::NeutralizePolicy(card::NeutralizePolicy { policy, version }) => {
                access(format!("{policy} {version}"))
            }
            Countermeasure::AdoptAccessKey(card::AdoptAccessKey { user, secret, .. }) => {
                denial(format!("secret {secret} with the new key of user {user}"))
            }
            Countermeasure::RotateSecret(card::RotateSecret { secret }) => {
                access(format!("the old value of secret {secret}"))
            }
            Countermeasure::QuarantineUser(card::QuarantineUser { user }) => {
                denial(format!("the deny-all policy of user {user}"))
            }
            Countermeasure::QuarantineRole(card::QuarantineRole { role }) => {
                denial(format!("the deny-all policy of role {role}"))
            }
            Countermeasure::RevokeUserSessions(card::RevokeUserSessions { user }) => {
                denial(format!("the denial of user {user}'s sessions from before"))
            }
            Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role, .. }) => {
                denial(format!("the denial of role {role}'s sessions from before"))
            }
            Countermeasure::CloseRoleTrust(card::CloseRoleTrust { role }) => {
                denial(format!("the denial in the trust policy of role {role}"))
            }
            Countermeasure::QuarantineByScp(card::QuarantineByScp { principal, account }) => {
                denial(format!("the service control policy against {principal} on account {account}"))
            }
            Countermeasure::HoldForReview => denial(step.describe()),
        }
    }
}

/// What was given back, and how far that was seen.
pub(super) fn given_back(case: &Case) -> Vec<Item> {
    let to_undo = case.restoration.iter().flat_map(|of| &of.steps).filter(|of| of.answer.changes());
    to_undo.map(|of| Item::of(&came_of_it(of))).collect()
}

fn came_of_it(of: &Return) -> String {
    let Thing { what, came, .. } = Thing::of(&of.countermeasure);
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
    let steps = case.restoration.iter().flat_map(|of| &of.steps);
    steps
        .filter_map(|of| {
            let Thing { what, stays, .. } = Thing::of(&of.countermeasure);
            match &of.answer {
                ReturnAnswer::Rotate { why } => Some(format!("{what} {stays}: {why}; a new one must take its place")),
                ReturnAnswer::Keep { why } => Some(format!("{what} {stays}: {why}")),
                ReturnAnswer::Undo | ReturnAnswer::UndoKeepingSessionsDenied => None,
            }
        })
        .map(|text| Item::of(&text))
        .collect()
}

/// What is left to a person once access was given back: new credentials in the place of those that stay dead.
pub(super) fn next_after_restoration(case: &Case, verdict: Verdict, stack: &str) -> Vec<Item> {
    let Some(restoration) = &case.restoration else { return vec![] };
    let mut items = Vec::new();
    let failed = |of: &&Return| of.answer.changes() && !of.was_taken() && of.is_settled();
    if restoration.steps.iter().any(|of| failed(&of)) {
        items.push(Item::with("once what failed is mended, ask again", Some(ask(case, stack))));
    }
    if verdict == Verdict::Failed {
        return items;
    }
    for of in &restoration.steps {
        match &of.answer {
            ReturnAnswer::Rotate { .. } => items.extend(in_its_place(case, &of.countermeasure)),
            ReturnAnswer::Keep { .. } => {
                if is_foreign(case, &of.countermeasure) {
                    let what = Thing::of(&of.countermeasure).what;
                    items.push(Item::with(&format!("delete {what}"), delete(&of.countermeasure)));
                }
                if let Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user }) = &of.countermeasure
                {
                    items.push(Item::of(&format!(
                        "set a new password for user {user}: in the IAM console, or by aws iam create-login-profile"
                    )));
                }
            }
            ReturnAnswer::Undo | ReturnAnswer::UndoKeepingSessionsDenied => {}
        }
    }
    items.extend(owners(case).map(|owners| Item::of(&format!("tell {owners} what was given back and what was not"))));
    items
}

/// A new credential in the place of one that stays dead.
fn in_its_place(case: &Case, step: &Countermeasure) -> Vec<Item> {
    let one = |text: &str, command: String| vec![Item::with(text, Some(command))];
    match step {
        Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, access_key }) => {
            let mut items = Vec::new();
            if access_keys(case) >= MOST_ACCESS_KEYS {
                let room = format!("delete {access_key}, to make room: IAM lets a user have two access keys");
                items.push(Item::with(&room, delete(step)));
            }
            items.extend(one(
                &format!("make a new key in the place of {access_key}; its secret is shown this once"),
                format!("aws iam create-access-key --user-name={user}"),
            ));
            items
        }
        Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { user, key }) => one(
            &format!("upload a new SSH public key in the place of {key}"),
            format!("aws iam upload-ssh-public-key --user-name={user} --ssh-public-key-body file://new-key.pub"),
        ),
        Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate { user, certificate }) => one(
            &format!("upload a new certificate in the place of {certificate}"),
            format!(
                "aws iam upload-signing-certificate --user-name={user} --certificate-body file://new-certificate.pem"
            ),
        ),
        Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential {
            user,
            credential,
            service,
        }) => one(
            &format!("make a new credential in the place of {credential}; its secret is shown this once"),
            format!("aws iam create-service-specific-credential --user-name={user} --service-name {}", quoted(service)),
        ),
        _ => vec![],
    }
}

fn delete(step: &Countermeasure) -> Option<String> {
    let (call, user, option, id) = match step {
        Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, access_key }) => {
            ("delete-access-key", user, "access-key-id", access_key.as_str())
        }
        Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { user, key }) => {
            ("delete-ssh-public-key", user, "ssh-public-key-id", key.as_str())
        }
        Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate { user, certificate }) => {
            ("delete-signing-certificate", user, "certificate-id", certificate.as_str())
        }
        Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential { user, credential, .. }) => {
            ("delete-service-specific-credential", user, "service-specific-credential-id", credential.as_str())
        }
        _ => return None,
    };
    Some(format!("aws iam {call} --user-name={user} --{option} {id}"))
}

/// Of one user. Source: IAM's quotas, "Access keys assigned to an IAM user".
const MOST_ACCESS_KEYS: usize = 2;

/// The user's access keys, those that appeared while it was being contained too.
fn access_keys(case: &Case) -> usize {
    let mut keys: Vec<&str> = case.inventory.access_keys.iter().map(|key| key.id.as_str()).collect();
    keys.extend(case.steps.iter().filter_map(|record| match &record.step.countermeasure {
        Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. }) => Some(access_key.as_str()),
        _ => None,
    }));
    keys.sort_unstable();
    keys.dedup();
    keys.len()
}

fn ask(case: &Case, stack: &str) -> String {
    format!("sever restore {} --stack {stack} --reason {}", case.id, quoted("why it may come back"))
}
