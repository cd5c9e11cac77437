//! What people are told, and what the responder answers them.

pub mod message;
pub mod respond;
