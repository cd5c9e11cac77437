//! The people, keys and claims that the domain's tests speak of.
#![allow(dead_code, reason = "each test binary uses a part")]

use jiff::{SignedDuration, Timestamp};
use severance_domain::digest::Digest;
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName, UniqueId};
use severance_domain::playbook::{Context, Mode};
use severance_domain::signal::{PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};
use severance_domain::subject::{AccessKey, Class, Inventory, LastUsed, Profile, SecretState, Subject, SubjectKind};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const OTHER_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
pub(crate) const SESSION_KEY: &str = "ASIAIOSFODNN7EXAMPLE";

pub(crate) const KINDS: [SignalKind; 12] = [
    SignalKind::Offboarding,
    SignalKind::CredentialCreated,
    SignalKind::CredentialExposed,
    SignalKind::CredentialStale,
    SignalKind::CredentialUnused,
    SignalKind::IdentityCompromised,
    SignalKind::IdentityDormant,
    SignalKind::IdentityOverPrivileged,
    SignalKind::IdentityOwnerless,
    SignalKind::SecretUnrotated,
    SignalKind::SecretDuplicated,
    SignalKind::TrustExposed,
];

pub(crate) const SUBJECTS: [SubjectKind; 6] = [
    SubjectKind::User,
    SubjectKind::Role,
    SubjectKind::Secret,
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
        own_roles: vec!["severance-offboarding".to_owned()],
    }
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
    Profile { owners: owners.iter().map(|owner| (*owner).to_owned()).collect(), class }
}

/// A claim about a user, naming this key.
pub(crate) fn signal(kind: SignalKind, access_key: Option<&str>) -> Signal {
    Signal {
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
        access_key: access_key.map(key_id),
        title: "IAM users' access keys should be rotated every 90 days or less".to_owned(),
        event_digest: Digest::of(b"event"),
    }
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
