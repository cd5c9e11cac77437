//! Ending an identity as a whole: which steps, and in which order.
//!
//! INVARIANT: the denial comes first. A credential that is minted while the others are being ended is worth nothing then. Of a role
//! whose users go on it is in two parts: new sessions are denied before those that there are.

use super::context::Context;
use super::keys::inactive_already;
use super::part::{held, hold, note, step};
use crate::countermeasure::{self as card, Countermeasure};
use crate::record::plan::{Plan, Step};
use crate::words::ids::{AccountId, Arn, IamName, ResourceId};
use crate::words::signal::{Planted, Signal};
use crate::words::subject::{CredentialState, Inventory, Subject};

/// Deny first; then everything by which the user could come back.
pub(super) fn user(signal: &Signal, user: &IamName, inventory: &Inventory, reason: &str) -> Plan {
    let boundary = inventory.permissions_boundary.as_ref();
    let mut plan = Plan {
        steps: vec![step(Countermeasure::QuarantineUser(card::QuarantineUser::of(user.clone(), boundary)), reason)],
        ..Plan::default()
    };
    plan.steps.extend(credentials(user, inventory, reason));
    plan.notes.extend(ended_already(inventory));
    if let Some(key) = signal.access_key.as_ref().filter(|key| key.is_temporary()) {
        plan.notes.push(format!("{key} is a session's key, which cannot be deactivated: a quarantine denies it"));
    }
    if inventory.console_password == Some(true) {
        plan.notes.push(
            "there is a console password: it has no inactive state, so to end it is to delete it, and only a new one can follow"
                .to_owned(),
        );
    }
    plan
}

/// Every credential that AWS accepts. One that it does not is never a step: undoing that step would bring to life what was
/// dead before we came.
pub(super) fn credentials(user: &IamName, inventory: &Inventory, reason: &str) -> Vec<Step> {
    let name = || user.clone();
    let keys = inventory.access_keys.iter().filter(|key| key.active).map(|key| {
        Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user: name(), access_key: key.id.clone() })
    });
    let password = (inventory.console_password == Some(true))
        .then(|| Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user: name() }));
    let service =
        inventory.service_credentials.iter().filter(|held| held.state == CredentialState::Active).map(|held| {
            let (credential, service) = (held.id.clone(), held.service.clone());
            Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential {
                user: name(),
                credential,
                service,
            })
        });
    let ssh = inventory.ssh_public_keys.iter().filter(|held| held.active).map(|held| {
        Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { user: name(), key: held.id.clone() })
    });
    let certificates = inventory.signing_certificates.iter().filter(|held| held.active).map(|held| {
        Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate {
            user: name(),
            certificate: held.id.clone(),
        })
    });
    // By what each can do: keys reach every API, a password the console, API keys one service, the last two a repository.
    keys.chain(password).chain(service).chain(ssh).chain(certificates).map(|what| step(what, reason)).collect()
}

fn ended_already(inventory: &Inventory) -> impl Iterator<Item = String> {
    let keys = inventory.access_keys.iter().filter(|key| !key.active).map(inactive_already);
    let held = inventory.ssh_public_keys.iter().chain(&inventory.signing_certificates);
    let uploaded = held.filter(|held| !held.active).map(|held| format!("{} was inactive already", held.id));
    let service = inventory.service_credentials.iter().filter_map(|held| match held.state {
        CredentialState::Active => None,
        CredentialState::Inactive => Some(format!("{} for {} was inactive already", held.id, held.service)),
        CredentialState::Expired => Some(format!("{} for {} has expired", held.id, held.service)),
    });
    keys.chain(uploaded).chain(service).collect::<Vec<_>>().into_iter()
}

/// One credential that a contained identity put on a user whom others use, and the sessions that it may have started.
pub(super) fn planted(planted: &Planted, user: &IamName, inventory: &Inventory) -> Plan {
    let reason = "a contained identity put it on this user";
    let wanted = |step: &Step| match (&step.countermeasure, planted) {
        (Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. }), Planted::AccessKey(id)) => {
            access_key == id
        }
        (Countermeasure::RemoveConsolePassword(_), Planted::ConsolePassword) => true,
        (
            Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { key, .. }),
            Planted::SshPublicKey(id),
        ) => key == id,
        (
            Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate { certificate, .. }),
            Planted::SigningCertificate(id),
        ) => certificate == id,
        (
            Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential { credential, .. }),
            Planted::ServiceCredential(id),
        ) => credential == id,
        _ => false,
    };
    let mut steps: Vec<Step> = credentials(user, inventory, reason).into_iter().filter(wanted).collect();
    if steps.is_empty() {
        return if inventory.unread.is_empty() {
            note("the credential that a contained identity put there is not active any more: nothing to do")
        } else {
            Plan::default()
        };
    }
    // Only these two start sessions, and those outlive them.
    if matches!(planted, Planted::AccessKey(_) | Planted::ConsolePassword) {
        let revoke = Countermeasure::RevokeUserSessions(card::RevokeUserSessions { user: user.clone() });
        steps.push(step(revoke, "sessions that it started would outlive it; long-term keys work on"));
    }
    Plan { steps, ..Plan::default() }
}

