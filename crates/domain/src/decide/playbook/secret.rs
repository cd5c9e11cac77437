//! What fits a claim about a secret.

use super::part::hold;
use crate::countermeasure::{self as card, Countermeasure};
use crate::intake::secrets_manager::ROTATION_FAILED;
use crate::record::plan::{Plan, Step};
use crate::words::profile::Profile;
use crate::words::signal::{Signal, SignalKind, Source, SubjectHint};
use crate::words::subject::{Inventory, Subject};

pub(super) fn propose(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory) -> Plan {
    let reason = match signal.kind {
        // To begin it anew would fail anew: Secrets Manager itself has tried several times.
        SignalKind::SecretUnrotated if signal.rule == ROTATION_FAILED && signal.source == Source::SecretsManager => {
            let name = subject.arn.as_ref().map_or(subject.name.as_str(), |arn| arn.as_str());
            return hold(&format!(
                "its rotation failed: its old value still counts; look at the log of its rotation function, then rotate it anew \
                 (sever rotate {name})"
            ));
        }
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
            steps: vec![Step::fitting(
                Countermeasure::RotateSecret(card::RotateSecret { secret: arn.clone() }),
                reason,
            )],
            ..Plan::default()
        },
        None => hold("its ARN is not known"),
    }
}
