//! What a caller may do once everything has settled, and which roles that leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::caller::{Caller, Session, SessionOf, StartedBy};
use crate::evaluate::{Decision, Rights};
use crate::state::State;
use crate::store::View;

use super::probes::{self, Brought, NOBODY, Probe};

/// What is reported of a caller's rights at most: one opens an access path, a few say which.
const SOME: usize = 6;

/// A caller who can be asked many questions.
pub(super) struct Asked<'a> {
    state: &'a State,
    at: Timestamp,
    caller: &'a Caller,
    rights: Rights<'a>,
    documents: Vec<Value>,
    /// What is so for this caller beside what the evaluation makes of them.
    beside: Brought,
}

impl<'a> Asked<'a> {
    pub(super) fn new(state: &'a State, at: Timestamp, caller: &'a Caller) -> Self {
        Self {
            state,
            at,
            caller,
            rights: Rights::of(state, View::Settled, Some(at), caller),
            documents: documents(state, caller),
            beside: Brought::new(),
        }
    }

    /// The same where this condition key holds, too.
    pub(super) fn beside(mut self, key: &str, value: String) -> Self {
        self.beside.insert(key.to_owned(), vec![value]);
        self
    }

    pub(super) fn decide(&self, action: &str, resource: &str, brought: &Brought) -> Decision {
        let mut all = self.beside.clone();
        probes::set_time(&mut all, self.at);
        all.extend(brought.clone());
        self.rights.decide(action, resource, &self.rights.context.with(&all))
    }

    /// Whether some request for this is allowed.
    pub(super) fn may(&self, action: &str, resource: &str) -> bool {
        let statements: Vec<&Value> = self.documents.iter().flat_map(probes::statements).collect();
        let requests = probes::contexts(&statements, self.at);
        requests.iter().any(|brought| self.decide(action, resource, brought) == Decision::Allowed)
    }

    /// The questions that this caller's policies raise. Those of statements alone are fewer, and the same ones as long as the
    /// policies are.
    pub(super) fn probes(&self, thorough: bool) -> Vec<Probe> {
        let user = match self.caller {
            Caller::User { id, .. } => self.state.iam.user(View::Settled, self.caller.account(), id),
            _ => None,
        };
        let user = user.map(|user| user.name.as_str());
        let mut all = probes::of(&self.documents, self.caller.account(), user, self.at, thorough);
        if let Caller::Session(session) = self.caller {
            all.retain(|probe| probes::time_of(&probe.brought).is_none_or(|moment| moment < session.expires_at));
        }
        // What STS lets somebody do shows in the roles that they come to. `GetCallerIdentity` and `GetSessionToken` nobody can be
        // denied, and they open nothing (STS API Reference).
        all.retain(|probe| !probe.action.to_ascii_lowercase().starts_with("sts:"));
        all
    }

    /// Some of what the caller may do directly, of these services where they are given; empty where it may do nothing.
    pub(super) fn effects(&self, services: Option<&[&str]>) -> Vec<String> {
        if self.is_denied_altogether() {
            return vec![];
        }
        let mut all = self.probes(true);
        if let Some(services) = services {
            all.retain(|probe| services.contains(&probe.action.split(':').next().unwrap_or_default()));
            let contexts: BTreeSet<Brought> = self.probes(false).into_iter().map(|probe| probe.brought).collect();
            for service in services {
                let resource = format!("arn:aws:{service}:us-east-1:{}:{NOBODY}/{NOBODY}", self.caller.account());
                for brought in &contexts {
                    let (action, resource) = (format!("{service}:{NOBODY}"), resource.clone());
                    all.push(Probe { action, resource, brought: brought.clone() });
                }
            }
        }
        let mut found: Vec<String> = Vec::new();
        for Probe { action, resource, brought } in &all {
            let text = said(action, resource, brought);
            if !found.contains(&text) && self.decide(action, resource, brought) == Decision::Allowed {
                found.push(text);
                if found.len() == SOME {
                    break;
                }
            }
        }
        found
    }

