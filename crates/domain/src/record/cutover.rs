//! The cutover: how long an access key that a rotation has replaced lives on.
//!
//! A key that nobody uses any more is deactivated, and deleted when nobody has missed it. One that is still used at its deadline
//! is a question to people, who are told by whom it is used. Pure: what is to be done next follows from what was seen.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use crate::words::cutover::{Consumer, Copies, CutoverFacts, Stage};

use crate::words::case_id::CaseId;
use crate::words::ids::{AccessKeyId, AccountId, Arn, IamName};
use crate::words::mode::Mode;
use crate::words::profile::{Class, Profile};
use crate::words::subject::LastUsed;

/// The tag on a user by which its owner states how long its consumers may be silent, such as `26h`. It can only lengthen the
/// quiet window of the class.
pub const QUIET_TAG: &str = "severance:quiet-window";

/// So often a cutover is looked at, whatever it waits for.
const HOURLY: SignedDuration = SignedDuration::from_hours(1);

/// So long a rotation may take from the opening of the cutover to its end.
const UNSETTLED: SignedDuration = SignedDuration::from_hours(1);

/// A key that was replaced, and what is known of it since. One for each such key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cutover {
    /// The account of the user.
    pub account: AccountId,
    /// Whose key.
    pub user: IamName,
    /// The secret whose new version holds the new key.
    pub secret: Arn,
    /// That version, which was AWSCURRENT when the cutover was opened.
    pub version: String,
    /// The version that held the old key; none where the old key was in no secret before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old_version: Option<String>,
    /// The key that was replaced.
    pub old: AccessKeyId,
    /// The key in its place.
    pub new: AccessKeyId,
    /// When the new key was about to become the current one.
    pub opened_at: Timestamp,
    /// When the old key was first seen inactive.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inactive_since: Option<Timestamp>,
    /// When it was looked at last: what was not looked at for the longest time comes first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub looked_at: Option<Timestamp>,
    /// Before this nothing can be due.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_at: Option<Timestamp>,
    /// When the search for its copies was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub searched_at: Option<Timestamp>,
    /// What was asked for already, and in which mode: each is asked for once.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub asked: Vec<(Stage, Mode)>,
    /// The cases in which something was done about it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub cases: Vec<CaseId>,
}

/// How long a cutover waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// So long nobody may have used the old key before it is deactivated.
    pub quiet: SignedDuration,
    /// So long after the rotation people are asked about a key that is still used.
    pub deadline: SignedDuration,
    /// So long the old key is inactive before it is deleted.
    pub deletion: SignedDuration,
}

/// What a stack is set to: windows by class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    quiet: BTreeMap<String, SignedDuration>,
    deadline: BTreeMap<String, SignedDuration>,
    deletion: SignedDuration,
}

/// What stands for every class that is not named.
const OTHERS: &str = "*";

impl Times {
    /// Reads the settings: `class=duration`, separated by commas, `*` for all other classes; and one duration.
    ///
    /// # Errors
    /// Says which part is not as it must be.
    pub fn read(quiet: &str, deadline: &str, deletion: &str) -> Result<Self, String> {
        Ok(Self { quiet: by_class(quiet)?, deadline: by_class(deadline)?, deletion: duration(deletion)? })
    }

    /// The windows of one identity.
    pub fn windows(&self, profile: &Profile) -> Windows {
        let of = |windows: &BTreeMap<String, SignedDuration>| {
            let class = profile.class.map_or(OTHERS, Class::as_str);
            windows.get(class).or_else(|| windows.get(OTHERS)).copied().unwrap_or_default()
        };
        let stated = stated(profile).and_then(Result::ok).unwrap_or_default();
        let quiet = of(&self.quiet).max(stated);
        // A deadline before the end of the quiet window would ask people about every key.
        Windows { quiet, deadline: of(&self.deadline).max(quiet), deletion: self.deletion }
    }
}

/// What is wrong with what a user's tag states, if anything is. Whoever wrote it wanted more time than the class has.
pub fn unreadable_window(profile: &Profile) -> Option<String> {
    let why = stated(profile)?.err()?;
    Some(format!("its tag {QUIET_TAG} cannot be read: {why}"))
}

fn stated(profile: &Profile) -> Option<Result<SignedDuration, String>> {
    profile.tags.get(QUIET_TAG).map(|value| duration(value))
}

fn by_class(text: &str) -> Result<BTreeMap<String, SignedDuration>, String> {
    let mut windows = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (class, value) = part.split_once('=').ok_or_else(|| format!("{part:?} is not class=duration"))?;
        let class = class.trim();
        if class != OTHERS && !Class::ALL.iter().any(|known| known.as_str() == class) {
            return Err(format!("{class:?} is no class"));
        }
        windows.insert(class.to_owned(), duration(value)?);
    }
    if windows.contains_key(OTHERS) {
        Ok(windows)
    } else {
        Err(format!("{text:?} says nothing of other classes (*=…)"))
    }
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let read: Result<SignedDuration, _> = text.trim().parse();
    let read = read.map_err(|_| format!("{text:?} is no duration such as 30m or 168h"))?;
    if read.is_negative() { Err(format!("{text:?} is less than nothing")) } else { Ok(read) }
}

