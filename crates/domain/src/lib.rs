//! The language of Severance, pure.
//!
//! An event becomes [`signal::Signal`]s ([`intake`]), a signal and what AWS says of its [`subject::Subject`]
//! become a [`plan::Plan`], a plan's outcomes become a [`verdict::Verdict`], and all of it becomes
//! [`evidence`].
//!
//! INVARIANT: nothing in this crate does I/O, reads a clock or reads the environment. The same inputs give the
//! same plan, the same verdict and the same bytes of evidence.
//!
//! INVARIANT: the modules stand in wings, and a wing imports only from those below it. What a case stores is below what
//! decides about it: a plan, an exemption and a review are records, and the playbook, which also looks at a case once more,
//! reads them. What a private wing holds is handed on at the end of this file, so that each thing has one public path.

// Wings, lowest first: tidy holds that imports only go down.

// Ids and names, what AWS says of an identity, what an event claims, the words for what is done about it.
mod words;

// A rotation's own memory, and the formats of the secrets that it writes.
pub mod rotation;

// Where copies of a key live.
pub mod copies;

// What can be done: one card a file.
pub mod countermeasure;

// From events to signals: one source a file.
pub mod intake;

// The case with all that it holds, its verdict and its evidence.
mod record;

// Which steps fit, what the policies are asked about them, and what is never done.
mod decide;

// What people are told, and what the responder answers.
mod tell;

pub use decide::{playbook, policy, profile, radius, refusals, standing};
pub use record::{case, cutover, evidence, exemption, plan, restoration, review, trail, verdict};
pub use tell::{message, respond};
pub use words::{caller, command, digest, ids, lane, regions, right, signal, subject, text};
