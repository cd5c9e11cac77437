//! What each command does.

pub(crate) mod breaker;
mod claim;
pub(crate) mod contain;
pub(crate) mod copies;
pub(crate) mod cutovers;
pub(crate) mod exempt;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod registry;
pub(crate) mod restore;
pub(crate) mod review;
pub(crate) mod rotate;
pub(crate) mod verify;
