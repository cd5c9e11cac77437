//! What the guardrails remember: exemptions, breakers, the registry, open reviews. All in the cases' table.
//!
//! One partition for each kind. What every decision needs (exemptions and breakers) lies together and is read by one query.
//! INVARIANT: what cannot be read is an error and never an absence: a guardrail that nobody can read still holds.

mod breaker;
mod exemptions;
mod registry;
mod reviews;
mod rotations;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use severance_domain::digest::Digest;
use severance_domain::exemption::Exemption;
use severance_domain::ids::AccountId;
use severance_domain::respond::Breaker;

pub use breaker::Admission;
pub use rotations::LedgerRow;

use crate::clock;
use crate::error::AwsError;

const QUERY: &str = "dynamodb:Query";
const GET: &str = "dynamodb:GetItem";
const PUT: &str = "dynamodb:PutItem";
const UPDATE: &str = "dynamodb:UpdateItem";
const DELETE: &str = "dynamodb:DeleteItem";
const BATCH_WRITE: &str = "dynamodb:BatchWriteItem";

/// The partition of what every decision needs.
const GUARDRAILS: &str = "GUARDRAILS";

/// Whether an item is new, or is there at all.
const IS_NEW: &str = "attribute_not_exists(pk)";
const IS_THERE: &str = "attribute_exists(pk)";

type Item = HashMap<String, AttributeValue>;

/// The guardrails' part of the table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Guardrails {
    dynamodb: Client,
    table: String,
    limits: Limits,
}

/// How many disruptive steps a window allows. 0 is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The account that the stack acts in.
    pub account: AccountId,
    /// Steps in this account.
    pub account_steps: usize,
    /// Steps in all accounts that share the table.
    pub organization_steps: usize,
    /// How long a step counts.
    pub window: SignedDuration,
}

/// What every decision needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Every exemption, those that have ended too: the domain knows which are in force.
    pub exemptions: Vec<Exemption>,
    /// The account's breaker and the organization's.
    pub breakers: Vec<Breaker>,
}

impl Loaded {
    /// Whether a breaker is open, so that all that disrupts is held for review.
    pub fn breaker_open(&self) -> bool {
        self.breakers.iter().any(|breaker| breaker.open_since.is_some())
    }
}

impl Guardrails {
    /// In this table, with these limits.
    pub fn new(dynamodb: Client, table: String, limits: Limits) -> Self {
        Self { dynamodb, table, limits }
    }

    /// The same, with the breaker of another account in the place of the stack's own.
    #[must_use]
    pub fn in_account(&self, account: &AccountId) -> Self {
        let mut other = self.clone();
        other.limits.account = account.clone();
        other
    }

    /// Reads exemptions and breakers, by one strongly consistent query. One item that cannot be read fails it: an exemption
    /// that was overlooked would disrupt what somebody has asked to leave alone.
    pub async fn load(&self) -> Result<Loaded, AwsError> {
        let mut exemptions = Vec::new();
        let mut found = HashMap::new();
        for item in self.partition(GUARDRAILS).await? {
            let sk = text_of(QUERY, "an item of the guardrails", &item, "sk")?.to_owned();
            if sk.starts_with(exemptions::PREFIX) {
                exemptions.push(exemptions::read(&sk, &item)?);
            } else if sk.starts_with(breaker::PREFIX) {
                found.insert(sk, item);
            } else {
                return Err(corrupt(QUERY, &sk, "it is neither an exemption nor a breaker"));
            }
        }
        // Another account's breaker is none of ours.
        let breakers = self.scopes().map(|scope| self.shown(QUERY, &scope, found.get(&scope.sk)));
        Ok(Loaded { exemptions, breakers: breakers.into_iter().collect::<Result<_, _>>()? })
    }

    /// All items of a partition, by as many pages as it takes.
    async fn partition(&self, pk: &str) -> Result<Vec<Item>, AwsError> {
        let pages = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(pk))
            .into_paginator()
            .items()
            .send();
        pages.collect::<Result<_, _>>().await.map_err(|error| AwsError::of(QUERY, &error))
    }

    async fn item(&self, pk: &str, sk: &str) -> Result<Option<Item>, AwsError> {
        let answer =
            self.dynamodb.get_item().table_name(&self.table).set_key(Some(key(pk, sk))).consistent_read(true).send();
        answer.await.map(|answer| answer.item).map_err(|error| AwsError::of(GET, &error))
    }

    /// Stores an item that must be new, and says whether it was. Our own item, stored by a call whose answer was lost, is new.
    async fn put_new(&self, item: Item) -> Result<bool, AwsError> {
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.clone()))
            .condition_expression(IS_NEW)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => Ok(refused.item() == Some(&item)),
            _ => Err(AwsError::of(PUT, &error)),
        }
    }

    /// Deletes an item, and says whether it was there.
    async fn delete(&self, pk: &str, sk: &str) -> Result<bool, AwsError> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(pk, sk)))
            .condition_expression(IS_THERE);
        let Err(error) = delete.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(AwsError::of(DELETE, &error)),
        }
    }
}

fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn millis(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_millisecond().to_string())
}

/// Seconds, as DynamoDB wants them of the attribute by which it forgets an item.
fn expiry(at: Timestamp, days_later: i64) -> AttributeValue {
    AttributeValue::N((at.as_second() + days_later * 86_400).to_string())
}

fn text_of<'a>(action: &'static str, what: &str, item: &'a Item, name: &str) -> Result<&'a str, AwsError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| corrupt(action, what, &format!("attribute {name} is no text")))
}

/// A time in milliseconds; none if there is no such attribute.
fn time_of(action: &'static str, what: &str, item: &Item, name: &str) -> Result<Option<Timestamp>, AwsError> {
    let Some(value) = item.get(name) else { return Ok(None) };
    let at = value.as_n().ok().and_then(|n| n.parse().ok()).and_then(|n| Timestamp::from_millisecond(n).ok());
    at.map(Some).ok_or_else(|| corrupt(action, what, &format!("attribute {name} is no time")))
}

/// A name for one call, by which it knows its own write again if the answer was lost.
fn nonce(about: &str) -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let digest = Digest::of(format!("{about}#{}#{}#{call}", clock::now(), std::process::id()).as_bytes());
    digest.as_hex().chars().take(16).collect()
}

/// What is stored is not what it should be. Trying again does not mend it.
fn corrupt(action: &'static str, sk: &str, why: &str) -> AwsError {
    let message = format!("the item {sk} cannot be read: {why}. Mend or delete it: until then nothing is done");
    AwsError { action, code: "CorruptItem".to_owned(), message, retryable: false }
}

/// Others were faster, each time we tried. Nothing was written.
fn contended(action: &'static str, sk: &str) -> AwsError {
    let message = format!("the item {sk} was changed by others each time that we tried");
    AwsError { action, code: "Contention".to_owned(), message, retryable: true }
}

fn to_json(action: &'static str, sk: &str, record: &impl serde::Serialize) -> Result<AttributeValue, AwsError> {
    serde_json::to_string(record).map(AttributeValue::S).map_err(|error| corrupt(action, sk, &error.to_string()))
}
