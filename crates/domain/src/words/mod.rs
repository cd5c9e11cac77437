//! The plain vocabulary that the other wings share: ids and names, what AWS says of an identity, what an event claims.

pub mod command;
pub mod digest;
pub mod ids;
pub mod profile;
pub mod right;
pub mod signal;
pub mod subject;
pub mod text;
