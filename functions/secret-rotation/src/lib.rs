//! Secrets Manager's four steps for secrets that hold an IAM access key: make a new one, test it, make it the current one.
//!
//! Old keys are left to the responder's schedule, which ends them when nobody uses them any more: this function cannot
//! deactivate anything.

use severance_engine::rotation::Rotator;
use severance_runtime::composition::Composition;

/// What this function answers with.
pub fn compose(composition: &Composition) -> Rotator {
    composition.rotator()
}
