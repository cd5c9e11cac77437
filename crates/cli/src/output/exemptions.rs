//! Exemptions.

use std::io::{self, Write};

use jiff::Timestamp;
use severance_domain::exemption::Exemption;

use crate::output::table;

/// Lists the exemptions, those that are over among them.
pub(crate) fn write(exemptions: &[Exemption], now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    if exemptions.is_empty() {
        return writeln!(out, "There are no exemptions.");
    }
    let rows: Vec<Vec<String>> = exemptions.iter().map(|exemption| row(exemption, now)).collect();
    table::write(&["ID", "WHO", "NOT TAKEN", "UNTIL", "OWNER", "TICKET", "REASON", "WAY OUT", "BY"], &rows, out)
}

fn row(exemption: &Exemption, now: Timestamp) -> Vec<String> {
    let Exemption { id, request, created_by, .. } = exemption;
    let expired = if exemption.is_in_force(now) { "" } else { " (over)" };
    let not_taken =
        if request.countermeasures.is_empty() { "all".to_owned() } else { request.countermeasures.join(", ") };
    vec![
        id.clone(),
        request.subject.clone(),
        not_taken,
        format!("{}{expired}", request.expires_at),
        request.owner.clone(),
        request.ticket.clone(),
        request.reason.clone(),
        request.way_out.clone(),
        created_by.to_string(),
    ]
}
