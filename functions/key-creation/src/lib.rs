//! Reacts to new access keys: a key that nobody answers for, or that a person made, is deactivated.

use severance_aws::countermeasures::DeactivateAccessKey;
use severance_aws::function::Parts;
use severance_aws::reach::Hands;
use severance_aws::react::Reactor;
use severance_domain::intake::{self, EventSource};

/// The events that this function reads.
pub const SOURCES: &[EventSource] = intake::KEY_CREATION;

/// What this function reacts with.
pub fn compose(parts: &Parts) -> Reactor {
    parts.reactor(hands)
}

/// The only port that changes anything is the one that deactivates keys, as in the function's IAM statement.
fn hands(parts: &Parts) -> Hands {
    let iam = parts.iam();
    Hands::new(parts.identities(iam.clone()), vec![Box::new(DeactivateAccessKey::new(iam))])
}
