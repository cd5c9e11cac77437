//! The access keys of a claim.

use crate::words::signal::Signal;
use crate::words::subject::{AccessKey, Inventory};

pub(super) fn inactive_already(key: &AccessKey) -> String {
    format!("{} was inactive already", key.id)
}

pub(super) fn named_key<'a>(signal: &Signal, inventory: &'a Inventory) -> Option<&'a AccessKey> {
    inventory.access_keys.iter().find(|key| Some(&key.id) == signal.access_key.as_ref())
}
