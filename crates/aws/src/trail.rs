//! What an identity did, by CloudTrail's own history of management events (90 days, no trail of one's own needed).
//!
//! Events of IAM stand in one Region of each partition. A call shows up about five minutes after it was made, so what an
//! attacker did just now is found by listing what is there, and what they did before that is found here.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};
use severance_domain::case::Case;
use severance_domain::cutover::Consumer;
use severance_domain::ids::{AccessKeyId, Arn, UniqueId};
use severance_domain::right::cloudtrail;
use severance_domain::signal::Planted;
use severance_domain::subject::SubjectKind;
use severance_domain::trail::{Call, Made, Trace, deletes, issuer};

use crate::error::AwsError;

const LOOKUP: &str = cloudtrail::LOOKUP_EVENTS.action;

/// Keys whose calls are looked up for one case. CloudTrail answers two requests a second in an account and Region.
const MOST_KEYS: usize = 6;

/// Pages of 50 events for one key or name.
const MOST_PAGES: usize = 4;

/// Reads CloudTrail's history.
#[derive(Debug, Clone)]
pub struct Trail {
    cloudtrail: Client,
    lookback: SignedDuration,
    /// Where the use of keys is asked for.
    regional: Vec<(String, Client)>,
}

/// What was found, and what was not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traced {
    /// What the identity made, the oldest first.
    pub traces: Vec<Trace>,
    /// Why something may be missing.
    pub unread: Vec<String>,
}

/// Who made a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maker {
    /// A session of this role, by its ARN.
    Role(String),
    /// Somebody else.
    Other,
    /// CloudTrail does not show the call, or not yet.
    Unknown,
}

