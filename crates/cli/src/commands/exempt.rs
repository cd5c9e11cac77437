//! `sever exempt`: who is left alone, by whose word, until when.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use severance_domain::exemption::ExemptionRequest;
use severance_domain::respond::{Answer, Ask};

use crate::arguments::exempt::{AddOptions, ExemptCommand};
use crate::arguments::stack::RemoteOptions;
use crate::clock;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::{exemptions, view};
use crate::remote::unexpected;

/// Adds, lists or ends exemptions.
pub(super) fn run(command: ExemptCommand) -> Result<u8, Failure> {
    let (remote, ask) = match command {
        ExemptCommand::Add(given) => add(*given)?,
        ExemptCommand::List(given) => (given.remote, Ask::Exemptions),
        ExemptCommand::End(given) => (given.remote, Ask::EndExemption { id: given.id }),
    };
    let answer = remote.stack().connect()?.ask(ask)?;
    print(remote.json, &answer, |out| match &answer {
        Answer::Exemptions { exemptions } => exemptions::write(exemptions, clock::now(), out),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_counts_whole() {
        let end = end_of("2026-12-31".parse().unwrap()).unwrap();
        assert_eq!(end, "2027-01-01T00:00:00Z".parse().unwrap());
    }
}
