//! What conditions can ask: the keys that follow from who calls, and the names that a caller goes by.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::caller::{Caller, Session, SessionOf, StartedBy};
use crate::lag::draw;
use crate::state::State;
use crate::store::View;

/// Where a caller's calls come from: one address for each key, the one that CloudTrail writes down.
pub(crate) fn source_ip(caller: &Caller) -> String {
    let host = draw(0x1b, &[caller.key().unwrap_or_default().as_bytes()]) % 254 + 1;
    format!("203.0.113.{host}")
}

/// Condition keys and their values. Names of keys know no case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    pub(crate) fn get(&self, key: &str) -> Option<&[String]> {
        // Keys of conditions are lower case already; those of variables may not be.
        let found = self.0.get(key).or_else(|| self.0.get(&key.to_ascii_lowercase()));
        found.map(Vec::as_slice)
    }

    pub(crate) fn set(&mut self, key: &str, value: impl Into<String>) {
        self.add(key, vec![value.into()]);
    }

    pub(crate) fn add(&mut self, key: &str, values: Vec<String>) {
        self.0.insert(key.to_ascii_lowercase(), values);
    }

    /// This one with what a question brings.
    pub(crate) fn with(&self, brought: &BTreeMap<String, Vec<String>>) -> Self {
        let mut all = self.clone();
        for (key, values) in brought {
            all.add(key, values.clone());
        }
        all
    }
}

/// The keys that follow from the caller, in this view, and at this moment where one is known
/// (IAM User Guide, "AWS global condition context keys").
pub(crate) fn of_caller(state: &State, view: View, at: Option<Timestamp>, caller: &Caller) -> Context {
    let mut context = Context::default();
    if let Some(at) = at {
        context.set("aws:CurrentTime", at.to_string());
        context.set("aws:EpochTime", at.as_second().to_string());
    }
    for (key, value) in
        [("aws:SecureTransport", "true"), ("aws:ViaAWSService", "false"), ("aws:RequestedRegion", "us-east-1")]
    {
        context.set(key, value);
    }
    context.set("aws:SourceIp", source_ip(caller));
    let account = caller.account();
    match caller {
        Caller::Service { name, .. } => {
            context.set("aws:PrincipalIsAWSService", "true");
            context.set("aws:PrincipalServiceName", name);
            context.set("aws:SourceAccount", account);
            return context;
        }
        Caller::Anonymous { .. } | Caller::Stage { .. } => {
            context.set("aws:PrincipalType", "Anonymous");
            context.set("aws:userid", "anonymous");
            return context;
        }
        Caller::Root { .. } | Caller::User { .. } | Caller::Session(_) => {}
    }
    context.set("aws:PrincipalIsAWSService", "false");
    context.set("aws:PrincipalAccount", account);
    context.set("aws:userid", user_id(caller));
    if let Some(organization) = state.organizations.id_for(account) {
        context.set("aws:PrincipalOrgID", organization);
    }
    // Of a role's session, the role's ARN and not the session's.
    let (arn, kind) = match caller {
        Caller::Session(session) => match &session.of {
            SessionOf::Role(id) => (state.iam.role_arn(view, account, id), "AssumedRole"),
            SessionOf::User(id) => (state.iam.user_arn(view, account, id), "User"),
            SessionOf::Federated(_) => (Some(arn_of(state, view, caller)), "FederatedUser"),
            SessionOf::Root => (Some(arn_of(state, view, caller)), "Account"),
        },
        Caller::User { .. } => (Some(arn_of(state, view, caller)), "User"),
        _ => (Some(arn_of(state, view, caller)), "Account"),
    };
    context.set("aws:PrincipalType", kind);
    context.set("aws:PrincipalArn", arn.unwrap_or_default());
    if let Some(id) = identity(caller) {
        for (key, value) in state.iam.tags.of(view, account, id) {
            context.set(&format!("aws:PrincipalTag/{key}"), value);
        }
    }
    let user = match caller {
        Caller::User { id, .. } => Some(id),
        Caller::Session(session) => match &session.of {
            SessionOf::User(id) => Some(id),
            _ => None,
        },
        _ => None,
    };
    if let Some(user) = user.and_then(|id| state.iam.user(view, account, id)) {
        context.set("aws:username", &user.name);
    }
    if let Caller::Session(session) = caller {
        of_session(&mut context, session);
    }
    context
}

