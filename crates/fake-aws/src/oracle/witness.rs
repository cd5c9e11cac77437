//! Bystanders: what they had before, and have no more.
//!
//! A snapshot holds facts about each honest identity, and the questions that it was asked. Later the same questions are asked of
//! the same identities: a fact that does not hold any more is harm. Gains are not. Tags are left out: they are marks.
//!
//! Who changed something honestly meanwhile watches again, and compares with that.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::caller::{Caller, Credential, StartedBy};
use crate::evaluate::Decision;
use crate::iam::{Identity, arn};
use crate::state::State;
use crate::store::{Table, View};

use super::probes::{self, Brought, NOBODY, Probe};
use super::rights::{Asked, Begin, said, sessions_of};

/// Somebody who did nothing wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Honest {
    /// A user: name, credentials, rights.
    User {
        /// The account.
        account: String,
        /// The unique id.
        id: String,
    },
    /// A role: name, trust, the rights of sessions that begin now.
    Role {
        /// The account.
        account: String,
        /// The unique id.
        id: String,
    },
    /// A session that is used, until it expires by itself.
    Session(Credential),
    /// A group: name, members, what its policies say.
    Group {
        /// The account.
        account: String,
        /// The unique id.
        id: String,
    },
    /// A managed policy: what its version in force says.
    Policy {
        /// The account.
        account: String,
        /// The ARN.
        arn: String,
    },
}

impl Honest {
    /// A user, by its present name.
    pub fn user(state: &State, account: &str, name: &str) -> Option<Self> {
        let id = state.iam.user_id(View::Settled, account, name)?;
        Some(Self::User { account: account.to_owned(), id })
    }

    /// A role, by its present name.
    pub fn role(state: &State, account: &str, name: &str) -> Option<Self> {
        let id = state.iam.role_id(View::Settled, account, name)?;
        Some(Self::Role { account: account.to_owned(), id })
    }

    /// A group, by its present name.
    pub fn group(state: &State, account: &str, name: &str) -> Option<Self> {
        let id = state.iam.group_id(View::Settled, account, name)?;
        Some(Self::Group { account: account.to_owned(), id })
    }
}

/// What somebody had, and lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    /// Its name and path, or its existence: the ARN that it had.
    Name(String),
    /// An active access key, by id.
    Key(String),
    /// The console password that was set at this moment.
    Password(Timestamp),
    /// An active SSH key, certificate or service-specific credential, by id.
    Credential(String),
    /// A session that would have gone on.
    Session(String),
    /// Something that could be done: `s3:GetObject on arn:…`.
    Right(String),
    /// Somebody whom the role let in, by kind and text of the trust's principal.
    Trust(String),
    /// A member of the group, by unique id.
    Member(String),
    /// What a policy says: its name and document.
    Words(String, String),
}

/// A loss that must not have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harm {
    /// Whose.
    pub who: Honest,
    /// Of what.
    pub lost: Lost,
}

/// Whom a role lets in, and how to ask.
#[derive(Debug, Clone)]
struct LetIn {
    text: String,
    action: &'static str,
    caller: Caller,
    brought: Vec<Brought>,
}

#[derive(Debug, Clone, Default)]
struct Seen {
    facts: BTreeSet<Lost>,
    probes: Vec<Probe>,
    let_in: Vec<LetIn>,
    /// A session that has expired by itself: nothing of it can be lost any more.
    is_over: bool,
}

/// What honest identities have at a moment, after everything has settled.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    seen: BTreeMap<Honest, Seen>,
}

/// Looks at these identities.
pub fn watch(state: &State, at: Timestamp, honest: &[Honest]) -> Snapshot {
    let seen = honest.iter().map(|who| (who.clone(), look(state, at, who, None))).collect();
    Snapshot { seen }
}

impl Snapshot {
    /// The same questions to the same identities at a later moment.
    #[must_use]
    pub fn again(&self, state: &State, at: Timestamp) -> Self {
        let seen = self.seen.iter().map(|(who, before)| (who.clone(), look(state, at, who, Some(before)))).collect();
        Self { seen }
    }

    /// Looks at one identity anew, after an honest change of it: what it has now is what it must keep.
    pub fn renew(&mut self, state: &State, at: Timestamp, who: &Honest) {
        self.seen.insert(who.clone(), look(state, at, who, None));
    }
}

