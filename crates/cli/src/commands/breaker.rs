//! `sever breaker`: how near to stopping itself Severance is, and how it is set going again.

use severance_domain::respond::{Answer, Ask, Breaker};

use crate::arguments::breaker::BreakerCommand;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::table;
use crate::remote::unexpected;

/// Shows or resets the breakers.
pub(crate) fn run(command: BreakerCommand) -> Result<u8, Failure> {
    let (remote, ask) = match command {
        BreakerCommand::Status(given) => (given.remote, Ask::BreakerStatus),
        BreakerCommand::Reset(given) => (given.remote, Ask::BreakerReset { reason: given.reason }),
    };
    let answer = remote.stack().connect()?.ask(ask)?;
    let Answer::Breakers { breakers } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| {
        let rows: Vec<Vec<String>> = breakers.iter().map(row).collect();
        table::write(&["BREAKER", "STATE", "USED", "LIMIT", "WINDOW", "OPENED BY"], &rows, out)
    })?;
    Ok(0)
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
