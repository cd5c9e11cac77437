//! The built command, as a responder and an auditor run it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod containment;
mod documented;
mod policy;
mod registry;
mod remote;
mod rotation;
mod support;
mod verify;
