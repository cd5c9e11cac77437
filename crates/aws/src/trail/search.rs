//! The search for what an identity did: by its names, its keys, and the keys of the sessions that it started.
//!
//! IAM's own calls stand in one Region. Whatever else it did stands in the Region that was called, STS included, so these are asked
//! in further Regions: at each recheck in those that the settings name, and before a verdict is final in all that the partition has.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::LookupAttributeKey;
use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::Value;
use severance_domain::case::Case;
use severance_domain::ids::{AccessKeyId, IamName};
use severance_domain::regions;
use severance_domain::subject::SubjectKind;
use severance_domain::trail::{Holder, Made, Names, Principal, Renaming, SessionOf, Trace, Whose};

use super::{LOOKUP, MOST_PAGES, Trail};
use crate::error::AwsError;

/// Keys of sessions whose calls are looked up for one case. CloudTrail answers two requests a second in an account and Region.
const MOST_SESSIONS: usize = 10;

/// Names of one user under which calls are looked up.
const MOST_NAMES: usize = 6;

/// Regions and calls that are named in one line of what could not be read.
const MOST_IN_WORDS: usize = 6;

/// Regions that are asked at the same time: each has an allowance of its own.
const REGIONS_AT_ONCE: usize = 8;

/// What STS's keys are refused with in a Region that is not enabled for the account.
const NOT_ENABLED: [&str; 4] =
    ["UnrecognizedClientException", "InvalidClientTokenId", "InvalidClientTokenIdException", "OptInRequired"];

/// Where what an identity did is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// In the Region of IAM's events.
    Home,
    /// There, and in the Regions that the settings name.
    Named,
    /// In every Region of the partition.
    Everywhere,
}

/// What was found, and what was not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traced {
    /// What the identity made, the oldest first.
    pub traces: Vec<Trace>,
    /// Why something may be missing.
    pub unread: Vec<String>,
    /// Whether every Region was asked, and nothing is missing.
    pub is_whole: bool,
    /// The Regions that were asked.
    pub asked: BTreeSet<String>,
    /// The Regions that are not enabled for the account, so that nobody has done anything there.
    pub not_enabled: BTreeSet<String>,
}

/// One question to CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ask {
    by: LookupAttributeKey,
    value: String,
    /// Whether calls of other services than IAM may be found by it, which stand in the Region that was called.
    is_regional: bool,
}

impl Ask {
    fn of(by: LookupAttributeKey, value: impl Into<String>, is_regional: bool) -> Self {
        Self { by, value: value.into(), is_regional }
    }
}

/// A search under way.
struct Search<'a> {
    trail: &'a Trail,
    case: &'a Case,
    place: Where,
    since: Timestamp,
    /// The Regions beside that of IAM's events.
    regions: Vec<(String, Client)>,
    principal: Principal,
    names: Names,
    to_ask: Vec<Ask>,
    sessions: usize,
    seen: BTreeSet<String>,
    /// Calls of which the record does not tell whose they were.
    untold: BTreeSet<String>,
    /// Questions with more answers than were read.
    cut_off: BTreeSet<String>,
    /// Regions that did not answer, and what the first of them said.
    silent: BTreeMap<String, AwsError>,
    traced: Traced,
}

