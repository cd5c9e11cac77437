//! Identities whose owners have to confirm that they are still needed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use severance_aws::clock;
use severance_domain::digest::Digest;
use severance_domain::ids::Arn;
use severance_domain::message::Notice;
use severance_domain::profile::{Class, RegistryEntry};
use severance_domain::respond::ScheduledRun;
use severance_domain::signal::{NewSignal, Severity, Signal, SignalKind, Source, SubjectHint};

use super::task::{Run, Task};
use crate::reactor::{ReactError, Reactor};

pub(super) const TASK: Task = Task {
    name: "recertification",
    fails: Some(|error| {
        // LOG: None of the identities is looked after in this run; the next one tries again.
        tracing::error!(error = %error, "recertification could not be looked after");
    }),
};

/// How long before its day an owner is asked to recertify.
const NOTICE_DAYS: i64 = 14;

/// How long after its day an identity that nobody confirmed is acted on, as the policy says.
const GRACE_DAYS: i64 = 7;

/// How long a run opens cases: half of the time that the function has.
const ENOUGH: SignedDuration = SignedDuration::from_secs(30);

/// Asks each owner once, in one message, about all that is due; and acts where nobody answered.
pub(super) async fn run(reactor: &Reactor, run: &Run<'_>, report: &mut ScheduledRun) -> Result<(), ReactError> {
    let now = run.now;
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut due: BTreeMap<String, Vec<RegistryEntry>> = BTreeMap::new();
    let mut overdue = Vec::new();
    let mut after = None;
    loop {
        let (entries, next) = reactor.guardrails.registry_page(after.as_deref()).await?;
        for entry in entries {
            let Some(day) = entry.review_by.filter(|_| entry.class.is_none_or(Class::is_durable)) else {
                continue;
            };
            let left = days_between(today, day);
            if left < -GRACE_DAYS {
                overdue.push((entry, day));
            } else if left <= NOTICE_DAYS {
                let owner = if entry.owners.is_empty() { "nobody".to_owned() } else { entry.owners.join(", ") };
                due.entry(owner).or_default().push(entry);
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    for (owner, entries) in due {
        // One digest for each set of identities: when one more falls due, or one is confirmed, it is a new one.
        let about: Vec<_> = entries.iter().map(|entry| (entry.arn.as_str(), entry.review_by)).collect();
        let digest = Digest::of_json(&serde_json::json!([owner, about]));
        if !reactor.guardrails.is_first_notice(&format!("RECERTIFY#{}", digest.as_hex()), now).await? {
            continue;
        }
        let notice = Notice::recertify(&owner, &entries, &reactor.settings.stack, reactor.settings.recertify_days);
        if let Err(error) = reactor.publisher.announce(&notice.into()).await {
            reactor.guardrails.forget_notice(&format!("RECERTIFY#{}", digest.as_hex())).await?;
            report.failed.push(format!("the digest of {owner}: {error}"));
            continue;
        }
        report.asked.push(owner);
    }
    for (entry, day) in overdue {
        if clock::now().duration_since(now) > ENOUGH {
            report.failed.push("the time of this run is over: the next one goes on".to_owned());
            break;
        }
        // Once is enough, and once a week in case a worker died over it: its case is the same.
        let notice = format!("OVERDUE#{}#{day}#{}", entry.arn, today.iso_week_date().week());
        if !reactor.guardrails.is_first_notice(&notice, now).await? {
            continue;
        }
        let Some(signal) = unconfirmed(&entry, day, now) else {
            report.failed.push(format!("{}: it is no user, role or secret", entry.arn));
            continue;
        };
        for outcome in Box::pin(reactor.react(&signal, run.holder)).await {
            match outcome {
                Ok(reaction) if reaction.replayed => {}
                Ok(_) => report.overdue.push(entry.arn.clone()),
                Err(error) => {
                    reactor.guardrails.forget_notice(&notice).await?;
                    report.failed.push(format!("{}: {error}", entry.arn));
                }
            }
        }
    }
    Ok(())
}

fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

/// Nobody confirmed it in time, so nobody answers for it.
fn unconfirmed(entry: &RegistryEntry, day: Date, now: Timestamp) -> Option<Signal> {
    let arn = Arn::try_from(entry.arn.as_str()).ok()?;
    let id = format!("recertification/{}/{day}", entry.arn);
    Some(Signal::new(NewSignal {
        kind: SignalKind::IdentityOwnerless,
        source: Source::Recertification,
        event_id: id.clone(),
        finding_id: id,
        rule: "RecertificationOverdue".to_owned(),
        account: arn.account().try_into().ok()?,
        region: arn.region().to_owned(),
        severity: Severity::Low,
        occurred_at: now,
        subject: SubjectHint::of_arn(&arn)?,
        title: format!("nobody confirmed by {day} that {} is still needed", entry.arn),
        event_digest: Digest::of_json(&serde_json::json!(entry)),
    }))
}
