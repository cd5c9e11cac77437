//! What the end-to-end tests share: the deployed stack as its users see it from outside.
//!
//! `make test` starts the emulator with enforced IAM, deploys `template.yaml` into it three times (enforcing, observing, and
//! with breakers that open soon) and puts their names into the environment. Every test makes identities of its own, so tests run side by side.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "this library is for tests only: what is not as expected fails the test"
)]

pub mod access_paths;
pub mod late;
pub mod rotation;

mod events;
mod identities;
mod people;
mod published;
mod records;
mod roles;
mod stack;

pub use events::{day, event, misused, stale, unique};
pub use identities::HeldKey;
pub use people::{Person, Ran};
pub use published::Inbox;
pub use roles::{AssumableRole, Session};
pub use stack::{ACCOUNT, Function, Stack, moto};
