//! KMS, S3 and SNS, as far as evidence and messages need them.

mod keys;
mod messages;
mod objects;

use std::collections::BTreeMap;

use crate::call::{Answer, Call};
use crate::state::State;

pub use messages::Message;
pub use objects::Object;
pub(crate) use objects::{object_of, route};

/// What they hold.
#[derive(Debug, Default)]
pub struct Publishing {
    /// How many signatures were made.
    pub signatures: u64,
    /// Objects by bucket and key, each with all its versions, the oldest first.
    versions: BTreeMap<(String, String), Vec<Object>>,
    sent: Vec<Message>,
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

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match (call.request.service.as_str(), call.request.operation.as_str()) {
        ("kms", _) => keys::answer(state, call),
        ("s3", "PutObject") => objects::put(state, call),
        ("s3", "GetObject" | "HeadObject") => objects::get(state, call),
        ("s3", "DeleteObject") => Ok(objects::delete(state, call)),
        // What an identity does with its rights on buckets changes nothing here.
        ("s3", operation) if operation.starts_with("ListBucket") => Ok(serde_json::json!({})),
        ("sns", "Publish") => messages::publish(state, call),
        _ => Err(call.unknown()),
    }
}

#[cfg(test)]
mod tests;
