//! What a person reads at 3 a.m.: one message per revision of a case.

use std::fmt::Write as _;

use crate::case::{Case, Confirmation, Outcome, StepRecord};
use crate::digest::Digest;
use crate::evidence::Proof;
use crate::ids::{AccessKeyId, Arn};
use crate::plan::{Countermeasure, Disposition, QUARANTINE_POLICY, REVOKE_SESSIONS_POLICY};
use crate::signal::{SignalKind, Source};
use crate::subject::SubjectKind;
use crate::text::is_unseen;
use crate::verdict::Verdict;

/// SNS wants fewer than 100 characters.
const SUBJECT_LIMIT: usize = 99;

/// Of any one text that comes from outside. The evidence holds the whole.
const TEXT_LIMIT: usize = 1_000;

/// In bytes, of all between the first line and the evidence. SNS takes 256 KiB, and nobody reads a tenth of this.
const BODY_LIMIT: usize = 100 * 1024;

/// One message, ready for SNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Printable ASCII, fewer than 100 characters: SNS allows no more.
    pub subject: String,
    /// Plain text. Text from outside stays on its own line, so that it cannot pass for ours.
    pub body: String,
    /// For filter policies.
    pub attributes: [(&'static str, String); 4],
}

impl Message {
    /// The message about a case's present revision, whose evidence is stored here and has this digest.
    pub fn of(case: &Case, proof: &Proof, evidence_uri: &str, digest: &Digest) -> Self {
        let verdict = case.verdict.unwrap_or(Verdict::Failed);
        Self {
            subject: subject_line(case, verdict),
            body: body(case, verdict, proof, evidence_uri, digest),
            attributes: [
                ("verdict", verdict.as_str().to_owned()),
                ("severity", case.signal.severity.as_str().to_owned()),
                ("account", case.subject.account.to_string()),
                ("signal", case.signal.kind.as_str().to_owned()),
            ],
        }
    }
}

/// A long name gives way, so that the account and the claim stay in sight.
fn subject_line(case: &Case, verdict: Verdict) -> String {
    let before = format!("[Severance] {}: {} ", headline(case, verdict), case.subject.kind.as_words());
    let after = format!(" ({}) {}", case.subject.account, spaced(case.signal.kind.as_str()));
    let room = SUBJECT_LIMIT.saturating_sub(before.len() + after.len()).max(16);
    let line = format!("{before}{}{after}", shortened(&printable(&case.subject.name), room));
    let ascii: String = line.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
    shortened(&ascii, SUBJECT_LIMIT)
}

/// Whether something was planned that only the mode kept from being done.
fn only_observed(case: &Case) -> bool {
    case.steps.iter().any(|record| record.step.disposition == Disposition::Observe)
}

fn headline(case: &Case, verdict: Verdict) -> &'static str {
    let is_secret = case.subject.kind == SubjectKind::Secret;
    let in_danger = case.signal.kind.is_immediate_danger();
    match verdict {
        // A secret is not revoked by replacing it.
        Verdict::VerifiedRevoked if is_secret => "ROTATED",
        Verdict::RevokedUnverified if is_secret => "ROTATION STARTED, NOT VERIFIED",
        Verdict::VerifiedRevoked => "REVOKED, verified",
        Verdict::RevokedUnverified => "REVOKED, NOT VERIFIED",
        Verdict::Partial => "PARTLY DONE, act now",
        Verdict::Failed => "FAILED, act now",
        Verdict::Reappeared => "ACCESS IS BACK, act now",
        Verdict::Restored => "RESTORED",
        Verdict::Observed if only_observed(case) && in_danger => "ONLY OBSERVED, act now",
        Verdict::Observed if only_observed(case) => "ONLY OBSERVED",
        Verdict::Observed => "RECORDED",
        Verdict::AwaitingReview if in_danger => "REVIEW NEEDED, act now",
        Verdict::AwaitingReview => "REVIEW NEEDED",
    }
}

fn meaning(case: &Case, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::VerifiedRevoked if case.subject.kind == SubjectKind::Secret => {
            "The secret was rotated, and AWS shows the new version. Where the old value still works, it works on."
        }
        Verdict::RevokedUnverified if case.subject.kind == SubjectKind::Secret => {
            "Rotation was started, but AWS did not show its end in time. Until it ends, the old value works."
        }
        Verdict::VerifiedRevoked => "Every step below was taken, and AWS shows its effect.",
        Verdict::RevokedUnverified => {
            "Every step below was taken, but AWS did not show every effect in time. Access may still be alive."
        }
        Verdict::Partial => "Some steps were taken and others were not. Access may still be alive.",
        Verdict::Failed => "No step is known to have worked. Treat the access as alive.",
        Verdict::Reappeared => "Access that was dead is alive again.",
        Verdict::Restored => "Access was given back on purpose.",
        Verdict::Observed if only_observed(case) => {
            "Nothing was changed: this stack only observes. The access is as it was."
        }
        Verdict::Observed => "Nothing was changed. The notes below say why.",
        Verdict::AwaitingReview => "Nothing was changed. A person must decide.",
    }
}