/// The Region in which a partition's IAM events stand.
pub fn region_of_iam(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

impl Trail {
    /// Over this client, which asks [`region_of_iam`]; looks back so far before the moment since when a claim says that the identity
    /// has been in other hands.
    pub fn new(cloudtrail: Client, lookback: SignedDuration) -> Self {
        Self { cloudtrail, lookback, regional: vec![] }
    }

    /// What the subject of a case made, from some time before it was in other hands on.
    ///
    /// What CloudTrail refuses or does not answer is part of the answer: the identity is contained by then, and that must be told.
    pub async fn made_by(&self, case: &Case) -> Traced {
        let since = case.signal.exposed_since() - self.lookback;
        let mut traced = Traced::default();
        let mut seen = BTreeSet::new();
        let mut to_ask: Vec<(LookupAttributeKey, String)> = Vec::new();
        match (case.subject.kind, &case.subject.arn) {
            (SubjectKind::User, _) => to_ask.push((LookupAttributeKey::Username, case.subject.name.clone())),
            // Calls of a role stand under the names of its sessions: these are found by who started them.
            (SubjectKind::Role, Some(arn)) => to_ask.push((LookupAttributeKey::ResourceName, arn.to_string())),
            _ => return traced,
        }
        let keys = case.signal.access_key.iter().chain(case.inventory.access_keys.iter().map(|key| &key.id));
        to_ask.extend(keys.map(|key| (LookupAttributeKey::AccessKeyId, key.to_string())));
        let mut asked = BTreeSet::new();
        let mut n = 0;
        while let Some((by, value)) = to_ask.get(n).cloned() {
            n += 1;
            if !asked.insert(value.clone()) {
                continue;
            }
            if asked.len() > MOST_KEYS + 1 {
                traced
                    .unread
                    .push(format!("calls with more than {MOST_KEYS} of its keys and sessions were not looked up"));
                break;
            }
            let records = match self.lookup(by.clone(), &value, since, MOST_PAGES).await {
                Ok((records, whole)) => {
                    if !whole {
                        traced.unread.push(format!(
                            "{LOOKUP} knows more calls by {value} than the {} that were read",
                            records.len()
                        ));
                    }
                    records
                }
                Err(error) => {
                    traced.unread.push(format!("what it made could not be looked up: {error}"));
                    break;
                }
            };
            for trace in records.iter().filter_map(|record| Trace::read(record)) {
                // Who starts a session of the role is somebody else; what they do with it is what counts.
                if by == LookupAttributeKey::ResourceName && !matches!(trace.made, Made::Session { .. }) {
                    continue;
                }
                if let Made::Session { key, role } = &trace.made
                    && (role.is_none() || by == LookupAttributeKey::ResourceName)
                {
                    to_ask.push((LookupAttributeKey::AccessKeyId, key.to_string()));
                    continue;
                }
                if seen.insert(trace.event_id.clone()) {
                    traced.traces.push(trace);
                }
            }
        }
        traced.traces.sort_by(|a, b| (a.at, &a.event_id).cmp(&(b.at, &b.event_id)));
        traced
    }

    /// Whose a session's key is: the user or role that it was issued for.
    ///
    /// # Errors
    /// Where CloudTrail refuses or does not answer.
    pub async fn holder(&self, key: &AccessKeyId) -> Result<Option<(Arn, Option<UniqueId>)>, AwsError> {
        // A session lives for 36 hours at most; what it did may have been found out later.
        let since = crate::clock::now() - SignedDuration::from_hours(24 * 90);
        let (records, _) = self.lookup(LookupAttributeKey::AccessKeyId, key.as_str(), since, 1).await?;
        Ok(records.iter().find_map(|record| issuer(record)))
    }

    /// Who deleted a key, since then. None where CloudTrail does not show the call, or not yet.
    ///
    /// # Errors
    /// Where CloudTrail refuses or does not answer.
    pub async fn deleter(
        &self,
        key: &AccessKeyId,
        since: Timestamp,
    ) -> Result<Option<(Arn, Option<UniqueId>)>, AwsError> {
        let (records, _) = self.lookup(LookupAttributeKey::ResourceName, key.as_str(), since, 1).await?;
        Ok(records.iter().find(|record| deletes(record, key)).and_then(|record| issuer(record)))
    }

    /// Who made a key, since then.
    ///
    /// # Errors
    /// Where CloudTrail refuses or does not answer.
    pub async fn maker(&self, key: &AccessKeyId, since: Timestamp) -> Result<Maker, AwsError> {
        // CloudTrail's times are whole seconds.
        let since = since - SignedDuration::from_secs(1);
        let (records, _) = self.lookup(LookupAttributeKey::ResourceName, key.as_str(), since, MOST_PAGES).await?;
        let made = records.iter().find(|record| {
            matches!(Trace::read(record).map(|trace| trace.made),
                Some(Made::Credential { credential: Planted::AccessKey(made), .. }) if made == *key)
        });
        Ok(match made.map(|record| issuer(record)) {
            None => Maker::Unknown,
            Some(Some((role, _))) if role.name_of("role").is_some() => Maker::Role(role.to_string()),
            Some(_) => Maker::Other,
        })
    }

    /// Who used a key since then, and what could not be read: management events only, in every Region that is asked.
    pub async fn consumers(&self, key: &AccessKeyId, since: Timestamp) -> (Vec<Consumer>, Vec<String>) {
        let mut unread = Vec::new();
        let mut calls = Vec::new();
        for (region, client) in &self.regional {
            let there = Self { cloudtrail: client.clone(), ..self.clone() };
            match there.lookup(LookupAttributeKey::AccessKeyId, key.as_str(), since, MOST_PAGES).await {
                // The newest come first, so what is left out is older than what was read.
                Ok((records, _)) => calls.extend(records.iter().filter_map(|record| Call::read(record))),
                Err(error) => unread.push(format!("its calls in {region}: {error}")),
            }
        }
        calls.retain(|call| call.at >= since);
        (by_consumer(calls), unread)
    }

    /// The same reader, which asks for the use of keys in these Regions.
    #[must_use]
    pub fn in_regions(mut self, regions: impl IntoIterator<Item = String>) -> Self {
        self.regional = regions
            .into_iter()
            .map(|region| {
                let there = aws_sdk_cloudtrail::config::Region::new(region.clone());
                let config = self.cloudtrail.config().to_builder().region(there).build();
                (region, Client::from_conf(config))
            })
            .collect();
        self
    }

    /// The records of calls, and whether they are all: one that cannot be read is missing, too.
    async fn lookup(
        &self,
        by: LookupAttributeKey,
        value: &str,
        since: Timestamp,
        pages: usize,
    ) -> Result<(Vec<String>, bool), AwsError> {
        let attribute = LookupAttribute::builder().attribute_key(by).attribute_value(value).build();
        let attribute = attribute.map_err(|_| AwsError {
            action: LOOKUP,
            code: "ConstructionFailure".to_owned(),
            message: "the request could not be built".to_owned(),
            retryable: false,
        })?;
        let mut records = Vec::new();
        let (mut next, mut readable) = (None, true);
        for _ in 0..pages {
            let page = self
                .cloudtrail
                .lookup_events()
                .lookup_attributes(attribute.clone())
                .start_time(DateTime::from_secs(since.as_second()))
                .max_results(50)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| AwsError::of(LOOKUP, &error))?;
            for event in page.events() {
                let record = event.cloud_trail_event().unwrap_or_default();
                readable &= serde_json::from_str::<serde::de::IgnoredAny>(record).is_ok();
                records.push(record.to_owned());
            }
            next = page.next_token().map(str::to_owned);
            if next.is_none() {
                return Ok((records, readable));
            }
        }
        Ok((records, false))
    }
}

/// Sums up calls by who made them, the last first.
fn by_consumer(calls: impl IntoIterator<Item = Call>) -> Vec<Consumer> {
    let mut known: BTreeMap<(String, String, String, String), (Timestamp, u32)> = BTreeMap::new();
    for call in calls {
        let who = (call.source_ip, call.user_agent, call.service, call.region);
        let entry = known.entry(who).or_insert((call.at, 0));
        entry.0 = entry.0.max(call.at);
        entry.1 += 1;
    }
    let mut consumers: Vec<_> = known
        .into_iter()
        .map(|((source_ip, user_agent, service, region), (last_seen, calls))| Consumer {
            source_ip,
            user_agent,
            service,
            region,
            last_seen,
            calls,
        })
        .collect();
    consumers.sort_by(|a, b| b.last_seen.cmp(&a.last_seen).then_with(|| a.cmp(b)));
    consumers
}
