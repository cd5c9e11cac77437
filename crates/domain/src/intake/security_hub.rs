//! AWS Security Hub (ASFF): failed controls about credentials, and what a person hands over by a custom action.

mod control;
mod resource;

use crate::words::ids::Arn;
use crate::words::malformed::Malformed;
use crate::words::signal::{NewSignal, Severity, Signal, Source};

use super::node::Node;
use super::principal::one_line;
use super::event::{Bus, Envelope, EventRule, EventSource, Intake};
use control::Claim;
use resource::{Identity, Resource};

pub(super) const SOURCE: EventSource = EventSource {
    name: "Security Hub",
    words: "Security Hub findings of chosen controls, and any that a person hands over by the custom action",
    sample: "securityhub/iam-3-stale-key.json",
    // Anyone who may call BatchImportFindings can write such a finding, but not as this product. A control is named in Compliance
    // since control findings were consolidated, in ProductFields before: ControlId for most standards, RuleId for CIS. 1.3 and 1.4
    // are CIS 1.2.0, 1.12 and 1.14 later ones.
    rules: &[
        EventRule {
            id: "SecurityHubImported",
            name: "securityhub-imported",
            bus: Bus::Default,
            only_us_east_1: false,
            pattern: r#"{
            "source": ["aws.securityhub"],
            "detail-type": ["Security Hub Findings - Imported"],
            "detail": {
                "findings": {
                    "ProductArn": [{"suffix": "::product/aws/securityhub"}],
                    "RecordState": ["ACTIVE"],
                    "Workflow": {"Status": ["NEW", "NOTIFIED"]},
                    "$or": [
                        {"Compliance": {"Status": ["FAILED"], "SecurityControlId": ["IAM.3", "IAM.8", "IAM.22"]}},
                        {
                            "Compliance": {"Status": ["FAILED"]},
                            "ProductFields": {"ControlId": ["IAM.3", "IAM.8", "IAM.22", "PCI.IAM.7", "1.12", "1.14"]}
                        },
                        {
                            "Compliance": {"Status": ["FAILED"]},
                            "ProductFields": {"RuleId": ["1.3", "1.4", "1.12", "1.14"]}
                        }
                    ]
                }
            }
        }"#,
        },
        EventRule {
            id: "SecurityHubAction",
            name: "securityhub-action",
            bus: Bus::Default,
            only_us_east_1: false,
            pattern: r#"{
            "source": ["aws.securityhub"],
            "detail-type": ["Security Hub Findings - Custom Action"],
            "resources": [
                "arn:${AWS::Partition}:securityhub:${AWS::Region}:${AWS::AccountId}:action/custom/${SecurityHubActionId}"
            ]
        }"#,
        },
    ],
    owns,
    read,
};

const IMPORTED: &str = "Security Hub Findings - Imported";
const CUSTOM_ACTION: &str = "Security Hub Findings - Custom Action";

fn owns(envelope: &Envelope) -> bool {
    envelope.source == "aws.securityhub" && [IMPORTED, CUSTOM_ACTION].contains(&envelope.detail_type.as_str())
}

fn read(envelope: &Envelope) -> Result<Intake, Malformed> {
    let findings = envelope.detail().field("findings")?;
    let mut intake = Intake::default();
    for finding in findings.items()? {
        intake.absorb(one_finding(envelope, &finding));
    }
    if intake == Intake::default() {
        return Err(findings.not("at least one finding"));
    }
    Ok(intake)
}

fn one_finding(envelope: &Envelope, finding: &Node<'_>) -> Result<Intake, Malformed> {
    if let Some(reason) = not_standing(finding) {
        return Ok(reason);
    }
    let claim = match claim(envelope, finding)? {
        Ok(claim) => claim,
        Err(reason) => return Ok(reason),
    };
    let finding_id = finding.field("Id")?.str()?;
    let owner = finding.field("AwsAccountId")?.account()?;
    let severity = severity(&finding.field("Severity")?)?;
    let resources = finding.field("Resources")?;

    let mut intake = Intake::default();
    let several = resources.items()?.len() > 1;
    for resource in resources.items()? {
        intake.absorb(resource::read(&resource).map(|read| {
            match read {
                Resource::Identity(Identity { subject, access_key, account }) => Intake::signal(Signal::new(NewSignal {
                    kind: claim.kind,
                    source: Source::SecurityHub,
                    event_id: envelope.id.clone(),
                    // Two keys of one user in one finding are two claims.
                    finding_id: match &access_key {
                        Some(key) if several => format!("{finding_id} {key}"),
                        _ => finding_id.to_owned(),
                    },
                    rule: claim.rule.clone(),
                    account: account.unwrap_or_else(|| owner.clone()),
                    region: envelope.region.clone(),
                    severity,
                    occurred_at: ["LastObservedAt", "UpdatedAt", "CreatedAt"]
                        .iter()
                        .find_map(|name| finding.get(name).timestamp().ok())
                        .unwrap_or(envelope.time),
                    subject,
                    title: one_line(
                        finding.get("Title").as_str().filter(|title| !title.trim().is_empty()).unwrap_or(&claim.rule),
                    ),
                    event_digest: envelope.digest.clone(),
                })
                .with_exposed_since(
                    ["FirstObservedAt", "CreatedAt"].iter().find_map(|name| finding.get(name).timestamp().ok()),
                )
                .with_access_key(access_key)),
                Resource::Other(reason) => Intake::ignore(resource.path(), reason),
            }
        }));
    }
    if intake == Intake::default() {
        return Err(resources.not("at least one resource"));
    }
    Ok(intake)
}

