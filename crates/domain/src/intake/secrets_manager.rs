//! Secrets Manager: the rotation of a secret failed. What the service does by itself reaches `EventBridge` through `CloudTrail`.

use serde_json::Value;

use crate::words::ids::{AccountId, Arn};
use crate::words::malformed::Malformed;
use crate::words::signal::{NewSignal, Severity, Signal, SignalKind, Source, SubjectHint};

use super::node::Node;
use super::principal::one_line;
use super::event::{Bus, Envelope, EventRule, EventSource, Intake};

pub(super) const SOURCE: EventSource = EventSource {
    name: "Secrets Manager",
    words: "failed rotations of secrets",
    sample: "secretsmanager/rotation-failed.json",
    rules: &[
        EventRule {
            id: "RotationFailed",
            name: "rotation-failed",
            bus: Bus::Default,
            only_us_east_1: false,
            pattern: r#"{
            "source": ["aws.secretsmanager"],
            "detail-type": ["AWS Service Event via CloudTrail"],
            "detail": {"eventSource": ["secretsmanager.amazonaws.com"], "eventName": ["RotationFailed"]}
        }"#,
        },
    ],
    owns,
    read,
};

const SERVICE_EVENT: &str = "AWS Service Event via CloudTrail";

/// The rule of a claim that a rotation failed.
pub(crate) const ROTATION_FAILED: &str = "RotationFailed";

fn owns(envelope: &Envelope) -> bool {
    envelope.source == "aws.secretsmanager" && envelope.detail_type == SERVICE_EVENT
}

fn read(envelope: &Envelope) -> Result<Intake, Malformed> {
    let record = envelope.detail();
    let name = record.field("eventName")?;
    let ignore = |why: &str| Ok(Intake::ignore(name.path(), format!("{}: {why}", one_line(name.str()?))));
    match name.str()? {
        ROTATION_FAILED => failed(envelope, &record),
        "RotationStarted" => ignore("its end says what came of it"),
        "RotationSucceeded" => ignore("the secret has a new value"),
        "RotationAbandoned" => ignore("somebody wrote another value meanwhile"),
        test if test.starts_with("TestRotation") => ignore("a rehearsal changes no value"),
        _ => ignore("it is about no rotation"),
    }
}

fn failed(envelope: &Envelope, record: &Node<'_>) -> Result<Intake, Malformed> {
    let data = record.field("additionalEventData")?;
    // CloudTrail leaves the form of this field to each service: an object, or a text that holds one.
    let unpacked: Option<Value> = data.as_str().and_then(|text| serde_json::from_str(text).ok());
    let data = unpacked.as_ref().map_or_else(|| data.clone(), |value| Node::root(value, data.path()));
    let id = data.field("SecretId")?;
    let arn: Arn = id.id(Arn::EXPECTED)?;
    let not_a_secret = || id.not("the ARN of a secret");
    let subject = SubjectHint::of_arn(&arn).filter(|hint| matches!(hint, SubjectHint::Secret { .. }));
    let subject = subject.ok_or_else(not_a_secret)?;
    let account = AccountId::try_from(arn.account()).map_err(|_| not_a_secret())?;
    Ok(Intake::signal(Signal::new(NewSignal {
        kind: SignalKind::SecretUnrotated,
        source: Source::SecretsManager,
        event_id: envelope.id.clone(),
        finding_id: record.field("eventID")?.str()?.to_owned(),
        rule: ROTATION_FAILED.to_owned(),
        account,
        region: envelope.region.clone(),
        severity: Severity::Medium,
        occurred_at: record.get("eventTime").timestamp().unwrap_or(envelope.time),
        title: one_line(&format!("Rotation failed of {}", arn.as_str())),
        subject,
        event_digest: envelope.digest.clone(),
    })))
}
