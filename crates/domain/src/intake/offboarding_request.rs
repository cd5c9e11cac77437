//! Severance's own bus: somebody who may say so says that a person left or a workload was retired.
//!
//! The contract is `docs/schemas/offboarding-requested.schema.json`: this file accepts exactly what the schema accepts.

use crate::words::ids::{AccountId, Arn, IamName};
use crate::words::malformed::Malformed;
use crate::words::signal::{NewSignal, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};

use super::node::Node;
use super::principal::one_line;
use super::event::{Bus, Envelope, EventRule, EventSource, Intake};

pub(super) const SOURCE: EventSource = EventSource {
    name: "Severance Offboarding Requested",
    words: "requests on Severance's own bus to end the access of a person or workload",
    sample: "severance/person-left.json",
    rules: &[
        EventRule {
            id: "Requested",
            name: "offboarding-requested",
            bus: Bus::Own,
            only_us_east_1: false,
            pattern: r#"{
            "source": ["severance"],
            "detail-type": ["Offboarding Requested"],
            "account": ["${AWS::AccountId}"]
        }"#,
        },
    ],
    owns,
    read,
};

const DETAIL_TYPE: &str = "Offboarding Requested";
const TEXT: &str = "a text without control characters and without spaces at its ends, of at most";
const IAM_ARN: &str = "the ARN of an IAM user or role, without wildcards";
const MOST_ENTRIES: usize = 20;

fn owns(envelope: &Envelope) -> bool {
    envelope.source == "severance" && envelope.detail_type == DETAIL_TYPE
}

fn read(envelope: &Envelope) -> Result<Intake, Malformed> {
    let request = Request::read(&envelope.detail())?;
    let account = request.account.clone().map_or_else(|| envelope.account(), Ok)?;
    let signal = |finding_id: String, account: AccountId, subject: SubjectHint, who: &str| Signal::new(NewSignal {
        kind: SignalKind::Offboarding,
        source: Source::Severance,
        event_id: envelope.id.clone(),
        finding_id,
        rule: DETAIL_TYPE.to_owned(),
        account,
        region: envelope.region.clone(),
        severity: Severity::Medium,
        occurred_at: envelope.time,
        subject,
        title: request.title(who),
        event_digest: envelope.digest.clone(),
    });

    let mut intake = Intake::default();
    let identifiers = request.identifiers.clone();
    if let Some(who) = request.identifiers.first() {
        let subject =
            if request.is_person { SubjectHint::Person { identifiers } } else { SubjectHint::Workload { identifiers } };
        intake.signals.push(signal(request.id.to_owned(), account, subject, who));
    }
    for identity in &request.identities {
        // A request id holds no space, so no two claims get the same name.
        let finding_id = format!("{} {}", request.id, identity.arn);
        intake.signals.push(signal(finding_id, identity.account.clone(), identity.hint(), identity.arn.as_str()));
    }
    Ok(intake)
}

/// The detail of the event, checked.
struct Request<'a> {
    id: &'a str,
    is_person: bool,
    identifiers: Vec<String>,
    identities: Vec<Identity>,
    requested_by: &'a str,
    reason: &'a str,
    ticket: Option<&'a str>,
    account: Option<AccountId>,
}

impl<'a> Request<'a> {
    fn read(detail: &Node<'a>) -> Result<Self, Malformed> {
        only(detail, &["version", "requestId", "subject", "requestedBy", "reason", "ticket", "account"])?;
        let version = detail.get("version");
        if version.as_str() != Some("1") {
            return Err(version.not("\"1\""));
        }
        let (id, ticket, account) = (detail.get("requestId"), detail.get("ticket"), detail.get("account"));

        let subject = detail.get("subject");
        only(&subject, &["type", "identifiers", "arns"])?;
        let (kind, identifiers, arns) = (subject.get("type"), subject.get("identifiers"), subject.get("arns"));
        let is_person = match kind.as_str() {
            Some("person") => true,
            Some("workload") => false,
            _ => return Err(kind.not("\"person\" or \"workload\"")),
        };
        if is_person && arns.is_present() {
            return Err(arns.not("no ARNs of a person: every identity that the person owns is meant"));
        }
        if !identifiers.is_present() && (is_person || !arns.is_present()) {
            let expected = if is_person { "the person's names" } else { "the workload's names, or ARNs in arns" };
            return Err(identifiers.not(expected));
        }
        Ok(Self {
            id: request_id(&id)?,
            is_person,
            identifiers: list(&identifiers, |name| text(name, 256).map(str::to_owned))?,
            identities: list(&arns, Identity::read)?,
            requested_by: text(&detail.get("requestedBy"), 256)?,
            reason: text(&detail.get("reason"), 1024)?,
            ticket: if ticket.is_present() { Some(text(&ticket, 256)?) } else { None },
            account: if account.is_present() { Some(account.account()?) } else { None },
        })
    }

