//! Objects and messages.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// What they hold.
#[derive(Debug, Default)]
pub struct Publishing {
    /// How many signatures were made.
    pub signatures: u64,
    /// Objects by bucket and key, each with all its versions, the oldest first.
    pub(super) versions: BTreeMap<(String, String), Vec<Object>>,
    pub(super) sent: Vec<Message>,
}

impl Publishing {
    /// An object as it is now.
    pub fn object(&self, bucket: &str, key: &str) -> Option<&Object> {
        self.versions_of(bucket, key).last().filter(|object| !object.is_marker)
    }

    /// All objects as they are now, by key, in the order of buckets and keys.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &Object)> {
        let now = self.versions.iter().filter_map(|((_, key), versions)| Some((key.as_str(), versions.last()?)));
        now.filter(|(_, object)| !object.is_marker)
    }

    /// Every version of an object, the oldest first.
    pub fn versions_of(&self, bucket: &str, key: &str) -> &[Object] {
        self.versions.get(&(bucket.to_owned(), key.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    /// The messages in the order in which they were published.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.sent.iter()
    }

    /// The messages to a topic, by its ARN, in order.
    pub fn messages_to<'a>(&'a self, topic: &'a str) -> impl Iterator<Item = &'a Message> {
        self.sent.iter().filter(move |message| message.topic == topic)
    }
}

/// A version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The version's id.
    pub version: String,
    /// When it was written.
    pub stored_at: Timestamp,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Whether it is a delete marker, which hides what was there before.
    pub is_marker: bool,
}

/// A message that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When.
    pub at: Timestamp,
    /// The ARN of its topic.
    pub topic: String,
    /// The subject; empty where there is none.
    pub subject: String,
    /// What mail and queues get: of a message by protocol, the default.
    pub body: String,
    /// What each protocol gets instead; empty for a message that is the same for all.
    pub by_protocol: BTreeMap<String, String>,
    /// Its attributes, for filters.
    pub attributes: BTreeMap<String, String>,
}