/// What only temporary credentials carry: a long-term key has neither a moment of issue nor a word about MFA.
fn of_session(context: &mut Context, session: &Session) {
    context.set("aws:TokenIssueTime", session.issued_at.to_string());
    context.set("aws:MultiFactorAuthPresent", "false");
    if let Some(who) = &session.source_identity {
        context.set("aws:SourceIdentity", who);
    }
    if session.of == SessionOf::Root {
        context.set("aws:AssumedRoot", "true");
    }
    // A session tag hides a role's tag of the same key.
    for (key, value) in &session.tags {
        context.set(&format!("aws:PrincipalTag/{key}"), value);
    }
    match &session.by {
        StartedBy::WebIdentity { provider, .. } | StartedBy::Saml { provider, .. } => {
            context.set("aws:FederatedProvider", provider);
        }
        _ => {}
    }
    for (key, value) in &session.context {
        context.set(key, value);
    }
}

/// The unique id of the user or role whose policies bind the caller.
pub(crate) fn identity(caller: &Caller) -> Option<&str> {
    match caller {
        Caller::User { id, .. } => Some(id),
        Caller::Session(session) => match &session.of {
            SessionOf::Role(id) | SessionOf::User(id) | SessionOf::Federated(id) => Some(id),
            SessionOf::Root => None,
        },
        _ => None,
    }
}

/// The ARN that a caller goes by, as `GetCallerIdentity`, CloudTrail and refusals say it: of an assumed role, the session's.
pub fn arn_of(state: &State, view: View, caller: &Caller) -> String {
    let account = caller.account();
    // A name that this view does not show yet is known all the same: the credential was let in.
    let user = |id: &str| {
        let arn = state.iam.user_arn(view, account, id).or_else(|| state.iam.user_arn(View::Settled, account, id));
        arn.unwrap_or_else(|| format!("arn:aws:iam::{account}:user/{id}"))
    };
    match caller {
        Caller::Stage { .. } | Caller::Root { .. } => format!("arn:aws:iam::{account}:root"),
        Caller::User { id, .. } => user(id),
        Caller::Session(session) => match &session.of {
            SessionOf::Role(id) => {
                let role = state.iam.role(view, account, id).or_else(|| state.iam.role(View::Settled, account, id));
                let role = role.map_or(id, |role| &role.name);
                format!("arn:aws:sts::{account}:assumed-role/{role}/{}", session.name)
            }
            SessionOf::User(id) => user(id),
            SessionOf::Federated(_) => format!("arn:aws:sts::{account}:federated-user/{}", session.name),
            SessionOf::Root => format!("arn:aws:iam::{account}:root"),
        },
        Caller::Anonymous { .. } => "anonymous".to_owned(),
        Caller::Service { name, .. } => name.clone(),
    }
}

/// `aws:userid`, which CloudTrail calls `principalId`: `AIDA…`, `AROA…:session`, `account:federated name`.
pub fn user_id(caller: &Caller) -> String {
    match caller {
        Caller::User { id, .. } => id.clone(),
        Caller::Session(session) => match &session.of {
            SessionOf::Role(id) => format!("{id}:{}", session.name),
            SessionOf::User(id) => id.clone(),
            SessionOf::Federated(_) => format!("{}:{}", session.account, session.name),
            SessionOf::Root => session.account.clone(),
        },
        Caller::Stage { account } | Caller::Root { account } => account.clone(),
        Caller::Anonymous { .. } => "anonymous".to_owned(),
        Caller::Service { name, .. } => name.clone(),
    }
}
