//! The guardrails: Cedar policies that decide for each step whether it is enforced, reviewed or only recorded.
//!
//! The domain asks ([`severance_domain::policy::Policy`]), [`Guardrails`] answers. The policies stand in the folder
//! `policies` of the repository, ours in `default`, the user's own in `custom`; build.rs embeds both and stops the build
//! where one of them does not fit the schema.

mod check;
mod guardrails;
mod question;

pub use check::{NO_PERMIT, NOT_ASKED, PolicyError, Problem, SCHEMA, SCHEMA_NAME, SourceFile};
pub use guardrails::{About, Asked, Effect, Explanation, Guardrails};
pub use question::Action;

// The integration tests' own situations serve the unit tests too.
#[cfg(test)]
extern crate self as severance_policy;
#[cfg(test)]
#[path = "../tests/suite/common/mod.rs"]
mod common;
