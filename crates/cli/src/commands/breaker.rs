//! `sever breaker`: how near to stopping itself Severance is, and how it is set going again.

use severance_domain::respond::{Answer, Ask, Breaker};

use crate::arguments::help::remote_help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::table;
use crate::remote::unexpected;

const STATUS_HELP: &str = remote_help!("Examples:\n  sever breaker status");

const RESET_HELP: &str = remote_help!(
    "\
Examples:
  # First find out why so much was done at once: sever breaker status names the case that opened it.
  sever breaker reset --reason \"200 keys of one leaked store, INC-42\"

While a breaker is open every step waits for a person. What was held meanwhile still waits: sever reviews."
);

/// What to do with the breakers.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum BreakerCommand {
    /// Show how much of each window is used, and whether a breaker is open.
    Status(StatusOptions),
    /// Close the breakers and forget what filled them.
    Reset(ResetOptions),
}

/// The options of `sever breaker status`.
#[derive(Debug, clap::Args)]
#[command(after_help = STATUS_HELP)]
pub(crate) struct StatusOptions {
    #[command(flatten)]
    remote: RemoteOptions,
}

/// The options of `sever breaker reset`.
#[derive(Debug, clap::Args)]
#[command(after_help = RESET_HELP)]
pub(crate) struct ResetOptions {
    /// Why it may go on.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    reason: String,

    #[command(flatten)]
    remote: RemoteOptions,
}

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
