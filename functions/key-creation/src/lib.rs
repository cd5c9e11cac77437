//! Reacts to new access keys: a key that nobody answers for, or that a person made, is deactivated.

use severance_catalogue::function::{self, Function};
use severance_engine::reactor::Reactor;
use severance_runtime::composition::Composition;

/// What this function may do, and what starts it.
pub const CARD: &Function = &function::KEY_CREATION;

/// What this function reacts with.
pub fn compose(composition: &Composition) -> Reactor {
    composition.reactor(CARD)
}
