//! What the policies answer: the defaults, a user's own, and the schema.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;
mod custom;
mod defaults;
mod schema;
