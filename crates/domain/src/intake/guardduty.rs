//! Amazon `GuardDuty`: findings about the use of IAM credentials.

use serde_json::Value;

use crate::words::ids::AccessKeyId;
use crate::words::malformed::Malformed;
use crate::words::signal::{NewSignal, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};

use super::node::Node;
use super::principal::{self, Meant};
use super::event::{Bus, Envelope, EventRule, EventSource, Intake};

pub(super) const SOURCE: EventSource = EventSource {
    name: "GuardDuty",
    words: "GuardDuty findings about a credential",
    sample: "guardduty/compromised-access-key.json",
    // AccessKey is the resource of every finding about a credential: a user's key, a role's session, root. A finding about misuse
    // of a bucket names the caller's key as well; how a bucket is set up does not concern us. "Generate sample findings" in the
    // console sends samples for real.
    rules: &[
        EventRule {
            id: "GuardDuty",
            name: "guardduty",
            bus: Bus::Default,
            only_us_east_1: false,
            pattern: r#"{
            "source": ["aws.guardduty"],
            "detail-type": ["GuardDuty Finding"],
            "detail": {
                "$or": [
                    {"resource": {"resourceType": ["AccessKey"]}},
                    {
                        "resource": {
                            "resourceType": ["S3Bucket"],
                            "accessKeyDetails": {"accessKeyId": [{"exists": true}]}
                        },
                        "type": [{"anything-but": {"prefix": ["Policy:", "Stealth:"]}}]
                    },
                    {"type": [{"prefix": "AttackSequence:IAM/"}, {"prefix": "AttackSequence:S3/"}]}
                ],
                "service": {
                    "archived": [false, {"exists": false}],
                    "additionalInfo": {"sample": [false, {"exists": false}]}
                }
            }
        }"#,
        },
    ],
    owns,
    read,
};

fn owns(envelope: &Envelope) -> bool {
    envelope.source == "aws.guardduty" && envelope.detail_type == "GuardDuty Finding"
}

fn read(envelope: &Envelope) -> Result<Intake, Malformed> {
    let finding = envelope.detail();
    let service = finding.get("service");
    if is_sample(&finding) {
        return Ok(Intake::ignore(finding.path(), "a sample finding: nothing happened"));
    }
    if service.get("archived").as_bool() == Some(true) {
        return Ok(Intake::ignore(
            service.get("archived").path(),
            "the finding is archived: somebody or a suppression rule has dealt with it",
        ));
    }
    let rule = finding.field("type")?.str()?;
    let Some((purpose, rest)) = rule.split_once(':') else {
        return Err(finding.get("type").not("a finding type (purpose:resource/family)"));
    };
    let resource = rest.split('/').next().unwrap_or_default();
    match (purpose, resource) {
        ("AttackSequence", "IAM" | "S3") => attack_sequence(envelope, &finding, rule),
        ("AttackSequence", _) => Ok(Intake::ignore(
            finding.get("type").path(),
            format!("{}: an attack on hosts or clusters, not on an IAM identity", principal::one_line(rule)),
        )),
        _ => caller(envelope, &finding, rule, purpose, resource),
    }
}

/// One finding about one caller's key.
fn caller(
    envelope: &Envelope,
    finding: &Node<'_>,
    rule: &str,
    purpose: &str,
    resource: &str,
) -> Result<Intake, Malformed> {
    let at = finding.get("type");
    // Findings about buckets name the caller's key too. There it stands for the culprit (or the stolen key) only where
    // the type tells of misuse; `Policy:S3/…` and `Stealth:S3/…` are about how the bucket is set up, often by its owner.
    let misuse = !matches!(purpose, "Policy" | "Stealth");
    let ours = resource == "IAMUser" || (resource == "S3" && misuse);
    if !ours {
        let rule = principal::one_line(rule);
        return Ok(Intake::ignore(at.path(), format!("{rule} is not about the misuse of an IAM credential")));
    }
    let key = finding.get("resource").get("accessKeyDetails");
    if resource == "S3" && !key.is_present() {
        return Ok(Intake::ignore(key.path(), "the finding names no caller's key"));
    }
    let key = finding.field("resource")?.field("accessKeyDetails")?;
    let subject = match principal::described(&key.get("userType"), &key.get("userName"), &key.get("principalId"))? {
        Meant::Identity(subject) => subject,
        Meant::NotOurs(reason) => return Ok(Intake::ignore(key.path(), reason)),
    };
    // The findings of `Policy:IAMUser/…` say that root was used at all. By anybody else the same is no misuse.
    if purpose == "Policy" && subject != SubjectHint::Root {
        return Ok(Intake::ignore(at.path(), "a breach of good practice, not a sign of misuse"));
    }
    let access_key: Option<AccessKeyId> = key.get("accessKeyId").id_if_any(AccessKeyId::EXPECTED)?;
    if !principal::names_somebody(&subject, access_key.is_some()) {
        return Err(key.get("userName").not("the name, the unique id or the key of the user"));
    }
    Ok(Intake::signal(signal(envelope, finding, rule, subject, access_key)?))
}