fn body(case: &Case, verdict: Verdict, proof: &Proof, evidence_uri: &str, digest: &Digest) -> String {
    // Writing to a String cannot fail.
    let mut text = String::new();
    let signal = &case.signal;
    let _ = writeln!(text, "What    {}", from_outside(&signal.title));
    let _ = writeln!(
        text,
        "Why     {}, says {} ({}), severity {}",
        spaced(signal.kind.as_str()),
        source(signal.source),
        from_outside(&signal.rule),
        signal.severity.as_str(),
    );
    let concluded = case.concluded_at.map(|at| format!(", this result {at:.0}")).unwrap_or_default();
    let _ = writeln!(text, "When    event {:.0}, case opened {:.0}{concluded}", signal.occurred_at, case.opened_at);
    let _ = writeln!(text, "Who     {} {}", case.subject.kind.as_words(), from_outside(&case.subject.label()));
    let class = case.profile.class.map_or("class unknown".to_owned(), |class| format!("class {}", class.as_str()));
    let _ = writeln!(text, "Owner   {} ({class})", owners(case).unwrap_or_else(|| "nobody is named".to_owned()));

    section(&mut text, "Steps", case.steps.iter().map(step_item));
    section(&mut text, "Notes", case.notes.iter().map(|line| Item::of(line)));
    section(&mut text, "Do next", next_actions(case, verdict));
    section(&mut text, "Proven (read back from AWS)", proof.state.iter().map(|line| Item::of(line)));
    section(&mut text, "Not proven, or still open", proof.not_proven.iter().map(|line| Item::of(line)));
    section(&mut text, &format!("To undo, with credentials of account {}", case.subject.account), undo(case));

    if text.len() > BODY_LIMIT {
        // At the end of a line: half a command is worse than none.
        let cut = text.as_bytes().iter().take(BODY_LIMIT).rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        text.truncate(cut);
        text.push_str("... cut here; all of it is in the evidence\n");
    }
    format!(
        "{}\n\nCase    {} revision {}, {verdict}\n{text}\nEvidence\n  {evidence_uri}\n  payload {digest}\n  \
         to check it: sever verify FILE --key PUB.pem\n",
        meaning(case, verdict),
        case.id,
        case.revision,
    )
}

/// One entry of a section: what to know or do, and the command that does it, on a line of its own to be copied.
struct Item {
    text: String,
    command: Option<String>,
}

impl Item {
    fn of(text: &str) -> Self {
        Self { text: from_outside(text), command: None }
    }

    fn with(text: &str, command: Option<String>) -> Self {
        Self { command, ..Self::of(text) }
    }
}

fn section(text: &mut String, title: &str, items: impl IntoIterator<Item = Item>) {
    let mut items = items.into_iter().peekable();
    if items.peek().is_some() {
        let _ = writeln!(text, "\n{title}");
    }
    for item in items {
        let _ = writeln!(text, "  - {}", item.text);
        if let Some(command) = item.command {
            let _ = writeln!(text, "      {command}");
        }
    }
}

fn step_item(record: &StepRecord) -> Item {
    let what = record.step.countermeasure.describe();
    let reason = &record.step.reason;
    let came_of_it = match (record.step.disposition, &record.outcome, &record.confirmation) {
        (Disposition::Observe, ..) => "would be done in enforce mode".to_owned(),
        (Disposition::Review, ..) => "waits for a person".to_owned(),
        (Disposition::Refuse, ..) => "REFUSED".to_owned(),
        (_, Some(Outcome::Failed { action, code, message, retryable, .. }), _) => {
            let again = if *retryable { "; will be tried again" } else { "" };
            format!("FAILED, {action} answered {code} ({message}){again}")
        }
        (_, None, _) => "NOT DONE".to_owned(),
        (_, Some(outcome), confirmation) => {
            let done = match outcome {
                Outcome::AlreadyInEffect { note, .. } => format!("was so already ({note})"),
                Outcome::Applied { note: Some(note), .. } => format!("done ({note})"),
                _ => "done".to_owned(),
            };
            match confirmation {
                Some(Confirmation::Confirmed { .. }) => format!("{done}, confirmed"),
                _ => format!("{done}, NOT CONFIRMED"),
            }
        }
    };
    Item::of(&format!("{what}: {came_of_it} [because {reason}]"))
}

