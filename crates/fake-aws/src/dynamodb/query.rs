//! Reads: one item, or those of a partition.

use serde_json::{Value, json};

use super::changes::key_of;
use super::condition::{Condition, Operand};
use super::refusals::invalid;
use super::scope::{Part, Scope, Words, at_path};
use super::tables::DynamoDb;
use super::value::{self, Item, size_of};
use crate::call::{Answer, Refusal};

/// "A single Query operation can return a maximum of 1 MB of data", before the filter (developer guide, `Query`).
const MOST_BYTES: usize = 1_024 * 1_024;

pub(super) fn get(dynamodb: &DynamoDb, input: &Value) -> Answer {
    let table = input["TableName"].as_str().unwrap_or_default();
    let key = input["Key"].as_object().ok_or_else(|| invalid("Value null at 'key'"))?;
    let keys = dynamodb.keys(table);
    if key.len() != usize::from(keys.sort.is_some()) + 1 {
        return Err(invalid("The provided key element does not match the schema"));
    }
    let key = key_of(&keys, key)?;
    let mut scope = Scope::of(input)?;
    let projection = Projection::read(input, &mut scope)?;
    scope.finish()?;
    let item = dynamodb.item(table, &key.0, &key.1);
    Ok(item.map_or_else(|| json!({}), |item| json!({ "Item": projection.of(item) })))
}

/// Pages hold at most so many items before the filter, or the bytes that DynamoDB gives.
pub(super) fn query(dynamodb: &DynamoDb, input: &Value, page: usize) -> Answer {
    let table = input["TableName"].as_str().unwrap_or_default();
    let keys = dynamodb.keys(table);
    let mut scope = Scope::of(input)?;
    let text = input["KeyConditionExpression"].as_str();
    let text =
        text.ok_or_else(|| invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified"))?;
    let of_keys = Condition::read(text, &mut scope)?;
    let filter = input["FilterExpression"].as_str().map(|text| Condition::read(text, &mut scope)).transpose()?;
    let projection = Projection::read(input, &mut scope)?;
    scope.finish()?;
    let is_key = |name: &str| name == keys.partition || keys.sort.as_deref() == Some(name);
    if filter.as_ref().is_some_and(|filter| filter.attributes().into_iter().any(is_key)) {
        return Err(invalid("Filter Expression can only contain non-primary key attributes"));
    }
    let partition = partition(&of_keys, &keys.partition, keys.sort.as_deref())?;
    let start = match &input["ExclusiveStartKey"] {
        Value::Object(start) => Some(key_of(&keys, start)?),
        _ => None,
    };
    let limit = match &input["Limit"] {
        Value::Null => usize::MAX,
        limit => limit
            .as_u64()
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| *limit > 0)
            .ok_or_else(|| invalid("Value at 'limit' failed to satisfy constraint: Member must be at least 1"))?,
    };
    let backwards = input["ScanIndexForward"] == false;
    let rows = dynamodb.tables.get(table).map(|rows| &rows.items);
    let mut all: Vec<(&(String, String), &Item)> =
        rows.into_iter().flatten().filter(|((of, _), item)| *of == partition && of_keys.holds(Some(item))).collect();
    if backwards {
        all.reverse();
    }
    all.retain(|(key, _)| start.as_ref().is_none_or(|start| if backwards { *key < start } else { *key > start }));
    let (mut taken, mut bytes) = (0, 0);
    while let Some((_, item)) = all.get(taken)
        && taken < limit
        && taken < page
        && (taken == 0 || bytes + size_of(item) <= MOST_BYTES)
    {
        bytes += size_of(item);
        taken += 1;
    }
    let read = all.get(..taken).unwrap_or_default();
    let found: Vec<Item> = read
        .iter()
        .filter(|(_, item)| filter.as_ref().is_none_or(|filter| filter.holds(Some(item))))
        .map(|(_, item)| projection.of(item))
        .collect();
    let mut answer = json!({ "Count": found.len(), "ScannedCount": read.len() });
    if input["Select"] != "COUNT" {
        answer["Items"] = json!(found);
    }
    // Where the limit ends a page, DynamoDB does not look whether anything follows.
    if let (Some((_, last)), true) = (read.last(), taken == limit || taken < all.len()) {
        let mut key = json!({ &keys.partition: last[&keys.partition] });
        if let Some(sort) = &keys.sort {
            key[sort] = last[sort].clone();
        }
        answer["LastEvaluatedKey"] = key;
    }
    Ok(answer)
}

/// The partition that a key condition names: by equality, beside at most one condition on the sort key.
fn partition(condition: &Condition, partition: &str, sort: Option<&str>) -> Result<String, Refusal> {
    let parts = condition.all();
    let mut named = None;
    for part in &parts {
        match part {
            Condition::Compare(Operand::Path(path), operator, Operand::Value(value))
                if operator == "=" && *path == [Part::Name(partition.to_owned())] =>
            {
                named = value["S"].as_str().map(str::to_owned);
            }
            Condition::Compare(_, operator, _) if operator == "<>" => {
                return Err(invalid("Invalid operator used in KeyConditionExpression: <>"));
            }
            Condition::Compare(..) | Condition::Between(..) | Condition::BeginsWith(..)
                if part.attributes().into_iter().all(|name| Some(name) == sort) => {}
            _ => return Err(invalid("Query key condition not supported")),
        }
    }
    if parts.len() > 2 {
        return Err(invalid("Conditions can be of length 1 or 2 only"));
    }
    named.ok_or_else(|| invalid(format!("Query condition missed key schema element: {partition}")))
}

/// The attributes that a read asks for; none for all.
struct Projection(Option<Vec<Vec<Part>>>);

impl Projection {
    fn read(input: &Value, scope: &mut Scope<'_>) -> Result<Self, Refusal> {
        let Some(text) = input["ProjectionExpression"].as_str() else { return Ok(Self(None)) };
        let mut words = Words::of(text, scope)?;
        let mut paths = vec![words.path()?];
        while words.take(",") {
            paths.push(words.path()?);
        }
        if words.is_at_end() { Ok(Self(Some(paths))) } else { Err(super::scope::syntax(words.peek())) }
    }

    /// Attributes at the top are shown alone; of what lies deeper the whole attribute is, which no caller of ours asks for.
    fn of(&self, item: &Item) -> Item {
        let Some(paths) = &self.0 else { return item.clone() };
        let found = paths.iter().filter(|path| at_path(item, path).is_some_and(|value| value::parts(value).is_some()));
        let names = found.filter_map(|path| match path.first() {
            Some(Part::Name(name)) => Some(name),
            _ => None,
        });
        names.filter_map(|name| item.get(name).map(|value| (name.clone(), value.clone()))).collect()
    }
}