    fn title(&self, who: &str) -> String {
        let done = if self.is_person { "left" } else { "is retired" };
        let ticket = self.ticket.map(|ticket| format!(" ({ticket})")).unwrap_or_default();
        one_line(&format!("{who} {done}, says {}{ticket}: {}", self.requested_by, self.reason))
    }
}

/// An IAM user or role that a workload used.
#[derive(PartialEq)]
struct Identity {
    arn: Arn,
    account: AccountId,
    name: IamName,
    is_role: bool,
}

impl Identity {
    fn read(node: &Node<'_>) -> Result<Self, Malformed> {
        let arn: Arn = node.id(IAM_ARN)?;
        Self::of(arn).ok_or_else(|| node.not(IAM_ARN))
    }

    fn of(arn: Arn) -> Option<Self> {
        let partition = arn.partition().strip_prefix("aws")?;
        let known = partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !known || arn.service() != "iam" || !arn.region().is_empty() || arn.as_str().len() > 2048 {
            return None;
        }
        let (kind, path_and_name) = arn.resource().split_once('/')?;
        let is_role = match kind {
            "user" => false,
            "role" => true,
            _ => return None,
        };
        let (path, name) = path_and_name.rsplit_once('/').unwrap_or(("", path_and_name));
        // One ARN is one identity: a wildcard would be taken literally here, and for a pattern by whoever reads the request.
        if !path.bytes().all(|b| b.is_ascii_graphic() && b != b'*' && b != b'?') {
            return None;
        }
        let (account, name) = (AccountId::try_from(arn.account()).ok()?, IamName::try_from(name).ok()?);
        Some(Self { arn, account, name, is_role })
    }

    fn hint(&self) -> SubjectHint {
        let hint = PrincipalHint { name: Some(self.name.clone()), arn: Some(self.arn.clone()), unique_id: None };
        if self.is_role { SubjectHint::Role(hint) } else { SubjectHint::User(hint) }
    }
}

/// Refuses what is no object, and fields that are unknown or hold `null`: a request that we understand in part only may
/// mean something else than what we would do.
fn only(node: &Node<'_>, names: &[&str]) -> Result<(), Malformed> {
    for (name, field) in node.fields()? {
        if !names.contains(&name) {
            // What a stray field holds may be a secret: it is not repeated.
            let found = "an unknown field".to_owned();
            let expected = format!("no other fields than {}", names.join(", "));
            return Err(Malformed { at: one_line(field.path()), expected, found });
        }
        if !field.is_present() {
            return Err(Malformed { found: "null".to_owned(), ..field.not("a value, or no such field") });
        }
    }
    Ok(())
}

/// A list of 1 to 20 entries, or none where the list is missing. What is said twice counts once.
fn list<'a, T: PartialEq>(
    node: &Node<'a>,
    read: impl Fn(&Node<'a>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut entries = Vec::new();
    if !node.is_present() {
        return Ok(entries);
    }
    let items = node.items()?;
    if items.is_empty() || items.len() > MOST_ENTRIES {
        return Err(node.not("an array of 1 to 20"));
    }
    for item in &items {
        let entry = read(item)?;
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

/// The name of the request: what makes a repetition of it a repetition.
fn request_id<'a>(node: &Node<'a>) -> Result<&'a str, Malformed> {
    let valid = |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    node.as_str().filter(valid).ok_or_else(|| node.not("1 to 128 printable ASCII characters without spaces"))
}