fn next_actions(case: &Case, verdict: Verdict) -> Vec<Item> {
    let mut actions: Vec<Item> = case.steps.iter().flat_map(|record| next_for_step(case, record)).collect();
    if case.steps.iter().any(|record| record.step.disposition == Disposition::Review) {
        actions.push(Item::of(&format!(
            "decide about {} {} and act by hand: Severance does not come back to it by itself",
            case.subject.kind.as_words(),
            case.subject.name,
        )));
    }
    if verdict == Verdict::Observed && only_observed(case) {
        actions.push(Item::of("to let Severance act on the next event, deploy the stack with Mode=enforce"));
    }
    // A leaver is not asked how the leaving went.
    let cut_off = case.signal.kind != SignalKind::Offboarding
        && case.steps.iter().any(|record| {
            is_applied(record) && !matches!(record.step.countermeasure, Countermeasure::RotateSecret { .. })
        });
    if let Some(owners) = owners(case).filter(|_| cut_off) {
        actions.push(Item::of(&format!("tell {owners}: whatever used this access no longer works")));
    }
    if case.signal.kind.is_immediate_danger() {
        actions.push(investigation(case));
    }
    actions
}

fn next_for_step(case: &Case, record: &StepRecord) -> Vec<Item> {
    let step = &record.step.countermeasure;
    let what = step.describe();
    match (record.step.disposition, &record.outcome, &record.confirmation) {
        (Disposition::Review, ..) | (Disposition::Enforce, Some(_), Some(Confirmation::Confirmed { .. })) => vec![],
        (Disposition::Observe, ..) if !case.signal.kind.is_immediate_danger() => vec![],
        (Disposition::Observe | Disposition::Refuse, ..) => {
            vec![Item::with(&format!("if the claim is true, {what} by hand"), by_hand(case, step))]
        }
        (Disposition::Enforce, Some(Outcome::Failed { retryable: true, .. }), _) => vec![Item::with(
            &format!("if no later revision of this case says that it is done, {what} by hand"),
            by_hand(case, step),
        )],
        (Disposition::Enforce, Some(Outcome::Failed { action, code, .. }), _) => {
            let mut items = vec![Item::with(&format!("{what} by hand"), by_hand(case, step))];
            if code.contains("AccessDenied") {
                items.push(Item::of(&format!(
                    "allow {action} to the function's role, and look for a service control policy or a permissions \
                     boundary that denies it"
                )));
            }
            items
        }
        (Disposition::Enforce, None, _) => vec![Item::with(&format!("{what} by hand"), by_hand(case, step))],
        (Disposition::Enforce, Some(_), _) => {
            vec![Item::with(&format!("check that this took effect: {what}"), look(step))]
        }
    }
}

/// Where to see what was done with the access while it lived.
fn investigation(case: &Case) -> Item {
    let (what, key, value) = match (&case.signal.access_key, case.signal.kind) {
        (Some(access_key), _) => ("key", "AccessKeyId", access_key.to_string()),
        (None, SignalKind::CredentialExposed) => ("credential", "Username", case.subject.name.clone()),
        (None, _) => ("identity", "Username", case.subject.name.clone()),
    };
    let command = format!(
        "aws cloudtrail lookup-events --lookup-attributes {}",
        quoted(&format!("AttributeKey={key},AttributeValue={value}"))
    );
    // A role's events stand under its session names, and a secret's under whoever read it.
    let is_listed = key == "AccessKeyId" || matches!(case.subject.kind, SubjectKind::User | SubjectKind::Root);
    Item::with(
        &format!("find out what was done with the {what}: look it up in CloudTrail, in each Region"),
        is_listed.then_some(command),
    )
}

/// The command by which a person takes a step that Severance did not take.
fn by_hand(case: &Case, step: &Countermeasure) -> Option<String> {
    match step {
        Countermeasure::DeactivateAccessKey { user, access_key } => {
            Some(format!("aws iam update-access-key --user-name={user} --access-key-id {access_key} --status Inactive"))
        }
        Countermeasure::QuarantineUser { user } => {
            let partition = case.subject.arn.as_ref().map_or("aws", Arn::partition);
            let policy = quoted(&format!("arn:{partition}:iam::aws:policy/AWSDenyAll"));
            Some(format!("aws iam attach-user-policy --user-name={user} --policy-arn {policy}"))
        }
        Countermeasure::RotateSecret { secret } => {
            Some(format!("aws secretsmanager rotate-secret --secret-id {}{}", quoted(secret.as_str()), region(secret)))
        }
        // The IAM console has a button for this one: the role, Revoke sessions.
        Countermeasure::RevokeRoleSessions { .. } | Countermeasure::HoldForReview => None,
    }
}

