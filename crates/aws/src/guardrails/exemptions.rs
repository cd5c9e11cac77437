//! Exemptions: one item each, beside the breakers, so that one query reads all that a decision needs.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;
use severance_domain::exemption::Exemption;

use super::table::{
    GUARDRAILS, Guardrails, Item, PUT, QUERY, UPDATE, corrupt, expiry, key, millis, text_of, time_of, to_json,
};
use crate::error::AwsError;

/// How the sort keys of exemptions begin.
pub(super) const PREFIX: &str = "EXEMPTION#";

/// How long an exemption that has ended can still be looked up.
const KEEP_DAYS: i64 = 90;

impl Guardrails {
    /// Stores a new exemption. False if there is one of this name already; it stays as it is.
    pub async fn add_exemption(&self, exemption: &Exemption) -> Result<bool, AwsError> {
        let sk = sk_of(&exemption.id);
        let mut item = key(GUARDRAILS, &sk);
        item.insert("record".to_owned(), to_json(PUT, &sk, exemption)?);
        item.insert("expires_at".to_owned(), expiry(exemption.request.expires_at, KEEP_DAYS));
        self.put_new(item).await
    }

    /// Ends an exemption before its time. False if there is none of this name.
    pub async fn end_exemption(&self, id: &str) -> Result<bool, AwsError> {
        self.delete(GUARDRAILS, &sk_of(id)).await
    }

    /// Writes down that the owner of an exemption was warned. False if somebody else was faster, or it is gone.
    pub async fn exemption_warned(&self, id: &str, at: Timestamp) -> Result<bool, AwsError> {
        let at = millis(at);
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(GUARDRAILS, &sk_of(id))))
            .update_expression("SET warned_at = :at")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(warned_at)")
            .expression_attribute_values(":at", at.clone())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = update.send().await else { return Ok(true) };
        match error.as_service_error() {
            // The answer to our own write may have been lost.
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                Ok(refused.item().is_some_and(|item| item.get("warned_at") == Some(&at)))
            }
            _ => Err(AwsError::of(UPDATE, &error)),
        }
    }
}

/// The warning is an attribute of its own: writing it needs no reading of the record, and cannot undo a change to it.
pub(super) fn read(sk: &str, item: &Item) -> Result<Exemption, AwsError> {
    let record = text_of(QUERY, sk, item, "record")?;
    let mut exemption: Exemption =
        serde_json::from_str(record).map_err(|error| corrupt(QUERY, sk, &format!("its record is wrong: {error}")))?;
    if sk_of(&exemption.id) != sk {
        return Err(corrupt(QUERY, sk, "its record is of another exemption"));
    }
    if let Some(at) = time_of(QUERY, sk, item, "warned_at")? {
        exemption.warned_at = Some(at);
    }
    Ok(exemption)
}

fn sk_of(id: &str) -> String {
    format!("{PREFIX}{id}")
}
