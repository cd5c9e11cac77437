//! Whether an identity is a leaver's own.

use crate::decide::policy::Attribution;
use crate::words::profile::{Class, Profile};
use crate::words::signal::{Signal, SignalKind, SubjectHint};
use crate::words::subject::Subject;

/// How a leaver is tied to an identity, and in words; or why nobody can say that it is theirs to be ended.
pub(super) fn attribution(
    signal: &Signal,
    subject: &Subject,
    profile: &Profile,
) -> Result<(Attribution, String), String> {
    let (identifiers, leaver, is_person) = match &signal.subject {
        _ if signal.kind != SignalKind::Offboarding => return Ok((Attribution::Direct, String::new())),
        SubjectHint::Person { identifiers } => (identifiers, "person who left", true),
        SubjectHint::Workload { identifiers } => (identifiers, "workload that was retired", false),
        _ => return Ok((Attribution::Direct, "it was named as retired".to_owned())),
    };
    let others = profile.owners_beside(identifiers);
    if !others.is_empty() {
        return Err(format!("it has other owners as well: {}", others.join(", ")));
    }
    let class = profile.class.map_or("unknown", Class::as_str);
    if !profile.owners.is_empty() {
        let owns = format!("the {leaver} is its only owner (its class is {class})");
        return Ok((if is_person { Attribution::PersonOwns } else { Attribution::WorkloadOwns }, owns));
    }
    if identifiers.iter().any(|name| name.trim().eq_ignore_ascii_case(&subject.name)) {
        let bears = format!("it bears the name of the {leaver} (its class is {class})");
        return Ok((if is_person { Attribution::PersonByName } else { Attribution::WorkloadByName }, bears));
    }
    Err(format!("neither an owner nor its name says that it belongs to the {leaver}"))
}
