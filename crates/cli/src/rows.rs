//! The rows of the registry in a file: read whole, checked whole, and named by line and column where they are wrong.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;
use severance_domain::ids::Arn;
use severance_domain::profile::{Class, Criticality, RegistryEntry};

use crate::exit::Failure;

/// The columns, in the order in which they are written.
pub(crate) const COLUMNS: [&str; 8] =
    ["arn", "owners", "class", "environment", "criticality", "privileged", "expires_on", "review_by"];

/// How many problems are listed at once.
const LISTED: usize = 50;

/// Every problem of a file.
struct Problems {
    file: String,
    found: Vec<String>,
}

impl Problems {
    /// At a place, such as `line 3, column class`.
    fn add(&mut self, place: &str, what: impl Display) {
        self.found.push(format!("{}: {place}: {what}", self.file));
    }

    fn failure(self) -> Failure {
        let more = self.found.len().saturating_sub(LISTED);
        let mut lines: Vec<String> = self.found.into_iter().take(LISTED).collect();
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines.push("nothing was imported".to_owned());
        Failure::BadFile(lines.join("\n"))
    }
}

/// Reads all rows of a file, or says all that is wrong with it.
pub(crate) fn read(path: &Path) -> Result<Vec<RegistryEntry>, Failure> {
    let file = path.display().to_string();
    let bad = |what: String| Failure::BadFile(format!("{file}: {what}; nothing was imported"));
    let bytes = fs::read(path).map_err(|error| bad(format!("cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| bad("is not UTF-8: save it as UTF-8".to_owned()))?;
    // Excel writes a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut problems = Problems { file: file.clone(), found: Vec::new() };
    let rows = match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => read_csv(text, &mut problems),
        Some("json") => read_json(text, &mut problems),
        _ => return Err(bad("must be named *.csv or *.json".to_owned())),
    };
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (place, entry) in &rows {
        if let Some(first) = seen.insert(&entry.arn, place) {
            problems.add(&format!("{place}, column arn"), format!("{} stands in {first} already", entry.arn));
        }
    }
    if rows.is_empty() && problems.found.is_empty() {
        problems.add("line 1", "there are no rows");
    }
    if !problems.found.is_empty() {
        return Err(problems.failure());
    }
    Ok(rows.into_iter().map(|(_, entry)| entry).collect())
}

fn read_csv(text: &str, problems: &mut Problems) -> Vec<(String, RegistryEntry)> {
    let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads: Vec<String> = match reader.headers() {
        Ok(heads) => heads.iter().map(str::to_lowercase).collect(),
        Err(error) => {
            problems.add("line 1", error);
            return Vec::new();
        }
    };
    let known = COLUMNS.join(",");
    for head in &heads {
        if !COLUMNS.contains(&head.as_str()) {
            problems.add("line 1", format!("there is no column {head:?}; the columns are {known}"));
        } else if heads.iter().filter(|other| *other == head).count() > 1 {
            problems.add("line 1", format!("the column {head} stands there twice"));
        }
    }
    if !heads.iter().any(|head| head == "arn") {
        problems.add("line 1", format!("the column arn is missing; the columns are {known}"));
    }
    if !problems.found.is_empty() {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let place = format!("line {}", record.position().map_or(0, csv::Position::line));
                let entry = read_row(&heads, &record, &place, problems);
                rows.push((place, entry));
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let what = match error.kind() {
                    csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                        format!("{len} columns, but the first line has {expected_len}; quote values that hold commas")
                    }
                    _ => error.to_string(),
                };
                problems.add(&format!("line {line}"), what);
            }
        }
    }
    rows
}

fn read_row(heads: &[String], record: &StringRecord, place: &str, problems: &mut Problems) -> RegistryEntry {
    let mut entry = RegistryEntry::default();
    for (head, value) in heads.iter().zip(record) {
        let at = format!("{place}, column {head}");
        match head.as_str() {
            "arn" => match Arn::try_from(value) {
                Ok(arn) => entry.arn = arn.to_string(),
                Err(error) => problems.add(&at, format!("{value:?}: {error}")),
            },
            _ if value.is_empty() => {}
            "owners" => {
                let owners = value.split([' ', ',', ';']).filter(|owner| !owner.is_empty());
                entry.owners = owners.map(str::to_owned).collect();
            }
            "class" => {
                entry.class = known(value, Class::from_tag, &names(&Class::ALL.map(Class::as_str)), &at, problems);
            }
            "environment" => entry.environment = Some(value.to_owned()),
            "criticality" => {
                entry.criticality = known(value, Criticality::from_tag, "low, medium, high or critical", &at, problems);
            }
            "privileged" => entry.privileged = known(value, yes_or_no, "true or false", &at, problems),
            "expires_on" => entry.expires_on = known(value, date, "a day such as 2027-12-31", &at, problems),
            "review_by" => entry.review_by = known(value, date, "a day such as 2027-12-31", &at, problems),
            _ => {}
        }
    }
    entry
}

fn names(all: &[&str]) -> String {
    format!("one of {}", all.join(", "))
}

fn known<T>(
    value: &str,
    read: impl Fn(&str) -> Option<T>,
    expected: &str,
    at: &str,
    problems: &mut Problems,
) -> Option<T> {
    let read = read(value);
    if read.is_none() {
        problems.add(at, format!("{value:?}: expected {expected}"));
    }
    read
}

fn yes_or_no(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

fn date<T: FromStr>(value: &str) -> Option<T> {
    value.parse().ok()
}

fn read_json(text: &str, problems: &mut Problems) -> Vec<(String, RegistryEntry)> {
    let values: Vec<Value> = match serde_json::from_str(text) {
        Ok(values) => values,
        Err(error) => {
            problems.add(&format!("line {}, column {}", error.line(), error.column()), "expected an array of objects");
            return Vec::new();
        }
    };
    let mut rows = Vec::new();
    for (n, value) in values.into_iter().enumerate() {
        let place = format!("$[{n}]");
        match serde_json::from_value::<RegistryEntry>(value) {
            Ok(entry) if Arn::try_from(entry.arn.as_str()).is_err() => {
                problems.add(&format!("{place}.arn"), format!("{:?}: expected {}", entry.arn, Arn::EXPECTED));
            }
            Ok(entry) => rows.push((place, entry)),
            Err(error) => problems.add(&place, error),
        }
    }
    rows
}

/// A row as it is written into a CSV file; [`read`] reads it back.
pub(crate) fn fields(entry: &RegistryEntry) -> [String; 8] {
    let text = |value: Option<String>| value.unwrap_or_default();
    [
        entry.arn.clone(),
        entry.owners.join(" "),
        text(entry.class.map(|class| class.as_str().to_owned())),
        text(entry.environment.clone()),
        text(entry.criticality.map(|criticality| criticality.as_str().to_owned())),
        text(entry.privileged.map(|privileged| privileged.to_string())),
        text(entry.expires_on.map(|date| date.to_string())),
        text(entry.review_by.map(|date| date.to_string())),
    ]
}
