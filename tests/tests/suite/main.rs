//! The deployed template in the emulator, with IAM enforced.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what is not as expected fails the test, in helpers too"
)]

mod backends;
mod breaker;
mod containment;
mod delivery;
mod everything;
mod guardrails;
mod late;
mod offboarding;
mod organization;
mod permissions;
mod rotation;
mod rules;
