//! Where an access key lives: the copies of it that a search found, and what it could not look at.
//!
//! INVARIANT: no value is in here. A copy is an ARN and the name of a field; two secrets are said to be equal, never what
//! they hold.

mod needle;
mod request;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::ids::AccessKeyId;

pub use crate::words::copy::{Copy, How, Place, Updated};
pub use needle::Needle;
pub use request::{CopiesRequest, Search, Update};

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CopiesFound {
    /// When it began.
    pub searched_at: Timestamp,
    /// The key that was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<AccessKeyId>,
    /// Where it was looked for.
    pub regions: Vec<String>,
    /// What was found, in order of place and ARN.
    pub copies: Vec<Copy>,
    /// Groups of secrets that hold exactly the same, each in order. Replicas of one secret are no group.
    pub equal: Vec<Vec<String>>,
    /// How many things of each kind were looked at. A kind that is not here was not looked at.
    pub looked_at: BTreeMap<Place, u64>,
    /// What could not be looked at, and why. While this is not empty, there may be copies that nobody knows of.
    pub unread: Vec<String>,
    /// The AWS calls that were made, retries too, by name.
    pub calls: BTreeMap<String, u32>,
}

impl CopiesFound {
    /// Whether all was looked at.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }

    /// The copies that still hold the old key.
    pub fn left(&self) -> impl Iterator<Item = &Copy> {
        self.copies.iter().filter(|copy| {
            copy.how == How::NamesKey
                && !matches!(copy.updated, Some(Updated::Written { .. } | Updated::Already { .. }))
        })
    }
}

/// Things of one reason that are named; the others are counted.
const NAMED: usize = 5;

/// Reasons that are given; the others are counted.
const REASONS: usize = 50;

/// What could not be looked at, gathered by reason: a thousand secrets under one forbidden key are one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread(BTreeMap<String, Refused>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Refused {
    count: u64,
    named: Vec<String>,
}

impl Unread {
    /// This thing could not be looked at, for this reason.
    pub fn item(&mut self, reason: impl Into<String>, name: &str) {
        let refused = self.0.entry(reason.into()).or_default();
        refused.count += 1;
        if refused.named.len() < NAMED {
            refused.named.push(name.to_owned());
        }
    }

    /// A whole kind of thing could not be looked at, or not all of it.
    pub fn whole(&mut self, reason: impl Into<String>) {
        self.0.entry(reason.into()).or_default();
    }

    /// Takes in what another one gathered.
    pub fn absorb(&mut self, other: Self) {
        for (reason, more) in other.0 {
            let refused = self.0.entry(reason).or_default();
            refused.count += more.count;
            refused.named.extend(more.named);
            refused.named.truncate(NAMED);
        }
    }

    /// One line for each reason, and one for those beyond the limit.
    pub fn into_lines(self) -> Vec<String> {
        let beyond = self.0.len().saturating_sub(REASONS);
        let mut lines: Vec<String> =
            self.0.into_iter().take(REASONS).map(|(reason, refused)| refused.line(&reason)).collect();
        if beyond > 0 {
            lines.push(format!("{beyond} more reasons are not listed"));
        }
        lines
    }
}

impl Refused {
    fn line(&self, reason: &str) -> String {
        let more = self.count.saturating_sub(u64::try_from(self.named.len()).unwrap_or(u64::MAX));
        match (self.count, more) {
            (0, _) => reason.to_owned(),
            (_, 0) => format!("{reason}: {}", self.named.join(", ")),
            (_, more) => format!("{reason}: {} and {more} more", self.named.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

    #[test]
    fn what_was_not_read_is_counted_by_reason() {
        let mut unread = Unread::default();
        unread.whole("Lambda functions: denied");
        for n in 0..12 {
            unread.item("refused", &format!("s{n}"));
        }
        let mut more = Unread::default();
        more.item("refused", "t");
        more.item("other", "u");
        unread.absorb(more);
        assert_eq!(
            unread.into_lines(),
            ["Lambda functions: denied", "other: u", "refused: s0, s1, s2, s3, s4 and 8 more"]
        );
        let mut many = Unread::default();
        (0..60).for_each(|n| many.whole(format!("{n:02}")));
        let lines = many.into_lines();
        assert_eq!((lines.len(), lines.last().unwrap().as_str()), (51, "10 more reasons are not listed"));
    }

    #[test]
    fn what_still_holds_the_old_key_is_left() {
        let copy = |updated: Option<Updated>, how: How| Copy {
            place: Place::Secret,
            arn: "a".to_owned(),
            region: "eu-west-1".to_owned(),
            field: None,
            how,
            updated,
        };
        let written = Updated::Written { version: "v".to_owned() };
        let found = CopiesFound {
            searched_at: Timestamp::UNIX_EPOCH,
            access_key: KEY.try_into().ok(),
            regions: vec!["eu-west-1".to_owned()],
            copies: vec![
                copy(None, How::NamesKey),
                copy(Some(written), How::NamesKey),
                copy(Some(Updated::WouldBe), How::NamesKey),
                copy(None, How::EqualValue { to: "b".to_owned() }),
            ],
            equal: vec![],
            looked_at: Place::ALL.map(|place| (place, 1)).into(),
            unread: vec![],
            calls: BTreeMap::new(),
        };
        assert_eq!(found.left().count(), 2);
        assert!(found.is_complete());
        let text = serde_json::to_string(&found).unwrap();
        assert!(
            text.contains(r#""how":"names_key""#) && text.contains(r#""how":{"equal_value":{"to":"b"}}"#),
            "{text}"
        );
        assert!(text.contains(r#""lookedAt":{"secret":1,"parameter":1,"function_environment":1"#), "{text}");
        assert_eq!(serde_json::from_str::<CopiesFound>(&text).unwrap(), found);
    }
}