/// What AWS says of an old key now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// When it was read.
    pub now: Timestamp,
    /// Whether it is active; none where it does not exist any more.
    pub active: Option<bool>,
    /// When it was last used.
    pub last_used: LastUsed,
    /// Who used it since the cutover was opened.
    pub consumers: Vec<Consumer>,
    /// Where copies of it were found; none where they are still being searched for.
    pub copies: Option<Copies>,
    /// Whether the version that held it counts again, or the one that replaced it never did.
    pub is_current: bool,
    /// Whether the secret is known to hold the new key, and the new key is active.
    pub is_replaced: bool,
    /// What could not be read about its use, and why.
    pub unread: Vec<String>,
}

/// What is to be done about an old key next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing yet.
    Wait {
        /// When something may be due, if nothing happens until then.
        until: Timestamp,
    },
    /// Nobody has used it for the quiet window: deactivate it.
    Deactivate,
    /// It is still used, or nobody can say that it is not, and the deadline has come.
    Ask,
    /// It has been inactive long enough: delete it.
    Delete,
    /// The cutover is over.
    Close(Closed),
}

/// Why a cutover is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The old key does not exist any more.
    Gone,
    /// Somebody made the version that holds it the current one again, or the rotation did not end.
    RolledBack,
    /// Somebody made the key active again after it was deactivated.
    GivenBack,
}

impl Closed {
    /// In a reader's words.
    pub fn as_words(self) -> &'static str {
        match self {
            Self::Gone => "the old key does not exist any more",
            Self::RolledBack => {
                "the secret does not hold the new key: it was moved back to the old key, or the rotation did not end"
            }
            Self::GivenBack => "somebody gave the old key back after it was deactivated",
        }
    }
}

impl Cutover {
    /// What names it: the same key is replaced once.
    pub fn key(&self) -> String {
        format!("{}#{}", self.account, self.old)
    }

    /// It was looked at, and nothing is due before that. It is looked at every hour all the same: settings change.
    pub fn looked(&mut self, now: Timestamp, until: Timestamp) {
        self.looked_at = Some(now);
        self.due_at = Some(until.min(now + HOURLY));
    }

    /// Whether this was asked for already, in this mode.
    pub fn was_asked(&self, stage: Stage, mode: Mode) -> bool {
        self.asked.contains(&(stage, mode))
    }

    /// What is to be done next by a stack of this mode.
    pub fn next(&self, windows: Windows, seen: &Seen, mode: Mode) -> Next {
        let Some(active) = seen.active else { return Next::Close(Closed::Gone) };
        if seen.is_current {
            // A cutover is opened a moment before the secret is moved, and that may be tried again.
            let settled = self.opened_at + UNSETTLED;
            return if seen.now >= settled { Next::Close(Closed::RolledBack) } else { Next::Wait { until: settled } };
        }
        if !active {
            // Its time begins when it is first seen so.
            let Some(since) = self.inactive_since else { return Next::Wait { until: seen.now + windows.deletion } };
            let due = since + windows.deletion;
            // Nothing brings a deleted key back, so one that may be needed again is kept.
            let asks = seen.is_replaced && seen.now >= due && !self.was_asked(Stage::Deletion, mode);
            return if asks { Next::Delete } else { Next::Wait { until: due } };
        }
        if self.inactive_since.is_some() {
            return Next::Close(Closed::GivenBack);
        }
        let quiet_at = self.last_use(seen) + windows.quiet;
        let deadline = self.opened_at + windows.deadline;
        // What is not known yet may change what people are told.
        if seen.copies.is_none() {
            return Next::Wait { until: seen.now };
        }
        let told = self.was_asked(Stage::Deadline, mode);
        // What could not be read may be a use.
        let is_quiet = seen.is_replaced && seen.unread.is_empty() && seen.now >= quiet_at;
        if is_quiet && !self.was_asked(Stage::Quiet, mode) {
            Next::Deactivate
        } else if seen.now >= deadline && !is_quiet && !told {
            Next::Ask
        } else if told || quiet_at < deadline {
            Next::Wait { until: quiet_at }
        } else {
            Next::Wait { until: deadline }
        }
    }

    /// Whether somebody used the old key, or may have, since the cutover was opened or within the quiet window.
    pub fn is_in_use(&self, windows: Windows, seen: &Seen) -> bool {
        !seen.unread.is_empty() || seen.now < self.last_use(seen) + windows.quiet
    }

    /// The last moment at which somebody used the old key instead of the new one.
    fn last_use(&self, seen: &Seen) -> Timestamp {
        let by_iam = match seen.last_used {
            LastUsed::At(at) => Some(at),
            LastUsed::Never | LastUsed::NotAsked => None,
        };
        seen.consumers.iter().map(|consumer| consumer.last_seen).chain(by_iam).fold(self.opened_at, Timestamp::max)
    }

    /// The facts that a decision about it, and its evidence, rest on.
    pub fn facts(&self, stage: Stage, windows: Windows, seen: &Seen) -> CutoverFacts {
        CutoverFacts {
            stage,
            secret: self.secret.clone(),
            replaced_by: self.new.clone(),
            opened_at: self.opened_at,
            quiet_for: windows.quiet,
            deadline: self.opened_at + windows.deadline,
            last_used_at: match seen.last_used {
                LastUsed::At(at) => Some(at),
                LastUsed::Never | LastUsed::NotAsked => None,
            },
            consumers: seen.consumers.clone(),
            copies: seen.copies.clone().unwrap_or_else(|| Copies {
                found: vec![],
                unread: vec!["the search for copies had not ended when this was decided".to_owned()],
            }),
            unread: seen.unread.clone(),
        }
    }
}
