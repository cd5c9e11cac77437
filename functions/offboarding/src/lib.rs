//! Reacts to leavers: what a person or workload alone uses is ended, the secrets they own are rotated, the rest is held for
//! review.

use severance_aws::countermeasures::{DeactivateAccessKey, QuarantineUser, RevokeRoleSessions, RotateSecret};
use severance_aws::function::Parts;
use severance_aws::identity::Identities;
use severance_aws::react::Reactor;
use severance_domain::intake::{self, EventSource};

/// The events that this function reads.
pub const SOURCES: &[EventSource] = intake::OFFBOARDING;

/// The only function that reaches secrets: it lists them, and starts rotations that others have configured.
pub fn compose(parts: &Parts) -> Reactor {
    let settings = parts.settings.clone();
    let (iam, secrets) = (parts.iam(), parts.secrets());
    Reactor {
        identities: Identities::new(iam.clone(), settings.account.clone(), settings.tags.clone())
            .with_secrets(secrets.clone()),
        drivers: vec![
            Box::new(QuarantineUser::new(iam.clone())),
            Box::new(DeactivateAccessKey::new(iam.clone())),
            Box::new(RevokeRoleSessions::new(iam)),
            Box::new(RotateSecret::new(secrets)),
        ],
        cases: parts.cases(),
        publisher: parts.publisher(),
        settings,
    }
}
