//! Where does this key live? The copies of an access key in secrets, parameters and environments, and secrets that hold the
//! same as others.
//!
//! Every place is read page by page, several at once; a page is looked at and let go, so the memory that a search takes does
//! not grow with the account. What it may not read it names in [`CopiesFound::unread`]: a missing permission hides one place
//! and never ends the search.
//!
//! INVARIANT: no value is stored, logged, told or sent. What is kept of one is whether the id of a key is in it, in which field,
//! and a digest under a key that is made anew for each search and is never written anywhere ([`RunKey`]).

mod ask;
mod builds;
mod equal;
mod finds;
mod format;
mod functions;
mod parameters;
mod secrets;
mod tasks;
mod update;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use futures::future::join_all;
use severance_domain::copies::{CopiesFound, CopiesRequest, Copy, How, Needle, Place, Search, Unread, Updated};
use severance_domain::ids::AccountId;
use tokio::time::{Instant, timeout_at};

use crate::calls::CallCounter;
use crate::clock;
use crate::error::AwsError;
use crate::guardrails::Guardrails;

pub use ask::CopiesFunction;
pub use equal::RunKey;
pub use format::KeyFormats;
pub use update::{Rewrite, Source, update_copy};

use finds::{COPIES, Finds, Searcher, Wanted};

/// How long a search may take: a minute less than the longest that Lambda gives, so that what was found is still told.
const WITHIN: Duration = Duration::from_mins(14);

/// Attempts of a call. A search asks for much, and meets its services' limits on the rate of calls.
const ATTEMPTS: u32 = 6;

/// Secrets that are told to be equal to others, in all groups together.
const EQUALS: usize = 5_000;

/// The copies search, in one account.
#[derive(Clone)]
pub struct CopiesSearch {
    sdk: SdkConfig,
    calls: CallCounter,
    region: String,
    rewrite: Option<Arc<dyn Rewrite>>,
    may_update: bool,
    within: Duration,
    keep: Option<(Guardrails, AccountId)>,
}

impl fmt::Debug for CopiesSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopiesSearch").field("region", &self.region).finish_non_exhaustive()
    }
}

impl CopiesSearch {
    /// In the account that this configuration acts in, and in this Region unless a request names others.
    pub fn new(sdk: SdkConfig, calls: CallCounter, region: String) -> Self {
        Self { sdk, calls, region, rewrite: None, may_update: false, within: WITHIN, keep: None }
    }

    /// Copies may be written where `may_update` says so; else they are told as they would be.
    #[must_use]
    pub fn updating(mut self, may_update: bool) -> Self {
        self.may_update = may_update;
        self
    }

    /// By this knowledge of formats. Without it no copy is written.
    #[must_use]
    pub fn with_format(mut self, rewrite: Arc<dyn Rewrite>) -> Self {
        self.rewrite = Some(rewrite);
        self
    }

    /// With the table that answers are kept in, for the cutovers of this account.
    #[must_use]
    pub fn keeping(mut self, table: Guardrails, account: AccountId) -> Self {
        self.keep = Some((table, account));
        self
    }

    /// Ends the search after this time, with what was found until then.
    #[must_use]
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// Searches, and keeps what was found where the request asks for that.
    ///
    /// # Errors
    /// Where it could not be kept. What could not be looked at is named in what is found.
    pub async fn answer(&self, request: &CopiesRequest) -> Result<CopiesFound, AwsError> {
        let found = Box::pin(self.run(request)).await;
        if let (true, Some((table, account))) = (request.keep, &self.keep) {
            table.keep_copies(account, &found).await?;
        }
        Ok(found)
    }

    /// Searches. It never fails: what could not be looked at is named in what it returns.
    pub async fn run(&self, request: &CopiesRequest) -> CopiesFound {
        let searched_at = clock::now();
        let deadline = Instant::now() + self.within;
        let search = &request.search;
        let mut unread = Unread::default();
        let wanted = self.wanted(search, &mut unread).await;
        let regions = if search.regions.is_empty() { vec![self.region.clone()] } else { search.regions.clone() };
        let mut looked_at: BTreeMap<Place, u64> = BTreeMap::new();
        let (mut copies, mut digests, mut more) = (BTreeSet::new(), Vec::new(), 0);
        // One Region after the other: memory and rates of calls are those of one.
        for region in &regions {
            let searchers = self.searchers(region, &wanted);
            let all = searchers.iter().map(|searcher| run_one(searcher.as_ref(), region, &wanted, deadline));
            for finds in join_all(all).await {
                *looked_at.entry(finds.place).or_default() += finds.looked_at;
                copies.extend(finds.copies);
                digests.extend(finds.digests);
                more += finds.more;
                unread.absorb(finds.unread);
            }
        }
        more += u64::try_from(copies.len().saturating_sub(COPIES)).unwrap_or(u64::MAX);
        let mut copies: Vec<Copy> = copies.into_iter().take(COPIES).collect();
        if more > 0 {
            unread.whole(format!("{more} more copies were found and are not listed: search for less at once"));
        }
        let (equal, beyond) = equal::groups(digests, EQUALS);
        if beyond > 0 {
            unread.whole(format!("{beyond} more secrets are equal to others and are not listed"));
        }
        self.update(search, &mut copies).await;
        let found = CopiesFound {
            searched_at,
            access_key: search.access_key.clone(),
            regions,
            copies,
            equal,
            looked_at,
            unread: unread.into_lines(),
            calls: self.calls.take(),
        };
        // LOG: Once per search, with counts. Only the answer says which key it was and where it stands.
        // - left: copies that still name the key
        // - equal: groups of secrets
        // - looked_at: by place
        tracing::info!(
            copies = found.copies.len(),
            left = found.left().count(),
            equal = found.equal.len(),
            unread = found.unread.len(),
            looked_at = ?found.looked_at,
            calls = ?found.calls,
            milliseconds = clock::now().as_millisecond() - searched_at.as_millisecond(),
            "searched for copies"
        );
        found
    }

