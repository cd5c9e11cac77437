//! An AWS in memory that is no kinder than AWS, for tests only.
//!
//! It speaks the wire protocols of the services to the real SDK ([`FakeAws::http_client`]), checks each caller by their policies
//! ([`evaluate`]), and is eventually consistent: a write becomes visible to reads and to enforcement after delays of their own
//! ([`Lag`]), CloudTrail tells of a call minutes later. Time is tokio's, so that a paused runtime makes it virtual: hours of AWS
//! pass in milliseconds, and the same seed gives the same run.
//!
//! An attacker calls it without HTTP ([`FakeAws::call`]) through the same handlers and with the same rights as everybody. What is
//! alive in the end, [`oracle`] says, by this crate's own evaluation after everything has settled.
//!
//! INVARIANT: this crate imports no other crate of the workspace.
//!
//! INVARIANT: imports only go down. At the bottom are the words of a call (`call`, `caller`) and what is seen late (`lag`, `store`);
//! on them stand the services' tables (`<service>/tables.rs`, CloudTrail's `history.rs`), which [`State`] owns and does nothing
//! with. The policies ([`evaluate`]) and CloudTrail's recording read the state, each service's acts stand on both, and `perform`
//! takes a call through all of them for [`FakeAws`]; [`oracle`] asks the state and the policies, and calls no service.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a fake that is asked for what it does not know fails the test that asks"
)]

mod authentication;
mod aws;
mod call;
mod caller;
mod lag;
mod pages;
mod perform;
mod state;
mod store;
mod wire;

pub mod evaluate;

pub mod cloudtrail;
pub mod dynamodb;
pub mod iam;
pub mod identity_center;
pub mod lambda;
pub mod oracle;
pub mod organizations;
pub mod publishing;
pub mod roles_anywhere;
pub mod secrets_manager;
pub mod sts;

pub use aws::{Arrival, FakeAws, Fault, Setup};
pub use call::{Answer, Call, Refusal, Request};
pub use caller::{Caller, Credential, Session, SessionOf, StartedBy};
pub use lag::{Lag, draw};
pub use state::State;
pub use store::{Key, Table, View};
