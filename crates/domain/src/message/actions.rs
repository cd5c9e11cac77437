//! What a person does next by hand.

use super::cutover::next;
use super::looks::next_after_reappearance;
use super::restoration::next_after_restoration;
use super::words::{Item, from_outside, quoted};
use super::{decision, is_only_observed, only_observed};
use crate::case::{Case, Confirmation, Outcome, StepRecord};
use crate::countermeasure::{self as card, Countermeasure};
use crate::ids::Arn;
use crate::plan::{Disposition, QUARANTINE_POLICY, REVOKE_SESSIONS_POLICY};
use crate::signal::SignalKind;
use crate::subject::SubjectKind;
use crate::verdict::Verdict;

pub(super) fn next_actions(case: &Case, verdict: Verdict, stack: &str) -> Vec<Item> {
    if case.restoration.is_some() {
        return next_after_restoration(case, verdict, stack);
    }
    let mut actions = Vec::new();
    if verdict == Verdict::Reappeared {
        actions.extend(next_after_reappearance(case, stack));
    }
    actions.extend(case.steps.iter().flat_map(|record| next_for_step(case, record)));
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
        (_, _, Some(Confirmation::Unconfirmed { contradicted: true, .. })) if case.verification.is_some() => vec![],
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
pub(super) fn by_hand(case: &Case, step: &Countermeasure) -> Option<String> {
    let partition = case.subject.arn.as_ref().map_or("aws", Arn::partition);
    let deny_all = || quoted(&format!("arn:{partition}:iam::aws:policy/AWSDenyAll"));
    match step {
        Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, access_key }) => {
            Some(format!("aws iam update-access-key --user-name={user} --access-key-id {access_key} --status Inactive"))
        }
        Countermeasure::QuarantineUser(card::QuarantineUser { user }) => {
            Some(format!("aws iam attach-user-policy --user-name={user} --policy-arn {}", deny_all()))
        }
        Countermeasure::QuarantineRole(card::QuarantineRole { role }) => {
            Some(format!("aws iam attach-role-policy --role-name={role} --policy-arn {}", deny_all()))
        }
        Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user }) => {
            Some(format!("aws iam delete-login-profile --user-name={user}"))
        }
        Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { user, key }) => Some(format!(
            "aws iam update-ssh-public-key --user-name={user} --ssh-public-key-id {key} --status Inactive"
        )),
        Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate { user, certificate }) => {
            Some(format!(
                "aws iam update-signing-certificate --user-name={user} --certificate-id {certificate} --status Inactive"
            ))
        }
        Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential { user, credential, .. }) => {
            Some(format!(
                "aws iam update-service-specific-credential --user-name={user} --service-specific-credential-id {credential} \
             --status Inactive"
            ))
        }
        Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere { profile, .. }) => Some(format!(
            "aws rolesanywhere disable-profile --profile-id {}{}",
            quoted(profile.name_of("profile").unwrap_or_default()),
            region(profile)
        )),
        Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership { store, membership, .. }) => Some(format!(
            "aws identitystore delete-group-membership --identity-store-id {store} --membership-id {membership}"
        )),
        Countermeasure::DeleteAccessKey(card::DeleteAccessKey { user, access_key }) => {
            Some(format!("aws iam delete-access-key --user-name={user} --access-key-id {access_key}"))
        }
        Countermeasure::RotateSecret(card::RotateSecret { secret }) => {
            Some(format!("aws secretsmanager rotate-secret --secret-id {}{}", quoted(secret.as_str()), region(secret)))
        }
        // The IAM console has a button for sessions (the role, Revoke sessions); the others take more than one command.
        Countermeasure::RevokeRoleSessions(_)
        | Countermeasure::RevokeUserSessions(_)
        | Countermeasure::CloseRoleTrust(_)
        | Countermeasure::RemoveAccountAssignment(_)
        | Countermeasure::NeutralizePolicy(_)
        | Countermeasure::QuarantineByScp(_)
        | Countermeasure::AdoptAccessKey(_)
        | Countermeasure::HoldForReview => None,
    }
}

/// The command by which a person sees whether a step took effect.
fn look(step: &Countermeasure) -> Option<String> {
    match step {
        Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, .. })
        | Countermeasure::DeleteAccessKey(card::DeleteAccessKey { user, .. })
        | Countermeasure::AdoptAccessKey(card::AdoptAccessKey { user, .. }) => {
            Some(format!("aws iam list-access-keys --user-name={user}"))
        }
        Countermeasure::QuarantineUser(card::QuarantineUser { user }) => {
            Some(format!("aws iam get-user-policy --user-name={user} --policy-name {QUARANTINE_POLICY}"))
        }
        Countermeasure::RevokeUserSessions(card::RevokeUserSessions { user }) => {
            Some(format!("aws iam get-user-policy --user-name={user} --policy-name {REVOKE_SESSIONS_POLICY}"))
        }
        Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user }) => {
            Some(format!("aws iam get-login-profile --user-name={user}"))
        }
        Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { user, .. }) => {
            Some(format!("aws iam list-ssh-public-keys --user-name={user}"))
        }
        Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate { user, .. }) => {
            Some(format!("aws iam list-signing-certificates --user-name={user}"))
        }
        Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential { user, .. }) => {
            Some(format!("aws iam list-service-specific-credentials --user-name={user}"))
        }
        Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role, .. }) => {
            Some(format!("aws iam get-role-policy --role-name={role} --policy-name {REVOKE_SESSIONS_POLICY}"))
        }
        Countermeasure::QuarantineRole(card::QuarantineRole { role }) => {
            Some(format!("aws iam get-role-policy --role-name={role} --policy-name {QUARANTINE_POLICY}"))
        }
        Countermeasure::CloseRoleTrust(card::CloseRoleTrust { role }) => {
            Some(format!("aws iam get-role --role-name={role}"))
        }
        Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere { profile, .. }) => Some(format!(
            "aws rolesanywhere get-profile --profile-id {}{}",
            quoted(profile.name_of("profile").unwrap_or_default()),
            region(profile)
        )),
        Countermeasure::NeutralizePolicy(card::NeutralizePolicy { policy, .. }) => {
            Some(format!("aws iam list-policy-versions --policy-arn {}", quoted(policy.as_str())))
        }
        Countermeasure::RotateSecret(card::RotateSecret { secret }) => Some(format!(
            "aws secretsmanager describe-secret --secret-id {}{}",
            quoted(secret.as_str()),
            region(secret)
        )),
        Countermeasure::QuarantineByScp(card::QuarantineByScp { account, .. }) => Some(format!(
            "aws organizations list-policies-for-target --target-id {account} --filter SERVICE_CONTROL_POLICY"
        )),
        // What lists them wants the Identity Center instance, which no message knows.
        Countermeasure::RemoveAccountAssignment(_)
        | Countermeasure::RemoveGroupMembership(_)
        | Countermeasure::HoldForReview => None,
    }
}

fn region(arn: &Arn) -> String {
    if arn.region().is_empty() { String::new() } else { format!(" --region {}", quoted(arn.region())) }
}

fn is_applied(record: &StepRecord) -> bool {
    matches!(record.outcome, Some(Outcome::Applied { .. }))
}

pub(super) fn owners(case: &Case) -> Option<String> {
    (!case.profile.owners.is_empty()).then(|| from_outside(&case.profile.owners.join(", ")))
}
