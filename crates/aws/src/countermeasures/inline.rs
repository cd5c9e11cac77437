//! What quarantines and revocations of sessions have in common: one inline policy on a user or a role, put there, read
//! back, and taken away again where it is still ours.

use aws_sdk_iam::Client;
use jiff::Timestamp;
use severance_domain::case::{Case, Outcome};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::ids::IamName;
use severance_domain::plan::{QUARANTINE_POLICY, REVOKE_SESSIONS_POLICY};
use severance_domain::right::iam;

use super::driver::{Applied, Seen, Undo, unless_gone, until, without};
use super::policy::{self, Quarantine};
use crate::clock;
use crate::error::AwsError;

pub(super) const PUT_USER: &str = iam::PUT_USER_POLICY.action;
pub(super) const GET_USER: &str = iam::GET_USER_POLICY.action;
pub(super) const DELETE_USER: &str = iam::DELETE_USER_POLICY.action;
pub(super) const SHOW_USER: &str = iam::GET_USER.action;
pub(super) const PUT_ROLE: &str = iam::PUT_ROLE_POLICY.action;
pub(super) const GET_ROLE: &str = iam::GET_ROLE_POLICY.action;
pub(super) const DELETE_ROLE: &str = iam::DELETE_ROLE_POLICY.action;
pub(super) const SHOW_ROLE: &str = iam::GET_ROLE.action;

/// What is said where a policy that is to be taken away is gone: somebody lifted it, or an earlier try did.
const NOT_THERE: &str = "it is not there any more";

/// Whose policies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder<'a> {
    User(&'a IamName),
    Role(&'a IamName),
}

impl Holder<'_> {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Role(_) => "role",
        }
    }

    fn get(self) -> &'static str {
        match self {
            Self::User(_) => GET_USER,
            Self::Role(_) => GET_ROLE,
        }
    }

    /// The call that shows the holder.
    pub(super) fn show(self) -> &'static str {
        match self {
            Self::User(_) => SHOW_USER,
            Self::Role(_) => SHOW_ROLE,
        }
    }

    /// What is said where there is none of that name.
    pub(super) fn gone(self) -> String {
        format!("the {} does not exist any more", self.noun())
    }
}

/// What stands under the name of the policy that denies older sessions.
enum Denied {
    /// Our policy, with its moment.
    Before(Timestamp),
    Other,
    Nothing,
}

/// The inline policies of users and roles.
pub(super) struct InlinePolicies {
    iam: Client,
}

impl InlinePolicies {
    pub(super) fn new(iam: Client) -> Self {
        Self { iam }
    }

    /// Denies everything from now on.
    pub(super) async fn quarantine(&self, of: Holder<'_>) -> Result<Applied, AwsError> {
        match self.put(of, QUARANTINE_POLICY, policy::quarantine_since(clock::now()).to_string()).await? {
            Some(()) => Ok(Applied::Changed(None)),
            None => Ok(Applied::Gone(of.gone())),
        }
    }

    /// Whether everything is denied by this policy, since whenever. Whether there is such a holder it does not say.
    pub(super) async fn quarantined(&self, of: Holder<'_>) -> Result<Seen, AwsError> {
        let get = of.get();
        Ok(match self.document(of, QUARANTINE_POLICY).await? {
            Some(found) if policy::quarantine(&found).is_some() => {
                Seen::InEffect(format!("{get} shows the deny-all policy {QUARANTINE_POLICY}"))
            }
            Some(_) => Seen::NotYet(format!("{get} shows another document under {QUARANTINE_POLICY}")),
            None => Seen::NotYet(format!("{get} shows no policy {QUARANTINE_POLICY}")),
        })
    }

    /// Lifts a quarantine that is still ours. Where sessions are to stay denied, that is so before it is lifted, also where this
    /// policy is not ours any more and the case wrote another denial `beside` it.
    pub(super) async fn lift_quarantine(
        &self,
        of: Holder<'_>,
        undo: Undo<'_>,
        beside: bool,
    ) -> Result<Applied, AwsError> {
        let found = self.document(of, QUARANTINE_POLICY).await?;
        let held = found.as_deref().and_then(policy::quarantine);
        let without = match (&found, held) {
            (Some(_), None) => format!("{QUARANTINE_POLICY} is not as we wrote it: left alone"),
            _ => NOT_THERE.to_owned(),
        };
        if found.is_some() && held.is_none() && !beside {
            return Ok(Applied::Already(without));
        }
        let mut kept = None;
        if undo.keep_sessions_denied {
            let since = held.and_then(|held| match held {
                Quarantine::Since(moment) => Some(moment),
                Quarantine::Undated => None,
            });
            let moment = since.max(undo.moment()).unwrap_or_else(clock::now);
            match self.revoke(of, moment, moment).await? {
                Applied::Changed(note) => kept = note,
                Applied::Already(note) | Applied::Gone(note) if held.is_none() => {
                    return Ok(Applied::Already(format!("{without}; {note}")));
                }
                Applied::Already(_) | Applied::Gone(_) => {}
            }
            // INVARIANT: nothing is lifted before the denial of older sessions is in force everywhere. Whoever has one would be let in
            // between, and may make more.
            if let Some(moment) = undo.case.restoration.as_ref().and_then(|of| of.sessions_before)
                && (held.is_some() || beside)
            {
                until(moment).await;
            }
        }
        if held.is_some() {
            self.delete(of, QUARANTINE_POLICY).await?;
            return Ok(Applied::Changed(kept));
        }
        Ok(kept.map_or_else(
            || Applied::Already(without.clone()),
            |kept| Applied::Changed(Some(format!("{without}; {kept}"))),
        ))
    }

