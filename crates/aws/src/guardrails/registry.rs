//! The registry: what the user's own inventory says of each identity, one item each.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use jiff::civil::Date;
use severance_domain::profile::RegistryEntry;

use super::table::{
    BATCH_WRITE, GET, Guardrails, IS_NEW, Item, PUT, QUERY, contended, corrupt, key, text, text_of, to_json,
};
use crate::error::AwsError;

const REGISTRY: &str = "REGISTRY";

/// Rows of one page. A function's answer ends at 6 MB.
const PAGE: i32 = 500;

/// What one `BatchWriteItem` takes.
const BATCH: usize = 25;

/// How often what DynamoDB hands back is sent again: with pauses that double, for about 6 s.
const ATTEMPTS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(50);

/// Names that one query filters by. A filter may hold 300 operators.
const NAMES: usize = 100;

impl Guardrails {
    /// The row of this ARN.
    pub async fn registry_entry(&self, arn: &str) -> Result<Option<RegistryEntry>, AwsError> {
        self.item(REGISTRY, arn).await?.map(|item| read(GET, &item)).transpose()
    }

    /// The rows that name one of these as owner, whatever the case of the letters. Reads the whole registry: only for those
    /// who leave.
    pub async fn registered_to(&self, identifiers: &[String]) -> Result<Vec<RegistryEntry>, AwsError> {
        let mut names: Vec<String> = identifiers.iter().map(|name| normal(name)).filter(|n| !n.is_empty()).collect();
        names.sort();
        names.dedup();
        let mut found = BTreeMap::new();
        for names in names.chunks(NAMES) {
            let mut query = self
                .dynamodb
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(REGISTRY));
            for (n, name) in names.iter().enumerate() {
                query = query.expression_attribute_values(format!(":o{n}"), text(name));
            }
            let any: Vec<String> = (0..names.len()).map(|n| format!("contains(owners, :o{n})")).collect();
            let items = query.filter_expression(any.join(" OR ")).into_paginator().items().send();
            let items: Vec<Item> =
                items.collect::<Result<_, _>>().await.map_err(|error| AwsError::of(QUERY, &error))?;
            for item in items {
                let entry = read(QUERY, &item)?;
                found.insert(entry.arn.clone(), entry);
            }
        }
        Ok(found.into_values().collect())
    }

    /// A page of rows in the order of their ARNs, after this one; and the ARN to go on after, none at the end.
    pub async fn registry_page(&self, after: Option<&str>) -> Result<(Vec<RegistryEntry>, Option<String>), AwsError> {
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(REGISTRY))
            .set_exclusive_start_key(after.map(|arn| key(REGISTRY, arn)))
            .limit(PAGE)
            .send()
            .await
            .map_err(|error| AwsError::of(QUERY, &error))?;
        let entries = answer.items().iter().map(|item| read(QUERY, item)).collect::<Result<_, _>>()?;
        let next = answer.last_evaluated_key().map(|last| text_of(QUERY, "the last row of a page", last, "sk"));
        Ok((entries, next.transpose()?.map(str::to_owned)))
    }

    /// Stores rows. One that is there is replaced: the inventory is right. Of two rows for one ARN the last counts.
    pub async fn registry_put(&self, entries: &[RegistryEntry]) -> Result<(), AwsError> {
        let mut writes = BTreeMap::new();
        for entry in entries {
            let put = PutRequest::builder().set_item(Some(row(entry)?)).build();
            let put = put.map_err(|error| corrupt(BATCH_WRITE, &entry.arn, &error.to_string()))?;
            writes.insert(entry.arn.clone(), WriteRequest::builder().put_request(put).build());
        }
        self.write_all(writes.into_values().collect()).await
    }

    /// Takes rows out. One that is not there is out already.
    pub async fn registry_remove(&self, arns: &[String]) -> Result<(), AwsError> {
        let mut writes = BTreeMap::new();
        for arn in arns {
            let delete = DeleteRequest::builder().set_key(Some(key(REGISTRY, arn))).build();
            let delete = delete.map_err(|error| corrupt(BATCH_WRITE, arn, &error.to_string()))?;
            writes.insert(arn.clone(), WriteRequest::builder().delete_request(delete).build());
        }
        self.write_all(writes.into_values().collect()).await
    }

    /// Writes down until when an identity is confirmed, in a row of its own if it has none. What else the row says stays.
    pub async fn set_review_by(&self, arn: &str, review_by: Date) -> Result<(), AwsError> {
        let mut pause = PAUSE;
        for _ in 0..ATTEMPTS {
            let old = self.item(REGISTRY, arn).await?;
            let entry = match &old {
                Some(item) => read(GET, item)?,
                None => RegistryEntry { arn: arn.to_owned(), ..RegistryEntry::default() },
            };
            let new = row(&RegistryEntry { review_by: Some(review_by), ..entry })?;
            let put = self.dynamodb.put_item().table_name(&self.table).set_item(Some(new));
            let put = match old.as_ref().and_then(|item| item.get("record")) {
                // The whole row goes into its record, so an unchanged record is an unchanged row.
                Some(record) => put
                    .condition_expression("#record = :record")
                    .expression_attribute_names("#record", "record")
                    .expression_attribute_values(":record", record.clone()),
                None => put.condition_expression(IS_NEW),
            };
            let Err(error) = put.send().await else { return Ok(()) };
            if !matches!(error.as_service_error(), Some(PutItemError::ConditionalCheckFailedException(_))) {
                return Err(AwsError::of(PUT, &error));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err(contended(PUT, arn))
    }

    /// Writes batch by batch, and sends again what DynamoDB hands back. A batch has no conditions: rows have one writer, the
    /// import, and the last one counts.
    async fn write_all(&self, writes: Vec<WriteRequest>) -> Result<(), AwsError> {
        let all = writes.len();
        let mut left = writes;
        let mut attempts = 0;
        let mut pause = PAUSE;
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(BATCH));
            let sent = left.len();
            let answer = self.dynamodb.batch_write_item().request_items(&self.table, left).send().await;
            let mut answer = answer.map_err(|error| AwsError::of(BATCH_WRITE, &error))?;
            let back =
                answer.unprocessed_items.as_mut().and_then(|items| items.remove(&self.table)).unwrap_or_default();
            left = back;
            if left.is_empty() {
                (attempts, pause) = (0, PAUSE);
            } else {
                // Only a batch that got nowhere counts: one that shrinks is on its way.
                attempts = if left.len() < sent { 0 } else { attempts + 1 };
                if attempts >= ATTEMPTS {
                    let written = all - left.len() - rest.len();
                    return Err(unfinished(written, all));
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(2));
            }
            left.extend(rest);
        }
        Ok(())
    }
}

