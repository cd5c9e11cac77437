//! What an identity did, by CloudTrail's own history of management events (90 days, no trail of one's own needed).
//!
//! Events of IAM stand in one Region of each partition. A call shows up about five minutes after it was made, so what an
//! attacker did just now is found by listing what is there, and what they did before that is found here.

pub mod search;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use severance_domain::cutover::Consumer;
use severance_domain::ids::{AccessKeyId, Arn, UniqueId};
use severance_domain::right::cloudtrail;
use severance_domain::signal::Planted;
use severance_domain::trail::{Call, Made, Trace, deletes, issuer};

use crate::error::AwsError;

const LOOKUP: &str = cloudtrail::LOOKUP_EVENTS.action;

/// Seconds to wait where CloudTrail is asked too often, after the SDK's own tries.
const PATIENCE: [u64; 3] = [1, 2, 4];

/// How far back CloudTrail's history of management events goes.
const HISTORY: SignedDuration = SignedDuration::from_hours(24 * 90);

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

    /// Whose a session's key is: the user or role that it was issued for.
    ///
    /// # Errors
    /// Where CloudTrail refuses or does not answer.
    pub async fn holder(&self, key: &AccessKeyId) -> Result<Option<(Arn, Option<UniqueId>)>, AwsError> {
        // A session lives for 36 hours at most; what it did may have been found out later.
        let since = crate::clock::now() - HISTORY;
        let (records, _) =
            self.lookup(&self.cloudtrail, LookupAttributeKey::AccessKeyId, key.as_str(), since, 1).await?;
        Ok(records.iter().find_map(issuer))
    }

    /// Who deleted a key. None where CloudTrail does not show the call, or not yet.
    ///
    /// # Errors
    /// Where CloudTrail refuses or does not answer.
    pub async fn deleter(&self, key: &AccessKeyId) -> Result<Option<(Arn, Option<UniqueId>)>, AwsError> {
        let since = crate::clock::now() - HISTORY;
        let (records, _) =
            self.lookup(&self.cloudtrail, LookupAttributeKey::ResourceName, key.as_str(), since, 1).await?;
        Ok(records.iter().find(|record| deletes(record, key)).and_then(issuer))
    }

    /// Who made a key, since then.
    ///
    /// # Errors
    /// Where CloudTrail refuses or does not answer.
    pub async fn maker(&self, key: &AccessKeyId, since: Timestamp) -> Result<Maker, AwsError> {
        // CloudTrail's times are whole seconds.
        let since = since - SignedDuration::from_secs(1);
        let (records, _) =
            self.lookup(&self.cloudtrail, LookupAttributeKey::ResourceName, key.as_str(), since, MOST_PAGES).await?;
        let made = records.iter().find(|record| {
            matches!(Trace::of(record).map(|trace| trace.made),
                Some(Made::Credential { credential: Planted::AccessKey(made), .. }) if made == *key)
        });
        Ok(match made.map(issuer) {
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
            match self.lookup(client, LookupAttributeKey::AccessKeyId, key.as_str(), since, MOST_PAGES).await {
                // The newest come first, so what is left out is older than what was read.
                Ok((records, _)) => calls.extend(records.iter().filter_map(Call::read)),
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
                let there = self.client_in(&region);
                (region, there)
            })
            .collect();
        self
    }

    fn client_in(&self, region: &str) -> Client {
        let there = aws_sdk_cloudtrail::config::Region::new(region.to_owned());
        Client::from_conf(self.cloudtrail.config().to_builder().region(there).build())
    }

    /// The records of calls, and whether they are all: one that cannot be read is missing, too.
    async fn lookup(
        &self,
        client: &Client,
        by: LookupAttributeKey,
        value: &str,
        since: Timestamp,
        pages: usize,
    ) -> Result<(Vec<Value>, bool), AwsError> {
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
            let ask = client
                .lookup_events()
                .lookup_attributes(attribute.clone())
                .start_time(DateTime::from_secs(since.as_second()))
                .max_results(50)
                .set_next_token(next);
            let mut waits = PATIENCE.iter();
            let page = loop {
                let refused = match ask.clone().send().await {
                    Ok(page) => break page,
                    Err(error) => AwsError::of(LOOKUP, &error),
                };
                // The allowance is the account's, and a search that is not finished costs more than a wait.
                match waits.next().filter(|_| refused.code == "ThrottlingException") {
                    Some(seconds) => tokio::time::sleep(Duration::from_secs(*seconds)).await,
                    None => return Err(refused),
                }
            };
            for event in page.events() {
                match serde_json::from_str(event.cloud_trail_event().unwrap_or_default()) {
                    Ok(record) => records.push(record),
                    Err(_) => readable = false,
                }
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
