//! Put an older version of a customer managed policy in the place of one that is not to be trusted; where there is
//! none, one that allows nothing. The version itself stays, for a person to read.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::Arn;
use severance_domain::right::iam;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, unless_gone};
use crate::error::AwsError;

const GET: &str = iam::GET_POLICY.action;
const LIST: &str = iam::LIST_POLICY_VERSIONS.action;
const SET: &str = iam::SET_DEFAULT_POLICY_VERSION.action;
const CREATE: &str = iam::CREATE_POLICY_VERSION.action;

const KEPT: &str = "it stays out of force: read it, and set it as the default version by hand if it is meant to be";

/// Allows nothing and denies nothing: IAM wants a statement, so this one is about an action that no service has. Its
/// Sid is the only place for a reason, and holds letters and digits alone.
const ALLOWS_NOTHING: &str = concat!(
    r#"{"Version":"2012-10-17","Statement":[{"#,
    r#""Sid":"SeveranceNeutralizedTheVersionThatAContainedIdentityWrote","#,
    r#""Effect":"Deny","Action":"none:null","Resource":"*"}]}"#
);

/// Drives [`Countermeasure::NeutralizePolicy`].
pub struct NeutralizePolicy {
    iam: Client,
}

impl NeutralizePolicy {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    /// The version that counts; none where there is no such policy.
    async fn default_version(&self, policy: &Arn) -> Result<Option<String>, AwsError> {
        let answer = self.iam.get_policy().policy_arn(policy.as_str()).send().await;
        let found = unless_gone(answer.map_err(|error| AwsError::of(GET, &error)))?;
        Ok(found.map(|found| found.policy.and_then(|policy| policy.default_version_id).unwrap_or_default()))
    }

    /// The newest version that is older than this one.
    async fn version_before(&self, policy: &Arn, version: &str) -> Result<Option<String>, AwsError> {
        let mut older: Option<(u64, String)> = None;
        let mut pages = self.iam.list_policy_versions().policy_arn(policy.as_str()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST, &error))?;
            let found = page.versions.unwrap_or_default().into_iter().filter_map(|found| found.version_id);
            let found = found.filter_map(|id| Some((number(&id)?, id)));
            older = older.into_iter().chain(found.filter(|(n, _)| Some(*n) < number(version))).max();
        }
        Ok(older.map(|(_, id)| id))
    }
}

/// Versions are counted, and a number is never used again: `v3` is the third, whichever were deleted.
fn number(version: &str) -> Option<u64> {
    version.strip_prefix('v')?.parse().ok()
}

fn target(step: &Countermeasure) -> Result<(&Arn, &str), AwsError> {
    match step {
        Countermeasure::NeutralizePolicy(card::NeutralizePolicy { policy, version }) => Ok((policy, version)),
        _ => Err(misdirected(SET)),
    }
}

#[async_trait]
impl Driver for NeutralizePolicy {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        const GONE: &str = "the policy does not exist any more";
        let (policy, version) = target(step)?;
        match self.default_version(policy).await? {
            None => return Ok(Applied::Already(GONE.to_owned())),
            Some(other) if other != version => {
                return Ok(Applied::Already(format!("its default version is {other} already")));
            }
            Some(_) => {}
        }
        if let Some(older) = self.version_before(policy, version).await? {
            let set = self.iam.set_default_policy_version().policy_arn(policy.as_str()).version_id(&older);
            set.send().await.map_err(|error| AwsError::of(SET, &error))?;
            return Ok(Applied::Changed(Some(format!("its default version is {older} again"))));
        }
        // A policy holds five versions at most. Which of the others may be deleted is for its owner to say, so then
        // this fails.
        let create = self.iam.create_policy_version().policy_arn(policy.as_str()).policy_document(ALLOWS_NOTHING);
        let answer = create.set_as_default(true).send().await;
        Ok(match unless_gone(answer.map_err(|error| AwsError::of(CREATE, &error)))? {
            Some(_) => {
                Applied::Changed(Some("its default version allows nothing now; there was no older one".to_owned()))
            }
            None => Applied::Already(GONE.to_owned()),
        })
    }

    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        let (policy, version) = target(step)?;
        Ok(match self.default_version(policy).await? {
            None => Seen::InEffect(format!("{GET} shows that the policy does not exist any more")),
            Some(other) if other != version => Seen::InEffect(format!("{GET} shows {other} as its default version")),
            Some(_) => Seen::NotYet(format!("{GET} still shows {version} as its default version")),
        })
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
