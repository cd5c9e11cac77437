//! The language of Severance, pure.
//!
//! An event becomes [`signal::Signal`]s ([`intake`]), a signal and what AWS says of its [`subject::Subject`]
//! become a [`plan::Plan`], a plan's outcomes become a [`verdict::Verdict`], and all of it becomes
//! [`evidence`].
//!
//! INVARIANT: nothing in this crate does I/O, reads a clock or reads the environment. The same inputs give the
//! same plan, the same verdict and the same bytes of evidence.

pub mod case;
pub mod command;
pub mod copies;
pub mod countermeasure;
pub mod cutover;
pub mod digest;
pub mod evidence;
pub mod exemption;
pub mod ids;
pub mod intake;
pub mod message;
pub mod plan;
pub mod playbook;
pub mod policy;
pub mod profile;
pub mod radius;
pub mod refusals;
pub mod respond;
pub mod restoration;
pub mod review;
pub mod right;
pub mod rotation;
pub mod signal;
pub mod subject;
pub mod text;
pub mod trail;
pub mod verdict;
