//! Text that stays on its line, whoever wrote it, and the parts that a message is made of.

use std::fmt::Write as _;

use crate::words::command::Command;
use crate::words::signal::Source;
pub(super) use crate::words::text::printable;

/// Of any one text that comes from outside. The evidence holds the whole.
const TEXT_LIMIT: usize = 1_000;

/// One entry of a section: what to know or do, and the command that does it, on a line of its own to be copied.
pub(super) struct Item {
    pub(super) text: String,
    pub(super) command: Option<Command>,
}

impl Item {
    pub(super) fn of(text: &str) -> Self {
        Self { text: from_outside(text), command: None }
    }

    pub(super) fn with(text: &str, command: Option<Command>) -> Self {
        Self { command, ..Self::of(text) }
    }

    /// On one line, as a chat lays it out.
    pub(super) fn into_line(self) -> String {
        let text = for_chat(&self.text);
        match self.command {
            Some(command) => format!("{text}: `{command}`"),
            None => text,
        }
    }
}

pub(super) fn section(text: &mut String, title: &str, items: impl IntoIterator<Item = Item>) {
    let mut items = items.into_iter().peekable();
    if items.peek().is_some() {
        let _ = writeln!(text, "\n{title}");
    }
    for item in items {
        let _ = writeln!(text, "  - {}", item.text);
        if let Some(command) = item.command {
            let _ = writeln!(text, "      {command}");
        }
    }
}

pub(super) fn source(source: Source) -> &'static str {
    match source {
        Source::GuardDuty => "GuardDuty",
        Source::SecurityHub => "Security Hub",
        Source::AccessAnalyzer => "IAM Access Analyzer",
        Source::Health => "AWS Health",
        Source::CloudTrail => "CloudTrail",
        Source::Okta => "Okta",
        Source::IdentityCenter => "IAM Identity Center",
        Source::Severance => "an offboarding request",
        Source::Responder => "a responder",
        Source::Recertification => "a recertification",
        Source::Containment => "the containment of who made it",
        Source::Rotation => "a rotation",
        Source::SecretsManager => "Secrets Manager",
    }
}

pub(super) fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

/// A text from outside, as part of one line: without line breaks and other controls, also those that turn the direction
/// of writing, and of bounded length.
pub(super) fn from_outside(text: &str) -> String {
    shortened(&printable(text), TEXT_LIMIT)
}

pub(super) fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(3)).collect();
    format!("{kept}...")
}

/// Text in a chat's Markdown: it can begin no command, no link and no mention.
pub(super) fn for_chat(text: &str) -> String {
    text.replace('`', "'").replace('<', "(").replace('>', ")").replace("](", "] (")
}

/// The text up to the last end of a line within so many bytes: half a command is worse than none.
pub(super) fn whole_lines(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let end = text.as_bytes().iter().take(limit).rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    text.get(..end).unwrap_or_default()
}