fn row(entry: &RegistryEntry) -> Result<Item, AwsError> {
    let mut item = key(REGISTRY, &entry.arn);
    item.insert("record".to_owned(), to_json(PUT, &entry.arn, entry)?);
    let mut owners: Vec<String> = entry.owners.iter().map(|name| normal(name)).filter(|n| !n.is_empty()).collect();
    owners.sort();
    owners.dedup();
    if !owners.is_empty() {
        // DynamoDB knows no empty set.
        item.insert("owners".to_owned(), AttributeValue::Ss(owners));
    }
    Ok(item)
}

fn read(action: &'static str, item: &HashMap<String, AttributeValue>) -> Result<RegistryEntry, AwsError> {
    let arn = text_of(action, "a row of the registry", item, "sk")?;
    let record = text_of(action, arn, item, "record")?;
    let entry: RegistryEntry =
        serde_json::from_str(record).map_err(|error| corrupt(action, arn, &format!("its record is wrong: {error}")))?;
    if entry.arn == arn { Ok(entry) } else { Err(corrupt(action, arn, "its record is of another ARN")) }
}

fn normal(name: &str) -> String {
    name.trim().to_lowercase()
}

fn unfinished(written: usize, all: usize) -> AwsError {
    let message = format!("DynamoDB took {written} of {all} rows and no more for now. Ask again: what is stored stays");
    AwsError { action: BATCH_WRITE, code: "UnprocessedItems".to_owned(), message, retryable: true }
}
