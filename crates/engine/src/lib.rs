//! The one way through that every function takes, and what people and the schedule begin on it.
//!
//! An event's signal goes through [`react`](reactor::Reactor::react): whom it is about is read ([`access`]), what is done is
//! decided by the domain and the one policy, each step is taken, read back and rechecked, and the evidence is published
//! ([`publish`]). A person's request ([`requests`]) and a task of the schedule begin a revision on the same way.
//!
//! INVARIANT: nothing here speaks to AWS but through `severance_aws`, and nothing here decides what is to be done to an
//! identity: `severance_domain` does.

pub mod access;
pub mod alarm;
pub mod asker;
mod blast_radius;
mod confirm;
mod consumers;
mod cutover;
mod follow;
pub mod publish;
mod react;
pub mod reactor;
mod recheck;
pub mod requests;
mod restore;
pub mod review;
pub mod rotation;
mod schedule;
pub mod settings;
mod whereabouts;
