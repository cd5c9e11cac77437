//! The people, keys and claims that the domain's tests speak of.

pub(crate) mod cases;
pub(crate) mod contained;

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::digest::Digest;
use severance_domain::exemption::{Exemption, ExemptionRequest};
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName, UniqueId};
use severance_domain::plan::Disposition;
use severance_domain::playbook::{Context, Mode};
use severance_domain::policy::{Attribution, Policy, PolicyReason, Question, Ruling};
use severance_domain::profile::{Class, Profile};
use severance_domain::refusals::OwnRoles;
use severance_domain::signal::{NewSignal, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, SecretState, Subject, SubjectKind};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const OTHER_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
pub(crate) const SESSION_KEY: &str = "ASIAIOSFODNN7EXAMPLE";

pub(crate) const KINDS: [SignalKind; 14] = SignalKind::ALL;

pub(crate) const SUBJECTS: [SubjectKind; 7] = [
    SubjectKind::User,
    SubjectKind::Role,
    SubjectKind::Secret,
    SubjectKind::DirectoryUser,
    SubjectKind::Root,
    SubjectKind::Person,
    SubjectKind::Unresolved,
];

pub(crate) const CLASSES: [Option<Class>; 7] = [
    None,
    Some(Class::Human),
    Some(Class::Workload),
    Some(Class::Pipeline),
    Some(Class::Agent),
    Some(Class::ThirdParty),
    Some(Class::BreakGlass),
];

/// What a policy can answer.
pub(crate) const ANSWERS: [Disposition; 3] = [Disposition::Enforce, Disposition::Review, Disposition::Observe];

/// How far a stack can be let go.
pub(crate) const MODES: [Mode; 3] = [Mode::Observe, Mode::Review, Mode::Enforce];

pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn days_ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_hours(24 * days)
}

pub(crate) fn context(mode: Mode) -> Context {
    Context {
        mode,
        now: now(),
        stale_key_days: 90,
        unused_key_days: 45,
        own_roles: OwnRoles {
            of_functions: Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:role/severance-offboarding"))
                .into_iter()
                .collect(),
            of_members: None,
        },
        exemptions: vec![],
        breaker_open: false,
        organizational_units: vec![],
        scp_quarantine: false,
        management_account: None,
    }
}

/// What the policy was asked, without what borrows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) countermeasure: Countermeasure,
    pub(crate) attribution: Attribution,
    pub(crate) exempted: bool,
    pub(crate) breaker_open: bool,
    pub(crate) mode: Mode,
    pub(crate) organizational_units: Vec<String>,
    pub(crate) now: Timestamp,
}

/// A policy that gives every question the same answer, and remembers the questions. The real one has tests of its own
/// (crates/policy): here it stands aside, so that what is left is the playbook.
pub(crate) struct Always {
    ruling: Ruling,
    asked: Mutex<Vec<Asked>>,
}

