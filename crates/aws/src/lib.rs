//! Adapters, one module per AWS service, and the one way through that every function takes.
//!
//! A function gets only the ports that its IAM statement allows: it names the countermeasures it may drive and the
//! readers it may use, and nothing else is constructed.

pub mod alarm;
pub mod announce;
pub mod caller;
pub mod calls;
pub mod cases;
pub mod clock;
pub mod config;
pub mod copies;
pub mod countermeasures;
mod cutover;
mod door;
pub mod error;
pub mod evidence_store;
pub mod function;
pub mod guardrails;
pub mod identity;
pub mod logs;
pub mod look;
pub mod publish;
pub mod reach;
pub mod react;
pub mod responder;
pub mod restore;
pub mod review;
pub mod rotation;
pub mod sessions;
pub mod signer;
pub mod tick;
pub mod trail;
