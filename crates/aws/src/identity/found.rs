//! What is found of an identity, and whom it is found by.

use std::collections::BTreeMap;

use aws_sdk_iam::types::AttachedPermissionsBoundary;
use severance_domain::ids::{Arn, IamName};
use severance_domain::profile::Profile;
use severance_domain::signal::{Signal, SubjectHint};
use severance_domain::subject::{Absence, Inventory, Subject, SubjectKind};

use crate::error::AwsError;

/// What an identity holds at a recheck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// It is the same one, and holds this.
    Same(Box<Inventory>),
    /// It was not found, and why, in words.
    Nobody(String),
}

/// One subject of a signal, as AWS states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who.
    pub subject: Subject,
    /// Who answers for it.
    pub profile: Profile,
    /// What it holds.
    pub inventory: Inventory,
    /// A role's trust policy, as JSON: who may assume it says what it is.
    pub trust: Option<String>,
    /// Whether it is gone or could not be read; none where it was found.
    pub absent: Option<Absence>,
}

pub(super) enum Resolution {
    One(Box<Found>),
    Many(Vec<Found>),
    /// Nobody was found, and why, in words for people.
    Nobody(Absence, String),
}

impl Resolution {
    /// AWS says that who is meant is not there.
    pub(super) fn gone(why: impl Into<String>) -> Self {
        Self::Nobody(Absence::Gone, why.into())
    }

    /// Who is meant could not be looked for, or not be read.
    pub(super) fn unread(why: impl Into<String>) -> Self {
        Self::Nobody(Absence::Unread, why.into())
    }
}

pub(super) fn root(signal: &Signal) -> Found {
    let subject = Subject {
        kind: SubjectKind::Root,
        account: signal.account.clone(),
        name: "root".to_owned(),
        arn: None,
        unique_id: None,
    };
    let gaps = vec!["the root user's credentials were not enumerated".to_owned()];
    let inventory = Inventory { gaps, ..Inventory::default() };
    Found { subject, profile: Profile::default(), inventory, trust: None, absent: None }
}

/// A subject that stands for whom a signal means and nobody could find or read, and why, in words for people.
pub fn unresolved(signal: &Signal, absent: Absence, why: String) -> Found {
    let (name, arn, unique_id) = match &signal.subject {
        SubjectHint::User(hint) | SubjectHint::Role(hint) => {
            (hint.name.as_ref().map(IamName::to_string), hint.arn.clone(), hint.unique_id.clone())
        }
        SubjectHint::Secret { arn } => (None, Some(arn.clone()), None),
        SubjectHint::Person { identifiers } | SubjectHint::Workload { identifiers } => {
            (identifiers.first().cloned(), None, None)
        }
        SubjectHint::DirectoryUser { id } => (Some(format!("directory user {id}")), None, None),
        SubjectHint::Root | SubjectHint::AccessKeyOnly => (None, None, None),
    };
    let name = name
        .or_else(|| signal.access_key.as_ref().map(|key| format!("access key {key}")))
        .or_else(|| unique_id.as_ref().map(ToString::to_string))
        .unwrap_or_else(|| "unnamed".to_owned());
    let subject = Subject { kind: SubjectKind::Unresolved, account: signal.account.clone(), name, arn, unique_id };
    let inventory = Inventory { unread: vec![why], ..Inventory::default() };
    Found { subject, profile: Profile::default(), inventory, trust: None, absent: Some(absent) }
}

/// The ARN of a permissions boundary, if there is one.
pub(super) fn boundary(shown: Option<&AttachedPermissionsBoundary>) -> Option<Arn> {
    Arn::try_from(shown?.permissions_boundary_arn()?).ok()
}

pub(super) fn iam_tags(tags: &[aws_sdk_iam::types::Tag]) -> BTreeMap<String, String> {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

/// A policy document as IAM writes it in its answers: percent-encoded.
pub(super) fn document(encoded: Option<&str>) -> Option<String> {
    percent_encoding::percent_decode_str(encoded?).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// A role's trust policy. What cannot be decoded is taken as it stands: nobody can read it then, and it is not closed.
pub(super) fn trust_document(encoded: Option<&str>) -> Option<String> {
    document(encoded).or_else(|| encoded.map(str::to_owned))
}

pub(super) fn instant(time: Option<&aws_smithy_types::DateTime>) -> Option<jiff::Timestamp> {
    time.and_then(|time| jiff::Timestamp::from_second(time.secs()).ok())
}

/// Turns what only another try can mend into an error, and leaves the rest to the caller.
pub(super) async fn recoverable<T>(
    read: impl Future<Output = Result<T, AwsError>>,
) -> Result<Result<T, AwsError>, AwsError> {
    match read.await {
        Err(error) if error.retryable || error.is_no_such_entity() => Err(error),
        other => Ok(other),
    }
}