/// What was lost between a snapshot and a later one of it ([`Snapshot::again`]).
pub fn harmed(before: &Snapshot, after: &Snapshot) -> Vec<Harm> {
    let mut found = Vec::new();
    for (who, had) in &before.seen {
        let Some(has) = after.seen.get(who).filter(|has| !has.is_over) else { continue };
        let lost = had.facts.difference(&has.facts).cloned();
        found.extend(lost.map(|lost| Harm { who: who.clone(), lost }));
    }
    found
}

fn look(state: &State, at: Timestamp, who: &Honest, before: Option<&Seen>) -> Seen {
    let mut seen = Seen::default();
    match who {
        Honest::User { account, id } => user(state, at, (account, id), before, &mut seen),
        Honest::Role { account, id } => role(state, at, (account, id), before, &mut seen),
        Honest::Session(credential) => {
            let known = state.sessions.get(&credential.key_id);
            seen.is_over = known.is_some_and(|session| session.expires_at <= at);
            if let Ok(caller) = state.caller_in(View::Settled, credential, at) {
                seen.facts.insert(Lost::Session(credential.key_id.clone()));
                rights(state, at, &caller, before, &mut seen);
            }
        }
        Honest::Group { account, id } => {
            named(&state.iam.groups, account, "group", id, &mut seen);
            policies(state, account, id, &mut seen);
            let members = state.iam.memberships.in_account(View::Settled, account);
            let members = members
                .filter(|(user, group, ())| *group == id && state.iam.user(View::Settled, account, user).is_some());
            seen.facts.extend(members.map(|(user, ..)| Lost::Member(user.to_owned())));
        }
        Honest::Policy { account, arn } => {
            let document = state.iam.policy_document(View::Settled, account, arn);
            seen.facts.extend(document.map(|document| Lost::Words(arn.clone(), plain(&document))));
        }
    }
    seen
}

fn user(state: &State, at: Timestamp, (account, id): (&str, &str), before: Option<&Seen>, seen: &mut Seen) {
    let iam = &state.iam;
    if !named(&iam.users, account, "user", id, seen) {
        return;
    }
    let keys = iam.access_keys.of(View::Settled, account, id).filter(|(_, key)| key.active);
    seen.facts.extend(keys.map(|(key, _)| Lost::Key(key.to_owned())));
    let password = iam.passwords.get(View::Settled, &(account.to_owned(), id.to_owned(), String::new()));
    seen.facts.extend(password.map(|made| Lost::Password(*made)));
    for table in [&iam.ssh_keys, &iam.certificates, &iam.service_credentials] {
        // One that expires by itself is not taken away: its status is compared as it was set.
        let active = table.of(View::Settled, account, id).filter(|(_, of)| of.status == "Active");
        seen.facts.extend(active.map(|(id, _)| Lost::Credential(id.to_owned())));
    }
    let caller = Caller::User { account: account.to_owned(), id: id.to_owned(), key: String::new() };
    rights(state, at, &caller, before, seen);
}

fn role(state: &State, at: Timestamp, (account, id): (&str, &str), before: Option<&Seen>, seen: &mut Seen) {
    if !named(&state.iam.roles, account, "role", id, seen) {
        return;
    }
    let begin = Begin::by(StartedBy::Key(String::new()));
    if let Some(caller) = sessions_of(state, at, account, id, &begin).first() {
        rights(state, at, caller, before, seen);
    }
    seen.let_in = before.map_or_else(|| let_in(state, at, account, id), |before| before.let_in.clone());
    let arn = state.iam.role_arn(View::Settled, account, id).unwrap_or_default();
    for who in &seen.let_in {
        let asked = Asked::new(state, at, &who.caller);
        let holds = who.brought.iter().any(|brought| {
            // What the principal itself may do is another fact.
            !matches!(
                asked.decide(who.action, &arn, brought),
                Decision::Denied("resource-based policy") | Decision::NotAllowed("resource-based policy")
            )
        });
        if holds {
            seen.facts.insert(Lost::Trust(who.text.clone()));
        }
    }
}

fn named(table: &Table<Identity>, account: &str, kind: &str, id: &str, seen: &mut Seen) -> bool {
    let found = table.get(View::Settled, &(account.to_owned(), id.to_owned(), String::new()));
    seen.facts.extend(found.map(|identity| Lost::Name(arn(account, kind, identity))));
    found.is_some()
}

