//! Reacts to findings of posture tools and threat detectors about IAM users, roles and their keys, and to failed rotations of
//! secrets.

use severance_aws::countermeasures::RotateSecret;
use severance_aws::function::Parts;
use severance_aws::reach::Hands;
use severance_aws::react::Reactor;
use severance_domain::intake::{self, EventSource};

/// The events that this function reads.
pub const SOURCES: &[EventSource] = intake::POSTURE_FINDING;

/// What this function reacts with.
pub fn compose(parts: &Parts) -> Reactor {
    parts.reactor(hands)
}

/// Users and roles can be contained, and the secret that holds a user's key can be rotated beside; the directory is not reachable
/// from here, as in the IAM statement.
fn hands(parts: &Parts) -> Hands {
    let (iam, secrets) = (parts.iam(), parts.secrets());
    let identities = parts
        .identities(iam.clone())
        .with_secrets(secrets.clone())
        .with_roles_anywhere(parts.roles_anywhere_profiles());
    let mut drivers = parts.user_countermeasures(&iam);
    drivers.extend(parts.role_countermeasures(&iam));
    drivers.push(Box::new(RotateSecret::new(secrets)));
    Hands::new(identities, drivers).with_trail(parts.trail())
}
