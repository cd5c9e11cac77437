//! Reacts to leavers: what a person or workload alone uses is ended, the secrets they own are rotated, the rest is held for
//! review.

use severance_aws::countermeasures::RotateSecret;
use severance_aws::function::Parts;
use severance_aws::reach::Hands;
use severance_aws::react::Reactor;
use severance_domain::intake::{self, EventSource};

/// The events that this function reads.
pub const SOURCES: &[EventSource] = intake::OFFBOARDING;

/// What this function reacts with.
pub fn compose(parts: &Parts) -> Reactor {
    parts.reactor(hands)
}

/// The only function that an event starts and that reaches secrets and the directory: it lists secrets and starts rotations
/// that others have configured, and takes people out of groups and accounts.
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
    drivers.push(Box::new(RotateSecret::new(secrets)));
    Hands::new(identities, drivers).with_trail(parts.trail())
}
