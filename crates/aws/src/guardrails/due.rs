//! What the schedule is to look after by the clock: every case from the moment it is opened, so that none is left to a worker
//! that died, and each recheck that is due.
//!
//! An item only says when to look at its case. What is due, the case itself says.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use jiff::Timestamp;
use severance_domain::case::CaseId;

use super::table::{DELETE, Guardrails, Item, QUERY, UPDATE, corrupt, expiry, key, millis, text_of, time_of};
use crate::error::AwsError;

const DUE: &str = "DUE";

/// How long after its time a case is still remembered, if no scheduled run comes.
const KEEP_DAYS: i64 = 400;

impl Guardrails {
    /// Remembers a case that is about to be worked on, unless it is remembered already.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn remember_opened(&self, case: &CaseId, due_at: Timestamp) -> Result<(), AwsError> {
        self.put_due(case, due_at, "attribute_not_exists(due_at)", &[]).await.map(drop)
    }

    /// Remembers when to look at a case next, whatever was remembered before.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn remember_due(&self, case: &CaseId, due_at: Timestamp) -> Result<(), AwsError> {
        self.put_due(case, due_at, "attribute_not_exists(due_at) OR due_at <> :due", &[]).await.map(drop)
    }

    /// Remembers to look at a case by then, unless it is looked at earlier.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn remember_due_by(&self, case: &CaseId, due_at: Timestamp) -> Result<(), AwsError> {
        self.put_due(case, due_at, "attribute_not_exists(due_at) OR due_at > :due", &[]).await.map(drop)
    }

    /// Moves the time from what was seen, and says whether nobody else had moved it: so one of two scheduled runs has a case
    /// looked after.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn move_due(&self, case: &CaseId, seen: Timestamp, due_at: Timestamp) -> Result<bool, AwsError> {
        self.put_due(case, due_at, "due_at = :seen", &[(":seen", seen)]).await
    }

    async fn put_due(
        &self,
        case: &CaseId,
        due_at: Timestamp,
        condition: &str,
        values: &[(&str, Timestamp)],
    ) -> Result<bool, AwsError> {
        let mut update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(DUE, case.as_str())))
            .update_expression("SET due_at = :due, expires_at = :expires")
            .condition_expression(condition)
            .expression_attribute_values(":due", millis(due_at))
            .expression_attribute_values(":expires", expiry(due_at, KEEP_DAYS));
        for (name, value) in values {
            update = update.expression_attribute_values(*name, millis(*value));
        }
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(AwsError::of(UPDATE, &error)),
            },
        }
    }

    /// Forgets a case about which nothing is due, if its time is still the one that was seen.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn forget_due(&self, case: &CaseId, seen: Timestamp) -> Result<bool, AwsError> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(DUE, case.as_str())))
            .condition_expression("due_at = :due")
            .expression_attribute_values(":due", millis(seen));
        let Err(error) = delete.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(AwsError::of(DELETE, &error)),
        }
    }

    /// When a case is to be looked at next; none where it is not remembered.
    ///
    /// # Errors
    /// Where DynamoDB does not answer, or the item cannot be read.
    pub async fn due_of(&self, case: &CaseId) -> Result<Option<Timestamp>, AwsError> {
        let item = self.item(DUE, case.as_str()).await?;
        item.map(|item| read(&item).map(|(_, due_at)| due_at)).transpose()
    }

    /// Every case that is to be looked after, and when; the first due first. An item that cannot be read is logged and left out: it
    /// must not keep the others from being looked after.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn due(&self) -> Result<Vec<(CaseId, Timestamp)>, AwsError> {
        let mut due = Vec::new();
        for item in self.partition(DUE).await? {
            match read(&item) {
                Ok(one) => due.push(one),
                // LOG: The other cases are looked after. Mend or delete the item that is named, in the partition DUE of the table.
                Err(error) => tracing::error!(error = %error, "what is due about a case cannot be read"),
            }
        }
        due.sort_by_key(|(_, due_at)| *due_at);
        Ok(due)
    }
}

fn read(item: &Item) -> Result<(CaseId, Timestamp), AwsError> {
    let sk = text_of(QUERY, "an item of what is due", item, "sk")?;
    let case =
        serde_json::from_value(serde_json::Value::from(sk)).map_err(|error| corrupt(QUERY, sk, &error.to_string()))?;
    let due_at = time_of(QUERY, sk, item, "due_at")?;
    Ok((case, due_at.ok_or_else(|| corrupt(QUERY, sk, "attribute due_at is missing"))?))
}
