use severance_domain::countermeasure::Kind;
use severance_domain::intake;

use super::card::{EVENTS, EVENTS_FAIL, EVENTS_WAIT, Function, Queue};
use crate::reader::Reader;

/// Reacts to new access keys. All that it can change is the status of keys.
pub const CARD: Function = Function {
    name: "key-creation",
    description: "Judges every new access key. A workload's that has an owner is recorded; a person's or nobody's is deactivated.",
    comment: "",
    sources: &[intake::CREATE_ACCESS_KEY],
    calls: &[],
    queue: Some(Queue { output: "Queue of the events that the key-creation function could not deal with.", ..EVENTS }),
    condition: None,
    timeout: None,
    memory: None,
    keeps_cases: true,
    countermeasures: &[&[Kind::DeactivateAccessKey]],
    undoes: false,
    rotates_managed_only: false,
    readers: &[Reader::Keys],
    rights: &[],
    table: None,
    decrypts: &[],
    variables: &[],
    errors: EVENTS_FAIL,
    throttles: EVENTS_WAIT,
    output: "Name of the key-creation function.",
};
