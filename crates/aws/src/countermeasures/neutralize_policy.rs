//! Put a version of a customer managed policy that can be trusted in the place of one that cannot; where there is none, one that
//! allows nothing. A version can be trusted by where it comes from, not by its number: it is older than the exposure, and the
//! contained identity neither wrote it nor put it in force. What is not to be trusted stays out of force, for a person to read.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use jiff::Timestamp;
use serde_json::Value;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::digest::Digest;
use severance_domain::right::iam;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, unless_gone, without};
use super::policy::decode;
use crate::error::AwsError;

const GET: &str = iam::GET_POLICY.action;
const GET_VERSION: &str = iam::GET_POLICY_VERSION.action;
const LIST: &str = iam::LIST_POLICY_VERSIONS.action;
const SET: &str = iam::SET_DEFAULT_POLICY_VERSION.action;
const CREATE: &str = iam::CREATE_POLICY_VERSION.action;
const DELETE: &str = iam::DELETE_POLICY_VERSION.action;

const KEPT: &str = "it stays out of force: read it, and set it as the default version by hand if it is meant to be";

const GONE: &str = "the policy does not exist any more";

/// Allows nothing and denies nothing: IAM wants a statement, so this one is about an action that no service has. Its
/// Sid is the only place for a reason, and holds letters and digits alone.
const ALLOWS_NOTHING: &str = concat!(
    r#"{"Version":"2012-10-17","Statement":[{"#,
    r#""Sid":"SeveranceNeutralizedTheVersionThatAContainedIdentityWrote","#,
    r#""Effect":"Deny","Action":"none:null","Resource":"*"}]}"#
);

/// Versions that IAM keeps of a managed policy
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const MOST_VERSIONS: usize = 5;

/// Drives [`Countermeasure::NeutralizePolicy`].
pub struct NeutralizePolicy {
    iam: Client,
}

/// One version, as lists show it: without its document.
struct Version {
    id: String,
    written: Option<Timestamp>,
}

impl Version {
    /// Versions are counted, and a number is never used again: `v3` is the third, whichever were deleted.
    fn number(&self) -> Option<u64> {
        number(&self.id)
    }

    /// Whether it may count again: it is older than the exposure, and the contained identity had no hand in it. IAM gives whole
    /// seconds, so one of the very second is none.
    fn is_trusted(&self, of: &card::NeutralizePolicy) -> bool {
        let is_older = match (of.before, self.written) {
            (Some(before), Some(written)) => written.as_second() < before.as_second(),
            (Some(_), None) => false,
            // As an earlier version of Severance judged it, whose records say no more.
            (None, _) => self.number() < number(&of.version),
        };
        is_older && !is_distrusted(of, &self.id)
    }
}

fn number(version: &str) -> Option<u64> {
    version.strip_prefix('v')?.parse().ok()
}

fn is_distrusted(of: &card::NeutralizePolicy, version: &str) -> bool {
    of.version == version || of.distrusted.iter().any(|known| known == version)
}

/// The newest version that may count again.
fn trusted<'a>(versions: &'a [Version], of: &card::NeutralizePolicy) -> Option<&'a Version> {
    versions.iter().filter(|version| version.is_trusted(of)).max_by_key(|version| (version.written, version.number()))
}

impl NeutralizePolicy {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    /// The version that counts; none where there is no such policy.
    async fn default_version(&self, of: &card::NeutralizePolicy) -> Result<Option<String>, AwsError> {
        let answer = self.iam.get_policy().policy_arn(of.policy.as_str()).send().await;
        let Some(found) = unless_gone(answer.map_err(|error| AwsError::of(GET, &error)))? else { return Ok(None) };
        let policy = found.policy.ok_or_else(|| without(GET, "a policy"))?;
        policy.default_version_id.map(Some).ok_or_else(|| without(GET, "the policy's default version"))
    }

