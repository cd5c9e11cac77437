//! Text that others wrote, before a person reads it.

/// Whether a character would do something else than stand there: controls and line breaks, and those that are not seen or
/// turn the direction of writing. A name or a tag that holds one could make a reader see what is not there.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// A text on one line, with a space in the place of what is not seen.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::is_unseen;

    #[test]
    fn what_is_seen_stays_and_what_is_not_is_known() {
        assert!("Müller-Lüdenscheidt 北京 🔑 +=,.@_-'\"".chars().all(|c| !is_unseen(c)));
        for c in [
            '\n', '\u{7f}', '\u{ad}', '\u{61c}', '\u{200b}', '\u{202e}', '\u{2029}', '\u{2060}', '\u{2066}', '\u{feff}',
        ] {
            assert!(is_unseen(c), "{c:?}");
        }
    }
}
