//! Every field that is written is defined, and no other.

use std::collections::BTreeSet;

use serde_json::Value;
use severance_catalogue::evidence;

use super::maximal::maximal;

/// The paths of all values, without the predicate's prefix. The parts of a profile, which name each basis, are `*`.
/// What a restoration repeats of a step is defined there.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    const AS_IN_STEPS: [&str; 3] = ["countermeasure", "outcome", "confirmation"];
    if !matches!(path, "" | "predicate") {
        found.insert(path.trim_start_matches("predicate.").to_owned());
    }
    let is_defined_elsewhere =
        path.strip_prefix("predicate.case.restoration.steps[].").is_some_and(|of| AS_IN_STEPS.contains(&of));
    match value {
        _ if is_defined_elsewhere => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = if path == "predicate.case.profile.basis" { "*" } else { name };
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                paths(value, &path, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| paths(value, &format!("{path}[]"), found)),
        _ => {}
    }
}

#[test]
fn every_field_is_defined_and_no_other() {
    let mut written = BTreeSet::new();
    for statement in maximal() {
        paths(&serde_json::to_value(statement).unwrap(), "", &mut written);
    }
    // A list and an object are defined by what is in them.
    let defined: BTreeSet<String> = evidence::paths().collect();
    let is_leaf = |path: &String| {
        !written.iter().any(|other| {
            other.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
        })
    };
    let missing: Vec<_> = written.iter().filter(|path| is_leaf(path) && !defined.contains(*path)).collect();
    let stale: Vec<_> = defined.iter().filter(|path| !written.contains(*path)).collect();
    assert!(missing.is_empty() && stale.is_empty(), "not defined: {missing:#?}\nnot written: {stale:#?}");
}
