//! `CloudTrail`: a long-term access key was created (`iam:CreateAccessKey`).

use crate::words::ids::{AccessKeyId, Arn, IamName};
use crate::words::malformed::Malformed;
use crate::words::signal::{NewSignal, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};

use super::principal::one_line;
use super::cloudtrail;
use super::event::{Bus, Envelope, EventRule, EventSource, Intake};

pub(super) const SOURCE: EventSource = EventSource {
    name: "CloudTrail iam:CreateAccessKey",
    words: "new access keys of IAM users",
    sample: "cloudtrail-iam/create-access-key-no-owner.json",
    // A refused call created nothing. A key that this stack's own rotation made is in its secret; only a caller that has a session
    // has an issuer.
    rules: &[
        EventRule {
            id: "CreateAccessKey",
            name: "create-access-key",
            bus: Bus::Default,
            only_us_east_1: true,
            pattern: r#"{
            "source": ["aws.iam"],
            "detail-type": ["AWS API Call via CloudTrail"],
            "detail": {
                "eventSource": ["iam.amazonaws.com"],
                "eventName": ["CreateAccessKey"],
                "errorCode": [{"exists": false}],
                "userIdentity": {"sessionContext": {"sessionIssuer": {"arn": [
                    {"anything-but": [
                        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-secret-rotation"
                    ]},
                    {"exists": false}
                ]}}}
            }
        }"#,
        },
    ],
    owns,
    read,
};

fn owns(envelope: &Envelope) -> bool {
    cloudtrail::is_call(envelope, "iam.amazonaws.com", &["CreateAccessKey"])
}

fn read(envelope: &Envelope) -> Result<Intake, Malformed> {
    let record = envelope.detail();
    if let Some(refused) = cloudtrail::refused_call(&record) {
        return Ok(refused);
    }
    let key = record.field("responseElements")?.field("accessKey")?;
    let access_key: AccessKeyId = key.field("accessKeyId")?.id(AccessKeyId::EXPECTED)?;
    let account = cloudtrail::account(envelope, &record)?;
    let caller = record.get("userIdentity");

    // AWS names the user that got the key in the response. Root's own key has no user anywhere.
    let name: Option<IamName> = key.get("userName").id_if_any(IamName::EXPECTED)?;
    let (subject, holder) = match name {
        Some(name) => {
            // Where a user made the key for itself, the caller's identity is the holder's: it carries the ARN.
            let own = caller.get("type").as_str() == Some("IAMUser")
                && caller.get("userName").as_str() == Some(name.as_str());
            let arn: Option<Arn> = if own { caller.get("arn").id_if_any(Arn::EXPECTED)? } else { None };
            let holder = format!("user {name}");
            (SubjectHint::User(PrincipalHint { arn, name: Some(name), unique_id: None }), holder)
        }
        None if caller.get("type").as_str() == Some("Root") => (SubjectHint::Root, "the root user".to_owned()),
        None => return Err(key.get("userName").not("the name of the user that got the key")),
    };
    let severity = if subject == SubjectHint::Root { Severity::Critical } else { Severity::Medium };
    let creator = caller.get("arn").as_str().unwrap_or("an unnamed caller");
    Ok(Intake::signal(Signal::new(NewSignal {
        kind: SignalKind::CredentialCreated,
        source: Source::CloudTrail,
        event_id: envelope.id.clone(),
        finding_id: record.field("eventID")?.str()?.to_owned(),
        rule: "CreateAccessKey".to_owned(),
        account,
        region: envelope.region.clone(),
        severity,
        occurred_at: record.get("eventTime").timestamp().unwrap_or(envelope.time),
        subject,
        title: one_line(&format!("Access key created for {holder} by {creator}")),
        event_digest: envelope.digest.clone(),
    }).with_access_key(Some(access_key))))
}
