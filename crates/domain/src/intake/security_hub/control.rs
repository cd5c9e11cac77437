//! Which control a finding is of: the same one has a name of its own in every standard.

use crate::words::signal::SignalKind;

use super::super::node::Node;
use super::super::principal::one_line;

/// What a finding claims, and by which rule.
pub(super) struct Claim {
    pub(super) kind: SignalKind,
    pub(super) rule: String,
}

/// What a failed control of Security Hub claims.
fn kind(control: &str) -> Option<SignalKind> {
    match control {
        "IAM.3" => Some(SignalKind::CredentialStale),
        "IAM.8" | "IAM.22" => Some(SignalKind::CredentialUnused),
        _ => None,
    }
}

/// The control's name today, from the one that an older standard gave it.
///
/// Only standards older than `Compliance.SecurityControlId` are listed (CIS 5.0.0, which numbers them anew, is not).
fn today(cis: Option<&str>, control: &str) -> Option<&'static str> {
    match (cis, control) {
        (_, "IAM.3") | (Some("1.2.0"), "1.4") | (Some("1.4.0" | "3.0.0"), "1.14") => Some("IAM.3"),
        (_, "IAM.8" | "PCI.IAM.7") | (Some("1.2.0"), "1.3") => Some("IAM.8"),
        (_, "IAM.22") | (Some("1.4.0" | "3.0.0"), "1.12") => Some("IAM.22"),
        _ => None,
    }
}

/// The claim of one of Security Hub's own findings, or why it is none of ours.
pub(super) fn of(finding: &Node<'_>) -> Result<Claim, String> {
    let fields = finding.get("ProductFields");
    let texts = [
        finding.get("Compliance").get("SecurityControlId"),
        fields.get("ControlId"),
        fields.get("RuleId"),
        // `security-control/IAM.3`, `…/v/1.0.0/IAM.3`, `…/rule/1.3`
        finding.get("GeneratorId"),
        fields.get("StandardsControlArn"),
    ];
    let written = texts.iter().find_map(|node| node.as_str().filter(|text| !text.is_empty()));
    let Some(written) = written else {
        return Err("the finding is of no control".to_owned());
    };
    let last = written.rsplit('/').next().unwrap_or(written);
    let control = today(cis_version(finding), last).unwrap_or(last);
    match kind(control) {
        Some(kind) => Ok(Claim { kind, rule: control.to_owned() }),
        None => Err(format!("control {} is not about a stale or unused credential", one_line(last))),
    }
}

/// The version of the CIS benchmark, where the finding is of one.
fn cis_version<'a>(finding: &Node<'a>) -> Option<&'a str> {
    const CIS: &str = "cis-aws-foundations-benchmark/v/";
    let fields = finding.get("ProductFields");
    [
        finding.get("GeneratorId"),
        fields.get("StandardsControlArn"),
        fields.get("StandardsGuideArn"),
        fields.get("StandardsArn"),
        finding.get("Id"),
    ]
    .iter()
    .find_map(|node| node.as_str()?.split_once(CIS)?.1.split('/').next())
}

/// The claim of one of Prowler's findings, or why it is none of ours.
pub(super) fn of_prowler(finding: &Node<'_>) -> Result<Claim, String> {
    let generator = finding.get("GeneratorId").as_str().unwrap_or_default();
    let check = generator.strip_prefix("prowler-").unwrap_or(generator);
    let kind = match check {
        "iam_rotate_access_key_90_days" => SignalKind::CredentialStale,
        "iam_user_accesskey_unused"
        | "iam_user_console_access_unused"
        | "iam_disable_30_days_credentials"
        | "iam_disable_45_days_credentials"
        | "iam_disable_90_days_credentials" => SignalKind::CredentialUnused,
        _ => return Err(format!("Prowler's check {} is not about a stale or unused credential", one_line(check))),
    };
    Ok(Claim { kind, rule: check.to_owned() })
}
