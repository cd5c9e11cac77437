//! Reacts to leavers: what a person or workload alone uses is ended, the secrets they own are rotated, the rest is held for
//! review.

use severance_aws::countermeasures::{DeactivateAccessKey, QuarantineUser, RevokeRoleSessions, RotateSecret};
use severance_aws::function::Parts;
use severance_aws::react::Reactor;
use severance_domain::intake::{self, EventSource};

/// The events that this function reads.
pub const SOURCES: &[EventSource] = intake::OFFBOARDING;

/// The only function that reaches secrets: it lists them, and starts rotations that others have configured.
pub fn compose(parts: &Parts) -> Reactor {
    let (iam, secrets) = (parts.iam(), parts.secrets());
    parts.reactor(
        parts.identities(iam.clone()).with_secrets(secrets.clone()),
        vec![
            Box::new(QuarantineUser::new(iam.clone())),
            Box::new(DeactivateAccessKey::new(iam.clone())),
            Box::new(RevokeRoleSessions::new(iam)),
            Box::new(RotateSecret::new(secrets)),
        ],
    )
}