impl Trail {
    /// What the subject of a case made, from some time before it was in other hands on.
    ///
    /// A call is its own by the principal that the record names, never by the name that it was found by. What CloudTrail refuses or does
    /// not answer is part of the answer: the identity is contained by then, and that must be told.
    pub async fn made_by(&self, case: &Case, place: Where) -> Traced {
        let home = self.home();
        let named = self.regional.iter().filter(|(region, _)| *region != home && place != Where::Home);
        let mut regions: Vec<_> = named.cloned().collect();
        if place == Where::Everywhere {
            let partition = case.subject.arn.as_ref().map_or("aws", |arn| arn.partition());
            let is_known = |region: &str| region == home || self.regional.iter().any(|(known, _)| known == region);
            let more = regions::of_partition(partition).iter().filter(|region| !is_known(region));
            regions.extend(more.map(|region| ((*region).to_owned(), self.client_in(region))));
        }
        let mut search = Search {
            trail: self,
            case,
            place,
            since: case.signal.exposed_since() - self.lookback,
            regions,
            principal: Principal::of(case),
            names: Names::of(&case.subject.name, case.opened_at, &[]),
            to_ask: vec![],
            sessions: 0,
            seen: BTreeSet::new(),
            untold: BTreeSet::new(),
            cut_off: BTreeSet::new(),
            silent: BTreeMap::new(),
            traced: Traced::default(),
        };
        match (case.subject.kind, &case.subject.arn) {
            // What else the user does is the user's own.
            (SubjectKind::User, _) if case.signal.planted().is_some() => {
                let keys = case.signal.keys();
                search.to_ask.extend(keys.map(|key| Ask::of(LookupAttributeKey::AccessKeyId, key.as_str(), true)));
            }
            (SubjectKind::User, _) => {
                search.learn_names().await;
                // What its own keys do stands under its name. That of a session may be another.
                let sessions = case.signal.keys().filter(|key| key.is_temporary());
                let asks = sessions.map(|key| Ask::of(LookupAttributeKey::AccessKeyId, key.as_str(), true));
                search.to_ask.extend(asks);
            }
            // Calls of a role stand under the names of its sessions: these are found by who started them.
            (SubjectKind::Role, Some(arn)) => {
                search.to_ask.push(Ask::of(LookupAttributeKey::ResourceName, arn.as_str(), true));
                search
                    .to_ask
                    .extend(case.signal.keys().map(|key| Ask::of(LookupAttributeKey::AccessKeyId, key.as_str(), true)));
            }
            _ => return search.traced,
        }
        search.run().await
    }

    /// The Region of IAM's events.
    fn home(&self) -> String {
        self.cloudtrail.config().region().map(ToString::to_string).unwrap_or_default()
    }
}

