//! How many things a case keeps, and what is counted of the others.

use serde::{Deserialize, Serialize};

/// Steps of a case, those that its rechecks add among them. An identity that nobody tampered with has a dozen.
pub const MOST_STEPS_IN_ALL: usize = 180;

/// Things that a contained identity had made, with or without cases of their own, that a case names. More are counted.
pub const MOST_NAMED: usize = 100;

/// Bytes of a case's record, as JSON. DynamoDB takes 400 KB an item (developer guide, Quotas), its other attributes among them; the
/// rest is room for what a worker adds before it looks again.
pub const MOST_BYTES: usize = 250 * 1024;

/// What of a case was counted and not kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// Notes.
    #[serde(skip_serializing_if = "is_none", default)]
    pub notes: usize,
    /// What rechecks found.
    #[serde(skip_serializing_if = "is_none", default)]
    pub found: usize,
    /// What could not be read.
    #[serde(skip_serializing_if = "is_none", default)]
    pub unread: usize,
    /// Things that it made.
    #[serde(skip_serializing_if = "is_none", default)]
    pub followed: usize,
    /// Steps that would have been taken.
    #[serde(skip_serializing_if = "is_none", default)]
    pub steps: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}
