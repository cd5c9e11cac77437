//! Pages, and how IAM writes times and documents.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;

use super::names::{invalid, number};

/// A page of items that come in the order of their keys.
///
/// A marker is the key of the last item that was given, so that nothing is skipped or given twice where items come or go between
/// two pages.
pub(super) struct Page {
    size: usize,
    after: String,
}

/// What a page holds, and the marker of the next one.
pub(super) struct Part {
    pub(super) items: Vec<(String, Value)>,
    marker: Option<String>,
}

impl Page {
    /// As the call asks: `MaxItems` of 1 to 1,000, and never more than the service gives.
    pub(super) fn asked(state: &State, call: &Call) -> Result<Self, Refusal> {
        let asked = match &call.request.input["MaxItems"] {
            Value::Null => 100,
            _ => number(call, "MaxItems").filter(|asked| (1..=1000).contains(asked)).ok_or_else(|| {
                invalid("Value at 'maxItems' failed to satisfy constraint: Member must have value from 1 to 1000")
            })?,
        };
        let size = usize::try_from(asked).unwrap_or(100).min(state.page).max(1);
        Ok(Self { size, after: call.text("Marker").to_owned() })
    }

    /// The page of these items, which are in the order of their keys.
    pub(super) fn of(&self, items: impl IntoIterator<Item = (String, Value)>) -> Part {
        let left = items.into_iter().filter(|(key, _)| self.after.is_empty() || *key > self.after);
        let mut items: Vec<_> = left.take(self.size + 1).collect();
        let more = items.len() > self.size;
        items.truncate(self.size);
        let marker = if more { items.last().map(|(key, _)| key.clone()) } else { None };
        Part { items, marker }
    }
}

/// The page that a call asks for, as its result has it: these items under this name.
pub(super) fn paged(
    state: &State,
    call: &Call,
    name: &str,
    items: impl IntoIterator<Item = (String, Value)>,
) -> Answer {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    let part = Page::asked(state, call)?.of(items);
    let mut result = part.result();
    result.insert(name.to_owned(), part.items.into_iter().map(|(_, item)| item).collect());
    Ok(result.into())
}

impl Part {
    /// What every list says of itself.
    pub(super) fn result(&self) -> Map<String, Value> {
        let mut result = Map::new();
        result.insert("IsTruncated".to_owned(), self.marker.is_some().into());
        if let Some(marker) = &self.marker {
            result.insert("Marker".to_owned(), marker.as_str().into());
        }
        result
    }
}

/// A time as IAM says it: ISO 8601, to the second.
pub(super) fn time(at: Timestamp) -> Value {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string().into()
}

/// A document as IAM returns it: URL-encoded as RFC 3986 has it.
pub(super) fn encoded(document: &str) -> Value {
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(document, ENCODED).to_string().into()
}

/// A list, or nothing where it is empty: IAM leaves some lists out.
pub(super) fn unless_empty(list: &[Value]) -> Value {
    if list.is_empty() { Value::Null } else { json!(list) }
}