/// A chain of findings: one signal for every identity that acted in it.
fn attack_sequence(envelope: &Envelope, finding: &Node<'_>, rule: &str) -> Result<Intake, Malformed> {
    let sequence = finding.field("service")?.field("detection")?.field("sequence")?;
    let mut intake = Intake::default();
    for actor in sequence.field("actors")?.items()? {
        intake.absorb(one_actor(envelope, finding, rule, &actor));
    }
    // The same identity acts by several keys and sessions: one signal about it is enough, for all of them are ended. Each key is
    // kept, for what was done with it is its identity's act.
    let mut signals: Vec<Signal> = Vec::new();
    for signal in std::mem::take(&mut intake.signals) {
        // Only a key may be known of a user: then nothing says that it is the same one.
        let is_known = signal.subject != SubjectHint::User(PrincipalHint::default());
        let same =
            |other: &&mut Signal| is_known && other.account == signal.account && other.subject == signal.subject;
        match (signals.iter_mut().find(same), signal.access_key) {
            (Some(first), Some(key)) if first.access_key.is_none() => first.access_key = Some(key),
            (Some(first), Some(key)) if !first.keys().any(|known| *known == key) => first.further_keys.push(key),
            (Some(_), _) => {}
            (None, access_key) => signals.push(Signal { access_key, ..signal }),
        }
    }
    intake.signals = signals;
    if intake == Intake::default() {
        return Err(sequence.get("actors").not("at least one actor"));
    }
    Ok(intake)
}

fn one_actor(envelope: &Envelope, finding: &Node<'_>, rule: &str, actor: &Node<'_>) -> Result<Intake, Malformed> {
    let user = actor.get("user");
    if !user.is_present() {
        return Ok(Intake::ignore(actor.path(), "the actor is a process or an address, not an identity"));
    }
    let subject = match principal::described(&user.get("type"), &user.get("name"), &user.get("uid"))? {
        Meant::Identity(subject) => subject,
        Meant::NotOurs(reason) => return Ok(Intake::ignore(user.path(), reason)),
    };
    let access_key: Option<AccessKeyId> = user.get("credentialUid").id_if_any(AccessKeyId::EXPECTED)?;
    if !principal::names_somebody(&subject, access_key.is_some()) {
        return Err(user.get("name").not("the name, the unique id or the key of the user"));
    }
    let mut signal = signal(envelope, finding, rule, subject, access_key)?;
    let account = user.get("account").get("uid");
    if account.is_present() {
        signal.account = account.account()?;
    }
    Ok(Intake::signal(signal))
}

fn signal(
    envelope: &Envelope,
    finding: &Node<'_>,
    rule: &str,
    subject: SubjectHint,
    access_key: Option<AccessKeyId>,
) -> Result<Signal, Malformed> {
    Ok(Signal::new(NewSignal {
        kind: kind(rule),
        source: Source::GuardDuty,
        event_id: envelope.id.clone(),
        finding_id: finding.field("id")?.str()?.to_owned(),
        rule: rule.to_owned(),
        // An administrator's account sends for its members: the envelope's account is not the identity's.
        account: finding.field("accountId")?.account()?,
        region: envelope.region.clone(),
        severity: severity(&finding.field("severity")?)?,
        occurred_at: [finding.get("service").get("eventLastSeen"), finding.get("updatedAt"), finding.get("createdAt")]
            .iter()
            .find_map(|at| at.timestamp().ok())
            .unwrap_or(envelope.time),
        subject,
        title: principal::one_line(
            finding.get("title").as_str().filter(|title| !title.trim().is_empty()).unwrap_or(rule),
        ),
        event_digest: envelope.digest.clone(),
    })
    .with_exposed_since(finding.get("service").get("eventFirstSeen").timestamp().ok())
    .with_access_key(access_key))
}

/// Two families say that the credential itself has left its place. All others say that its holder misbehaves, also
/// `Policy:IAMUser/RootCredentialUsage`: whether it was root's owner or a thief cannot be seen, and no other claim fits.
pub(super) fn kind(rule: &str) -> SignalKind {
    let family = rule.rsplit('/').next().unwrap_or_default();
    if family.contains("CredentialExfiltration") || rule == "CredentialAccess:IAMUser/CompromisedCredentials" {
        SignalKind::CredentialExposed
    } else {
        SignalKind::IdentityCompromised
    }
}

fn severity(at: &Node<'_>) -> Result<Severity, Malformed> {
    match at.as_f64().ok_or_else(|| at.not("a number"))? {
        n if n < 1.0 => Ok(Severity::Informational),
        n if n < 4.0 => Ok(Severity::Low),
        n if n < 7.0 => Ok(Severity::Medium),
        n if n < 9.0 => Ok(Severity::High),
        _ => Ok(Severity::Critical),
    }
}

/// Whether the finding was made by `CreateSampleFindings`.
///
/// The names of samples count only where AWS did not assign a real id beside them: else an attacker could hide behind an
/// IAM user called `GeneratedFinding…`.
fn is_sample(finding: &Node<'_>) -> bool {
    let info = finding.get("service").get("additionalInfo");
    let said = info.get("sample").as_bool() == Some(true)
        // Newer findings also hold the same object as a text.
        || info.get("value").as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()).is_some_and(|value| {
            Node::root(&value, "$").get("sample").as_bool() == Some(true)
        });
    let generated = |node: &Node<'_>| node.as_str().is_some_and(|text| text.starts_with("GeneratedFinding"));
    let named = |name: Node<'_>, id: Node<'_>, key: Node<'_>| {
        let real = id.as_str().is_some_and(|id| id.starts_with("AIDA") || id.starts_with("AROA"));
        generated(&id) || generated(&key) || (generated(&name) && !real)
    };
    let key = finding.get("resource").get("accessKeyDetails");
    let actors = finding.get("service").get("detection").get("sequence").get("actors").items().unwrap_or_default();
    said || finding.get("title").as_str().is_some_and(|title| title.starts_with("[SAMPLE]"))
        || named(key.get("userName"), key.get("principalId"), key.get("accessKeyId"))
        || actors
            .iter()
            .map(|actor| actor.get("user"))
            .any(|user| named(user.get("name"), user.get("uid"), user.get("credentialUid")))
}
