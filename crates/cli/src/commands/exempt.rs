//! `sever exempt`: who is left alone, by whose word, until when.

use clap::ArgGroup;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::exemption::{Exemption, ExemptionRequest};
use severance_domain::respond::{Answer, Ask};

use crate::arguments::help::remote_help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::clock;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::{table, view};
use crate::remote::unexpected;

const ADD_HELP: &str = remote_help!(
    "\
Examples:
  # A pattern of ARNs (* stands for any text), for one countermeasure, for 30 days.
  sever exempt add 'arn:aws:iam::111122223333:user/batch-*' --countermeasure deactivate_access_key \\
    --owner payments@example.com --reason \"yearly closing\" --ticket OPS-1 --way-out \"move to a role\" --days 30

An exemption stops by itself. Its owner is warned before. The stack has a longest time (ExemptionMaxDays)."
);

const LIST_HELP: &str = remote_help!("Examples:\n  sever exempt list");

const END_HELP: &str = remote_help!("Examples:\n  sever exempt end exm-3f2a91c0");

/// What to do with exemptions.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ExemptCommand {
    /// Exempt an identity, or all of a pattern, from some or all countermeasures, for a time.
    Add(Box<AddOptions>),
    /// List every exemption.
    List(ListOptions),
    /// End an exemption before its time.
    End(EndOptions),
}

/// The options of `sever exempt add`.
#[derive(Debug, clap::Args)]
#[command(after_help = ADD_HELP, group(ArgGroup::new("end").required(true).args(["until", "days"])))]
pub(crate) struct AddOptions {
    /// The ARN, or a pattern of ARNs with * in it. Quote it, so that the shell leaves the * alone.
    #[arg(value_name = "ARN-PATTERN", value_parser = values::words)]
    subject: String,

    /// Who answers for it, and is warned before it ends.
    #[arg(long, value_name = "OWNER", value_parser = values::words)]
    owner: String,

    /// Why it is needed.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    reason: String,

    /// Where it is followed up.
    #[arg(long, value_name = "TICKET", value_parser = values::words)]
    ticket: String,

    /// What will be done so that it is not needed any more.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    way_out: String,

    /// The last day on which it counts (UTC).
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,

    /// How many days it counts from now on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=3_650))]
    days: Option<i64>,

    /// A countermeasure that is not taken; all, unless given. May be given more than once.
    #[arg(long = "countermeasure", value_name = "NAME", value_parser = Countermeasure::NAMES)]
    countermeasures: Vec<String>,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// The options of `sever exempt list`.
#[derive(Debug, clap::Args)]
#[command(after_help = LIST_HELP)]
pub(crate) struct ListOptions {
    #[command(flatten)]
    remote: RemoteOptions,
}

/// The options of `sever exempt end`.
#[derive(Debug, clap::Args)]
#[command(after_help = END_HELP)]
pub(crate) struct EndOptions {
    /// Its name, such as exm-3f2a91c0.
    #[arg(value_parser = values::words)]
    id: String,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// Adds, lists or ends exemptions.
pub(crate) fn run(command: ExemptCommand) -> Result<u8, Failure> {
    let (remote, ask) = match command {
        ExemptCommand::Add(given) => add(*given)?,
        ExemptCommand::List(given) => (given.remote, Ask::Exemptions),
        ExemptCommand::End(given) => (given.remote, Ask::EndExemption { id: given.id }),
    };
    let answer = remote.stack().connect()?.ask(ask)?;
    print(remote.json, &answer, |out| match &answer {
        Answer::Exemptions { exemptions } if exemptions.is_empty() => writeln!(out, "There are no exemptions."),
        Answer::Exemptions { exemptions } => {
            let now = clock::now();
            let rows: Vec<Vec<String>> = exemptions.iter().map(|exemption| row(exemption, now)).collect();
            table::write(&["ID", "WHO", "NOT TAKEN", "UNTIL", "OWNER", "TICKET", "REASON", "WAY OUT", "BY"], &rows, out)
        }
        other => view::done(other, out),
    })?;
    match answer {
        Answer::Exemptions { .. } | Answer::Done { .. } => Ok(0),
        _ => Err(unexpected()),
    }
}

fn add(given: AddOptions) -> Result<(RemoteOptions, Ask), Failure> {
    let now = clock::now();
    let expires_at = match (given.until, given.days) {
        (Some(date), _) => end_of(date)?,
        (None, days) => now + SignedDuration::from_hours(24 * days.unwrap_or_default()),
    };
    let exemption = ExemptionRequest {
        subject: given.subject,
        countermeasures: given.countermeasures,
        owner: given.owner,
        reason: given.reason,
        ticket: given.ticket,
        way_out: given.way_out,
        expires_at,
    };
    // The stack's own limit is the responder's to check: here it is not known.
    exemption.validate(now, i64::from(i16::MAX)).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok((given.remote, Ask::Exempt { exemption }))
}

/// The moment at which a day is over, in UTC.
fn end_of(date: Date) -> Result<Timestamp, Failure> {
    let next = date.checked_add(1.day()).and_then(|next| next.to_zoned(TimeZone::UTC));
    next.map(|next| next.timestamp()).map_err(|error| Failure::Usage(format!("--until {date}: {error}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_counts_whole() {
        let end = end_of("2026-12-31".parse().unwrap()).unwrap();
        assert_eq!(end, "2027-01-01T00:00:00Z".parse().unwrap());
    }
}