impl Always {
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Policy for Always {
    fn answer(&self, question: &Question<'_>) -> Ruling {
        self.asked.lock().unwrap().push(Asked {
            countermeasure: question.countermeasure.clone(),
            attribution: question.attribution,
            exempted: question.exempted,
            breaker_open: question.breaker_open,
            mode: question.mode,
            organizational_units: question.organizational_units.to_vec(),
            now: question.now,
        });
        self.ruling.clone()
    }
}

/// Answers this, and says nothing of why.
pub(crate) fn always(answer: Disposition) -> Always {
    says(answer, &[])
}

/// Answers this, by these policies: the id, and what it says.
pub(crate) fn says(answer: Disposition, policies: &[(&str, &str)]) -> Always {
    let reason = |(id, says): &(&str, &str)| PolicyReason { id: (*id).to_owned(), says: Some((*says).to_owned()) };
    let policies = policies.iter().map(reason).collect();
    let ruling = Ruling { answer, policies, enforce_on_silence: false, lowered_by: None };
    Always { ruling, asked: Mutex::default() }
}

/// Asks a person, and acts where nobody answers.
pub(crate) fn enforces_on_silence(policies: &[(&str, &str)]) -> Always {
    let Always { ruling, asked } = says(Disposition::Review, policies);
    Always { ruling: Ruling { enforce_on_silence: true, ..ruling }, asked }
}

/// An exemption of every user whose name begins with `ci`, from these countermeasures, for 30 days.
pub(crate) fn exemption(countermeasures: &[&str]) -> Exemption {
    Exemption {
        id: "exm-3f2a91c0".to_owned(),
        request: ExemptionRequest {
            subject: format!("arn:aws:iam::{ACCOUNT}:user/ci/ci*"),
            countermeasures: names(countermeasures),
            owner: "payments@x.io".to_owned(),
            reason: "the yearly closing signs with this key".to_owned(),
            ticket: "OPS-1".to_owned(),
            way_out: "the closing job gets a role by April".to_owned(),
            expires_at: days_ago(-30),
        },
        created_by: bob(),
        standing: None,
        created_at: days_ago(1),
        warned_at: None,
    }
}

/// A responder, as STS names them.
pub(crate) fn bob() -> Arn {
    Arn::try_from(format!("arn:aws:sts::{ACCOUNT}:assumed-role/responder/bob")).unwrap()
}

pub(crate) fn key_id(id: &str) -> AccessKeyId {
    AccessKeyId::try_from(id).unwrap()
}

pub(crate) fn iam_name(name: &str) -> IamName {
    IamName::try_from(name).unwrap()
}

/// An active key of this age that was never used.
pub(crate) fn key(id: &str, age_days: i64) -> AccessKey {
    AccessKey { id: key_id(id), active: true, created_at: Some(days_ago(age_days)), last_used: LastUsed::Never }
}

pub(crate) fn inactive(key: AccessKey) -> AccessKey {
    AccessKey { active: false, ..key }
}

pub(crate) fn used(key: AccessKey, days: i64) -> AccessKey {
    AccessKey { last_used: LastUsed::At(days_ago(days)), ..key }
}

pub(crate) fn keys(keys: impl IntoIterator<Item = AccessKey>) -> Inventory {
    Inventory { access_keys: keys.into_iter().collect(), ..Inventory::default() }
}

pub(crate) fn secret(rotation_enabled: bool, deletion_scheduled: bool) -> Inventory {
    let secret = Some(SecretState { rotation_enabled, deletion_scheduled, last_rotated_at: None });
    Inventory { secret, ..Inventory::default() }
}

pub(crate) fn subject(kind: SubjectKind, name: &str) -> Subject {
    let (arn, id) = match kind {
        SubjectKind::User => (Some(format!("arn:aws:iam::{ACCOUNT}:user/ci/{name}")), Some("AIDAJQABLZS4A3QDU576Q")),
        SubjectKind::Role => (Some(format!("arn:aws:iam::{ACCOUNT}:role/app/{name}")), Some("AROADBQP57FF2AEXAMPLE")),
        SubjectKind::Secret => (Some(format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{name}-AbCdEf")), None),
        SubjectKind::Root => (Some(format!("arn:aws:iam::{ACCOUNT}:root")), None),
        SubjectKind::DirectoryUser => (Some(format!("arn:aws:identitystore:::user/{name}")), None),
        SubjectKind::Person | SubjectKind::Unresolved => (None, None),
    };
    Subject {
        kind,
        account: AccountId::try_from(ACCOUNT).unwrap(),
        name: name.to_owned(),
        arn: arn.map(|arn| Arn::try_from(arn).unwrap()),
        unique_id: id.map(|id| UniqueId::try_from(id).unwrap()),
    }
}

pub(crate) fn user(name: &str) -> Subject {
    subject(SubjectKind::User, name)
}

pub(crate) fn profile(owners: &[&str], class: Option<Class>) -> Profile {
    Profile { owners: owners.iter().map(|owner| (*owner).to_owned()).collect(), class, ..Profile::default() }
}

/// A claim about a user, naming this key.
pub(crate) fn signal(kind: SignalKind, access_key: Option<&str>) -> Signal {
    Signal::new(NewSignal {
        kind,
        source: Source::SecurityHub,
        event_id: "8e5b1a52-6a3c-4a31-9f0a-1d2c3b4a5f60".to_owned(),
        finding_id: "arn:aws:securityhub:us-east-1:111122223333:finding/1".to_owned(),
        rule: "IAM.3".to_owned(),
        account: AccountId::try_from(ACCOUNT).unwrap(),
        region: "us-east-1".to_owned(),
        severity: Severity::Medium,
        occurred_at: "2026-03-01T11:58:30Z".parse().unwrap(),
        subject: SubjectHint::User(PrincipalHint::default()),
        title: "IAM users' access keys should be rotated every 90 days or less".to_owned(),
        event_digest: Digest::of(b"event"),
    })
    .with_access_key(access_key.map(key_id))
}

pub(crate) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(crate) fn leaver(identifiers: &[&str]) -> Signal {
    let subject = SubjectHint::Person { identifiers: names(identifiers) };
    Signal {
        subject,
        source: Source::Okta,
        rule: "user.lifecycle.deactivate".to_owned(),
        ..signal(SignalKind::Offboarding, None)
    }
}

pub(crate) fn retired(identifiers: &[&str]) -> Signal {
    Signal { subject: SubjectHint::Workload { identifiers: names(identifiers) }, ..leaver(&[]) }
}