/// First the ways to new sessions, of which those of AWS services stay: they go on. Then the sessions that there are, by a moment
/// that is later than any session which somebody started meanwhile.
pub(super) fn role(
    signal: &Signal,
    role: &IamName,
    subject: &Subject,
    held: &Inventory,
    context: &Context,
    reason: &str,
) -> Plan {
    let mut plan = Plan::default();
    let mut act = |what: Countermeasure| plan.steps.push(step(what, reason));
    if signal.follows.is_some() {
        act(Countermeasure::QuarantineRole(card::QuarantineRole::of(role.clone(), held.permissions_boundary.as_ref())));
    }
    match &held.trust {
        Some(trust) if trust.closed => plan.notes.push("its trust policy lets nobody in already".to_owned()),
        Some(trust) => {
            if !trust.lets_in_no_other_than_services() {
                act(Countermeasure::CloseRoleTrust(card::CloseRoleTrust::of(role.clone())));
            }
            if !trust.services.is_empty() {
                plan.notes.push(format!(
                    "{} uses the role and goes on: sessions that it starts from now on are not denied",
                    trust.services.join(", ")
                ));
            }
        }
        None => plan.notes.push("whoever the role trusts can still start new sessions".to_owned()),
    }
    if let Some(arn) = &subject.arn {
        for profile in &held.roles_anywhere {
            if profile.enabled && profile.roles.iter().any(|role| role == arn.as_str()) {
                let leave = Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere {
                    role: arn.clone(),
                    profile: profile.arn.clone(),
                });
                plan.steps.push(step(leave, reason));
            }
        }
    }
    let revoke = card::RevokeRoleSessions { role: role.clone(), issued_before: context.now };
    plan.steps.push(step(Countermeasure::RevokeRoleSessions(revoke), reason));
    plan
}

/// Groups and accounts, which is all that a directory user has; then what is running, where an organization's own policy may.
pub(super) fn directory_user(subject: &Subject, inventory: &Inventory, context: &Context, reason: &str) -> Plan {
    let Ok(user) = ResourceId::try_from(subject.name.as_str()) else {
        return hold("the directory user's id is not one that AWS gives");
    };
    let mut plan = Plan::default();
    for of in &inventory.group_memberships {
        let (store, group, membership) = (of.store.clone(), of.group.clone(), of.membership.clone());
        let leave = Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership {
            user: user.clone(),
            store,
            group,
            membership,
        });
        plan.steps.push(step(leave, reason));
    }
    for of in inventory.account_assignments.iter().filter(|of| of.by_group.is_none()) {
        let (account, permission_set) = (of.account.clone(), of.permission_set.clone());
        let remove = Countermeasure::RemoveAccountAssignment(card::RemoveAccountAssignment {
            user: user.clone(),
            account,
            permission_set,
        });
        plan.steps.push(step(remove, reason));
    }
    if let (true, Some(arn)) = (context.scp_quarantine, &subject.arn) {
        // What a service control policy says does not bind the management account.
        let bound = |account: &AccountId| context.management_account.as_ref() != Some(account);
        let mut accounts: Vec<_> =
            inventory.account_assignments.iter().map(|of| of.account.clone()).filter(bound).collect();
        accounts.sort();
        accounts.dedup();
        let running = "sessions that they started run on for up to 12 hours, and only this ends them";
        plan.steps.extend(accounts.into_iter().map(|account| {
            step(
                Countermeasure::QuarantineByScp(card::QuarantineByScp {
                    principal: arn.clone(),
                    account,
                    unique_id: None,
                }),
                running,
            )
        }));
    }
    if plan.steps.is_empty() && inventory.unread.is_empty() {
        return note("the directory user is in no group and has no account: nothing to do");
    }
    plan.notes.push(
        "they can still sign in to the access portal, where nothing is left for them: disable them in the directory"
            .to_owned(),
    );
    plan
}

/// A denial anew, in each way there is: whoever lifts one of them leaves the others. None for a step that is no denial of
/// everything in the account itself.
pub(super) fn in_every_way(denial: &Countermeasure) -> Option<Countermeasure> {
    match denial {
        Countermeasure::QuarantineUser(of) => {
            Some(Countermeasure::QuarantineUser(card::QuarantineUser { every_way: true, ..of.clone() }))
        }
        Countermeasure::QuarantineRole(of) => {
            Some(Countermeasure::QuarantineRole(card::QuarantineRole { every_way: true, ..of.clone() }))
        }
        _ => None,
    }
}

/// What the identity is denied by at the organization's level, once somebody has lifted the denial in its own account. None
/// where nothing there withstands it and it is not `often`: then the denial is written anew in each way there is.
pub(super) fn beyond_reach(subject: &Subject, arn: &Arn, context: &Context, often: bool) -> Option<Step> {
    let ask = |reason: &str| often.then(|| held(reason));
    if !context.scp_quarantine {
        return ask(
            "somebody lifts the denial again and again: only a service control policy withstands that, and this stack may \
             write none (parameter ScpQuarantine)",
        );
    }
    if context.management_account.as_ref() == Some(&subject.account) {
        return ask(
            "somebody lifts the denial again and again, and service control policies do not bind the management account",
        );
    }
    let deny = Countermeasure::QuarantineByScp(card::QuarantineByScp {
        principal: arn.clone(),
        account: subject.account.clone(),
        unique_id: subject.unique_id.clone(),
    });
    Some(step(deny, "somebody in the account lifted the denial: nobody there can lift this one"))
}
