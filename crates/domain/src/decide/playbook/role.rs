//! What fits a claim about an IAM role.

use super::attribution::attribution;
use super::contain;
use super::context::Context;
use super::part::{hold, note, step};
use crate::countermeasure::{self as card, Countermeasure};
use crate::record::plan::Plan;
use crate::words::ids::IamName;
use crate::words::profile::Profile;
use crate::words::signal::{Signal, SignalKind};
use crate::words::subject::{Inventory, Subject};

pub(super) fn propose(
    signal: &Signal,
    subject: &Subject,
    profile: &Profile,
    inventory: &Inventory,
    context: &Context,
) -> Plan {
    let Ok(role) = IamName::try_from(subject.name.as_str()) else {
        return hold("the role's name is not one that IAM allows");
    };
    let contain = |reason: &str| contain::role(signal, &role, subject, inventory, context, reason);
    match signal.kind {
        SignalKind::CredentialExposed | SignalKind::IdentityCompromised => {
            contain("somebody else may hold one of its sessions")
        }
        SignalKind::Offboarding => match attribution(signal, subject, profile) {
            Ok((_, reason)) => contain(&reason),
            Err(reason) => hold(&reason),
        },
        SignalKind::TrustExposed => for_exposed_trust(signal, &role, inventory),
        _ => hold("no countermeasure of this release fits this claim about a role"),
    }
}

/// Whom a role should trust, nobody but its owner knows; that nobody is trusted meanwhile can be undone.
fn for_exposed_trust(signal: &Signal, role: &IamName, inventory: &Inventory) -> Plan {
    match &inventory.trust {
        Some(trust) if trust.closed => note("its trust policy lets nobody in already"),
        Some(trust) if trust.lets_in_no_other_than_services() => hold(&format!(
            "its trust policy lets in {} alone, which uses the role: look whether it should",
            trust.services.join(", ")
        )),
        Some(_) => {
            // Where a contained identity wrote it, the claim says when.
            let written_at = signal.follows.as_ref().map(|_| signal.occurred_at);
            let close = Countermeasure::CloseRoleTrust(card::CloseRoleTrust { role: role.clone(), written_at });
            Plan { steps: vec![step(close, "it trusts somebody outside")], ..Plan::default() }
        }
        None => hold("the role's trust policy could not be read"),
    }
}
