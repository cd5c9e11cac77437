//! The plain vocabulary that the other wings share: ids and names, what AWS says of an identity, what an event claims, and the
//! words for what is done about it.
//!
//! What is `pub(crate)` here has its public path in the module of a higher wing that it belongs to, as `case::CaseId` has.

pub(crate) mod blast_radius;
pub mod caller;
pub(crate) mod case_id;
pub mod command;
pub(crate) mod copy;
pub(crate) mod cutover;
pub mod digest;
pub(crate) mod ended;
pub mod ids;
pub mod lane;
pub(crate) mod malformed;
pub(crate) mod marks;
pub(crate) mod mode;
pub(crate) mod pattern;
pub(crate) mod profile;
pub mod regions;
pub(crate) mod request;
pub mod right;
pub(crate) mod ruling;
pub mod signal;
pub(crate) mod signal_kind;
pub mod subject;
pub mod text;
pub(crate) mod verdict;
