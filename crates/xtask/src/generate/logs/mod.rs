//! The log lines, each declared where it is logged: level, text and fields by the macro, what it tells by the comment above it.
//!
//! The comment is a mark, which ends directly above the macro:
//!
//! ```text
//! // LOG: Once per request that has its proof, also when it is then refused.
//! // - by: the proven caller
//! // - escalated, lapsed: counts
//! tracing::info!(by = …, escalated, lapsed, "asked");
//! ```
//!
//! First when it is logged; then, of fields that do not speak for themselves, what they hold.

mod macros;
mod marks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::sources::{Fault, Sources};
use macros::Logged;
use marks::Mark;

/// What plants log lines to test this.
const NOT_READ: &str = "crates/xtask/";

/// A log line, with what its mark says.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    logged: Logged,
    mark: Mark,
}

/// The table of all log lines, by level and text.
pub(super) fn table(sources: &Sources) -> Result<String, Vec<Fault>> {
    let mut text = "| `level` | `message` | fields | when |\n|---|---|---|---|\n".to_owned();
    for line in lines(sources)? {
        let Logged { level, text: message, fields } = &line.logged;
        let (fields, when) = (line.mark.tell(fields), &line.mark.when);
        let _ = writeln!(text, "| `{}` | `{message}` | {fields} | {when} |", level.name());
    }
    Ok(text)
}

/// Every log line, once.
fn lines(sources: &Sources) -> Result<Vec<Line>, Vec<Fault>> {
    let mut found: BTreeMap<(macros::Level, String), (Line, String)> = BTreeMap::new();
    let mut faults = Vec::new();
    for (path, source) in sources.files().filter(|(path, _)| !path.starts_with(NOT_READ)) {
        let mut fault = |line, reason| faults.push(Fault::Line { path: path.to_owned(), line, reason });
        let mut marks = marks::marks(source);
        for (at, logged) in macros::logged(source) {
            let logged = match logged {
                Ok(logged) => logged,
                Err(reason) => {
                    // It has a mark, if that is no fault as well.
                    marks.remove(&at);
                    fault(at, reason);
                    continue;
                }
            };
            let Some((first, mark)) = marks.remove(&at) else {
                fault(at, format!("nothing says when {:?} is logged: // LOG: directly above it", logged.text));
                continue;
            };
            if let Err(reason) = mark.fits(&logged.fields) {
                fault(first, reason);
                continue;
            }
            let line = Line { logged, mark };
            let place = format!("{path}:{at}");
            match found.iter().find(|((_, text), _)| *text == line.logged.text) {
                Some((_, (same, other))) if *same != line => {
                    fault(at, format!("{:?} is logged at {other}, too, and not declared alike", line.logged.text));
                }
                Some(_) => {}
                None => {
                    found.insert((line.logged.level, line.logged.text.clone()), (line, place));
                }
            }
        }
        for (first, _) in marks.into_values() {
            fault(first, "no log line stands directly below this mark".to_owned());
        }
    }
    if faults.is_empty() { Ok(found.into_values().map(|(line, _)| line).collect()) } else { Err(faults) }
}