/// The command by which a person sees whether a step took effect.
fn look(step: &Countermeasure) -> Option<String> {
    match step {
        Countermeasure::DeactivateAccessKey { user, .. } => {
            Some(format!("aws iam list-access-keys --user-name={user}"))
        }
        Countermeasure::QuarantineUser { user } => {
            Some(format!("aws iam get-user-policy --user-name={user} --policy-name {QUARANTINE_POLICY}"))
        }
        Countermeasure::RevokeRoleSessions { role, .. } => {
            Some(format!("aws iam get-role-policy --role-name={role} --policy-name {REVOKE_SESSIONS_POLICY}"))
        }
        Countermeasure::RotateSecret { secret } => Some(format!(
            "aws secretsmanager describe-secret --secret-id {}{}",
            quoted(secret.as_str()),
            region(secret)
        )),
        Countermeasure::HoldForReview => None,
    }
}

fn region(arn: &Arn) -> String {
    if arn.region().is_empty() { String::new() } else { format!(" --region {}", quoted(arn.region())) }
}

/// How to undo what was done, in reverse order. A credential that others know is never brought back, and what keeps one
/// down is lifted only with a warning.
fn undo(case: &Case) -> Vec<Item> {
    let in_danger = case.signal.kind.is_immediate_danger();
    let item = |step: &Countermeasure| match step {
        Countermeasure::DeactivateAccessKey { access_key, .. } if in_danger => {
            Item::of(&format!("{access_key} stays dead, because others may know it: make a new key instead"))
        }
        Countermeasure::QuarantineUser { .. } if in_danger => {
            let alive = alive_keys(case);
            if alive.is_empty() {
                Item::with(
                    "lift the quarantine, but not within 36 hours: sessions that a thief started may live that long",
                    step.undo_command(),
                )
            } else {
                Item::of(&format!("the quarantine must stay: nothing else holds {} down", alive.join(", ")))
            }
        }
        Countermeasure::RevokeRoleSessions { .. } if in_danger => Item::with(
            "let older sessions in again, but not within 12 hours: stolen ones may live that long",
            step.undo_command(),
        ),
        Countermeasure::RotateSecret { .. } => {
            Item::of("a rotation cannot be undone; Secrets Manager keeps the value before it as AWSPREVIOUS")
        }
        Countermeasure::DeactivateAccessKey { user, access_key } => {
            Item::with(&format!("reactivate access key {access_key} of user {user}"), step.undo_command())
        }
        Countermeasure::QuarantineUser { user } => {
            Item::with(&format!("lift the quarantine of user {user}"), step.undo_command())
        }
        Countermeasure::RevokeRoleSessions { role, .. } => {
            Item::with(&format!("let older sessions of role {role} in again"), step.undo_command())
        }
        Countermeasure::HoldForReview => Item::of("nothing was done, so there is nothing to undo"),
    };
    case.steps
        .iter()
        .rev()
        .filter(|record| is_applied(record))
        .map(|record| item(&record.step.countermeasure))
        .collect()
}

/// The keys that were to be deactivated, and of which that was not seen.
fn alive_keys(case: &Case) -> Vec<&str> {
    case.steps
        .iter()
        .filter(|record| !matches!(record.confirmation, Some(Confirmation::Confirmed { .. })))
        .filter_map(|record| match &record.step.countermeasure {
            Countermeasure::DeactivateAccessKey { access_key, .. } => Some(access_key),
            _ => None,
        })
        .map(AccessKeyId::as_str)
        .collect()
}

fn is_applied(record: &StepRecord) -> bool {
    matches!(record.outcome, Some(Outcome::Applied { .. }))
}

fn owners(case: &Case) -> Option<String> {
    (!case.profile.owners.is_empty()).then(|| from_outside(&case.profile.owners.join(", ")))
}

fn source(source: Source) -> &'static str {
    match source {
        Source::GuardDuty => "GuardDuty",
        Source::SecurityHub => "Security Hub",
        Source::AccessAnalyzer => "IAM Access Analyzer",
        Source::Health => "AWS Health",
        Source::CloudTrail => "CloudTrail",
        Source::Okta => "Okta",
        Source::IdentityCenter => "IAM Identity Center",
        Source::Severance => "an offboarding request",
    }
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

/// One word of a shell, whatever the text holds.
fn quoted(text: &str) -> String {
    format!("'{}'", printable(text).replace('\'', r"'\''"))
}

/// A text from outside, as part of one line: without line breaks and other controls, also those that turn the direction
/// of writing, and of bounded length.
fn from_outside(text: &str) -> String {
    shortened(&printable(text), TEXT_LIMIT)
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect()
}

fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(3)).collect();
    format!("{kept}...")
}
