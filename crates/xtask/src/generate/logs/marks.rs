//! What the comments above log lines say of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How a mark begins.
const BEGIN: &str = "// LOG:";

/// What the macro does not say of a log line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// When it is logged, in sentences.
    pub(super) when: String,
    /// Fields that stand beside each other, and what they hold.
    notes: Vec<(Vec<String>, String)>,
}

/// All marks of a file, each by the line that follows it, which is to be a log line's, and with its own first line.
pub(super) fn marks(source: &str) -> BTreeMap<usize, (usize, Mark)> {
    let mut marks = BTreeMap::new();
    let mut open: Option<(usize, Vec<&str>)> = None;
    for (n, line) in (1..).zip(source.lines().chain([""])) {
        let line = line.trim();
        let comment = line.strip_prefix("//").filter(|rest| !rest.starts_with(['/', '!']));
        let begins = line.strip_prefix(BEGIN);
        match (begins, comment, &mut open) {
            (None, Some(comment), Some((_, lines))) => lines.push(comment.trim()),
            (begins, _, closed) => {
                if let Some((first, lines)) = closed.take() {
                    marks.insert(n, (first, Mark::parse(&lines)));
                }
                *closed = begins.map(|begins| (n, vec![begins.trim()]));
            }
        }
    }
    marks
}

impl Mark {
    /// When, then a list of fields. What begins no item goes on with what is before it.
    fn parse(lines: &[&str]) -> Self {
        let mut texts: Vec<String> = vec![String::new()];
        for line in lines {
            match (line.strip_prefix("- "), texts.last_mut()) {
                (Some(item), _) => texts.push(item.to_owned()),
                (None, Some(text)) => {
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    text.push_str(line);
                }
                (None, None) => {}
            }
        }
        let mut texts = texts.into_iter();
        let when = texts.next().unwrap_or_default();
        let note = |text: String| {
            let (names, words) = text.split_once(':').unwrap_or((&text, ""));
            (names.split(',').map(|name| name.trim().to_owned()).collect(), words.trim().to_owned())
        };
        Self { when, notes: texts.map(note).collect() }
    }

    /// Whether it speaks of what the log line has, and says something.
    pub(super) fn fits(&self, fields: &[String]) -> Result<(), String> {
        if !self.when.ends_with('.') {
            return Err("this mark does not say in whole sentences when the line is logged".to_owned());
        }
        for (names, words) in &self.notes {
            if words.is_empty() {
                return Err(format!("this mark says nothing of {}: - FIELD: WORDS", names.join(", ")));
            }
            if Self::place(names, fields).is_none() {
                let names = names.join(", ");
                return Err(format!(
                    "this mark speaks of {names}, and the log line has no such fields beside each other"
                ));
            }
        }
        Ok(())
    }

    /// Where the last of these fields is, if they stand beside each other in this order.
    fn place(names: &[String], fields: &[String]) -> Option<usize> {
        let first = fields.windows(names.len()).position(|some| some == names)?;
        Some(first + names.len() - 1)
    }

    /// The fields, in the order of the macro, each with what is said of it.
    pub(super) fn tell(&self, fields: &[String]) -> String {
        let mut told: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
        for (names, words) in &self.notes {
            if let Some(last) = Self::place(names, fields).and_then(|at| told.get_mut(at)) {
                let _ = write!(last, " ({words})");
            }
        }
        told.join(", ")
    }
}
