//! What one conditional write would change, before it does.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::condition::Condition;
use super::refusals::invalid;
use super::scope::Scope;
use super::tables::{DynamoDb, Keys, Rows};
use super::update::Update;
use super::value::{self, Item, MOST_BYTES, size_of};
use crate::call::Refusal;

/// "The minimum length of a partition key value is 1 byte. The maximum length is 2048 bytes"; of a sort key 1,024 (developer
/// guide, Quotas).
const MOST_PARTITION: usize = 2_048;
const MOST_SORT: usize = 1_024;

/// A write whose condition holds.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) table: String,
    pub(super) key: (String, String),
    pub(super) change: Change,
    old: Option<Item>,
    /// The attributes that an update names.
    named: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Change {
    Put(Item),
    Delete,
    Nothing,
}

impl Decided {
    pub(super) fn is_of_same_item(&self, other: &Self) -> bool {
        (&self.table, &self.key) == (&other.table, &other.key)
    }

    /// The answer, with what `ReturnValues` asks for.
    pub(super) fn shown(&self, input: &Value) -> Value {
        let of_named = |item: &Item| -> Item {
            item.iter()
                .filter(|(name, _)| self.named.contains(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        };
        let new = match &self.change {
            Change::Put(item) => Some(item),
            Change::Delete | Change::Nothing => None,
        };
        let attributes = match input["ReturnValues"].as_str() {
            Some("ALL_OLD") => self.old.clone(),
            Some("ALL_NEW") => new.cloned(),
            Some("UPDATED_OLD") => self.old.as_ref().map(of_named),
            Some("UPDATED_NEW") => new.map(of_named),
            _ => None,
        };
        attributes.map_or_else(|| json!({}), |attributes| json!({ "Attributes": attributes }))
    }
}

/// What a write would change.
///
/// # Errors
/// As DynamoDB refuses it; where the condition does not hold, with the item if that was asked for.
pub(super) fn decide(dynamodb: &DynamoDb, operation: &str, input: &Value) -> Result<Decided, Refusal> {
    let table = input["TableName"].as_str().filter(|name| !name.is_empty());
    let table = table.ok_or_else(|| invalid("1 validation error detected: Value null at 'tableName'"))?.to_owned();
    let keys = dynamodb.keys(&table);
    let whole = if operation == "PutItem" { "Item" } else { "Key" };
    let given = input[whole].as_object().ok_or_else(|| invalid(format!("Value null at '{whole}'")))?;
    given.values().try_for_each(value::check)?;
    let key = key_of(&keys, given)?;
    if operation != "PutItem" && given.len() != usize::from(keys.sort.is_some()) + 1 {
        return Err(no_key());
    }
    let mut scope = Scope::of(input)?;
    let condition = input["ConditionExpression"].as_str().map(|text| Condition::read(text, &mut scope)).transpose()?;
    let update = match input["UpdateExpression"].as_str() {
        Some(text) if operation == "UpdateItem" => Some(Update::read(text, &mut scope)?),
        _ => None,
    };
    let only_with = condition.is_some() || update.is_some();
    scope.finish().map_err(|refusal| {
        let why = "ExpressionAttributeValues can only be specified when using expressions";
        if only_with { refusal } else { invalid(why) }
    })?;
    let named: Vec<String> = update.iter().flat_map(Update::attributes).map(str::to_owned).collect();
    if let Some(name) = named.iter().find(|name| **name == keys.partition || keys.sort.as_ref() == Some(name)) {
        return Err(invalid(format!(
            "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of the key"
        )));
    }
    let old = dynamodb.tables.get(&table).and_then(|rows| rows.items.get(&key));
    // A put that is too large is refused whatever its condition says.
    if operation == "PutItem" && size_of(given) > MOST_BYTES {
        return Err(invalid("Item size has exceeded the maximum allowed size"));
    }
    if condition.is_some_and(|condition| !condition.holds(old)) {
        return Err(failed(old, input));
    }
    let change = match operation {
        "PutItem" => Change::Put(given.clone()),
        "DeleteItem" => Change::Delete,
        "UpdateItem" => {
            let before = old.unwrap_or(given);
            let after = update.map_or_else(|| Ok(before.clone()), |update| update.applied(before))?;
            if size_of(&after) > MOST_BYTES {
                return Err(invalid("Item size to update has exceeded the maximum allowed size"));
            }
            Change::Put(after)
        }
        _ => Change::Nothing,
    };
    Ok(Decided { table, key, change, old: old.cloned(), named })
}

fn failed(old: Option<&Item>, input: &Value) -> Refusal {
    let code = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    let mut refusal = Refusal::new(400, code, "The conditional request failed");
    if let (Some(old), "ALL_OLD") = (old, input["ReturnValuesOnConditionCheckFailure"].as_str().unwrap_or_default()) {
        *refusal.extra = json!({ "Item": old });
    }
    refusal
}

fn no_key() -> Refusal {
    invalid("The provided key element does not match the schema")
}

/// The values of a table's keys in an item.
pub(super) fn key_of(keys: &Keys, item: &Item) -> Result<(String, String), Refusal> {
    let text = |name: &str, most: usize| {
        let value = item.get(name).and_then(|value| value["S"].as_str()).ok_or_else(no_key)?;
        match value.len() {
            0 => Err(invalid(format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \
                 string value. Key: {name}"
            ))),
            length if length > most => Err(invalid(format!(
                "One or more parameter values were invalid: Size of a key has exceeded the maximum size limit of {most} bytes"
            ))),
            _ => Ok(value.to_owned()),
        }
    };
    let sort = keys.sort.as_ref().map(|sort| text(sort, MOST_SORT)).transpose()?;
    Ok((text(&keys.partition, MOST_PARTITION)?, sort.unwrap_or_default()))
}

impl DynamoDb {
    /// Puts an item where it belongs, whatever is there: how a test moves a clock that lies in a table.
    ///
    /// # Panics
    /// Where the item has no keys or is too large.
    pub fn put(&mut self, table: &str, item: &Item) {
        let put = json!({ "TableName": table, "Item": item });
        self.write(decide(self, "PutItem", &put).expect("an item that DynamoDB takes"));
    }

    /// Does what was decided.
    pub(super) fn write(&mut self, decided: Decided) {
        let keys = self.keys(&decided.table);
        let rows = self.tables.entry(decided.table).or_insert_with(|| Rows { keys, items: BTreeMap::new() });
        match decided.change {
            Change::Put(item) => {
                self.largest = self.largest.max(size_of(&item));
                rows.items.insert(decided.key, item);
            }
            Change::Delete => {
                rows.items.remove(&decided.key);
            }
            Change::Nothing => {}
        }
    }
}
