//! The breakers.

use std::io::{self, Write};

use severance_domain::respond::Breaker;

use crate::output::table;

/// How near each breaker is to its limit, and whether it is open.
pub(crate) fn write(breakers: &[Breaker], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> = breakers.iter().map(row).collect();
    table::write(&["BREAKER", "STATE", "USED", "LIMIT", "WINDOW", "OPENED BY"], &rows, out)
}

fn row(breaker: &Breaker) -> Vec<String> {
    let state = breaker.open_since.map_or_else(|| "closed".to_owned(), |at| format!("OPEN since {at}"));
    let limit = if breaker.limit == 0 { "none".to_owned() } else { breaker.limit.to_string() };
    vec![
        breaker.scope.clone(),
        state,
        breaker.used.to_string(),
        limit,
        format!("{} min", breaker.window_minutes),
        breaker.opened_by.clone().unwrap_or_default(),
    ]
}
