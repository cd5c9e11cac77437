//! What a user was called when: whoever may rename themselves stands in CloudTrail under several names.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// CloudTrail's times are whole seconds.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A successful `iam:UpdateUser` that gave a user another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// When.
    pub at: Timestamp,
    /// What the user was called.
    pub from: String,
    /// What it is called since.
    pub to: String,
}

impl Renaming {
    /// Reads a record. None for any other call, and for one that was refused.
    pub fn read(record: &Value) -> Option<Self> {
        let text = |path: &str| record.pointer(path).and_then(Value::as_str);
        let is_refused = record.get("errorCode").is_some_and(|code| !code.is_null());
        if is_refused || text("/eventName") != Some("UpdateUser") {
            return None;
        }
        Some(Self {
            at: text("/eventTime")?.parse().ok()?,
            from: text("/requestParameters/userName")?.to_owned(),
            to: text("/requestParameters/newUserName")?.to_owned(),
        })
    }
}

/// The names of one user, each with the time in which it bore it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(Vec<(String, Timestamp, Timestamp)>);

impl Names {
    /// The names of the user who was called so at that moment. `renamings` are all that are known of the account, in their order.
    pub fn of(name: &str, at: Timestamp, renamings: &[Renaming]) -> Self {
        let mut names = vec![(name.to_owned(), Timestamp::MIN, Timestamp::MAX)];
        for renaming in renamings.iter().filter(|of| of.at > at) {
            if let Some(last) = names.last_mut().filter(|last| last.0 == renaming.from) {
                last.2 = renaming.at;
                names.push((renaming.to.clone(), renaming.at, Timestamp::MAX));
            }
        }
        for renaming in renamings.iter().rev().filter(|of| of.at <= at) {
            if let Some(first) = names.first_mut().filter(|first| first.0 == renaming.to) {
                first.1 = renaming.at;
                names.insert(0, (renaming.from.clone(), Timestamp::MIN, renaming.at));
            }
        }
        Self(names)
    }

    /// Each name once.
    pub fn all(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(name, ..)| name.as_str()).collect()
    }

    /// Whether a renaming is this user's: it led from one of its names to another, or to or from the one that it bore then, which
    /// nobody else can bear. Twice a second a user may bear each of them, and CloudTrail tells of each call when it likes.
    pub fn is_own(&self, renaming: &Renaming) -> bool {
        let own = self.all();
        let both = own.contains(renaming.from.as_str()) && own.contains(renaming.to.as_str());
        both || self.was(&renaming.from, renaming.at) || self.was(&renaming.to, renaming.at)
    }

    /// Whether the user bore this name then.
    pub fn was(&self, name: &str, at: Timestamp) -> bool {
        self.0.iter().any(|(own, since, until)| {
            own == name
                && since.checked_sub(SECOND).unwrap_or(*since) <= at
                && at <= until.checked_add(SECOND).unwrap_or(*until)
        })
    }
}
