//! What somebody must look at by the clock: the reviews that wait, and what was told once and need not be told again.
//!
//! A review's item only says when to look at its case. What is due, the case itself says.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use jiff::Timestamp;
use severance_domain::case::CaseId;

use super::table::{DELETE, Guardrails, QUERY, UPDATE, corrupt, expiry, key, millis, nonce, text, text_of, time_of};
use crate::error::AwsError;

const REVIEWS: &str = "REVIEWS";
const NOTICES: &str = "NOTICES";

/// How long after its time a review is still remembered, if nobody looks: as long as a case is, unless said otherwise.
const KEEP_DAYS: i64 = 400;

impl Guardrails {
    /// Remembers a case that waits for a person, and when to look at it next. A later call moves that time.
    pub async fn remember_review(&self, case: &CaseId, due_at: Timestamp) -> Result<(), AwsError> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(REVIEWS, case.as_str())))
            .update_expression("SET due_at = :due, expires_at = :expires")
            .condition_expression("attribute_not_exists(due_at) OR due_at <> :due")
            .expression_attribute_values(":due", millis(due_at))
            .expression_attribute_values(":expires", expiry(due_at, KEEP_DAYS));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(AwsError::of(UPDATE, &error)),
            },
        }
    }

    /// Forgets a case that waits no more. False if it was not remembered.
    pub async fn forget_review(&self, case: &CaseId) -> Result<bool, AwsError> {
        self.delete(REVIEWS, case.as_str()).await
    }

    /// Forgets a case that waits no more, if it is still to be looked at at this time: a new review has another.
    pub async fn forget_review_of(&self, case: &CaseId, due_at: Timestamp) -> Result<bool, AwsError> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(REVIEWS, case.as_str())))
            .condition_expression("due_at = :due")
            .expression_attribute_values(":due", millis(due_at));
        let Err(error) = delete.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(AwsError::of(DELETE, &error)),
        }
    }

    /// Every case that waits for a person, and when to look at it; the first due first.
    pub async fn reviews(&self) -> Result<Vec<(CaseId, Timestamp)>, AwsError> {
        let mut reviews = Vec::new();
        for item in self.partition(REVIEWS).await? {
            let sk = text_of(QUERY, "an item of the reviews", &item, "sk")?;
            let case = serde_json::from_value(serde_json::Value::from(sk))
                .map_err(|error| corrupt(QUERY, sk, &error.to_string()))?;
            let due_at = time_of(QUERY, sk, &item, "due_at")?;
            reviews.push((case, due_at.ok_or_else(|| corrupt(QUERY, sk, "attribute due_at is missing"))?));
        }
        reviews.sort_by_key(|(_, due_at)| *due_at);
        Ok(reviews)
    }

    /// Whether nobody was told this yet. From now on somebody was, until it is [forgotten](Self::forget_notice).
    pub async fn is_first_notice(&self, notice: &str, now: Timestamp) -> Result<bool, AwsError> {
        let mut item = key(NOTICES, notice);
        item.insert("told_at".to_owned(), millis(now));
        item.insert("told_by".to_owned(), text(&nonce(notice)));
        item.insert("expires_at".to_owned(), expiry(now, KEEP_DAYS));
        self.put_new(item).await
    }

    /// Forgets that somebody was told: the message did not go out.
    pub async fn forget_notice(&self, notice: &str) -> Result<bool, AwsError> {
        self.delete(NOTICES, notice).await
    }
}
