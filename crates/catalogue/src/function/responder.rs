use severance_domain::countermeasure::Kind;
use severance_domain::right::lambda;

use super::card::{Call, Function, OF_ROLES, OF_USERS, Queue, RESPONDER_FUNCTION, Table, When};
use crate::reader::Reader;

const RECHECK_DUE: &str = r#"{"request":"recheck_due"}"#;
const SCHEDULED_RUN: &str = r#"{"request":"scheduled_run"}"#;

/// Answers responders, and does what the clock asks for. A case under review may call for any countermeasure, so it may take all of
/// them, and it alone undoes them.
pub const CARD: Function = Function {
    name: "responder",
    description: "Answers responders (explain, contain, approve, exempt, reset), and ends on schedule what nobody answered.",
    comment: "Asked by hand (`sever`, or any caller with ResponderInvokePolicy) and by the schedule. Whoever may invoke it may ask; \
              what changes something carries a proof of who asks as well, which the function checks itself: Lambda does not tell it.",
    sources: &[],
    calls: &[
        Call {
            id: "Recheck",
            name: "recheck",
            description: "Has contained identities rechecked, and cases finished whose worker died.",
            when: When::Every("rate(1 minute)"),
            request: RECHECK_DUE,
        },
        Call {
            id: "Watch",
            name: "watch",
            description: "Escalates and ends reviews, looks after rotations and replaced keys, warns of exemptions, asks for \
                          recertification.",
            when: When::Schedule("WatchSchedule"),
            request: SCHEDULED_RUN,
        },
        Call {
            id: "RotationEnded",
            name: "rotation-ended",
            description: "Follows a rotation that has ended at once. Whose it was, the event need not say.",
            when: When::Event(
                r#"{
                    "source": ["aws.secretsmanager"],
                    "detail-type": ["AWS Service Event via CloudTrail"],
                    "detail": {
                        "eventSource": ["secretsmanager.amazonaws.com"],
                        "eventName": ["RotationAbandoned", "RotationFailed", "RotationSucceeded"]
                    }
                }"#,
            ),
            request: SCHEDULED_RUN,
        },
    ],
    queue: Some(Queue {
        retries: 2,
        waiting: "A scheduled run was not dealt with. Read the message, mend the cause; the next scheduled run does what was left.",
        arrived: "Within five minutes one more scheduled run was not dealt with. Read the newest message; older ones may still wait.",
        delivery: "A scheduled run did not reach the function, or its failure not the dead-letter queue: nobody ends unanswered reviews. \
                   Check the permissions of rule, function and queue.",
        lost: "A scheduled run reached neither the function nor the dead-letter queue. Check the policies of queue and key.",
        output: "Queue of the scheduled runs that the responder function could not deal with.",
    }),
    condition: None,
    // A containment by hand may follow what the identity made, one thing after the other; sever waits longer than this.
    timeout: Some(300),
    memory: None,
    keeps_cases: true,
    countermeasures: &[
        OF_USERS,
        OF_ROLES,
        &[Kind::RemoveGroupMembership, Kind::RemoveAccountAssignment, Kind::DeleteAccessKey, Kind::AdoptAccessKey, Kind::RotateSecret, Kind::QuarantineByScp, Kind::PutBoundaryDenial],
    ],
    undoes: true,
    rotates_managed_only: false,
    readers: &[
        Reader::Identities,
        Reader::Secrets,
        Reader::RolesAnywhere,
        Reader::Trail,
        Reader::Owned,
        Reader::Directory,
    ],
    rights: &[lambda::INVOKE_COPIES_SEARCH, lambda::INVOKE_RESPONDER],
    // Exemptions and registry are kept by hand, reviews, notices, the cutovers of replaced keys and rotations that are followed by
    // the clock: by this function alone, then. Cases are never deleted.
    table: Some(Table {
        sid: "KeepGuardrails",
        actions: &[
            "dynamodb:BatchWriteItem",
            "dynamodb:DeleteItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ],
        partitions: &["CUTOVERS", "DUE", "GUARDRAILS", "NOTICES", "REGISTRY", "REVIEWS", "ROTATIONS"],
    }),
    decrypts: &[],
    variables: &[
        RESPONDER_FUNCTION,
        (
            "SEVERANCE_COPIES_FUNCTION",
            "!If [HasCopiesSearch, !Sub \"arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-copies-search\", \"\"]",
        ),
    ],
    errors: "A scheduled run or a request by hand failed. A scheduled run is retried; of a request, whoever asked was told. If this lasts, read the log.",
    throttles: "Responders are turned away for lack of concurrency. Raise the account quota or set ReservedConcurrency.",
    output: "Name of the responder function, which sever asks.",
};
