//! Situations that the tests ask about, written as `idle=90,owned=no`.
#![allow(dead_code, reason = "the suite, the unit tests and an example use it, each a part")]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan};
use severance_domain::case::CaseId;
use severance_domain::countermeasure::Countermeasure;
use severance_domain::cutover::{Copies, CutoverFacts, Stage};
use severance_domain::digest::Digest;
use severance_domain::ids::{AccessKeyId, AccountId, Arn, UniqueId};
use severance_domain::playbook::Mode;
use severance_domain::policy::{Attribution, Policy, Question, Request, Ruling};
use severance_domain::profile::{Basis, Class, Confidence, Criticality, Field, Origin, Profile};
use severance_domain::signal::{Follows, NewSignal, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, Subject, SubjectKind};
use severance_policy::{Explanation, Guardrails, SourceFile};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// All that a question borrows.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) countermeasure: Countermeasure,
    pub(crate) subject: Subject,
    pub(crate) profile: Profile,
    pub(crate) inventory: Inventory,
    pub(crate) signal: Signal,
    pub(crate) attribution: Attribution,
    pub(crate) exempted: bool,
    pub(crate) breaker_open: bool,
    pub(crate) units: Vec<String>,
}

pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn days_ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_hours(24 * days)
}

pub(crate) fn kind(name: &str) -> SignalKind {
    SignalKind::ALL.into_iter().find(|kind| kind.as_str() == name).unwrap_or_else(|| panic!("no signal {name}"))
}

pub(crate) fn countermeasure(name: &str) -> Countermeasure {
    let mut all = Countermeasure::samples().unwrap().into_iter().chain([Countermeasure::HoldForReview]);
    all.find(|of| of.as_str() == name).unwrap_or_else(|| panic!("no countermeasure {name}"))
}

/// What a countermeasure is taken upon.
fn subject_kind(countermeasure: &str) -> SubjectKind {
    match countermeasure {
        "revoke_role_sessions" | "quarantine_role" | "close_role_trust" | "leave_roles_anywhere" => SubjectKind::Role,
        "remove_account_assignment" | "remove_group_membership" => SubjectKind::DirectoryUser,
        "rotate_secret" => SubjectKind::Secret,
        _ => SubjectKind::User,
    }
}

fn arn(countermeasure: &str) -> Arn {
    let text = match subject_kind(countermeasure) {
        SubjectKind::Role => format!("arn:aws:iam::{ACCOUNT}:role/deployer"),
        SubjectKind::DirectoryUser => "arn:aws:identitystore:::user/deployer".to_owned(),
        SubjectKind::Secret => format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:deployer-AbCdEf"),
        _ => format!("arn:aws:iam::{ACCOUNT}:user/deployer"),
    };
    Arn::try_from(text).unwrap()
}

impl Asker {
    /// An owned identity of this class, with one key whose last use nobody asked about; then what the situation says.
    pub(crate) fn new(class: &str, signal: &str, step: &str, situation: &str) -> Self {
        let class = (class != "unknown").then(|| Class::from_tag(class).unwrap_or_else(|| panic!("no class {class}")));
        let subject_kind = subject_kind(step);
        let unique_id = match subject_kind {
            SubjectKind::Role => Some("AROAEXAMPLE"),
            SubjectKind::User => Some("AIDAEXAMPLE"),
            _ => None,
        };
        let key = AccessKey {
            id: AccessKeyId::try_from(KEY).unwrap(),
            active: true,
            created_at: Some(days_ago(500)),
            last_used: LastUsed::NotAsked,
        };
        let mut asker = Self {
            countermeasure: countermeasure(step),
            subject: Subject {
                kind: subject_kind,
                account: AccountId::try_from(ACCOUNT).unwrap(),
                name: "deployer".to_owned(),
                arn: Some(arn(step)),
                unique_id: unique_id.map(|id| UniqueId::try_from(id).unwrap()),
            },
            profile: Profile { owners: vec!["team-a".to_owned()], class, ..Profile::default() },
            inventory: Inventory {
                access_keys: if subject_kind == SubjectKind::User { vec![key] } else { vec![] },
                created_at: Some(days_ago(600)),
                ..Inventory::default()
            },
            signal: signal_of(kind(signal)),
            attribution: Attribution::Direct,
            exempted: false,
            breaker_open: false,
            units: vec![],
        };
        if asker.signal.kind == SignalKind::CredentialSuperseded {
            asker.signal.cutover = Some(Box::new(cutover(Stage::Quiet)));
        }
        for part in situation.split(',').filter(|part| *part != "-") {
            asker.put(part);
        }
        asker
    }

