//! What waits for a person.

use std::io::{self, Write};

use severance_domain::case::Case;

use crate::output::{table, view};

/// Lists the cases that hold a plan.
pub(crate) fn write(cases: &[Case], out: &mut dyn Write) -> io::Result<()> {
    if cases.is_empty() {
        return writeln!(out, "Nothing waits for a person.");
    }
    let rows: Vec<Vec<String>> = cases.iter().map(row).collect();
    table::write(&["CASE", "PLAN", "SIGNAL", "WHO", "ANSWER UNTIL", "IF NOBODY ANSWERS"], &rows, out)?;
    writeln!(out, "\nLook at one: sever status CASE. Decide: sever approve|deny CASE --plan PLAN --reason TEXT")
}

fn row(case: &Case) -> Vec<String> {
    let review = case.review.as_ref();
    let until = review.map_or_else(
        || "not known".to_owned(),
        |review| {
            let again = if review.escalated_at.is_some() { " (asked again)" } else { "" };
            format!("{}{again}", review.expires_at)
        },
    );
    vec![
        case.id.to_string(),
        review.map(|review| review.short_plan().to_owned()).unwrap_or_default(),
        case.signal.kind.as_str().to_owned(),
        case.subject.label(),
        until,
        review.map(view::on_silence).unwrap_or_default().to_owned(),
    ]
}
