//! A message as SNS takes it.

use super::chat::Chat;

/// SNS wants fewer than 100 characters.
pub(super) const SUBJECT_LIMIT: usize = 99;

/// In bytes, of all between the first line and the evidence. SNS takes 256 KiB, and nobody reads a tenth of this.
pub(super) const BODY_LIMIT: usize = 100 * 1024;

/// One message, ready for SNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Printable ASCII, fewer than 100 characters: SNS allows no more.
    pub subject: String,
    /// Plain text. Text from outside stays on its own line, so that it cannot pass for ours.
    pub body: String,
    /// For filter policies.
    pub attributes: Vec<(&'static str, String)>,
    /// The same for a chat, which takes less and lays it out itself.
    pub chat: Chat,
}
