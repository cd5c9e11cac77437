//! The settings: the template's parameters, and what the functions hear of them.

#[macro_use]
mod macros;

mod kind;
mod parameters;

pub use kind::{Setting, Takes};
pub use parameters::*;

/// What the template tells every function beside the parameters: the variable, and the value as the template writes it.
pub const OF_STACK: &[(&str, &str)] = &[
    ("SEVERANCE_ACCOUNT", "!Ref AWS::AccountId"),
    ("SEVERANCE_STACK", "!Ref AWS::StackName"),
    ("SEVERANCE_TABLE", "!Ref CaseTable"),
    ("SEVERANCE_EVIDENCE_BUCKET", "!Ref EvidenceBucket"),
    ("SEVERANCE_SIGNING_KEY", "!GetAtt EvidenceSigningKey.Arn"),
    ("SEVERANCE_TOPIC", "!Ref VerdictTopic"),
    ("SEVERANCE_ALARM_TOPIC", "!Ref AlarmTopic"),
    // By its name: a function cannot refer to itself.
    (
        "SEVERANCE_ROTATION_FUNCTION",
        "!Sub arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-secret-rotation",
    ),
    ("RUST_LOG", "info"),
    ("AWS_ENDPOINT_URL", "!If [HasEndpointUrl, !Ref EndpointUrl, !Ref AWS::NoValue]"),
];
