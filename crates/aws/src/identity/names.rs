//! Whom an event names, and whether that is still the same one.

use severance_domain::ids::{IamName, UniqueId};
use severance_domain::signal::PrincipalHint;

pub(super) fn name_in(hint: &PrincipalHint, resource_type: &str) -> Option<IamName> {
    let from_arn = || hint.arn.as_ref().and_then(|arn| IamName::try_from(arn.name_of(resource_type)?).ok());
    hint.name.clone().or_else(from_arn)
}

/// Names are reused: where the event gives a unique id, an identity with another one is somebody else.
pub(super) fn reused_name(hint: &PrincipalHint, found: Option<&UniqueId>, action: &str) -> Option<String> {
    let (wanted, found) = (hint.unique_id.as_ref()?, found?);
    (wanted != found).then(|| {
        format!("the event is about {wanted}, but {action} shows {found} under that name: it was deleted and recreated")
    })
}
