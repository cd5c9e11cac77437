//! DynamoDB: items behind conditions, with its limits, strongly consistent.
//!
//! Expressions are evaluated, not recognised, so that what a caller writes is what is tested. A table is made by its first use,
//! with the keys `pk` and `sk`, unless a test made it with others.

mod changes;
mod condition;
mod query;
mod refusals;
mod scope;
mod tables;
mod update;
mod value;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;

pub use tables::DynamoDb;
pub use value::{Item, size_of};

use refusals::invalid;

/// "25 put or delete requests" (API reference, `BatchWriteItem`).
const MOST_IN_BATCH: usize = 25;

/// "A transaction cannot contain more than 100 unique items" (API reference, `TransactWriteItems`).
const MOST_IN_TRANSACTION: usize = 100;

/// "A client token is valid for 10 minutes" (API reference, `TransactWriteItems`).
const TOKEN_LIVES: SignedDuration = SignedDuration::from_mins(10);

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    let input = &call.request.input;
    let page = state.page;
    let dynamodb = &mut state.dynamodb;
    match call.request.operation.as_str() {
        operation @ ("PutItem" | "UpdateItem" | "DeleteItem") => {
            let decided = changes::decide(dynamodb, operation, input)?;
            let shown = decided.shown(input);
            dynamodb.write(decided);
            Ok(shown)
        }
        "GetItem" => query::get(dynamodb, input),
        "Query" => query::query(dynamodb, input, page),
        "BatchWriteItem" => batch(dynamodb, input),
        "TransactWriteItems" => transact(dynamodb, input, call.at),
        _ => Err(call.unknown()),
    }
}

/// A batch has no conditions, and may be done in part.
fn batch(dynamodb: &mut DynamoDb, input: &Value) -> Answer {
    let mut decided: Vec<(String, Value, changes::Decided)> = Vec::new();
    for (table, writes) in input["RequestItems"].as_object().into_iter().flatten() {
        for write in writes.as_array().into_iter().flatten() {
            let (operation, inner) = match (&write["PutRequest"], &write["DeleteRequest"]) {
                (Value::Object(_), Value::Null) => ("PutItem", json!({ "Item": write["PutRequest"]["Item"] })),
                (Value::Null, Value::Object(_)) => ("DeleteItem", json!({ "Key": write["DeleteRequest"]["Key"] })),
                _ => return Err(invalid("Supplied write request must be one put or one delete")),
            };
            let mut inner = inner;
            inner["TableName"] = table.as_str().into();
            let one = changes::decide(dynamodb, operation, &inner)?;
            if decided.iter().any(|(_, _, known)| known.is_of_same_item(&one)) {
                return Err(invalid("Provided list of item keys contains duplicates"));
            }
            decided.push((table.clone(), write.clone(), one));
        }
    }
    if !(1..=MOST_IN_BATCH).contains(&decided.len()) {
        return Err(invalid("Member must have length less than or equal to 25, and greater than or equal to 1"));
    }
    let back = dynamodb.unprocessed.min(decided.len());
    dynamodb.unprocessed -= back;
    let mut unprocessed = json!({});
    for (table, write, _) in decided.split_off(decided.len() - back) {
        match unprocessed[&table].as_array_mut() {
            Some(list) => list.push(write),
            None => unprocessed[&table] = json!([write]),
        }
    }
    for (_, _, one) in decided {
        dynamodb.write(one);
    }
    Ok(json!({ "UnprocessedItems": unprocessed }))
}

/// All or nothing.
fn transact(dynamodb: &mut DynamoDb, input: &Value, at: Timestamp) -> Answer {
    let token = input["ClientRequestToken"].as_str().map(str::to_owned);
    if let Some((since, asked)) = token.as_ref().and_then(|token| dynamodb.transactions.get(token))
        && at - TOKEN_LIVES <= *since
    {
        if asked == &input["TransactItems"] {
            return Ok(json!({}));
        }
        let why = "the token was used for another transaction within ten minutes";
        return Err(Refusal::new(400, "IdempotentParameterMismatchException", why));
    }
    let items = input["TransactItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !(1..=MOST_IN_TRANSACTION).contains(&items.len()) {
        return Err(invalid("Member must have length less than or equal to 100, and greater than or equal to 1"));
    }
    let (mut decided, mut reasons): (Vec<changes::Decided>, Vec<Value>) = (vec![], vec![]);
    for item in items {
        let (operation, inner) = [
            ("Put", "PutItem"),
            ("Update", "UpdateItem"),
            ("Delete", "DeleteItem"),
            ("ConditionCheck", "ConditionCheck"),
        ]
        .into_iter()
        .find_map(|(name, operation)| item[name].is_object().then(|| (operation, &item[name])))
        .ok_or_else(|| invalid("TransactItems can only contain one of Check, Put, Update or Delete"))?;
        match changes::decide(dynamodb, operation, inner) {
            Ok(one) => {
                if decided.iter().any(|known| known.is_of_same_item(&one)) {
                    return Err(invalid("Transaction request cannot include multiple operations on one item"));
                }
                decided.push(one);
                reasons.push(json!({ "Code": "None" }));
            }
            Err(refusal) if refusal.code.ends_with("ConditionalCheckFailedException") => {
                let mut reason = json!({ "Code": "ConditionalCheckFailed", "Message": refusal.message });
                if !refusal.extra["Item"].is_null() {
                    reason["Item"] = refusal.extra["Item"].clone();
                }
                reasons.push(reason);
            }
            Err(refusal) => return Err(refusal),
        }
    }
    if decided.len() < items.len() {
        let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
        let why = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        let mut refusal = Refusal::new(400, "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", why);
        *refusal.extra = json!({ "CancellationReasons": reasons });
        return Err(refusal);
    }
    for one in decided {
        dynamodb.write(one);
    }
    if let Some(token) = token {
        dynamodb.transactions.insert(token, (at, input["TransactItems"].clone()));
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests;