impl Search<'_> {
    /// Finds out what the user was called meanwhile, and asks for calls under each name.
    async fn learn_names(&mut self) {
        if self.place != Where::Home {
            self.learn_renamings().await;
        }
        let mut names = self.names.all();
        // CloudTrail tells late of a renaming that IAM shows.
        names.extend(self.case.renamed.iter().map(|renamed| renamed.name.as_str()));
        if names.len() > MOST_NAMES {
            self.traced.unread.push(format!("calls under more than {MOST_NAMES} of its names were not looked up"));
        }
        let asks = names.into_iter().take(MOST_NAMES);
        self.to_ask.extend(asks.map(|name| Ask::of(LookupAttributeKey::Username, name, true)));
    }

    async fn learn_renamings(&mut self) {
        let by = LookupAttributeKey::EventName;
        match self.trail.lookup(&self.trail.cloudtrail, by, "UpdateUser", self.since, MOST_PAGES).await {
            Ok((records, whole)) => {
                if !whole {
                    self.traced.unread.push(format!("{LOOKUP} knows more users that were renamed than could be read"));
                }
                // The newest come first.
                let renamings: Vec<Renaming> = records.iter().rev().filter_map(Renaming::read).collect();
                self.names = Names::of(&self.case.subject.name, self.case.opened_at, &renamings);
            }
            Err(error) => self.traced.unread.push(format!("what it was called could not be looked up: {error}")),
        }
    }

    async fn run(mut self) -> Traced {
        self.traced.asked.insert(self.trail.home());
        let mut n = 0;
        while let Some(ask) = self.to_ask.get(n).cloned() {
            n += 1;
            for (region, answer) in self.ask(&ask).await {
                match answer {
                    Ok((records, whole)) => {
                        if !whole {
                            self.cut_off.insert(format!("{} in {region}", ask.value));
                        }
                        self.traced.asked.insert(region);
                        self.take_in(&ask, &records);
                    }
                    Err(error) if region != self.trail.home() && NOT_ENABLED.contains(&error.code.as_str()) => {
                        self.traced.not_enabled.insert(region);
                    }
                    Err(error) => {
                        let is_home = region == self.trail.home();
                        self.silent.insert(region.clone(), error);
                        if is_home {
                            return self.told();
                        }
                        // Asked once is enough.
                        self.regions.retain(|(other, _)| *other != region);
                    }
                }
            }
        }
        self.told()
    }

    fn told(mut self) -> Traced {
        // A line each, however many Regions and calls it is about: rechecks repeat it, and the record has an end.
        if let Some(error) = self.silent.values().next() {
            let regions = few(self.silent.keys());
            self.traced.unread.push(format!("what it did in {regions} could not be looked up: {error}"));
        }
        if !self.cut_off.is_empty() {
            let asked = few(self.cut_off.iter());
            self.traced.unread.push(format!("{LOOKUP} knows more calls than were read: by {asked}"));
        }
        if !self.untold.is_empty() {
            self.traced.unread.push(format!("whose calls these were is not told: {}", few(self.untold.iter())));
        }
        self.traced.is_whole = self.place == Where::Everywhere && self.traced.unread.is_empty();
        self.traced.traces.sort_by(|a, b| (a.at, &a.event_id).cmp(&(b.at, &b.event_id)));
        self.traced
    }

    async fn ask(&self, ask: &Ask) -> Vec<(String, Result<(Vec<Value>, bool), AwsError>)> {
        let home = [(self.trail.home(), self.trail.cloudtrail.clone())];
        let elsewhere =
            self.regions.iter().filter(|(region, _)| ask.is_regional && !self.traced.not_enabled.contains(region));
        let all: Vec<_> = home.iter().chain(elsewhere).cloned().collect();
        futures::stream::iter(all)
            .map(|(region, client)| async move {
                let answer = self.trail.lookup(&client, ask.by.clone(), &ask.value, self.since, MOST_PAGES).await;
                (region, answer)
            })
            .buffered(REGIONS_AT_ONCE)
            .collect()
            .await
    }

    fn take_in(&mut self, ask: &Ask, records: &[Value]) {
        for record in records {
            if !is_record(record) {
                self.untold.insert(format!("found by {}", ask.value));
            }
            let Some(trace) = Trace::of(record) else { continue };
            // Who starts a session of the role is anybody; what is done with it is the role's.
            if ask.by == LookupAttributeKey::ResourceName
                && let Made::Session(session) = &trace.made
                && let SessionOf::Role(role) = &session.of
                && self.case.subject.arn.as_ref() == Some(role)
            {
                if let Some(key) = &session.key {
                    self.follow(key);
                }
                continue;
            }
            match self.principal.made(record) {
                Whose::Its => {}
                Whose::Anothers => continue,
                Whose::Untold => {
                    self.untold.insert(format!("{} ({})", trace.event_name, trace.event_id));
                    continue;
                }
            }
            if let Made::Session(session) = &trace.made
                && let Some(key) = &session.key
            {
                self.follow(key);
            }
            // Its own name is nobody's right.
            let is_user = self.case.subject.kind == SubjectKind::User;
            if is_user && Renaming::read(record).is_some_and(|renaming| self.names.is_own(&renaming)) {
                continue;
            }
            if self.seen.insert(trace.event_id.clone()) {
                self.traced.traces.push(self.under_present_name(trace));
            }
        }
    }

    /// Looks for what was done with a session, too.
    fn follow(&mut self, key: &AccessKeyId) {
        if !self.principal.learn(key) {
            return;
        }
        self.sessions += 1;
        match self.sessions {
            few if few <= MOST_SESSIONS => {
                self.to_ask.push(Ask::of(LookupAttributeKey::AccessKeyId, key.as_str(), true));
            }
            few if few == MOST_SESSIONS + 1 => {
                let what = format!("calls with more than {MOST_SESSIONS} of its sessions were not looked up");
                self.traced.unread.push(what);
            }
            _ => {}
        }
    }

    /// What it did to itself under an earlier name, it did to itself.
    fn under_present_name(&self, mut trace: Trace) -> Trace {
        let present = &self.case.subject.name;
        let is_by_now = |name: &str| self.case.renamed.as_ref().is_some_and(|renamed| renamed.name.as_str() == name);
        let was = |name: &str| {
            self.case.subject.kind == SubjectKind::User && (self.names.was(name, trace.at) || is_by_now(name))
        };
        match &mut trace.made {
            Made::Credential { user, .. } if was(user.as_str()) => {
                if let Ok(name) = IamName::try_from(present.as_str()) {
                    *user = name;
                }
            }
            Made::Rights { of: Holder::User(name), .. } if was(name) => name.clone_from(present),
            _ => {}
        }
        trace
    }
}

/// The first few by name, and how many there are beyond.
fn few<'a>(all: impl ExactSizeIterator<Item = &'a String>) -> String {
    let beyond = all.len().saturating_sub(MOST_IN_WORDS);
    let named: Vec<&str> = all.take(MOST_IN_WORDS).map(String::as_str).collect();
    let more = if beyond > 0 { format!(" and {beyond} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// Whether it says which call it is about, and when that was made.
fn is_record(record: &Value) -> bool {
    ["eventID", "eventName", "eventSource", "eventTime"]
        .iter()
        .all(|field| record.get(field).is_some_and(Value::is_string))
}
