//! What fits a claim about a user of IAM Identity Center's directory.

use super::attribution::attribution;
use super::contain;
use super::context::Context;
use super::part::hold;
use crate::record::plan::Plan;
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
    match signal.kind {
        SignalKind::CredentialExposed | SignalKind::IdentityCompromised => {
            contain::directory_user(subject, inventory, context, "somebody else may be signing in as them")
        }
        SignalKind::Offboarding => match attribution(signal, subject, profile) {
            Ok((_, reason)) => contain::directory_user(subject, inventory, context, &reason),
            Err(reason) => hold(&reason),
        },
        _ => hold("no countermeasure of this release fits this claim about a directory user"),
    }
}
