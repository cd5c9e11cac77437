//! The history itself, and the allowance for reading it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::record::Record;

/// What the service holds.
#[derive(Debug)]
pub struct CloudTrail {
    /// How many times a second `LookupEvents` answers in one account and Region; none for no limit.
    pub requests_per_second: Option<u32>,
    pub(super) records: Vec<Record>,
    /// How many records there were of an account, Region and action: delays are drawn from it.
    pub(super) written: BTreeMap<(String, String, String), usize>,
    /// What is left of each account's and Region's allowance, in thousandths of a request, and when.
    allowances: BTreeMap<(String, String), (i64, i64)>,
}

impl Default for CloudTrail {
    fn default() -> Self {
        // "The rate of lookup requests is limited to two per second, per account, per Region" (API reference, LookupEvents).
        Self { requests_per_second: Some(2), records: vec![], written: BTreeMap::new(), allowances: BTreeMap::new() }
    }
}

impl CloudTrail {
    /// Every record in the order of the calls, those too that nobody sees yet. A call that two accounts know of has two.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The calls by which a principal changed something: not refused, and not only reading. In the principal's own account.
    ///
    /// A principal is named by unique id, an account's root by the account. Calls that start sessions are reads in CloudTrail's
    /// eyes, so they are not among these: see [`Record::starts_session`].
    pub fn writes_by<'a>(&'a self, principal: &'a str) -> impl Iterator<Item = &'a Record> {
        self.by(principal).filter(|record| record.succeeded() && !record.read_only)
    }

    /// All calls of a principal, in the principal's own account.
    pub fn by<'a>(&'a self, principal: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.principal == principal && !record.is_shared_copy)
    }

    /// How long it takes until everything that was recorded so far is seen.
    pub fn settled_at(&self) -> Option<Timestamp> {
        self.records.iter().map(|record| record.visible_at).max()
    }

    /// Takes one request from an allowance that fills up with time, and holds as many requests as come in a second.
    pub(super) fn admits(&mut self, account: &str, region: &str, at: Timestamp) -> bool {
        let Some(rate) = self.requests_per_second else { return true };
        let (rate, now) = (i64::from(rate), at.as_millisecond());
        let allowance = self.allowances.entry((account.to_owned(), region.to_owned())).or_insert((rate * 1_000, now));
        let passed = (now - allowance.1).max(0);
        allowance.0 = (rate * 1_000).min(allowance.0.saturating_add(passed.saturating_mul(rate)));
        allowance.1 = now.max(allowance.1);
        let admitted = allowance.0 >= 1_000;
        if admitted {
            allowance.0 -= 1_000;
        }
        admitted
    }
}
