//! The guardrails' part of the table: how its items are read and written, whatever they are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use severance_domain::digest::Digest;
use severance_domain::ids::AccountId;
use severance_domain::lane::Lane;

use crate::clock;
use crate::error::AwsError;

pub(super) const QUERY: &str = "dynamodb:Query";
pub(super) const GET: &str = "dynamodb:GetItem";
pub(super) const PUT: &str = "dynamodb:PutItem";
pub(super) const UPDATE: &str = "dynamodb:UpdateItem";
pub(super) const DELETE: &str = "dynamodb:DeleteItem";
pub(super) const BATCH_WRITE: &str = "dynamodb:BatchWriteItem";

/// The partition of what every decision needs.
pub(super) const GUARDRAILS: &str = "GUARDRAILS";

/// Whether an item is new, or is there at all.
pub(super) const IS_NEW: &str = "attribute_not_exists(pk)";
pub(super) const IS_THERE: &str = "attribute_exists(pk)";

pub(super) type Item = HashMap<String, AttributeValue>;

/// The guardrails' part of the table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Guardrails {
    pub(super) dynamodb: Client,
    pub(super) table: String,
    pub(super) limits: Limits,
    /// Whose breakers are asked.
    pub(super) lane: Lane,
}

/// How many identities may be changed within a window. 0 is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The account that the stack acts in.
    pub account: AccountId,
    /// Identities in this account, where no danger is immediate.
    pub hygiene_account: usize,
    /// The same in all accounts that share the table.
    pub hygiene_organization: usize,
    /// Identities in this account, where danger is immediate or a person has asked.
    pub danger_account: usize,
    /// The same in all accounts that share the table.
    pub danger_organization: usize,
    /// How long an identity counts.
    pub window: SignedDuration,
}

impl Guardrails {
    /// In this table, with these limits.
    pub fn new(dynamodb: Client, table: String, limits: Limits) -> Self {
        Self { dynamodb, table, limits, lane: Lane::Hygiene }
    }

    /// The same, with the breaker of another account in the place of the stack's own.
    #[must_use]
    pub fn in_account(&self, account: &AccountId) -> Self {
        let mut other = self.clone();
        other.limits.account = account.clone();
        other
    }

    /// The same, which asks the breakers of this lane.
    #[must_use]
    pub fn in_lane(&self, lane: Lane) -> Self {
        Self { lane, ..self.clone() }
    }

    /// All items of a partition, by as many pages as it takes.
    pub(super) async fn partition(&self, pk: &str) -> Result<Vec<Item>, AwsError> {
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

    pub(super) async fn item(&self, pk: &str, sk: &str) -> Result<Option<Item>, AwsError> {
        let answer =
            self.dynamodb.get_item().table_name(&self.table).set_key(Some(key(pk, sk))).consistent_read(true).send();
        answer.await.map(|answer| answer.item).map_err(|error| AwsError::of(GET, &error))
    }

    /// Stores an item that must be new, and says whether it was. Our own item, stored by a call whose answer was lost, is new.
    pub(super) async fn put_new(&self, item: Item) -> Result<bool, AwsError> {
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
    pub(super) async fn delete(&self, pk: &str, sk: &str) -> Result<bool, AwsError> {
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

pub(super) fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(super) fn millis(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_millisecond().to_string())
}

/// Seconds, as DynamoDB wants them of the attribute by which it forgets an item.
pub(super) fn expiry(at: Timestamp, days_later: i64) -> AttributeValue {
    AttributeValue::N((at.as_second() + days_later * 86_400).to_string())
}

pub(super) fn text_of<'a>(action: &'static str, what: &str, item: &'a Item, name: &str) -> Result<&'a str, AwsError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| corrupt(action, what, &format!("attribute {name} is no text")))
}

/// A time in milliseconds; none if there is no such attribute.
pub(super) fn time_of(
    action: &'static str,
    what: &str,
    item: &Item,
    name: &str,
) -> Result<Option<Timestamp>, AwsError> {
    let Some(value) = item.get(name) else { return Ok(None) };
    let at = value.as_n().ok().and_then(|n| n.parse().ok()).and_then(|n| Timestamp::from_millisecond(n).ok());
    at.map(Some).ok_or_else(|| corrupt(action, what, &format!("attribute {name} is no time")))
}

/// A name for one call, by which it knows its own write again if the answer was lost.
pub(super) fn nonce(about: &str) -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let digest = Digest::of(format!("{about}#{}#{}#{call}", clock::now(), std::process::id()).as_bytes());
    digest.as_hex().chars().take(16).collect()
}

/// What is stored is not what it should be. Trying again does not mend it.
pub(super) fn corrupt(action: &'static str, sk: &str, why: &str) -> AwsError {
    let message = format!("the item {sk} cannot be read: {why}. Mend or delete it: until then nothing is done");
    AwsError { action, code: "CorruptItem".to_owned(), message, retryable: false }
}

/// Others were faster, each time we tried. Nothing was written.
pub(super) fn contended(action: &'static str, sk: &str) -> AwsError {
    let message = format!("the item {sk} was changed by others each time that we tried");
    AwsError { action, code: "Contention".to_owned(), message, retryable: true }
}

pub(super) fn to_json(
    action: &'static str,
    sk: &str,
    record: &impl serde::Serialize,
) -> Result<AttributeValue, AwsError> {
    serde_json::to_string(record).map(AttributeValue::S).map_err(|error| corrupt(action, sk, &error.to_string()))
}
