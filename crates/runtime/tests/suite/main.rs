//! Faults, races and whole reactions, over an AWS in memory.
//!
//! One binary for all of them: each links the SDK, which takes longer than the tests run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod account;
mod beside;
mod caller;
mod common;
mod copies;
mod countermeasures;
mod cutover;
mod faults;
mod guardrails;
mod permissions;
mod quotas;
mod reactions;
mod readers;
mod replicas;
mod resolving;
mod resuming;
mod reviews;
mod rotation;
mod secrecy;
mod sessions;
mod stored;
mod whole;
