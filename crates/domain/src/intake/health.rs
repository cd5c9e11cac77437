//! AWS Health, service `RISK`: AWS itself found a credential of ours in the open, or in other hands.

use crate::words::ids::{AccessKeyId, AccountId, Arn, IamName};
use crate::words::malformed::Malformed;
use crate::words::signal::{NewSignal, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};

use super::node::Node;
use super::principal::{self, Meant};
use super::event::{Bus, Envelope, EventRule, EventSource, Intake};

pub(super) const SOURCE: EventSource = EventSource {
    name: "AWS Health",
    words: "AWS Health events of the service RISK",
    sample: "health/credentials-exposed.json",
    rules: &[
        EventRule {
            id: "Health",
            name: "health",
            bus: Bus::Default,
            only_us_east_1: true,
            pattern: r#"{
            "source": ["aws.health"],
            "detail-type": ["AWS Health Event"],
            "detail": {
                "service": ["RISK"],
                "eventTypeCode": [
                    "AWS_RISK_CREDENTIALS_EXPOSED",
                    "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED",
                    "AWS_RISK_CREDENTIALS_COMPROMISED",
                    "AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED",
                    "AWS_RISK_IAM_QUARANTINE"
                ],
                "statusCode": [{"anything-but": "closed"}, {"exists": false}]
            }
        }"#,
        },
    ],
    owns,
    read,
};

fn owns(envelope: &Envelope) -> bool {
    envelope.source == "aws.health" && envelope.detail_type == "AWS Health Event"
}

fn read(envelope: &Envelope) -> Result<Intake, Malformed> {
    let event = envelope.detail();
    let service = event.field("service")?;
    if service.str()? != "RISK" {
        return Ok(Intake::ignore(service.path(), "only events of the service RISK are about credentials"));
    }
    let code = event.field("eventTypeCode")?;
    let Some((kind, severity, what)) = claim(code.str()?) else {
        return Ok(Intake::ignore(code.path(), "no event about a credential"));
    };
    let status = event.get("statusCode");
    if status.as_str() == Some("closed") {
        return Ok(Intake::ignore(status.path(), "AWS has closed the event"));
    }
    let entities = event.field("affectedEntities")?.items()?;
    if entities.is_empty() {
        return Err(event.get("affectedEntities").not("at least one affected entity"));
    }
    let event_arn = event.field("eventArn")?.str()?;
    let affected = event.get("affectedAccount");
    let account = if affected.is_present() { affected.account()? } else { envelope.account()? };
    let lone_key = if entities.len() == 1 { key_beside(&event)? } else { None };

    let mut intake = Intake::default();
    for entity in &entities {
        intake.absorb(affected_entity(entity, &account, lone_key.as_ref()).map(|found| {
            match found {
                Found::Credential { account, subject, access_key, value } => Intake::signal(Signal::new(NewSignal {
                    kind,
                    source: Source::Health,
                    event_id: envelope.id.clone(),
                    // The copy that us-west-2 sends as a backup has another event id, but the same ARN and entities.
                    finding_id: format!("{event_arn}/{value}"),
                    rule: code.as_str().unwrap_or_default().to_owned(),
                    account,
                    region: envelope.region.clone(),
                    severity,
                    occurred_at: ["startTime", "lastUpdatedTime"]
                        .iter()
                        .find_map(|name| event.get(name).timestamp().ok())
                        .unwrap_or(envelope.time),
                    subject,
                    title: principal::one_line(&format!("AWS {what}: {value}")),
                    event_digest: envelope.digest.clone(),
                }).with_access_key(access_key)),
                Found::Nothing(reason) => Intake::ignore(entity.path(), reason),
            }
        }));
    }
    Ok(intake)
}

fn claim(code: &str) -> Option<(SignalKind, Severity, &'static str)> {
    match code {
        "AWS_RISK_CREDENTIALS_EXPOSED" => {
            Some((SignalKind::CredentialExposed, Severity::Critical, "found credentials in the open"))
        }
        "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED" => {
            Some((SignalKind::CredentialExposed, Severity::High, "suspects that credentials are in the open"))
        }
        "AWS_RISK_CREDENTIALS_COMPROMISED" => {
            Some((SignalKind::IdentityCompromised, Severity::Critical, "found credentials in use by others"))
        }
        "AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED" => {
            Some((SignalKind::IdentityCompromised, Severity::High, "suspects that credentials are in use by others"))
        }
        // AWS attaches its quarantine policy because it holds the key for exposed; the policy alone does not end access.
        "AWS_RISK_IAM_QUARANTINE" => {
            Some((SignalKind::CredentialExposed, Severity::High, "put an IAM user under quarantine"))
        }
        _ => None,
    }
}

enum Found<'a> {
    Credential { account: AccountId, subject: SubjectHint, access_key: Option<AccessKeyId>, value: &'a str },
    Nothing(String),
}

/// The key that some events give beside the one user that they are about.
fn key_beside(event: &Node<'_>) -> Result<Option<AccessKeyId>, Malformed> {
    event.get("additionalDetails").get("AccessKeyId").id_if_any(AccessKeyId::EXPECTED)
}

/// What one entity is: a key id, an ARN, a unique id, or a user's name.
fn affected_entity<'a>(
    entity: &Node<'a>,
    account: &AccountId,
    lone_key: Option<&AccessKeyId>,
) -> Result<Found<'a>, Malformed> {
    if entity.get("status").as_str() == Some("RESOLVED") {
        return Ok(Found::Nothing("AWS holds this entity for resolved".to_owned()));
    }
    let at = entity.field("entityValue")?;
    let value = at.str()?;
    let credential = |account: &AccountId, subject: SubjectHint, key: Option<AccessKeyId>| {
        Ok(Found::Credential { account: account.clone(), subject, access_key: key, value })
    };
    if let Some(key) = as_access_key(value) {
        return credential(account, SubjectHint::AccessKeyOnly, Some(key));
    }
    if value.starts_with("arn:") {
        let arn: Arn = at.id(Arn::EXPECTED)?;
        let account = AccountId::try_from(arn.account()).unwrap_or_else(|_| account.clone());
        return match principal::of_arn(&at, arn)? {
            Meant::Identity(subject) => credential(&account, subject, lone_key.cloned()),
            Meant::NotOurs(reason) => Ok(Found::Nothing(reason)),
        };
    }
    if matches!(value, "AWS_ACCOUNT" | "UNKNOWN") || AccountId::try_from(value).is_ok() {
        return match lone_key {
            Some(key) => credential(account, SubjectHint::AccessKeyOnly, Some(key.clone())),
            None => Ok(Found::Nothing("the entity is a whole account and names no identity".to_owned())),
        };
    }
    if let Some(id) = principal::as_unique_id(value) {
        let is_user = id.as_str().starts_with("AIDA");
        let hint = PrincipalHint { unique_id: Some(id), ..PrincipalHint::default() };
        let subject = if is_user { SubjectHint::User(hint) } else { SubjectHint::Role(hint) };
        return credential(account, subject, lone_key.cloned());
    }
    let name: IamName = at.id("an access key id, the ARN of an IAM identity, or the name of an IAM user")?;
    let hint = PrincipalHint { name: Some(name), ..PrincipalHint::default() };
    credential(account, SubjectHint::User(hint), lone_key.cloned())
}

fn as_access_key(text: &str) -> Option<AccessKeyId> {
    let known = text.starts_with("AKIA") || text.starts_with("ASIA");
    let form = text.len() >= 16 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if known && form { AccessKeyId::try_from(text).ok() } else { None }
}
