//! What every session has, however it is started.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::call::{Call, Refusal};
use crate::caller::{Caller, Credential, Session, SessionOf, StartedBy};
use crate::evaluate::{Decision, Question, decide, is_policy};
use crate::state::State;
use crate::store::View;

use super::names::{seen_by, written};

/// A session to be started; nothing of it is checked.
#[derive(Debug, Clone)]
pub struct Start {
    /// The account that it acts in.
    pub account: String,
    /// Whose rights it has.
    pub of: SessionOf,
    /// Its name.
    pub name: String,
    /// How long it lasts.
    pub lasts: SignedDuration,
    /// How it is started.
    pub by: StartedBy,
    /// Session policies: see [`Session::policies`].
    pub policies: Vec<Value>,
    /// Who is behind it.
    pub source_identity: Option<String>,
    /// Session tags.
    pub tags: BTreeMap<String, String>,
    /// Further condition keys that hold within it.
    pub context: BTreeMap<String, String>,
}

impl Start {
    /// Without session policies, source identity, tags and further keys.
    pub fn new(account: &str, of: SessionOf, name: &str, lasts: SignedDuration, by: StartedBy) -> Self {
        Self {
            account: account.to_owned(),
            of,
            name: name.to_owned(),
            lasts,
            by,
            policies: vec![],
            source_identity: None,
            tags: BTreeMap::new(),
            context: BTreeMap::new(),
        }
    }
}

/// Starts a session, which works at once. Whether it may be started is for the caller of this to know: Identity Center by its
/// assignments, Roles Anywhere by its profiles.
pub fn start(state: &mut State, at: Timestamp, start: Start) -> Session {
    let key = state.unique("ASIA");
    let token = state.unique("token-");
    let session = Session {
        key: key.clone(),
        token,
        account: start.account,
        of: start.of,
        name: start.name,
        issued_at: at,
        expires_at: at + start.lasts,
        policies: start.policies,
        source_identity: start.source_identity,
        tags: start.tags,
        by: start.by,
        context: start.context,
    };
    state.sessions.insert(key, session.clone());
    session
}

/// Starts the session of an instance, a function or whatever else runs under a role, if the role trusts the service at that moment.
/// It lasts six hours, as those of instance metadata do.
///
/// # Errors
/// `AccessDenied` where the trust does not allow it, or the role is not there.
pub fn start_service_session(
    state: &mut State,
    at: Timestamp,
    account: &str,
    role_id: &str,
    service: &str,
    name: &str,
) -> Result<Credential, Refusal> {
    let view = View::Enforced(at);
    let caller = Caller::Service { account: account.to_owned(), name: service.to_owned() };
    let resource = state.iam.role_arn(view, account, role_id).unwrap_or_default();
    let question =
        Question { caller: &caller, action: "sts:AssumeRole".to_owned(), resource, context: BTreeMap::new() };
    if decide(state, view, &question) != Decision::Allowed {
        let why = format!("on resource: {}", question.resource);
        return Err(Refusal::denied(service, "sts:AssumeRole", &why));
    }
    let by = StartedBy::Service(service.to_owned());
    let role = SessionOf::Role(role_id.to_owned());
    let session = start(state, at, Start::new(account, role, name, SignedDuration::from_hours(6), by));
    Ok(session.credential())
}

impl Session {
    /// What calls are signed with.
    pub fn credential(&self) -> Credential {
        Credential { key_id: self.key.clone(), token: Some(self.token.clone()) }
    }
}

/// `Credentials` of an answer.
pub(super) fn credentials(session: &Session) -> Value {
    json!({
        "AccessKeyId": session.key,
        "SecretAccessKey": format!("secret-of-{}", session.key),
        "SessionToken": session.token,
        "Expiration": written(session.expires_at),
    })
}

/// `DurationSeconds`: at least 900.
pub(super) fn duration(call: &Call, default: i64, longest: i64, what: &str) -> Result<SignedDuration, Refusal> {
    let asked = &call.request.input["DurationSeconds"];
    let asked = asked.as_i64().or_else(|| asked.as_str()?.parse().ok());
    let seconds = asked.unwrap_or(default);
    if seconds < 900 {
        let message = "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: \
                       Member must have value greater than or equal to 900";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    if seconds > longest {
        return Err(Refusal::new(400, "ValidationError", format!("The requested DurationSeconds exceeds {what}")));
    }
    Ok(SignedDuration::from_secs(seconds))
}

/// Session policies: one in the call, up to 2,048 characters, and up to ten managed ones of the account (IAM quotas, "Role session
/// policies" and "managed policies as session policies").
pub(super) fn session_policies(state: &State, call: &Call, account: &str) -> Result<Vec<Value>, Refusal> {
    let too_much = |what: &str, n: usize| {
        let message = format!(
            "1 validation error detected: Value at '{what}' failed to satisfy constraint: \
             Member must have length less than or equal to {n}"
        );
        Refusal::new(400, "ValidationError", message)
    };
    let mut policies = Vec::new();
    let text = call.text("Policy");
    if text.chars().count() > 2_048 {
        return Err(too_much("policy", 2_048));
    }
    if !text.is_empty() {
        let malformed = || Refusal::new(400, "MalformedPolicyDocument", "Syntax errors in policy.");
        let policy: Value = serde_json::from_str(text).map_err(|_| malformed())?;
        if !is_policy(&policy) {
            return Err(malformed());
        }
        policies.push(policy);
    }
    let arns = call.request.input["PolicyArns"].as_array().map(Vec::as_slice).unwrap_or_default();
    if arns.len() > 10 {
        return Err(too_much("policyArns", 10));
    }
    for arn in arns.iter().filter_map(|one| one["arn"].as_str()) {
        let Some(document) = state.iam.policy_document(seen_by(call), account, arn) else {
            return Err(Refusal::new(400, "ValidationError", format!("ARN {arn} is not valid.")));
        };
        policies.extend(serde_json::from_str::<Value>(&document));
    }
    Ok(policies)
}

/// Session tags of a call.
pub(super) fn tags(call: &Call) -> BTreeMap<String, String> {
    let tags = call.request.input["Tags"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tags.map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect()
}
