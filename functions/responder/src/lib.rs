//! What people ask for by hand, and what the schedule does: plan, contain, approve, verify, restore, exempt, recertify.

use severance_catalogue::function::{self, Function};
use severance_engine::requests::Responder;
use severance_runtime::composition::Composition;

/// What this function may do, and what starts it.
pub const CARD: &Function = &function::RESPONDER;

/// What the responder answers with.
pub fn compose(composition: &Composition) -> Responder {
    Responder::new(composition.reactor(CARD), composition.callers())
}
