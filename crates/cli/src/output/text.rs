//! The words and lines that texts for a reader are made of.

use std::io::{self, Write};

use crate::terminal::clean;

/// A line that says what it is about.
pub(super) fn write_field(label: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {label:<10} {}", clean(value))
}

/// Lines below a title; nothing where there are none.
pub(crate) fn write_list(title: &str, lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {title}")?;
    lines.iter().try_for_each(|line| writeln!(out, "    - {}", clean(line)))
}

/// The name that an enumeration's value has in evidence.
pub(super) fn name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
