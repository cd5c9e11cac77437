//! What fits a claim about a secret.

use super::hold;
use crate::plan::{Countermeasure, Disposition, Plan, Step};
use crate::profile::Profile;
use crate::signal::{Signal, SignalKind, SubjectHint};
use crate::subject::{Inventory, Subject};

pub(super) fn propose(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory) -> Plan {
    let reason = match signal.kind {
        SignalKind::SecretUnrotated => "it was not rotated in time".to_owned(),
        SignalKind::CredentialExposed => "its value is known to others".to_owned(),
        SignalKind::Offboarding => match &signal.subject {
            SubjectHint::Person { identifiers } | SubjectHint::Workload { identifiers } => {
                let others = profile.owners_beside(identifiers);
                if profile.owners.is_empty() {
                    return hold("nothing says that it belongs to the one who leaves: it has no owner");
                } else if !others.is_empty() {
                    return hold(&format!("it has other owners as well: {}", others.join(", ")));
                }
                "the one who leaves owns it and may know its value".to_owned()
            }
            _ => "it was named as retired, and whoever used it may know its value".to_owned(),
        },
        _ => return hold("no countermeasure of this release fits this claim about a secret"),
    };
    let Some(state) = &inventory.secret else {
        return hold("AWS did not say whether it has rotation configured");
    };
    match &subject.arn {
        _ if state.deletion_scheduled => hold("it is scheduled for deletion, so it cannot be rotated"),
        _ if !state.rotation_enabled => hold("it has no rotation configured, so its owner must replace the value"),
        Some(arn) => Plan {
            steps: vec![Step {
                countermeasure: Countermeasure::RotateSecret { secret: arn.clone() },
                disposition: Disposition::Enforce,
                reason,
                ruling: None,
            }],
            ..Plan::default()
        },
        None => hold("its ARN is not known"),
    }
}
