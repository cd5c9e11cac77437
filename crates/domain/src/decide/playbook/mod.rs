//! From a claim and what AWS says of its subject to a plan. Pure: the same inputs give the same plan.
//!
//! The playbook says which countermeasures fit a claim that AWS's own state bears out. Whether one of them is taken is the
//! policy's answer; refusals, the breaker and the stack's mode can only lower it.

mod attribution;
mod contain;
mod context;
mod directory_user;
mod doubt;
mod follow_up;
mod keys;
mod managed;
mod part;
mod propose;
mod role;
mod rule;
mod secret;
mod user;
mod written;

use crate::decide::policy::Policy;
use crate::record::plan::Plan;
use crate::words::profile::Profile;
use crate::words::signal::Signal;
use crate::words::subject::{Inventory, Subject};
use part::held;
use propose::propose;
use rule::rule;

pub use crate::words::mode::Mode;
pub use context::Context;
pub use doubt::hold_doubts;
pub use follow_up::{FollowUp, follow_up, rule_steps, wrote_own_trust};
pub use rule::BREAKER_OPEN;
pub use written::{Named, Written, changed_rights, written};

/// Decides what to do about one subject of a signal.
pub fn decide(
    signal: &Signal,
    subject: &Subject,
    profile: &Profile,
    inventory: &Inventory,
    context: &Context,
    policy: &dyn Policy,
) -> Plan {
    let mut plan = propose(signal, subject, profile, inventory, context);
    plan.cap();
    plan.steps.extend(inventory.unread.iter().map(|unread| held(unread)));
    rule(&mut plan, signal, subject, profile, inventory, context, policy);
    plan
}