    /// Whether a denial of everything holds for whatever this caller asks.
    ///
    /// The evaluation says so of a question that nothing but a denial of everything is about, and all such denials depend on the
    /// caller alone: then no other question has another answer, and hundreds need not be asked.
    fn is_denied_altogether(&self) -> bool {
        let action = format!("{}:{NOBODY}", NOBODY.to_ascii_lowercase());
        let is_broad = |statement: &&Value| {
            statement["Effect"] == "Deny"
                && (statement.get("NotAction").is_some()
                    || probes::texts(statement, "Action").iter().any(|of| probes::matches(of, &action)))
        };
        let is_total = |statement: &Value| {
            statement.get("NotAction").is_none()
                && probes::values(&statement["Resource"]).iter().any(|of| of == "*")
                && probes::conditions(statement).iter().all(|(_, key, _)| is_of_the_caller(key))
        };
        let mut broad = self.documents.iter().flat_map(probes::statements).filter(is_broad);
        broad.all(is_total)
            && matches!(self.decide(&action, &format!("arn:aws:zq9:::{NOBODY}"), &Brought::new()), Decision::Denied(_))
    }

    /// The roles that the caller can assume now or later, by account and unique id.
    pub(super) fn assumable(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if matches!(self.caller, Caller::Root { .. }) || self.is_denied_altogether() {
            return found;
        }
        for account in self.state.iam.roles.accounts() {
            for (id, ..) in self.state.iam.roles.in_account(View::Settled, account) {
                if self.may_assume("sts:AssumeRole", account, id, &Brought::new()) {
                    found.push((account.to_owned(), id.to_owned()));
                }
            }
        }
        found
    }

    /// Whether the caller can assume a role by some request that brings at least this.
    pub(super) fn may_assume(&self, action: &str, account: &str, role: &str, brought: &Brought) -> bool {
        let iam = &self.state.iam;
        let (Some(arn), Some(trust)) =
            (iam.role_arn(View::Settled, account, role), iam.trust(View::Settled, account, role))
        else {
            return false;
        };
        let trust = trust.read();
        let statements: Vec<&Value> = self.documents.iter().chain([&trust]).flat_map(probes::statements).collect();
        probes::contexts(&statements, self.at).into_iter().any(|mut request| {
            request.extend(brought.clone());
            self.decide(action, &arn, &request) == Decision::Allowed
        })
    }

    /// Some of what the caller may do directly or by roles that it can assume, one after the other.
    pub(super) fn effective(&self) -> Vec<String> {
        let mut found = self.effects(None);
        if found.is_empty() {
            found = self.ways_on();
        }
        found
    }

    /// The roles with rights that the caller comes to: `sts:AssumeRole on …`.
    pub(super) fn ways_on(&self) -> Vec<String> {
        let mut reached = BTreeSet::new();
        let mut next = self.assumable();
        let mut found = Vec::new();
        while let Some((account, role)) = next.pop() {
            if !reached.insert((account.clone(), role.clone())) {
                continue;
            }
            for caller in sessions_of(self.state, self.at, &account, &role, &self.begin()) {
                let session = Asked::new(self.state, self.at, &caller);
                if !session.effects(None).is_empty() {
                    let arn = self.state.iam.role_arn(View::Settled, &account, &role).unwrap_or_default();
                    found.push(format!("sts:AssumeRole on {arn}"));
                    break;
                }
                next.extend(session.assumable());
            }
        }
        found.sort();
        found
    }

    /// How the next session of a chain begins.
    fn begin(&self) -> Begin {
        let source_identity = match self.caller {
            Caller::Session(session) => session.source_identity.clone(),
            _ => None,
        };
        let by = StartedBy::Key(self.caller.key().unwrap_or_default().to_owned());
        Begin { source_identity, by, policies: vec![], context: BTreeMap::new() }
    }
}

/// How a session that does not exist would begin.
#[derive(Debug, Clone)]
pub(super) struct Begin {
    pub(super) source_identity: Option<String>,
    pub(super) by: StartedBy,
    pub(super) policies: Vec<Value>,
    pub(super) context: BTreeMap<String, String>,
}

