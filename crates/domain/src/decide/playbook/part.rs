//! What proposals are put together from.

use crate::countermeasure::Countermeasure;
use crate::record::plan::{Plan, Step};

pub(super) fn step(countermeasure: Countermeasure, reason: &str) -> Step {
    Step::fitting(countermeasure, reason)
}

pub(super) fn held(reason: &str) -> Step {
    Step::held(reason)
}

pub(super) fn hold(reason: &str) -> Plan {
    Plan { steps: vec![held(reason)], ..Plan::default() }
}

pub(super) fn note(note: &str) -> Plan {
    Plan { notes: vec![note.to_owned()], ..Plan::default() }
}
