//! Deny a role's sessions that were issued before a moment. The role goes on working for sessions started later.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use jiff::Timestamp;
use severance_domain::case::CaseId;
use severance_domain::ids::IamName;
use severance_domain::plan::{Countermeasure, REVOKE_SESSIONS_POLICY};

use super::{Applied, Driver, Seen, misdirected, policy};
use crate::clock;
use crate::error::AwsError;

const PUT: &str = "iam:PutRolePolicy";
const GET: &str = "iam:GetRolePolicy";
const GET_ROLE: &str = "iam:GetRole";

/// Drives [`Countermeasure::RevokeRoleSessions`].
pub struct RevokeRoleSessions {
    iam: Client,
}

impl RevokeRoleSessions {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn in_place(&self, role: &IamName) -> Result<InPlace, AwsError> {
        let answer =
            self.iam.get_role_policy().role_name(role.as_str()).policy_name(REVOKE_SESSIONS_POLICY).send().await;
        match answer.map_err(|error| AwsError::of(GET, &error)) {
            Ok(found) => {
                Ok(policy::sessions_denied_before(found.policy_document()).map_or(InPlace::Other, InPlace::Revoked))
            }
            Err(error) if error.is_no_such_entity() => Ok(InPlace::Nothing),
            Err(error) => Err(error),
        }
    }

    /// IAM answers alike where the policy is missing and where the role is.
    async fn without_policy(&self, role: &IamName) -> Result<Seen, AwsError> {
        let answer = self.iam.get_role().role_name(role.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(GET_ROLE, &error)) {
            Ok(_) => Ok(Seen::NotYet(format!("{GET} shows no policy {REVOKE_SESSIONS_POLICY}"))),
            Err(error) if error.is_no_such_entity() => Ok(Seen::NotYet(format!(
                "{GET_ROLE} shows no role of that name: it was deleted, or renamed and lives on"
            ))),
            Err(error) => Err(error),
        }
    }
}

/// What a role has under the name of our policy.
enum InPlace {
    /// Our policy, with its moment.
    Revoked(Timestamp),
    Other,
    Nothing,
}

fn target(step: &Countermeasure) -> Result<(&IamName, Timestamp), AwsError> {
    match step {
        Countermeasure::RevokeRoleSessions { role, issued_before } => Ok((role, *issued_before)),
        _ => Err(misdirected(PUT)),
    }
}

#[async_trait]
impl Driver for RevokeRoleSessions {
    fn actions(&self) -> &'static [&'static str] {
        &[PUT, GET, GET_ROLE]
    }

    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let (role, issued_before) = target(step)?;
        // All cases of a role share one policy: writing an earlier moment over a later one would let sessions back in.
        match self.in_place(role).await? {
            InPlace::Revoked(moment) if moment >= issued_before => {
                return Ok(Applied::Already(format!("sessions issued before {moment} were denied already")));
            }
            InPlace::Revoked(_) | InPlace::Other | InPlace::Nothing => {}
        }
        // A step that is taken late also ends the sessions that were started since it was planned.
        let issued_before = clock::now().max(issued_before);
        let answer = self
            .iam
            .put_role_policy()
            .role_name(role.as_str())
            .policy_name(REVOKE_SESSIONS_POLICY)
            .policy_document(policy::deny_sessions_before(issued_before).to_string())
            .send()
            .await;
        match answer.map_err(|error| AwsError::of(PUT, &error)) {
            Ok(_) => Ok(Applied::Changed(Some(format!("sessions issued before {issued_before} are denied")))),
            Err(error) if error.is_no_such_entity() => {
                Ok(Applied::Already("the role does not exist any more".to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    async fn confirm(&self, step: &Countermeasure, _case: &CaseId) -> Result<Seen, AwsError> {
        let (role, issued_before) = target(step)?;
        Ok(match self.in_place(role).await? {
            InPlace::Revoked(moment) if moment >= issued_before => {
                Seen::InEffect(format!("{GET} shows sessions issued before {moment} denied"))
            }
            InPlace::Revoked(moment) => Seen::NotYet(format!("{GET} shows only sessions before {moment} denied")),
            InPlace::Other => Seen::NotYet(format!("{GET} shows another document under {REVOKE_SESSIONS_POLICY}")),
            InPlace::Nothing => self.without_policy(role).await?,
        })
    }
}
