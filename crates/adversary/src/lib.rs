//! An attacker against the whole product.
//!
//! [`run::run`] plays one [`schedule::Schedule`]: the functions as they are deployed, with the real SDK, over an AWS in memory
//! ([`fake_aws`]) that is eventually consistent in virtual time; an attacker with the identity's real rights, who acts between any
//! two calls; honest people beside them. [`properties`] judges what came of it by the fake's own evaluation and by what was
//! published: signed evidence and messages. The same schedule always gives the same run.
//!
//! What fails today stands in [`known`], each with the fault that it shows. A failure that is not there, and one that is there and
//! does not fail, fail the run.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

pub mod act;
pub mod attacker;
pub mod command;
pub mod known;
pub mod mutants;
pub mod outcome;
pub mod product;
pub mod properties;
pub mod published;
pub mod recording;
pub mod run;
pub mod schedule;
pub mod search;
pub mod stage;
