//! Reacts to findings of posture tools and threat detectors about IAM users, roles and their keys, and to failed rotations of
//! secrets.

use severance_catalogue::function::{self, Function};
use severance_engine::reactor::Reactor;
use severance_runtime::composition::Composition;

/// What this function may do, and what starts it.
pub const CARD: &Function = &function::POSTURE_FINDING;

/// What this function reacts with.
pub fn compose(composition: &Composition) -> Reactor {
    composition.reactor(CARD)
}
