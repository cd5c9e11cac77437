//! Events in, signals out.
//!
//! One file per event source. A source looks at the envelope to say whether an event is its own, and turns it into
//! signals, or into a reason to ignore it, or refuses it naming the JSON path that is broken. An event with several
//! findings may do all three.
//!
//! INVARIANT: what sources share (`event.rs`, `node.rs`, `principal.rs`, `cloudtrail.rs`) is below them, and this list of them
//! above: no source knows of the list.

mod cloudtrail;
mod event;
mod node;
mod principal;

/// The sources, one file for each.
macro_rules! sources {
    ($($module:ident: $name:ident),+ $(,)?) => {
        $(pub(crate) mod $module;)+

        $(
            #[doc = concat!("See `intake/", stringify!($module), ".rs`.")]
            pub const $name: EventSource = $module::SOURCE;
        )+

        /// Every source.
        pub const SOURCES: &[EventSource] = &[$($name),+];
    };
}

sources! {
    guardduty: GUARDDUTY,
    security_hub: SECURITY_HUB,
    access_analyzer: ACCESS_ANALYZER,
    health: HEALTH,
    secrets_manager: SECRETS_MANAGER,
    create_access_key: CREATE_ACCESS_KEY,
    okta: OKTA,
    identity_center: IDENTITY_CENTER,
    offboarding_request: OFFBOARDING_REQUEST,
}

use serde_json::Value;

pub use crate::words::malformed::Malformed;
pub use event::{Bus, Envelope, EventRule, EventSource, Ignored, Intake};

/// Reads a raw event as one of these sources.
///
/// # Errors
/// Only where nothing of the event can be read; parts of it that are broken are in [`Intake::malformed`].
pub fn parse(raw: &Value, sources: &[EventSource]) -> Result<Intake, Malformed> {
    let envelope = Envelope::read(raw)?;
    match sources.iter().find(|source| (source.owns)(&envelope)) {
        Some(source) => (source.read)(&envelope),
        None => Ok(Intake::ignore(
            "$",
            format!(
                "{} / {} is not an event of {}",
                envelope.source,
                envelope.detail_type,
                sources.iter().map(|source| source.name).collect::<Vec<_>>().join(", ")
            ),
        )),
    }
}