/// The reason to ignore a finding that asks for nothing, whatever it is about, if it is one.
fn not_standing(finding: &Node<'_>) -> Option<Intake> {
    let record = finding.get("RecordState");
    if record.as_str() == Some("ARCHIVED") {
        return Some(Intake::ignore(record.path(), "the finding is archived"));
    }
    // `WorkflowState` is retired and says nothing.
    let workflow = finding.get("Workflow").get("Status");
    if let Some(status @ ("SUPPRESSED" | "RESOLVED")) = workflow.as_str() {
        return Some(Intake::ignore(workflow.path(), format!("somebody has set the finding to {status}")));
    }
    let sample = finding.get("Sample").as_bool() == Some(true)
        || finding.get("Title").as_str().is_some_and(|title| title.trim_start().starts_with("[SAMPLE]"))
        || ["sample", "additionalInfo/sample", "aws/guardduty/service/additionalInfo/sample"]
            .iter()
            .any(|name| finding.get("ProductFields").get(name).as_bool() == Some(true));
    sample.then(|| Intake::ignore(finding.path(), "a sample finding: nothing happened"))
}

/// What the finding claims, or the reason why that asks for nothing.
///
/// A person who chose a finding for the custom action has judged it. That is why those of `GuardDuty` and Prowler count
/// there, and only there: as imported findings the first are copies of events that we have, and the second come from
/// whoever may call `BatchImportFindings`. Findings of other products (also Access Analyzer's copies) do not say in a
/// way that we could read what is wrong with which credential.
fn claim(envelope: &Envelope, finding: &Node<'_>) -> Result<Result<Claim, Intake>, Malformed> {
    let at = finding.field("ProductArn")?;
    let product: Arn = at.id(Arn::EXPECTED)?;
    let by_hand = envelope.detail_type == CUSTOM_ACTION;
    let ignore = |at: &str, reason: &str| Ok(Err(Intake::ignore(at, reason)));
    match product.resource() {
        "product/aws/securityhub" => failed(finding, control::of(finding)),
        "product/aws/guardduty" if by_hand => {
            let rule = guardduty_type(finding);
            Ok(Ok(Claim { kind: super::guardduty::kind(&rule), rule }))
        }
        "product/aws/guardduty" => ignore(at.path(), "a copy: GuardDuty's own event about it is handled"),
        "product/prowler/prowler" if by_hand => failed(finding, control::of_prowler(finding)),
        "product/prowler/prowler" => {
            ignore(at.path(), "Prowler's findings count only in a custom action, when a person chose them")
        }
        _ => ignore(at.path(), &format!("findings of {} are not handled", one_line(product.resource()))),
    }
}

/// A control counts where it is one of ours and failed. The first is asked first: most findings are about other things.
fn failed(finding: &Node<'_>, control: Result<Claim, String>) -> Result<Result<Claim, Intake>, Malformed> {
    let claim = match control {
        Ok(claim) => claim,
        Err(reason) => return Ok(Err(Intake::ignore(finding.path(), reason))),
    };
    let status = finding.field("Compliance")?.field("Status")?;
    match status.str()? {
        "FAILED" => Ok(Ok(claim)),
        other => Ok(Err(Intake::ignore(status.path(), format!("the control is {}, not FAILED", one_line(other))))),
    }
}

/// `GuardDuty`'s own name for its finding: in ASFF it is the last part of a type, with `-` for `/`.
fn guardduty_type(finding: &Node<'_>) -> String {
    let types = finding.get("Types").items().unwrap_or_default();
    let last = types.iter().find_map(Node::as_str).and_then(|text| text.rsplit('/').next()).unwrap_or_default();
    let name = match last.split_once(':') {
        Some((purpose, rest)) => one_line(&format!("{purpose}:{}", rest.replacen('-', "/", 1))),
        None => one_line(last),
    };
    if name.is_empty() { "GuardDuty Finding".to_owned() } else { name }
}

fn severity(at: &Node<'_>) -> Result<Severity, Malformed> {
    let label = at.get("Label");
    match label.text_if_any()?.map(str::to_ascii_uppercase).as_deref() {
        Some("INFORMATIONAL") => return Ok(Severity::Informational),
        Some("LOW") => return Ok(Severity::Low),
        Some("MEDIUM") => return Ok(Severity::Medium),
        Some("HIGH") => return Ok(Severity::High),
        Some("CRITICAL") => return Ok(Severity::Critical),
        Some(_) => return Err(label.not("a severity label")),
        None => {}
    }
    let normalized = at.get("Normalized").as_f64().or_else(|| at.get("Product").as_f64().map(|product| product * 10.0));
    match normalized.ok_or_else(|| at.not("a Label or a Normalized severity"))? {
        n if n < 1.0 => Ok(Severity::Informational),
        n if n < 40.0 => Ok(Severity::Low),
        n if n < 70.0 => Ok(Severity::Medium),
        n if n < 90.0 => Ok(Severity::High),
        _ => Ok(Severity::Critical),
    }
}
