//! Every name that a field can hold is defined.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use severance_domain::case::{Confirmation, Outcome};
use severance_domain::copies::Place;
use severance_domain::countermeasure::Countermeasure;
use severance_domain::cutover::Stage;
use severance_domain::plan::Disposition;
use severance_domain::playbook::Mode;
use severance_domain::profile::{Class, Confidence, Criticality, Field, Origin};
use severance_domain::restoration::ReturnAnswer;
use severance_domain::review::Decision;
use severance_domain::signal::{Planted, Severity, SignalKind, Source, SubjectHint};
use severance_domain::subject::{CredentialState, LastUsed, SubjectKind};
use severance_domain::verdict::Verdict;

use super::DOC;

/// The section of the document under this heading.
fn section(heading: &str) -> &'static str {
    let start = DOC.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let rest = &DOC[start + 4..];
    rest.find("\n## ").map_or(rest, |end| &rest[..end])
}

/// What stands in backticks in the first column of the section's tables.
fn rows(heading: &str) -> BTreeSet<String> {
    let cells = section(heading).lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.map(str::to_owned).collect()
}

/// The names that a type accepts, from serde's own message.
fn names<T: DeserializeOwned>(wrong: Value) -> Vec<String> {
    let Err(error) = serde_json::from_value::<T>(wrong) else { panic!("accepted") };
    let message = error.to_string();
    assert!(message.contains("unknown variant"), "{message}");
    let (_, names) = message.split_once("expected ").unwrap();
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_name_is_defined() {
    let all = [
        names::<Verdict>(json!("?")),
        names::<SignalKind>(json!("?")),
        names::<Stage>(json!("?")),
        names::<Place>(json!("?")),
        names::<Source>(json!("?")),
        names::<Severity>(json!("?")),
        names::<SubjectKind>(json!("?")),
        names::<Class>(json!("?")),
        names::<Criticality>(json!("?")),
        names::<Field>(json!("?")),
        names::<Origin>(json!("?")),
        names::<Confidence>(json!("?")),
        names::<Decision>(json!({"answer": "?"})),
        names::<Disposition>(json!("?")),
        names::<Mode>(json!("?")),
        names::<Countermeasure>(json!({"type": "?"})),
        names::<SubjectHint>(json!({"type": "?"})),
        names::<Outcome>(json!({"result": "?"})),
        names::<Confirmation>(json!({"state": "?"})),
        names::<LastUsed>(json!({"state": "?"})),
        names::<CredentialState>(json!("?")),
        names::<Planted>(json!({"type": "?"})),
        names::<ReturnAnswer>(json!({"do": "?"})),
    ];
    let missing: Vec<&String> = all.iter().flatten().filter(|name| !DOC.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(rows("Countermeasures"), names::<Countermeasure>(json!({"type": "?"})).into_iter().collect());
    assert_eq!(rows("Verdicts"), names::<Verdict>(json!("?")).into_iter().collect());
}
