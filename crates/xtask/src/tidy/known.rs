//! The findings that exist: they are let pass while they do not grow.

use std::collections::BTreeSet;

use super::circles::Circles;
use super::length::Long;
use crate::sources::Fault;

/// The list, line by line.
#[derive(Debug)]
pub(super) struct Known(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    /// Its line in the list.
    at: usize,
    text: String,
    finding: Finding,
    /// How many imports or lines there may be.
    at_most: usize,
}

/// What a line is about, whatever it counts.
#[derive(Debug, PartialEq, Eq)]
enum Finding {
    Circle { name: String, modules: BTreeSet<String> },
    Long { file: String },
}

/// What the list says of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is let pass.
    Known,
    /// It is worse than this line says.
    Grown { line: usize },
    /// It is not on the list.
    New,
}

impl Known {
    /// A finding a line, as `tidy` writes them; `#` begins a comment.
    pub(super) fn parse(path: &str, text: &str) -> Result<Self, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        for (line, text) in (1..).zip(text.lines().map(str::trim)) {
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let fault = |reason: String| Fault::Line { path: path.to_owned(), line, reason };
            let (finding, at_most) = parse(text).ok_or_else(|| {
                fault("neither `circle FOLDER: N modules, N imports: a, b` nor `long FILE: N lines`".to_owned())
            })?;
            if let Some(twice) = entries.iter().find(|entry| entry.finding == finding) {
                return Err(fault(format!("the same finding as in line {}", twice.at)));
            }
            entries.push(Entry { at: line, text: text.to_owned(), finding, at_most });
        }
        Ok(Self(entries))
    }

    pub(super) fn circle(&self, circle: &Circles) -> Verdict {
        self.verdict(&of_circle(circle), circle.imports)
    }

    pub(super) fn long(&self, long: &Long) -> Verdict {
        self.verdict(&of_long(long), long.lines)
    }

    fn verdict(&self, finding: &Finding, count: usize) -> Verdict {
        match self.0.iter().find(|entry| entry.finding == *finding) {
            Some(entry) if count <= entry.at_most => Verdict::Known,
            Some(entry) => Verdict::Grown { line: entry.at },
            None => Verdict::New,
        }
    }

    /// The lines whose findings are none of these, with their numbers.
    pub(super) fn gone(&self, circles: &[Circles], long: &[Long]) -> Vec<(usize, &str)> {
        let found: Vec<Finding> = circles.iter().map(of_circle).chain(long.iter().map(of_long)).collect();
        let gone = self.0.iter().filter(|entry| !found.contains(&entry.finding));
        gone.map(|entry| (entry.at, entry.text.as_str())).collect()
    }
}

fn of_circle(circle: &Circles) -> Finding {
    Finding::Circle { name: circle.name.clone(), modules: circle.modules.clone() }
}

fn of_long(long: &Long) -> Finding {
    Finding::Long { file: long.file.clone() }
}

fn parse(line: &str) -> Option<(Finding, usize)> {
    if let Some(long) = line.strip_prefix("long ") {
        let (file, lines) = long.strip_suffix(" lines")?.split_once(": ")?;
        return Some((Finding::Long { file: file.to_owned() }, lines.parse().ok()?));
    }
    let mut parts = line.strip_prefix("circle ")?.splitn(3, ": ");
    let name = parts.next()?.to_owned();
    let (count, imports) = parts.next()?.strip_suffix(" imports")?.split_once(" modules, ")?;
    let modules: BTreeSet<String> = parts.next()?.split(", ").map(str::to_owned).collect();
    (modules.len() == count.parse::<usize>().ok()?).then_some(())?;
    Some((Finding::Circle { name, modules }, imports.parse().ok()?))
}
