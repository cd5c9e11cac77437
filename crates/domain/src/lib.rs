//! The language of Severance, pure.
//!
//! An event becomes [`signal::Signal`]s ([`intake`]), a signal and what AWS says of its [`subject::Subject`]
//! become a [`plan::Plan`], a plan's outcomes become a [`verdict::Verdict`], and all of it becomes
//! [`evidence`].
//!
//! INVARIANT: nothing in this crate does I/O, reads a clock or reads the environment. The same inputs give the
//! same plan, the same verdict and the same bytes of evidence.

mod words;

pub mod rotation;

pub mod copies;

pub mod countermeasure;

pub mod intake;

mod record;

mod decide;

mod tell;

pub use decide::{playbook, policy, profile, radius, refusals};
pub use record::{case, cutover, evidence, exemption, plan, restoration, review, trail, verdict};
pub use tell::{message, respond};
pub use words::{command, digest, ids, right, signal, subject, text};
