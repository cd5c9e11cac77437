//! The stage of an adversary in a stack whose IAM, CloudTrail and events are late (`scripts/stack.py run --late SEED`), and an oracle
//! that tries every access path once all has settled.

mod access_paths;
mod scene;
mod verdict;
mod waiting;

use crate::stack::Stack;

pub use access_paths::AccessPath;
pub use scene::Scene;
pub use verdict::{Outcome, right};
pub use waiting::{recorded, settled, until_it_works};

/// The stack of a late run.
pub async fn late_stack() -> Stack {
    assert!(
        std::env::var("SEVERANCE_LATE_SEED").is_ok(),
        "SEVERANCE_LATE_SEED is not set: tests in `late` need a stack that is late, as `scripts/stack.py run --late \
         SEED` deploys it; leave them out elsewhere: `-E 'not test(/^late::/)'`"
    );
    Stack::enforcing().await
}