    fn put(&mut self, part: &str) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match key {
            "idle" => {
                let used = LastUsed::At(days_ago(value.parse().unwrap()));
                assert!(!self.inventory.access_keys.is_empty(), "idle= needs a user");
                self.inventory.access_keys.iter_mut().for_each(|key| key.last_used = used);
            }
            "owned" if value == "no" => self.profile.owners.clear(),
            "source" => {
                self.signal.source = Source::ALL.into_iter().find(|s| s.as_str() == value).unwrap();
                if self.signal.source == Source::Containment {
                    let case = CaseId::of(SignalKind::IdentityCompromised, &self.subject, "first");
                    self.signal.follows = Some(Follows { case, generation: 1, planted: None });
                }
            }
            "severity" => self.signal.severity = Severity::ALL.into_iter().find(|s| s.as_str() == value).unwrap(),
            "env" => self.profile.environment = Some(value.to_owned()),
            "criticality" => self.profile.criticality = Some(Criticality::from_tag(value).unwrap()),
            "expires" => {
                let days: i64 = value.parse().unwrap();
                self.profile.expires_on = Some("2026-03-01".parse::<jiff::civil::Date>().unwrap() + days.days());
            }
            "attribution" => self.attribution = Attribution::ALL.into_iter().find(|a| a.as_str() == value).unwrap(),
            "exempted" => self.exempted = true,
            "still-used" => self.signal.cutover = Some(Box::new(cutover(Stage::Deadline))),
            "no-facts" => self.signal.cutover = None,
            "on-user" => {
                let user = Self::new("unknown", "offboarding", "deactivate_access_key", "-");
                (self.subject, self.inventory) = (user.subject, user.inventory);
            }
            "breaker" => self.breaker_open = true,
            "by-hand" => {
                let by = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:user/responder")).unwrap();
                self.signal.request = Some(Request { by, reason: "gone".to_owned(), ticket: None, standing: None });
            }
            "inferred" => {
                let basis =
                    Basis { origin: Origin::Inferred, detail: "its name".to_owned(), confidence: Confidence::Low };
                self.profile.basis.insert(Field::Class, basis);
            }
            _ => panic!("no such part of a situation: {part}"),
        }
    }

    #[must_use]
    pub(crate) fn tagged(mut self, tags: &[(&str, &str)]) -> Self {
        self.profile.tags = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>();
        self
    }

    pub(crate) fn question(&self) -> Question<'_> {
        Question {
            countermeasure: &self.countermeasure,
            subject: &self.subject,
            profile: &self.profile,
            inventory: &self.inventory,
            signal: &self.signal,
            attribution: self.attribution,
            exempted: self.exempted,
            breaker_open: self.breaker_open,
            mode: Mode::Enforce,
            organizational_units: &self.units,
            now: now(),
        }
    }

    pub(crate) fn explain(&self, guardrails: &Guardrails) -> Explanation {
        guardrails.explain(&self.question())
    }

    pub(crate) fn answer(&self, guardrails: &Guardrails) -> Ruling {
        guardrails.answer(&self.question())
    }
}

/// What the cutover of a key that was replaced ten days ago knows.
fn cutover(stage: Stage) -> CutoverFacts {
    CutoverFacts {
        stage,
        secret: arn("rotate_secret"),
        replaced_by: AccessKeyId::try_from("AKIAI44QH8DHBEXAMPLE").unwrap(),
        opened_at: days_ago(10),
        quiet_for: SignedDuration::from_hours(24),
        deadline: days_ago(3),
        last_used_at: None,
        consumers: vec![],
        copies: Copies::default(),
        unread: vec![],
    }
}

fn signal_of(kind: SignalKind) -> Signal {
    Signal::new(NewSignal {
        kind,
        source: Source::SecurityHub,
        event_id: "event".to_owned(),
        finding_id: "finding".to_owned(),
        rule: "IAM.3".to_owned(),
        account: AccountId::try_from(ACCOUNT).unwrap(),
        region: "us-east-1".to_owned(),
        severity: Severity::High,
        occurred_at: now(),
        subject: SubjectHint::User(PrincipalHint::default()),
        title: "a finding".to_owned(),
        event_digest: Digest::of(b"event"),
    })
}

/// Our own policies, without those that a user may have put beside them.
pub(crate) fn defaults() -> Vec<SourceFile> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/default");
    let mut files: Vec<SourceFile> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = format!("policies/default/{}", path.file_name().unwrap().to_string_lossy());
            SourceFile { name, text: std::fs::read_to_string(path).unwrap() }
        })
        .collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files
}

/// Our policies with one file of a user's.
pub(crate) fn with_custom(text: &str) -> Vec<SourceFile> {
    let mut files = defaults();
    files.push(SourceFile { name: "policies/custom/x.cedar".to_owned(), text: text.to_owned() });
    files
}