    /// Whether a quarantine is lifted, or what stands in its place was left alone.
    pub(super) async fn quarantine_lifted(
        &self,
        of: Holder<'_>,
        undo: Undo<'_>,
        beside: bool,
    ) -> Result<Seen, AwsError> {
        let get = of.get();
        match self.document(of, QUARANTINE_POLICY).await? {
            Some(found) if policy::quarantine(&found).is_some() => {
                return Ok(Seen::NotYet(format!("{get} still shows the deny-all policy {QUARANTINE_POLICY}")));
            }
            Some(_) if !beside || !undo.keep_sessions_denied => return Ok(left_alone(of, QUARANTINE_POLICY)),
            None if !self.exists(of).await? => return Ok(nobody(of)),
            None if !undo.keep_sessions_denied => {
                return Ok(Seen::InEffect(format!("{get} shows no policy {QUARANTINE_POLICY}")));
            }
            Some(_) | None => {}
        }
        let needed = undo.moment();
        Ok(match self.denied(of).await? {
            Denied::Before(moment) if needed.is_none_or(|needed| moment >= needed) => Seen::InEffect(format!(
                "{get} shows no policy {QUARANTINE_POLICY}, and sessions issued before {moment} denied"
            )),
            Denied::Before(moment) => Seen::NotYet(format!("{get} shows only sessions before {moment} denied")),
            Denied::Other => Seen::NotYet(format!("{get} shows another document under {REVOKE_SESSIONS_POLICY}")),
            Denied::Nothing => Seen::NotYet(format!("{get} shows no policy {REVOKE_SESSIONS_POLICY}")),
        })
    }

    /// Denies sessions that were issued before `written`, unless those before `needed` are denied already.
    pub(super) async fn revoke(
        &self,
        of: Holder<'_>,
        needed: Timestamp,
        written: Timestamp,
    ) -> Result<Applied, AwsError> {
        // All cases share one policy: writing an earlier moment over a later one would let sessions back in.
        if let Denied::Before(moment) = self.denied(of).await?
            && moment >= needed
        {
            return Ok(Applied::Already(format!("sessions issued before {moment} were denied already")));
        }
        let document = policy::deny_sessions_before(written).to_string();
        match self.put(of, REVOKE_SESSIONS_POLICY, document).await? {
            Some(()) => Ok(Applied::Changed(Some(format!("sessions issued before {written} are denied")))),
            None => Ok(Applied::Gone(of.gone())),
        }
    }

    /// Whether sessions before this moment are denied; before any moment, where it is not known. Whether there is such a holder
    /// it does not say.
    pub(super) async fn revoked(&self, of: Holder<'_>, needed: Option<Timestamp>) -> Result<Seen, AwsError> {
        let get = of.get();
        Ok(match self.denied(of).await? {
            Denied::Before(moment) if needed.is_none_or(|needed| moment >= needed) => {
                Seen::InEffect(format!("{get} shows sessions issued before {moment} denied"))
            }
            Denied::Before(moment) => Seen::NotYet(format!("{get} shows only sessions before {moment} denied")),
            Denied::Other => Seen::NotYet(format!("{get} shows another document under {REVOKE_SESSIONS_POLICY}")),
            Denied::Nothing => Seen::NotYet(format!("{get} shows no policy {REVOKE_SESSIONS_POLICY}")),
        })
    }

    /// Lets older sessions in again, unless others have written under that name since.
    pub(super) async fn lift_revocation(
        &self,
        of: Holder<'_>,
        step: &Countermeasure,
        undo: Undo<'_>,
    ) -> Result<Applied, AwsError> {
        Ok(match self.denied(of).await? {
            Denied::Nothing => Applied::Already(NOT_THERE.to_owned()),
            Denied::Other => Applied::Already(format!("{REVOKE_SESSIONS_POLICY} is not as we wrote it: left alone")),
            Denied::Before(moment) if is_of_another_case(moment, step, undo.case) => {
                Applied::Already(format!("another case denied sessions issued before {moment} since: left alone"))
            }
            Denied::Before(_) => match self.delete(of, REVOKE_SESSIONS_POLICY).await? {
                Some(()) => Applied::Changed(None),
                None => Applied::Already(NOT_THERE.to_owned()),
            },
        })
    }

