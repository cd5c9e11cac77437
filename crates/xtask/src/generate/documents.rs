//! Reference tables of the documents, and the enumerations of the policies' schema.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use severance_catalogue::evidence::{self, Field};
use severance_catalogue::function::FUNCTIONS;
use severance_catalogue::setting::{GROUPS, Takes};
use severance_domain::countermeasure::{Countermeasure, HOLD_FOR_REVIEW, Kind};
use severance_domain::right::Right;
use severance_domain::verdict::Verdict;

/// An enumeration of the policies' schema.
pub(super) fn names(entity: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("    \"{name}\"")).collect();
    format!("entity {entity} enum [\n{}\n];\n", names.join(",\n"))
}

/// The countermeasures in the policies' schema, each with what it does.
pub(super) fn in_schema() -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let _ = writeln!(text, "// {:<32}{}", kind.as_str(), kind.words());
    }
    text + &names("Countermeasure", &Kind::ALL.map(Kind::as_str))
}

/// Names as the documents write them, one after the other.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A list of actions, each as it is written.
fn actions<'a>(rights: impl Iterator<Item = &'a Right>) -> String {
    let mut actions: Vec<&str> = rights.map(|right| right.action).collect();
    actions.dedup();
    quoted(&actions)
}

/// Whether an action only reads.
fn reads(right: &Right) -> bool {
    let (_, name) = right.action.split_once(':').unwrap_or_default();
    ["Get", "List", "Describe"].iter().any(|verb| name.starts_with(verb))
}

/// What each countermeasure does, by which calls, and how it is read back.
pub(super) fn countermeasures() -> String {
    let mut text = "| countermeasure | what | calls | read back by | undone by |\n|---|---|---|---|---|\n".to_owned();
    for kind in Kind::ALL {
        let rights = kind.rights();
        let changes = |rights: &'static [Right]| actions(rights.iter().filter(|right| !reads(right)));
        let (calls, undo) = (changes(rights.apply), changes(rights.undo));
        let (name, words, back) = (kind.as_str(), kind.words(), actions(rights.confirm.iter()));
        let _ = writeln!(text, "| `{name}` | {words} | {calls} | {back} | {undo} |");
    }
    let held = Countermeasure::HoldForReview.as_str();
    let _ = writeln!(text, "| `{held}` | {HOLD_FOR_REVIEW} | | | |");
    text
}

/// The head of the tables of fields.
const FIELDS: &str = "| path | type | meaning | source |\n|---|---|---|---|\n";

/// These fields of the evidence.
pub(super) fn fields(fields: &[Field]) -> String {
    let mut text = FIELDS.to_owned();
    for Field { path, is, meaning, source } in fields {
        let _ = writeln!(text, "| `{path}` | {is} | {meaning} | {source} |");
    }
    text
}

/// What is recorded of the countermeasures, by field.
pub(super) fn fields_of_countermeasures() -> String {
    let mut fields: BTreeMap<&str, Vec<(&str, &str, &str)>> = BTreeMap::new();
    for kind in Kind::ALL {
        for field in kind.fields() {
            fields.entry(field.name).or_default().push((field.words, field.is, kind.as_str()));
        }
    }
    let mut text = FIELDS.to_owned();
    for (name, uses) in fields {
        let mut of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (words, _, kind) in &uses {
            of.entry(words).or_default().push(kind);
        }
        let mut types: Vec<&str> = uses.iter().map(|(_, is, _)| *is).collect();
        types.sort_unstable();
        types.dedup();
        let meaning: Vec<String> = of.iter().map(|(words, kinds)| format!("{words} Of {}.", quoted(kinds))).collect();
        let (path, types, meaning) = (evidence::of_countermeasure(name), types.join(" or "), meaning.join(" "));
        let _ = writeln!(text, "| `{path}` | {types} | {meaning} | decision |");
    }
    text
}

/// The verdicts, each with when it is reached.
pub(super) fn verdicts() -> String {
    let mut text = "| verdict | when |\n|---|---|\n".to_owned();
    for verdict in Verdict::ALL {
        let _ = writeln!(text, "| `{}` | {} |", verdict.as_str(), verdict.words());
    }
    text
}

/// The parameters, by what they are about.
pub(super) fn parameters() -> String {
    let mut text = String::new();
    for (group, settings) in GROUPS {
        let _ = writeln!(text, "\n### {group}\n\n| parameter | default | takes | meaning |\n|---|---|---|---|");
        for setting in *settings {
            let takes = match setting.takes {
                Takes::OneOf(values) => quoted(values),
                Takes::NumberOf(_) => "days that CloudWatch Logs knows".to_owned(),
                Takes::Number(least, most) => format!("{least} to {most}"),
                Takes::Matching(_) | Takes::Text => "text".to_owned(),
                Takes::List => "a list".to_owned(),
            };
            let default = match setting.default {
                "" => "empty".to_owned(),
                default => format!("`{default}`"),
            };
            let _ = writeln!(text, "| `{}` | {default} | {takes} | {} |", setting.parameter, setting.words);
        }
    }
    text + "\n"
}

/// The functions: what starts each, and what it may take.
pub(super) fn functions() -> String {
    let mut text = "| function | started by | countermeasures |\n|---|---|---|\n".to_owned();
    for function in FUNCTIONS {
        let sources = function.sources.iter().map(|source| source.name.to_owned());
        let calls = function.calls.iter().map(|call| format!("`{}`", call.name));
        let starts: Vec<String> = sources.chain(calls).collect();
        let starts = if starts.is_empty() { "whoever asks it".to_owned() } else { starts.join(", ") };
        let taken: Vec<&str> = function.kinds().map(Kind::as_str).collect();
        let taken = if taken.is_empty() { "none".to_owned() } else { quoted(&taken) };
        let _ = writeln!(text, "| `{}` | {starts} | {taken} |", function.name);
    }
    text
}

/// The event sources.
pub(super) fn sources() -> String {
    let mut text = "| source | tells of | rules | sample |\n|---|---|---|---|\n".to_owned();
    for source in severance_domain::intake::SOURCES {
        let rules: Vec<&str> = source.rules.iter().map(|rule| rule.name).collect();
        let (name, words, rules, sample) = (source.name, source.words, quoted(&rules), source.sample);
        let _ = writeln!(text, "| {name} | {words} | {rules} | [`{sample}`](../events/{sample}) |");
    }
    text
}