impl Begin {
    pub(super) fn by(by: StartedBy) -> Self {
        Self { source_identity: None, by, policies: vec![], context: BTreeMap::new() }
    }
}

/// Sessions of a role as somebody would have them who starts one now, and who waits until every moment has passed that the role's
/// policies name; under a name that nobody knows, and under each that a policy allows something to.
pub(super) fn sessions_of(state: &State, at: Timestamp, account: &str, role: &str, begin: &Begin) -> Vec<Caller> {
    let session = |issued_at: Timestamp, name: &str| {
        Caller::Session(Box::new(Session {
            key: format!("ASIA{NOBODY}"),
            token: String::new(),
            account: account.to_owned(),
            of: SessionOf::Role(role.to_owned()),
            name: name.to_owned(),
            issued_at,
            expires_at: issued_at + SignedDuration::from_hours(1),
            policies: begin.policies.clone(),
            source_identity: begin.source_identity.clone(),
            tags: BTreeMap::new(),
            by: begin.by.clone(),
            context: begin.context.clone(),
        }))
    };
    let first = session(at, NOBODY);
    let mut names = vec![NOBODY.to_owned()];
    let documents = documents(state, &first);
    for statement in documents.iter().flat_map(probes::statements).filter(|statement| statement["Effect"] != "Deny") {
        for (_, key, values) in probes::conditions(statement) {
            let of_role = values.iter().filter_map(|value| value.split_once(':'));
            if key.eq_ignore_ascii_case("aws:userid") {
                names.extend(
                    of_role.filter(|(id, _)| probes::matches(id, role)).map(|(_, name)| probes::instance(name)),
                );
            }
        }
    }
    let times = issue_times(state, at, &first);
    names.iter().flat_map(|name| times.iter().map(|issued| session(*issued, name))).collect()
}

/// Now, and later than each moment that the caller's policies compare the moment of issue with.
pub(super) fn issue_times(state: &State, at: Timestamp, caller: &Caller) -> BTreeSet<Timestamp> {
    let documents = documents(state, caller);
    let statements: Vec<&Value> = documents.iter().flat_map(probes::statements).collect();
    probes::moments(&statements, &["aws:tokenissuetime"], at)
}

/// The documents of everything that binds a caller, read.
fn documents(state: &State, caller: &Caller) -> Vec<Value> {
    let account = caller.account();
    let mut texts: Vec<String> = state.organizations.binding(View::Settled, account).unwrap_or_default();
    let mut read = Vec::new();
    let id = match caller {
        Caller::User { id, .. } => Some(id),
        Caller::Session(session) => {
            read.extend(session.policies.clone());
            match &session.of {
                SessionOf::Role(id) | SessionOf::User(id) | SessionOf::Federated(id) => Some(id),
                SessionOf::Root => None,
            }
        }
        _ => None,
    };
    if let Some(id) = id {
        let iam = &state.iam;
        texts.extend(iam.identity_policies(View::Settled, account, id).into_iter().map(|policy| policy.document));
        let boundary = iam.boundary(View::Settled, account, id);
        texts.extend(boundary.and_then(|arn| iam.policy_document(View::Settled, account, arn)));
    }
    read.extend(texts.iter().map(|text| serde_json::from_str::<Value>(text).expect("it was read when it was written")));
    read
}

/// Whether a condition key is the caller's own at every moment: no request and no waiting changes it.
fn is_of_the_caller(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    probes::is_given(&key) && !key.starts_with("aws:current") && !key.starts_with("aws:epoch")
}

/// A question in words.
pub(super) fn said(action: &str, resource: &str, brought: &Brought) -> String {
    let mut text = format!("{action} on {resource}");
    for (key, values) in brought.iter().filter(|(key, _)| !key.starts_with("aws:Epoch")) {
        let _ = write!(text, ", {key} {}", values.join(" "));
    }
    text
}
