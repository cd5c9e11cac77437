//! What people ask for by hand, and what the schedule does: contain, approve, deny, exempt, reset, recertify.

use severance_aws::countermeasures::{DeactivateAccessKey, QuarantineUser, RevokeRoleSessions, RotateSecret};
use severance_aws::function::Parts;
use severance_aws::responder::Responder;

/// A person may ask for every countermeasure, and approve every one that another function held.
pub fn compose(parts: &Parts) -> Responder {
    let (iam, secrets) = (parts.iam(), parts.secrets());
    let identities = parts.identities(iam.clone()).with_secrets(secrets.clone());
    let reactor = parts.reactor(
        identities,
        vec![
            Box::new(QuarantineUser::new(iam.clone())),
            Box::new(DeactivateAccessKey::new(iam.clone())),
            Box::new(RevokeRoleSessions::new(iam)),
            Box::new(RotateSecret::new(secrets)),
        ],
    );
    Responder::new(reactor, parts.callers())
}
