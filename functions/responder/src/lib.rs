//! What people ask for by hand, and what the schedule does: plan, contain, approve, verify, restore, exempt, recertify.

use severance_aws::countermeasures::{QuarantineByScp, RotateSecret};
use severance_aws::function::Parts;
use severance_aws::reach::Hands;
use severance_aws::responder::Responder;

/// What the responder answers with.
pub fn compose(parts: &Parts) -> Responder {
    Responder::new(parts.reactor(hands), parts.callers())
}

/// A person may ask for every countermeasure, and approve every one that another function held.
fn hands(parts: &Parts) -> Hands {
    let (iam, secrets) = (parts.iam(), parts.secrets());
    let identities = parts
        .identities(iam.clone())
        .with_secrets(secrets.clone())
        .with_roles_anywhere(parts.roles_anywhere_profiles())
        .with_directory(parts.directory_users());
    let mut drivers = parts.user_countermeasures(&iam);
    drivers.extend(parts.role_countermeasures(&iam));
    drivers.extend(parts.directory_countermeasures());
    drivers.extend(parts.key_countermeasures(&iam));
    drivers.push(Box::new(RotateSecret::new(secrets)));
    if parts.settings.scp_quarantine {
        drivers.push(Box::new(QuarantineByScp::new(parts.organizations())));
    }
    Hands::new(identities, drivers).with_trail(parts.trail())
}