    async fn wanted(&self, search: &Search, unread: &mut Unread) -> Wanted {
        let run_key = RunKey::random();
        if run_key.is_none() {
            unread.whole("equal values: the system gave no random bytes to make a key from; search again");
        }
        let mut wanted = Wanted { needle: search.access_key.clone().map(Needle::new), equal: None, run_key };
        if let (Some(arn), Some(run_key)) = (&search.equal_to, &wanted.run_key) {
            let client = self.secrets_in(if arn.region().is_empty() { &self.region } else { arn.region() });
            match secrets::digest_of(&client, arn.as_str(), run_key).await {
                Ok(equal) => wanted.equal = Some(equal),
                Err(error) => unread.whole(format!("what is equal to {arn}: {}", told(&error))),
            }
        }
        wanted
    }

    fn searchers(&self, region: &str, wanted: &Wanted) -> Vec<Box<dyn Searcher>> {
        let secrets: Box<dyn Searcher> = Box::new(secrets::Secrets::new(self.secrets_in(region)));
        if wanted.needle.is_none() && wanted.equal.is_none() {
            // Only secrets are told to be equal among themselves.
            return vec![secrets];
        }
        let sdk = self.sdk_in(region);
        let calls = || self.calls.clone();
        let ssm = aws_sdk_ssm::config::Builder::from(&sdk).interceptor(calls()).build();
        let lambda = aws_sdk_lambda::config::Builder::from(&sdk).interceptor(calls()).build();
        let codebuild = aws_sdk_codebuild::config::Builder::from(&sdk).interceptor(calls()).build();
        let ecs = aws_sdk_ecs::config::Builder::from(&sdk).interceptor(calls()).build();
        vec![
            secrets,
            Box::new(parameters::Parameters::new(aws_sdk_ssm::Client::from_conf(ssm))),
            Box::new(functions::Functions::new(aws_sdk_lambda::Client::from_conf(lambda))),
            Box::new(builds::Builds::new(aws_sdk_codebuild::Client::from_conf(codebuild))),
            Box::new(tasks::Tasks::new(aws_sdk_ecs::Client::from_conf(ecs))),
        ]
    }

    /// With more patience than a reaction has: nobody is let in while a search waits.
    fn sdk_in(&self, region: &str) -> SdkConfig {
        self.sdk
            .to_builder()
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(2))
                    .operation_attempt_timeout(Duration::from_secs(20))
                    .operation_timeout(Duration::from_secs(90))
                    .build(),
            )
            .build()
    }

    fn secrets_in(&self, region: &str) -> aws_sdk_secretsmanager::Client {
        let config = aws_sdk_secretsmanager::config::Builder::from(&self.sdk_in(region));
        aws_sdk_secretsmanager::Client::from_conf(config.interceptor(self.calls.clone()).build())
    }

    /// Writes the new key into the copies that are ours; says of the others why not.
    async fn update(&self, search: &Search, copies: &mut [Copy]) {
        let (Some(update), Some(old)) = (&search.update, &search.access_key) else { return };
        if !copies.iter().any(|copy| copy.how == How::NamesKey) {
            return;
        }
        let source = Source::read(&self.secrets_in(update.from.region()), update.from.as_str(), old).await;
        let is_dry = search.dry_run || !self.may_update;
        let mut done: BTreeMap<String, Updated> = BTreeMap::new();
        for copy in copies.iter_mut().filter(|copy| copy.how == How::NamesKey) {
            // The key may stand in several fields of one secret, which is written once.
            if let Some(updated) = done.get(&copy.arn) {
                copy.updated = Some(updated.clone());
                continue;
            }
            let updated = match (copy.place, &source, &self.rewrite) {
                (Place::Secret, Ok(source), Some(rewrite)) => {
                    let client = self.secrets_in(&copy.region);
                    update_copy(&client, &copy.arn, source, old, rewrite.as_ref(), is_dry).await
                }
                (Place::Secret, Err(why), _) => Updated::Left { why: why.clone() },
                (Place::Secret, _, None) => update::left("this stack knows no formats of secrets"),
                (place, ..) => update::left(&format!("a {} is not written by us: its owner has to", place.as_words())),
            };
            done.insert(copy.arn.clone(), updated.clone());
            copy.updated = Some(updated);
        }
    }
}

/// Runs one searcher until it is done or out of time.
async fn run_one(searcher: &dyn Searcher, region: &str, wanted: &Wanted, deadline: Instant) -> Finds {
    let place = searcher.place();
    let mut finds = Finds::new(place, region);
    match timeout_at(deadline, searcher.search(wanted, &mut finds)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => finds.unread.whole(format!("{}s in {region}: {}", place.as_words(), told(&error))),
        Err(_) => finds.unread.whole(format!(
            "{}s in {region}: the search ran out of time after {}; search in fewer Regions at once",
            place.as_words(),
            finds.looked_at
        )),
    }
    finds
}

/// What went wrong, and the way out.
fn told(error: &AwsError) -> String {
    if error.code.starts_with("AccessDenied") {
        format!("{error}; allow {} to the role of the copies search", error.action)
    } else if error.retryable {
        format!("{error}; search again")
    } else {
        error.to_string()
    }
}