fn text<'a>(node: &Node<'a>, most: usize) -> Result<&'a str, Malformed> {
    let valid = |text: &&str| {
        (1..=most).contains(&text.chars().count())
            && !text.starts_with(' ')
            && !text.ends_with(' ')
            && !text.chars().any(char::is_control)
    };
    node.as_str().filter(valid).ok_or_else(|| node.not(&format!("{TEXT} {most} characters")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::intake::parse;

    const USER: &str = "arn:aws:iam::000000000001:user/service/report-batch";
    const ROLE: &str = "arn:aws-us-gov:iam::000000000002:role/batch";

    fn person() -> Value {
        json!({
            "version": "1", "requestId": "hr-1",
            "subject": {"type": "person", "identifiers": ["alice@example.com", "00u1"]},
            "requestedBy": "hr@example.com", "reason": "left", "ticket": "HR-1", "account": "000000000001",
        })
    }

    fn workload(subject: Value) -> Value {
        let mut detail = person();
        detail["subject"] = subject;
        detail
    }

    fn read(detail: &Value) -> Result<Vec<Signal>, Malformed> {
        let event = json!({
            "id": "e-1", "source": "severance", "detail-type": DETAIL_TYPE, "account": "000000000000",
            "region": "us-east-1", "time": "2025-06-30T17:10:01Z", "detail": detail,
        });
        let intake = parse(&event, &[SOURCE])?;
        assert!(intake.malformed.is_empty() && intake.ignored.is_empty());
        Ok(intake.signals)
    }

    #[test]
    fn a_person_is_one_claim() {
        let signals = read(&person()).unwrap();
        let [signal] = signals.as_slice() else { panic!("{signals:?}") };
        let identifiers = vec!["alice@example.com".to_owned(), "00u1".to_owned()];
        assert_eq!(signal.subject, SubjectHint::Person { identifiers });
        assert_eq!((signal.finding_id.as_str(), signal.account.as_str()), ("hr-1", "000000000001"));
        assert_eq!(signal.title, "alice@example.com left, says hr@example.com (HR-1): left");

        let mut detail = person();
        detail.as_object_mut().unwrap().remove("account");
        assert_eq!(read(&detail).unwrap().first().unwrap().account.as_str(), "000000000000");
    }

    #[test]
    fn a_workload_is_a_claim_for_its_names_and_one_for_each_arn() {
        let signals = read(&workload(json!({
            "type": "workload", "identifiers": ["report-batch", "report-batch"], "arns": [USER, ROLE, USER],
        })));
        let signals = signals.unwrap();
        let [names, user, role] = signals.as_slice() else { panic!("{signals:?}") };
        assert_eq!(names.subject, SubjectHint::Workload { identifiers: vec!["report-batch".to_owned()] });
        assert_eq!(names.finding_id, "hr-1");
        assert_eq!(user.finding_id, format!("hr-1 {USER}"));
        let SubjectHint::User(hint) = &user.subject else { panic!("{user:?}") };
        assert_eq!(hint.name.as_ref().map(IamName::as_str), Some("report-batch"));
        assert_eq!((user.account.as_str(), role.account.as_str()), ("000000000001", "000000000002"));
        assert!(matches!(&role.subject, SubjectHint::Role(hint) if hint.arn.as_ref().map(Arn::as_str) == Some(ROLE)));

        let by_arn = read(&workload(json!({"type": "workload", "arns": [USER]}))).unwrap();
        assert_eq!(by_arn.len(), 1);
    }

    #[test]
    fn every_field_is_checked_and_named() {
        let cases = [
            ("/version", json!("2"), "$.detail.version"),
            ("/version", json!(1), "$.detail.version"),
            ("/requestId", json!(""), "$.detail.requestId"),
            ("/requestId", json!("a b"), "$.detail.requestId"),
            ("/requestId", json!("x".repeat(129)), "$.detail.requestId"),
            ("/subject", json!("alice"), "$.detail.subject"),
            ("/subject", json!([]), "$.detail.subject"),
            ("/subject/type", json!("robot"), "$.detail.subject.type"),
            ("/subject/identifiers", json!([]), "$.detail.subject.identifiers"),
            ("/subject/identifiers", json!("alice"), "$.detail.subject.identifiers"),
            ("/subject/identifiers", json!(vec!["x"; 21]), "$.detail.subject.identifiers"),
            ("/subject/identifiers/1", json!(" x"), "$.detail.subject.identifiers[1]"),
            ("/subject/identifiers/1", json!("x "), "$.detail.subject.identifiers[1]"),
            ("/subject/identifiers/1", json!("x\ny"), "$.detail.subject.identifiers[1]"),
            ("/subject/identifiers/1", json!(null), "$.detail.subject.identifiers[1]"),
            ("/subject/identifiers/1", json!("ä".repeat(257)), "$.detail.subject.identifiers[1]"),
            ("/requestedBy", json!(""), "$.detail.requestedBy"),
            ("/requestedBy", json!({}), "$.detail.requestedBy"),
            ("/reason", json!("x".repeat(1025)), "$.detail.reason"),
            ("/ticket", json!(null), "$.detail.ticket"),
            ("/ticket", json!(4711), "$.detail.ticket"),
            ("/account", json!("12345"), "$.detail.account"),
            ("/account", json!(1), "$.detail.account"),
        ];
        for (at, value, expected) in cases {
            let mut detail = person();
            *detail.pointer_mut(at).unwrap() = value.clone();
            assert_eq!(read(&detail).map_err(|malformed| malformed.at), Err(expected.to_owned()), "{at} {value}");
        }
        for name in ["version", "requestId", "subject", "requestedBy", "reason"] {
            let mut detail = person();
            detail.as_object_mut().unwrap().remove(name);
            assert_eq!(read(&detail).map_err(|malformed| malformed.at), Err(format!("$.detail.{name}")));
        }
    }

    #[test]
    fn a_field_that_we_do_not_know_is_refused_and_not_repeated() {
        let mut detail = person();
        detail["subject"]["api-key"] = json!("hunter2");
        let refused = read(&detail).unwrap_err();
        assert_eq!(refused.at, "$.detail.subject['api-key']");
        assert!(!refused.to_string().contains("hunter2"));
    }

    #[test]
    fn a_subject_without_anything_to_find_it_by_is_refused() {
        let cases = [
            (json!({"type": "workload"}), "$.detail.subject.identifiers"),
            (json!({"type": "person"}), "$.detail.subject.identifiers"),
            (json!({"type": "workload", "arns": []}), "$.detail.subject.arns"),
            (json!({"type": "workload", "identifiers": [], "arns": [USER]}), "$.detail.subject.identifiers"),
            (json!({"type": "person", "arns": [USER]}), "$.detail.subject.arns"),
            (json!({"type": "person", "identifiers": ["a"], "arns": [USER]}), "$.detail.subject.arns"),
        ];
        for (subject, at) in cases {
            assert_eq!(read(&workload(subject.clone())).map_err(|m| m.at), Err(at.to_owned()), "{subject}");
        }
    }

    #[test]
    fn only_users_and_roles_of_iam_can_be_named() {
        let wrong = [
            "report-batch",
            "arn:aws:iam::000000000001:root",
            "arn:aws:iam::000000000001:user/",
            "arn:aws:iam::000000000001:user/a b",
            "arn:aws:iam::000000000001:user/*",
            "arn:aws:iam::000000000001:user/*/x",
            "arn:aws:iam::000000000001:group/x",
            "arn:aws:iam::1:user/x",
            "arn:aws:iam:us-east-1:000000000001:user/x",
            "arn:AWS:iam::000000000001:user/x",
            "arn:aws:sts::000000000001:assumed-role/x/y",
            "arn:aws:s3:::bucket/x",
            "arn:aws:iam::000000000001:user/x\n",
        ];
        for arn in wrong {
            let refused = read(&workload(json!({"type": "workload", "arns": [ROLE, arn]})));
            assert_eq!(refused.map_err(|m| m.at), Err("$.detail.subject.arns[1]".to_owned()), "{arn}");
        }
    }

    #[test]
    fn only_our_own_bus_is_heard() {
        let event = json!({
            "id": "e-1", "source": "com.example.severance", "detail-type": DETAIL_TYPE, "account": "000000000000",
            "region": "us-east-1", "time": "2025-06-30T17:10:01Z", "detail": person(),
        });
        assert!(parse(&event, &[SOURCE]).unwrap().signals.is_empty());
    }
}
