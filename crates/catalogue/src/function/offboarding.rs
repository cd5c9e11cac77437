use severance_domain::countermeasure::Kind;
use severance_domain::intake;

use super::card::{EVENTS, EVENTS_FAIL, EVENTS_WAIT, Function, OF_ROLES, OF_USERS, Queue};
use crate::reader::Reader;

/// Reacts to leavers. The only function that an event starts and that reaches all secrets and the directory: it lists secrets, starts
/// rotations that others have configured, and takes people out of groups and accounts.
pub const CARD: Function = Function {
    name: "offboarding",
    description: "Ends the access of a person or workload that left (keys, sessions, secrets they own).",
    comment: "",
    sources: &[intake::OKTA, intake::IDENTITY_CENTER, intake::OFFBOARDING_REQUEST],
    calls: &[],
    queue: Some(Queue { output: "Queue of the events that the offboarding function could not deal with.", ..EVENTS }),
    condition: None,
    timeout: None,
    memory: None,
    keeps_cases: true,
    countermeasures: &[
        OF_USERS,
        OF_ROLES,
        &[Kind::RemoveGroupMembership, Kind::RemoveAccountAssignment, Kind::RotateSecret],
    ],
    undoes: false,
    rotates_managed_only: false,
    readers: &[
        Reader::Identities,
        Reader::Secrets,
        Reader::RolesAnywhere,
        Reader::Trail,
        Reader::Owned,
        Reader::Directory,
    ],
    rights: &[],
    table: None,
    decrypts: &[],
    variables: &[],
    errors: EVENTS_FAIL,
    throttles: EVENTS_WAIT,
    output: "Name of the offboarding function.",
};