/// The group's own policies, by what they say: whose rights they are, the members' facts tell.
fn policies(state: &State, account: &str, id: &str, seen: &mut Seen) {
    let iam = &state.iam;
    for (name, document) in iam.inline.of(View::Settled, account, id) {
        seen.facts.insert(Lost::Words(name.to_owned(), plain(document)));
    }
    for (arn, ()) in iam.attached.of(View::Settled, account, id) {
        let document = iam.policy_document(View::Settled, account, arn).unwrap_or_default();
        seen.facts.insert(Lost::Words(arn.to_owned(), plain(&document)));
    }
}

/// A document without its white space and order of members.
fn plain(document: &str) -> String {
    serde_json::from_str::<Value>(document).map_or_else(|_| document.to_owned(), |document| document.to_string())
}

fn rights(state: &State, at: Timestamp, caller: &Caller, before: Option<&Seen>, seen: &mut Seen) {
    let asked = Asked::new(state, at, caller);
    let assumes: Vec<String> = asked
        .assumable()
        .into_iter()
        .filter_map(|(account, role)| state.iam.role_arn(View::Settled, &account, &role))
        .map(|arn| format!("sts:AssumeRole on {arn}"))
        .collect();
    seen.facts.extend(assumes.into_iter().map(Lost::Right));
    seen.probes = before
        .filter(|before| !before.probes.is_empty())
        .map_or_else(|| asked.probes(false), |before| before.probes.clone());
    for Probe { action, resource, brought } in &seen.probes {
        if asked.decide(action, resource, brought) == Decision::Allowed {
            seen.facts.insert(Lost::Right(said(action, resource, brought)));
        }
    }
}

/// Everybody whom a trust names and lets in.
fn let_in(state: &State, at: Timestamp, account: &str, role: &str) -> Vec<LetIn> {
    let Some(trust) = state.iam.trust(View::Settled, account, role) else { return vec![] };
    let document = trust.read();
    let statements = probes::statements(&document);
    let brought = probes::contexts(&statements, at);
    let mut found = Vec::new();
    for statement in statements.iter().filter(|statement| statement["Effect"] != "Deny") {
        let principals = match &statement["Principal"] {
            Value::String(all) => vec![("AWS".to_owned(), all.clone())],
            kinds => {
                let kinds = kinds.as_object().into_iter().flatten();
                kinds
                    .flat_map(|(kind, of)| probes::values(of).into_iter().map(move |text| (kind.clone(), text)))
                    .collect()
            }
        };
        for (kind, text) in principals {
            let own = || account.to_owned();
            let mut brought = brought.clone();
            let (action, caller) = match kind.as_str() {
                "Service" => ("sts:AssumeRole", Caller::Service { account: own(), name: text.clone() }),
                "Federated" => {
                    for one in &mut brought {
                        one.insert("aws:FederatedProvider".to_owned(), vec![text.clone()]);
                    }
                    let saml = text.contains(":saml-provider/");
                    let action = if saml { "sts:AssumeRoleWithSAML" } else { "sts:AssumeRoleWithWebIdentity" };
                    (action, Caller::Anonymous { account: own() })
                }
                _ => ("sts:AssumeRole", principal(state, at, &text, trust.ids.get(&text), account)),
            };
            found.push(LetIn { text: format!("{kind} {text}"), action, caller, brought });
        }
    }
    found
}

fn principal(state: &State, at: Timestamp, text: &str, id: Option<&String>, home: &str) -> Caller {
    let account = match text.split(':').nth(4) {
        Some(account) => account.to_owned(),
        None if text.len() == 12 => text.to_owned(),
        None => home.to_owned(),
    };
    match id {
        Some(id) if state.iam.role(View::Settled, &account, id).is_some() => {
            let mut sessions = sessions_of(state, at, &account, id, &Begin::by(StartedBy::Key(String::new())));
            sessions.swap_remove(0)
        }
        Some(id) => Caller::User { account, id: id.clone(), key: String::new() },
        // An account, everybody, or somebody who is known by this text alone.
        None if text.starts_with("arn:") && !text.ends_with(":root") => {
            Caller::User { account, id: text.to_owned(), key: String::new() }
        }
        None => Caller::User { account, id: NOBODY.to_owned(), key: String::new() },
    }
}
