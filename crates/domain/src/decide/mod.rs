//! What is done about a claim: which steps fit, what the policies are asked about them, and what is never done.

pub mod playbook;
pub mod policy;
pub mod profile;
pub mod radius;
pub mod refusals;
pub mod standing;
