//! CloudTrail's event history: one record for each management event, in the words that CloudTrail uses.
//!
//! A record is written for refused calls too, is seen some minutes later ([`Record::visible_at`]), and is found by
//! `LookupEvents` in the account and the Region that it belongs to. The schedule's own stage leaves no record.

mod identity;
mod lookup;
mod record;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use record::Record;

use crate::call::{Answer, Call, Refusal};
use crate::caller::Caller;
use crate::state::State;

/// What the service holds.
#[derive(Debug)]
pub struct CloudTrail {
    /// How many times a second `LookupEvents` answers in one account and Region; none for no limit.
    pub requests_per_second: Option<u32>,
    records: Vec<Record>,
    /// How many records there were of an account, Region and action: delays are drawn from it.
    written: BTreeMap<(String, String, String), usize>,
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
    fn admits(&mut self, account: &str, region: &str, at: Timestamp) -> bool {
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

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match call.request.operation.as_str() {
        "LookupEvents" => {
            let is_staged = matches!(call.caller, Caller::Stage { .. });
            if !is_staged && !state.cloudtrail.admits(call.account(), &call.request.region, call.at) {
                return Err(Refusal::new(400, "ThrottlingException", "Rate exceeded"));
            }
            lookup::events(&state.cloudtrail, call)
        }
        _ => Err(call.unknown()),
    }
}

/// Records a call, refused ones too, unless it is a data event.
pub(crate) fn record(state: &mut State, call: &Call, answer: &Answer) {
    if record::is_data_event(&call.request.service, &call.request.operation) {
        return;
    }
    let role_account = call.text("RoleArn").split(':').nth(4).unwrap_or_default();
    // Whoever is nobody yet has no account: what they call for has one.
    let home = if call.account().is_empty() { role_account } else { call.account() };
    if home.is_empty() {
        return;
    }
    let who = identity::of(state, call);
    let crosses =
        call.request.operation == "AssumeRole" && answer.is_ok() && !role_account.is_empty() && role_account != home;
    let shared = crosses.then(|| record::event_id("shared", state.cloudtrail.records.len()));
    write(state, call, answer, home, &who, shared.as_deref(), false);
    if crosses {
        // The role's account learns the caller's account and unique id, and not how they are called there
        // (IAM user guide, "Logging IAM and AWS STS API calls with AWS CloudTrail", cross-account AssumeRole).
        write(state, call, answer, role_account, &identity::from_elsewhere(&who, home), shared.as_deref(), true);
    }
}

fn write(
    state: &mut State,
    call: &Call,
    answer: &Answer,
    account: &str,
    who: &identity::Who,
    shared: Option<&str>,
    is_shared_copy: bool,
) {
    let lag = state.lag_for(&call.caller);
    let trail = &mut state.cloudtrail;
    let region = record::region_of(&call.request);
    let action = call.request.action();
    let before = trail.written.entry((account.to_owned(), region.to_owned(), action.clone())).or_default();
    let visible_at = call.at + lag.of_record(region, &format!("{account} {action}"), *before);
    *before += 1;
    let number = trail.records.len();
    trail.records.push(Record::of(call, answer, account, who, number, visible_at, shared, is_shared_copy));
}

#[cfg(test)]
mod tests;
