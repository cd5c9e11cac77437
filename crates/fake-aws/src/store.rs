//! Items that are written at one moment and seen at others.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::lag::Lag;

/// From where an item is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// As it was last written: what writes act on, and what everybody sees once all has settled.
    Settled,
    /// As reads show it at a moment.
    Reads(Timestamp),
    /// As it is enforced at a moment.
    Enforced(Timestamp),
}

/// An item's address: account, who holds it (an id, or nothing), its own name (or nothing).
pub type Key = (String, String, String);

#[derive(Debug, Clone)]
struct Version<T> {
    read_from: Timestamp,
    enforced_from: Timestamp,
    value: Option<T>,
}

/// Items of one kind, with every version that they had.
///
/// A newer version that is visible hides all older ones, whatever their own delays.
#[derive(Debug, Clone)]
pub struct Table<T> {
    kind: &'static str,
    rows: BTreeMap<Key, Vec<Version<T>>>,
}

impl<T: Clone> Table<T> {
    /// Of this kind, whose name is part of what delays are drawn from.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, rows: BTreeMap::new() }
    }

    /// Writes an item.
    pub fn put(&mut self, at: Timestamp, lag: &Lag, key: Key, value: T) {
        self.write(at, lag, key, Some(value));
    }

    /// Removes an item, and says what it was.
    pub fn remove(&mut self, at: Timestamp, lag: &Lag, key: &Key) -> Option<T> {
        let held = self.get(View::Settled, key).cloned()?;
        self.write(at, lag, key.clone(), None);
        Some(held)
    }

    fn write(&mut self, at: Timestamp, lag: &Lag, key: Key, value: Option<T>) {
        let (account, holder, name) = &key;
        let item = format!("{} {account} {holder} {name}", self.kind);
        let versions = self.rows.entry(key).or_default();
        let (reads, enforcement) = lag.of_write(&item, versions.len());
        versions.push(Version { read_from: at + reads, enforced_from: at + enforcement, value });
    }

    /// An item, as it is seen from there.
    pub fn get(&self, view: View, key: &Key) -> Option<&T> {
        seen(view, self.rows.get(key)?)
    }

    /// What an account has of this kind, as it is seen from there: holder, name and item, in order.
    pub fn in_account<'a>(&'a self, view: View, account: &str) -> impl Iterator<Item = (&'a str, &'a str, &'a T)> {
        let from = (account.to_owned(), String::new(), String::new());
        let account = account.to_owned();
        self.rows
            .range(from..)
            .take_while(move |((of, ..), _)| *of == account)
            .filter_map(move |((_, holder, name), versions)| Some((&**holder, &**name, seen(view, versions)?)))
    }

    /// What a holder has of this kind, as it is seen from there: name and item, in order.
    pub fn of<'a>(&'a self, view: View, account: &str, holder: &str) -> impl Iterator<Item = (&'a str, &'a T)> {
        let from = (account.to_owned(), holder.to_owned(), String::new());
        let (account, holder) = (account.to_owned(), holder.to_owned());
        self.rows
            .range(from..)
            .take_while(move |((in_account, held_by, _), _)| *in_account == account && *held_by == holder)
            .filter_map(move |((.., name), versions)| Some((&**name, seen(view, versions)?)))
    }

    /// The accounts that ever held something of this kind.
    pub fn accounts(&self) -> BTreeSet<&str> {
        self.rows.keys().map(|(account, ..)| &**account).collect()
    }
}

fn seen<T>(view: View, versions: &[Version<T>]) -> Option<&T> {
    let version = versions.iter().rev().find(|version| match view {
        View::Settled => true,
        View::Reads(at) => version.read_from <= at,
        View::Enforced(at) => version.enforced_from <= at,
    })?;
    version.value.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_newer_version_that_is_visible_hides_the_older_ones_and_no_other_does() {
        let lag = Lag::slow(7);
        let mut table = Table::new("thing");
        let key = ("1".to_owned(), "holder".to_owned(), "name".to_owned());
        table.put(at(0), &lag, key.clone(), 1);
        table.put(at(1), &lag, key.clone(), 2);
        table.remove(at(2), &lag, &key);
        assert_eq!(table.get(View::Settled, &key), None);
        let mut seen = Vec::new();
        for second in 0..30 {
            let now = table.get(View::Reads(at(second)), &key).copied();
            if seen.last() != Some(&now) {
                seen.push(now);
            }
        }
        // Versions may be skipped, but never come back, and everything settles.
        assert_eq!(seen.last(), Some(&None));
        let order: Vec<usize> = seen.iter().skip_while(|of| of.is_none()).map(|of| of.unwrap_or(3)).collect::<Vec<_>>();
        assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    }

    #[test]
    fn without_lag_a_write_is_seen_at_once_everywhere() {
        let mut table = Table::new("thing");
        let key = ("1".to_owned(), String::new(), "name".to_owned());
        table.put(at(0), &Lag::NONE, key.clone(), 1);
        for view in [View::Settled, View::Reads(at(0)), View::Enforced(at(0))] {
            assert_eq!(table.get(view, &key), Some(&1));
        }
        assert_eq!(table.get(View::Reads(at(-1)), &key), None);
    }
}
