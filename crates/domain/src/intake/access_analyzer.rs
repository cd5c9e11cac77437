//! IAM Access Analyzer: credentials and roles that nobody uses, and roles that outsiders can assume.

use crate::words::ids::{AccountId, Arn};
use crate::words::malformed::Malformed;
use crate::words::signal::{NewSignal, Severity, Signal, SignalKind, Source, SubjectHint};

use super::node::Node;
use super::principal::{self, Meant};
use super::event::{Bus, Envelope, EventRule, EventSource, Intake};

pub(super) const SOURCE: EventSource = EventSource {
    name: "Access Analyzer",
    words: "findings of IAM Access Analyzer about unused access, and about roles that outsiders may assume",
    sample: "accessanalyzer/unused-access-key.json",
    // With an error the analyzer could not look: no ground to act on.
    rules: &[
        EventRule {
            id: "AccessAnalyzerUnused",
            name: "access-analyzer-unused",
            bus: Bus::Default,
            only_us_east_1: false,
            pattern: r#"{
            "source": ["aws.access-analyzer"],
            "detail-type": ["Unused Access Finding for IAM entities"],
            "detail": {
                "status": ["ACTIVE"],
                "isDeleted": [false, {"exists": false}],
                "error": [{"exists": false}]
            }
        }"#,
        },
        EventRule {
            id: "AccessAnalyzerExternal",
            name: "access-analyzer-external",
            bus: Bus::Default,
            only_us_east_1: false,
            pattern: r#"{
            "source": ["aws.access-analyzer"],
            "detail-type": ["Access Analyzer Finding"],
            "detail": {
                "resourceType": ["AWS::IAM::Role"],
                "status": ["ACTIVE"],
                "isDeleted": [false, {"exists": false}],
                "error": [{"exists": false}]
            }
        }"#,
        },
    ],
    owns,
    read,
};

const UNUSED: &str = "Unused Access Finding for IAM entities";
const EXTERNAL: &str = "Access Analyzer Finding";
/// Both tell what could be reached from inside or after a change that was not made: no credential is at stake.
const NOT_OURS: &[&str] = &["Internal Access Finding", "Access Preview State Change"];

fn owns(envelope: &Envelope) -> bool {
    let detail_type = envelope.detail_type.as_str();
    envelope.source == "aws.access-analyzer"
        && (detail_type == UNUSED || detail_type == EXTERNAL || NOT_OURS.contains(&detail_type))
}

fn read(envelope: &Envelope) -> Result<Intake, Malformed> {
    if NOT_OURS.contains(&envelope.detail_type.as_str()) {
        return Ok(Intake::ignore("$['detail-type']", format!("{} is about no credential", envelope.detail_type)));
    }
    let finding = envelope.detail();
    if let Some(reason) = not_standing(&finding)? {
        return Ok(reason);
    }
    if envelope.detail_type == UNUSED { unused(envelope, &finding) } else { external(envelope, &finding) }
}

/// The reason to ignore a finding that says nothing about how things stand now, if it is one.
fn not_standing(finding: &Node<'_>) -> Result<Option<Intake>, Malformed> {
    let error = finding.get("error");
    if error.is_present() && error.as_str() != Some("") {
        return Ok(Some(Intake::ignore(error.path(), "the analysis failed: the finding may not hold")));
    }
    let deleted = finding.get("isDeleted");
    if deleted.as_bool() == Some(true) {
        return Ok(Some(Intake::ignore(deleted.path(), "the finding or its resource was deleted")));
    }
    let status = finding.field("status")?;
    match status.str()? {
        "ACTIVE" => Ok(None),
        other => Ok(Some(Intake::ignore(
            status.path(),
            format!("the finding is {}, not ACTIVE", principal::one_line(other)),
        ))),
    }
}

fn unused(envelope: &Envelope, finding: &Node<'_>) -> Result<Intake, Malformed> {
    let at = finding.field("findingType")?;
    let rule = at.str()?;
    let (kind, what) = match rule {
        "UnusedIAMUserAccessKey" => (SignalKind::CredentialUnused, "Unused access key of"),
        "UnusedIAMUserPassword" => (SignalKind::CredentialUnused, "Unused password of"),
        "UnusedIAMRole" => (SignalKind::IdentityDormant, "Unused role:"),
        "UnusedPermission" => (SignalKind::IdentityOverPrivileged, "Unused permissions of"),
        other => {
            return Ok(Intake::ignore(at.path(), format!("{} is about no credential", principal::one_line(other))));
        }
    };
    let id = finding.field("findingId")?;
    signal(envelope, finding, &Claim { kind, rule, what, id: id.str()?, severity: Severity::Low })
}

fn external(envelope: &Envelope, finding: &Node<'_>) -> Result<Intake, Malformed> {
    let resource_type = finding.field("resourceType")?;
    if resource_type.str()? != "AWS::IAM::Role" {
        return Ok(Intake::ignore(resource_type.path(), "the resource that outsiders can reach is no IAM role"));
    }
    let id = finding.field("id")?;
    let what = "Can be assumed from outside:";
    signal(
        envelope,
        finding,
        &Claim {
            kind: SignalKind::TrustExposed,
            rule: "ExternalAccess",
            what,
            id: id.str()?,
            severity: Severity::Medium,
        },
    )
}

struct Claim<'a> {
    kind: SignalKind,
    rule: &'a str,
    what: &'a str,
    id: &'a str,
    severity: Severity,
}

fn signal(envelope: &Envelope, finding: &Node<'_>, claim: &Claim<'_>) -> Result<Intake, Malformed> {
    let resource = finding.field("resource")?;
    let arn: Arn = resource.id(Arn::EXPECTED)?;
    // An analyzer of a whole organization runs in its administrator's account: only the ARN says whose identity it is.
    let account = AccountId::try_from(arn.account()).map_err(|_| resource.not("an ARN with an account id"))?;
    let title = principal::one_line(&format!("{} {}", claim.what, arn.as_str()));
    let subject = match principal::of_arn(&resource, arn)? {
        Meant::Identity(subject) => subject,
        Meant::NotOurs(_) => return Err(resource.not("the ARN of an IAM user or role")),
    };
    let fits = match claim.rule {
        "UnusedIAMUserAccessKey" | "UnusedIAMUserPassword" => matches!(subject, SubjectHint::User(_)),
        "UnusedIAMRole" | "ExternalAccess" => matches!(subject, SubjectHint::Role(_)),
        _ => true,
    };
    if !fits {
        return Err(resource.not(&format!("the ARN of what {} is about", claim.rule)));
    }
    Ok(Intake::signal(Signal::new(NewSignal {
        kind: claim.kind,
        source: Source::AccessAnalyzer,
        event_id: envelope.id.clone(),
        finding_id: claim.id.to_owned(),
        rule: claim.rule.to_owned(),
        account,
        region: envelope.region.clone(),
        severity: claim.severity,
        occurred_at: finding.get("updatedAt").timestamp().unwrap_or(envelope.time),
        subject,
        title,
        event_digest: envelope.digest.clone(),
    })
    .with_exposed_since(finding.get("createdAt").timestamp().ok())))
}