    async fn versions(&self, of: &card::NeutralizePolicy) -> Result<Vec<Version>, AwsError> {
        let mut versions = Vec::new();
        let mut pages = self.iam.list_policy_versions().policy_arn(of.policy.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST, &error))?;
            for version in page.versions.unwrap_or_default() {
                let written = version.create_date.and_then(|at| Timestamp::from_second(at.secs()).ok());
                let id = version.version_id.ok_or_else(|| without(LIST, "the id of a version"))?;
                versions.push(Version { id, written });
            }
        }
        Ok(versions)
    }

    /// What a version says.
    async fn document(&self, of: &card::NeutralizePolicy, version: &str) -> Result<Value, AwsError> {
        let get = self.iam.get_policy_version().policy_arn(of.policy.as_str()).version_id(version);
        let found = get.send().await.map_err(|error| AwsError::of(GET_VERSION, &error))?;
        let document = found.policy_version.and_then(|version| version.document);
        document.as_deref().and_then(decode).ok_or_else(|| without(GET_VERSION, "a document that can be read"))
    }

    /// Makes room for one more version, where there is none: the oldest goes that the contained identity wrote and that does not
    /// count. None where there is no such version: which other may be deleted is for the policy's owner to say.
    async fn make_room(
        &self,
        of: &card::NeutralizePolicy,
        versions: &[Version],
        default: &str,
    ) -> Result<Option<String>, AwsError> {
        if versions.len() < MOST_VERSIONS {
            return Ok(None);
        }
        let idle = versions.iter().filter(|version| version.id != default && is_distrusted(of, &version.id));
        let Some(oldest) = idle.min_by_key(|version| version.number()) else { return Ok(None) };
        let document = self.document(of, &oldest.id).await?;
        let delete = self.iam.delete_policy_version().policy_arn(of.policy.as_str()).version_id(&oldest.id);
        delete.send().await.map_err(|error| AwsError::of(DELETE, &error))?;
        // What it said stands in CloudTrail's record of the call that wrote it; the digest tells whether that is the same.
        let digest = Digest::of(document.to_string().as_bytes());
        Ok(Some(format!("; {} was deleted to make room, its document has the digest {digest}", oldest.id)))
    }
}

fn target(step: &Countermeasure) -> Result<&card::NeutralizePolicy, AwsError> {
    match step {
        Countermeasure::NeutralizePolicy(of) => Ok(of),
        _ => Err(misdirected(SET)),
    }
}

fn allows_nothing(document: &Value) -> bool {
    serde_json::from_str::<Value>(ALLOWS_NOTHING).is_ok_and(|nothing| nothing == *document)
}

#[async_trait]
impl Driver for NeutralizePolicy {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let of = target(step)?;
        let Some(default) = self.default_version(of).await? else { return Ok(Applied::Already(GONE.to_owned())) };
        if !is_distrusted(of, &default) {
            // Somebody else's work, or an earlier try's. Whether it may count is read back.
            return Ok(Applied::Already(format!("its default version is {default} already")));
        }
        let versions = self.versions(of).await?;
        if let Some(older) = trusted(&versions, of) {
            let set = self.iam.set_default_policy_version().policy_arn(of.policy.as_str()).version_id(&older.id);
            set.send().await.map_err(|error| AwsError::of(SET, &error))?;
            let since = older.written.map(|at| format!(", written at {at:.0}")).unwrap_or_default();
            return Ok(Applied::Changed(Some(format!("its default version is {} again{since}", older.id))));
        }
        let room = self.make_room(of, &versions, &default).await?.unwrap_or_default();
        let create = self.iam.create_policy_version().policy_arn(of.policy.as_str()).policy_document(ALLOWS_NOTHING);
        let answer = create.set_as_default(true).send().await;
        Ok(match unless_gone(answer.map_err(|error| AwsError::of(CREATE, &error)))? {
            Some(_) => Applied::Changed(Some(format!(
                "its default version allows nothing now; no older one can be trusted{room}"
            ))),
            None => Applied::Already(GONE.to_owned()),
        })
    }

    /// By what counts, not by its number: the document in force must be that of a version that can be trusted, or allow nothing.
    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        let of = target(step)?;
        let Some(default) = self.default_version(of).await? else {
            return Ok(Seen::InEffect(format!("{GET} shows that the policy does not exist any more")));
        };
        if is_distrusted(of, &default) {
            return Ok(Seen::NotYet(format!("{GET} shows {default} as its default version, which the identity wrote or chose")));
        }
        let (versions, document) = (self.versions(of).await?, self.document(of, &default).await?);
        if allows_nothing(&document) {
            return Ok(Seen::InEffect(format!("{GET_VERSION} shows that its default version {default} allows nothing")));
        }
        if versions.iter().any(|version| version.id == default && version.is_trusted(of)) {
            return Ok(Seen::InEffect(format!(
                "{GET_VERSION} shows {default} in force, from before the exposure and by others"
            )));
        }
        if let Some(chosen) = trusted(&versions, of)
            && self.document(of, &chosen.id).await? == document
        {
            let id = &chosen.id;
            return Ok(Seen::InEffect(format!("{GET_VERSION} shows {default} in force, which says what {id} says")));
        }
        Ok(Seen::NotYet(format!(
            "{GET} shows {default} as its default version, which came after the exposure: nobody has judged what it says"
        )))
    }

    async fn undo(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Applied, AwsError> {
        target(step)?;
        Ok(Applied::Already(KEPT.to_owned()))
    }

    async fn confirm_undone(&self, step: &Countermeasure, _undo: Undo<'_>) -> Result<Seen, AwsError> {
        target(step)?;
        Ok(Seen::NotYet(KEPT.to_owned()))
    }
}
