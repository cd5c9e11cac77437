//! KMS, S3 and SNS, as far as evidence and messages need them.

mod keys;
mod messages;
mod objects;
mod tables;

use crate::call::{Answer, Call};
use crate::state::State;

pub(crate) use objects::{object_of, route};
pub use tables::{Message, Object, Publishing};

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
