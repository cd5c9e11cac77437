//! Reacts to findings of posture tools and threat detectors about IAM users, roles and their keys.

use severance_aws::countermeasures::{DeactivateAccessKey, QuarantineUser, RevokeRoleSessions};
use severance_aws::function::Parts;
use severance_aws::react::Reactor;
use severance_domain::intake::{self, EventSource};

/// The events that this function reads.
pub const SOURCES: &[EventSource] = intake::POSTURE_FINDING;

/// Users can be contained and roles' sessions revoked; secrets are not reachable from here, as in the IAM statement.
pub fn compose(parts: &Parts) -> Reactor {
    let iam = parts.iam();
    parts.reactor(
        parts.identities(iam.clone()),
        vec![
            Box::new(QuarantineUser::new(iam.clone())),
            Box::new(DeactivateAccessKey::new(iam.clone())),
            Box::new(RevokeRoleSessions::new(iam)),
        ],
    )
}