    /// Whether older sessions are let in again, or what stands in its place was left alone.
    pub(super) async fn revocation_lifted(
        &self,
        of: Holder<'_>,
        step: &Countermeasure,
        undo: Undo<'_>,
    ) -> Result<Seen, AwsError> {
        let get = of.get();
        Ok(match self.denied(of).await? {
            Denied::Nothing if !self.exists(of).await? => nobody(of),
            Denied::Nothing => Seen::InEffect(format!("{get} shows no policy {REVOKE_SESSIONS_POLICY}")),
            Denied::Other => left_alone(of, REVOKE_SESSIONS_POLICY),
            Denied::Before(moment) if is_of_another_case(moment, step, undo.case) => Seen::InEffect(format!(
                "{get} shows sessions issued before {moment} denied by another case: that was left alone"
            )),
            Denied::Before(moment) => Seen::NotYet(format!("{get} still shows sessions issued before {moment} denied")),
        })
    }

    async fn denied(&self, of: Holder<'_>) -> Result<Denied, AwsError> {
        Ok(match self.document(of, REVOKE_SESSIONS_POLICY).await? {
            Some(found) => policy::sessions_denied_before(&found).map_or(Denied::Other, Denied::Before),
            None => Denied::Nothing,
        })
    }

    /// IAM answers alike where a policy is missing and where its holder is.
    async fn exists(&self, of: Holder<'_>) -> Result<bool, AwsError> {
        // The SDK fills what an answer leaves out with empty texts.
        let id = unless_gone(match of {
            Holder::User(user) => {
                let answer = self.iam.get_user().user_name(user.as_str()).send().await;
                let id = answer.map(|found| found.user.map(|user| user.user_id).unwrap_or_default());
                id.map_err(|error| AwsError::of(SHOW_USER, &error))
            }
            Holder::Role(role) => {
                let answer = self.iam.get_role().role_name(role.as_str()).send().await;
                let id = answer.map(|found| found.role.map(|role| role.role_id).unwrap_or_default());
                id.map_err(|error| AwsError::of(SHOW_ROLE, &error))
            }
        })?;
        match id {
            Some(id) if id.is_empty() => Err(without(of.show(), "a user or a role")),
            id => Ok(id.is_some()),
        }
    }

    /// The document as IAM returns it; none where the policy or its holder is not there.
    async fn document(&self, of: Holder<'_>, name: &str) -> Result<Option<String>, AwsError> {
        unless_gone(match of {
            Holder::User(user) => {
                let answer = self.iam.get_user_policy().user_name(user.as_str()).policy_name(name).send().await;
                answer.map(|found| found.policy_document).map_err(|error| AwsError::of(GET_USER, &error))
            }
            Holder::Role(role) => {
                let answer = self.iam.get_role_policy().role_name(role.as_str()).policy_name(name).send().await;
                answer.map(|found| found.policy_document).map_err(|error| AwsError::of(GET_ROLE, &error))
            }
        })
    }

    /// None where there is no such holder.
    async fn put(&self, of: Holder<'_>, name: &str, document: String) -> Result<Option<()>, AwsError> {
        unless_gone(match of {
            Holder::User(user) => {
                let put = self.iam.put_user_policy().user_name(user.as_str());
                let answer = put.policy_name(name).policy_document(document).send().await;
                answer.map(drop).map_err(|error| AwsError::of(PUT_USER, &error))
            }
            Holder::Role(role) => {
                let put = self.iam.put_role_policy().role_name(role.as_str());
                let answer = put.policy_name(name).policy_document(document).send().await;
                answer.map(drop).map_err(|error| AwsError::of(PUT_ROLE, &error))
            }
        })
    }

    /// None where the policy or its holder is not there.
    async fn delete(&self, of: Holder<'_>, name: &str) -> Result<Option<()>, AwsError> {
        unless_gone(match of {
            Holder::User(user) => {
                let answer = self.iam.delete_user_policy().user_name(user.as_str()).policy_name(name).send().await;
                answer.map(drop).map_err(|error| AwsError::of(DELETE_USER, &error))
            }
            Holder::Role(role) => {
                let answer = self.iam.delete_role_policy().role_name(role.as_str()).policy_name(name).send().await;
                answer.map(drop).map_err(|error| AwsError::of(DELETE_ROLE, &error))
            }
        })
    }
}

/// Nothing follows from what nobody of that name has.
pub(super) fn nobody(of: Holder<'_>) -> Seen {
    let (show, noun) = (of.show(), of.noun());
    Seen::NotYet(format!("{show} shows no {noun} of that name: it was deleted, or renamed and lives on"))
}

fn left_alone(of: Holder<'_>, name: &str) -> Seen {
    Seen::InEffect(format!("{} shows another document under {name}, which was left alone", of.get()))
}

/// Whether a moment is later than any that this case has written: it reads the clock before the call, and its outcome
/// after.
fn is_of_another_case(moment: Timestamp, step: &Countermeasure, case: &Case) -> bool {
    let records = case.steps.iter().filter(|record| record.step.countermeasure.is_same_target(step));
    records.filter_map(|record| taken_at(record.outcome.as_ref()?)).max().is_some_and(|taken| moment > taken)
}

fn taken_at(outcome: &Outcome) -> Option<Timestamp> {
    match outcome {
        Outcome::Applied { at, .. } | Outcome::AlreadyInEffect { at, .. } => Some(*at),
        Outcome::Failed { .. } => None,
    }
}
