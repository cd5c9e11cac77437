//! Who answers for an identity, and what kind of holder it has: stated by tags, else by the registry, else inferred.

mod inferred;
mod stated;

pub use crate::words::profile::{Basis, Class, Confidence, Criticality, Field, Origin, Profile};
pub use inferred::Clues;
pub use stated::{Precedence, RegistryEntry, TagKeys};
