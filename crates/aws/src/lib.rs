//! What speaks to AWS: adapters, and a driver for each countermeasure.
//!
//! INVARIANT: there is no flow here. A module reads or writes one thing and says what came of it; what follows from that, the
//! engine decides.

pub mod announce;
pub mod caller;
pub mod calls;
pub mod cases;
pub mod clock;
pub mod copies;
pub mod countermeasures;
pub mod error;
pub mod evidence_store;
pub mod guardrails;
pub mod identity;
pub mod recheck;
pub mod rotation;
pub mod sessions;
pub mod signer;
pub mod trail;
