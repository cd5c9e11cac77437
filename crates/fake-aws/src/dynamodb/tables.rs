//! Tables, and what stands in them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::value::Item;

/// What the service holds.
#[derive(Debug, Default)]
pub struct DynamoDb {
    /// How many of the next writes in batches are handed back as unprocessed, the last ones of each batch.
    pub unprocessed: usize,
    /// The largest item that was ever stored, in bytes as DynamoDB counts them.
    pub largest: usize,
    pub(super) tables: BTreeMap<String, Rows>,
    /// Transactions by their token: when, and what was asked for.
    pub(super) transactions: BTreeMap<String, (Timestamp, Value)>,
}

/// A table.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) keys: Keys,
    pub(super) items: BTreeMap<(String, String), Item>,
}

/// The names of a table's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) partition: String,
    pub(super) sort: Option<String>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { partition: "pk".to_owned(), sort: Some("sk".to_owned()) }
    }
}

impl DynamoDb {
    /// Makes an empty table with these keys, both texts.
    pub fn create_table(&mut self, table: &str, partition: &str, sort: Option<&str>) {
        let keys = Keys { partition: partition.to_owned(), sort: sort.map(str::to_owned) };
        self.tables.insert(table.to_owned(), Rows { keys, items: BTreeMap::new() });
    }

    /// An item by its keys; the sort key is empty where the table has none.
    pub fn item(&self, table: &str, partition: &str, sort: &str) -> Option<&Item> {
        self.tables.get(table)?.items.get(&(partition.to_owned(), sort.to_owned()))
    }

    /// The items of a table in the order of their keys.
    pub fn items(&self, table: &str) -> impl Iterator<Item = &Item> {
        self.tables.get(table).into_iter().flat_map(|rows| rows.items.values())
    }

    /// The table's keys, and what they are in this item.
    pub(super) fn keys(&self, table: &str) -> Keys {
        self.tables.get(table).map(|rows| rows.keys.clone()).unwrap_or_default()
    }
}
