use severance_domain::countermeasure::Kind;
use severance_domain::intake;
use severance_domain::right::lambda;

use super::card::{EVENTS, EVENTS_FAIL, EVENTS_WAIT, Function, OF_ROLES, OF_USERS, Queue, RESPONDER_FUNCTION};
use crate::reader::Reader;

/// Reacts to findings of posture tools and threat detectors.
///
/// Users and roles can be contained, and beside the end of an exposed key the secret that holds it can be rotated, where this stack
/// manages it. The directory is not reachable from here.
pub const CARD: Function = Function {
    name: "posture-finding",
    description: "Contains the identity behind a GuardDuty, Security Hub, Access Analyzer or AWS Health finding; tells of failed \
                  rotations.",
    comment: "",
    sources: &[
        intake::GUARDDUTY,
        intake::SECURITY_HUB,
        intake::ACCESS_ANALYZER,
        intake::HEALTH,
        intake::SECRETS_MANAGER,
    ],
    calls: &[],
    queue: Some(Queue {
        output: "Queue of the events that the posture-finding function could not deal with.",
        ..EVENTS
    }),
    condition: None,
    timeout: None,
    memory: None,
    keeps_cases: true,
    countermeasures: &[
        OF_USERS,
        OF_ROLES,
        &[Kind::RotateSecret],
    ],
    undoes: false,
    rotates_managed_only: true,
    readers: &[Reader::Identities, Reader::Secrets, Reader::RolesAnywhere, Reader::Trail],
    rights: &[lambda::INVOKE_RESPONDER],
    table: None,
    decrypts: &[],
    variables: &[RESPONDER_FUNCTION],
    errors: EVENTS_FAIL,
    throttles: EVENTS_WAIT,
    output: "Name of the posture-finding function.",
};
