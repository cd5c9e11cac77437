//! What our own policies answer, row by row (`defaults.tsv`).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::common::{Asker, defaults};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::plan::Disposition;
use severance_domain::policy::PolicyReason;
use severance_domain::profile::Class;
use severance_domain::signal::SignalKind;
use severance_policy::{Action, Explanation, Guardrails};

struct Row<'a> {
    line: usize,
    asked: [&'a str; 4],
    expected: String,
}

/// Line by line: class, signal, countermeasure and situation are asked about, the rest is what is answered.
fn rows(table: &str) -> Vec<Row<'_>> {
    let lines = table.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.is_empty()).skip(1);
    lines
        .map(|(n, line)| {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 8, "line {}: eight fields, separated by tabs", n + 1);
            let asked = [fields[0], fields[1], fields[2], fields[3]];
            Row { line: n + 1, asked, expected: fields[4..].join(" | ") }
        })
        .collect()
}

fn ids(policies: &[PolicyReason]) -> String {
    let ids: Vec<&str> = policies.iter().map(|policy| policy.id.as_str()).collect();
    if ids.is_empty() { "-".to_owned() } else { ids.join(",") }
}

fn in_short(explanation: &Explanation) -> String {
    let ruling = &explanation.ruling;
    let answer = match ruling.answer {
        Disposition::Enforce => "enforce",
        Disposition::Review => "review",
        Disposition::Observe => "observe",
        other @ (Disposition::Refuse | Disposition::Decline) => panic!("no policy answers {other:?}"),
    };
    let silence = explanation.asked.iter().find(|asked| asked.action == Action::EnforceOnSilence);
    let silent = if ruling.enforce_on_silence { "yes" } else { "no" };
    let silent_ids = silence.map_or_else(|| "-".to_owned(), |asked| ids(&asked.policies));
    format!("{answer} | {} | {silent} | {silent_ids}", ids(&ruling.policies))
}

#[test]
fn every_row_is_answered_as_it_says() {
    let guardrails = Guardrails::from_files(&defaults()).unwrap();
    let rows = rows(include_str!("defaults.tsv"));
    let mut wrong = String::new();
    let mut used = BTreeSet::new();
    for row in &rows {
        let [class, signal, countermeasure, situation] = row.asked;
        let explanation = Asker::new(class, signal, countermeasure, situation).explain(&guardrails);
        used.extend(explanation.asked.iter().flat_map(|asked| &asked.policies).map(|policy| policy.id.clone()));
        let answered = in_short(&explanation);
        if answered != row.expected {
            writeln!(wrong, "defaults.tsv:{} {}\n  - {}\n  + {answered}", row.line, row.asked.join(" "), row.expected)
                .unwrap();
        }
    }
    assert!(wrong.is_empty(), "the table says (-), the policies answer (+):\n{wrong}");
    let idle: Vec<&str> = guardrails.ids().filter(|id| !used.contains(*id)).collect();
    assert!(idle.is_empty(), "no row is decided by {idle:?}: add one for each");
}

#[test]
fn every_class_signal_and_countermeasure_has_a_row() {
    let table = include_str!("defaults.tsv");
    let rows: BTreeSet<_> = rows(table).iter().map(|row| (row.asked[0], row.asked[1], row.asked[2])).collect();
    let classes: Vec<&str> = Class::ALL.iter().map(|class| class.as_str()).chain(["unknown"]).collect();
    let mut missing = vec![];
    for class in &classes {
        for signal in SignalKind::ALL {
            for countermeasure in Countermeasure::NAMES.into_iter().filter(|name| has_rows(table, name)) {
                if !rows.contains(&(*class, signal.as_str(), countermeasure)) {
                    missing.push(format!("{class} {} {countermeasure}", signal.as_str()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no row for {missing:#?}");
}

/// Whether the table speaks of a countermeasure.
fn has_rows(table: &str, countermeasure: &str) -> bool {
    rows(table).iter().any(|row| row.asked[2] == countermeasure)
}

#[test]
fn what_no_policy_speaks_of_is_answered_as_the_denial_of_a_user() {
    let guardrails = Guardrails::from_files(&defaults()).unwrap();
    let table = include_str!("defaults.tsv");
    for countermeasure in Countermeasure::NAMES.into_iter().filter(|name| !has_rows(table, name)) {
        for row in rows(table).iter().filter(|row| row.asked[2] == "quarantine_user") {
            let [class, signal, _, situation] = row.asked;
            let answered = in_short(&Asker::new(class, signal, countermeasure, situation).explain(&guardrails));
            assert_eq!(answered, row.expected, "{countermeasure}, as in defaults.tsv:{}", row.line);
        }
    }
}

#[test]
fn every_default_policy_says_why() {
    let guardrails = Guardrails::from_files(&defaults()).unwrap();
    let mute: Vec<&str> =
        guardrails.policies().iter().filter(|about| about.says.is_none()).map(|about| about.id.as_str()).collect();
    assert!(mute.is_empty(), "no @reason: {mute:?}");
    assert!(guardrails.len() >= 20, "only {} policies were read", guardrails.len());
}

#[test]
fn an_inferred_class_counts_as_that_class() {
    let guardrails = Guardrails::from_files(&defaults()).unwrap();
    for class in ["human", "workload", "pipeline"] {
        let stated = Asker::new(class, "credential_stale", "deactivate_access_key", "idle=30");
        let inferred = Asker::new(class, "credential_stale", "deactivate_access_key", "idle=30,inferred");
        assert!(stated.profile.is_class_stated() && !inferred.profile.is_class_stated());
        assert_eq!(stated.answer(&guardrails), inferred.answer(&guardrails), "{class}");
    }
}

#[test]
fn what_policies_cannot_be_asked_about_is_reviewed() {
    use severance_domain::subject::SubjectKind;
    let guardrails = Guardrails::from_files(&defaults()).unwrap();
    let held = Asker::new("human", "credential_exposed", "hold_for_review", "-");
    assert_eq!(in_short(&held.explain(&guardrails)), "review | policies-not-asked | no | -");
    for kind in [SubjectKind::Root, SubjectKind::Person, SubjectKind::Unresolved] {
        let mut asker = Asker::new("human", "credential_exposed", "quarantine_user", "-");
        asker.subject.kind = kind;
        assert_eq!(in_short(&asker.explain(&guardrails)), "review | policies-not-asked | no | -", "{kind:?}");
    }
}
