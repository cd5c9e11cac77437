//! What may stand on a terminal, and a line on it beside the output.

use std::io::{self, Write as _};

use severance_domain::text::is_unseen;

/// Makes a text safe for a terminal and keeps it on its line: what evidence quotes was written by others.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) { cleaned.extend(c.escape_unicode()) } else { cleaned.push(c) }
    }
    cleaned
}

/// A line on stderr, beside the output. There is nothing to do where even that cannot be written.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "sever: {}", clean(line));
}
