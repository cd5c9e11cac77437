//! Reacts to leavers: what a person or workload alone uses is ended, the secrets they own are rotated, the rest is held for
//! review.

use severance_catalogue::function::{self, Function};
use severance_engine::reactor::Reactor;
use severance_runtime::composition::Composition;

/// What this function may do, and what starts it.
pub const CARD: &Function = &function::OFFBOARDING;

/// What this function reacts with.
pub fn compose(composition: &Composition) -> Reactor {
    composition.reactor(CARD)
}
