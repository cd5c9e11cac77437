//! What the schedule does: reviews that nobody answers, exemptions that end, identities that nobody has confirmed.
//!
//! All of it follows from the table and the clock, so anybody may ask for a tick; two at once may say a thing twice, and do it
//! once.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use severance_domain::case::CaseId;
use severance_domain::digest::Digest;
use severance_domain::exemption::Exemption;
use severance_domain::ids::Arn;
use severance_domain::message::Notice;
use severance_domain::profile::{Class, RegistryEntry};
use severance_domain::respond::Ticked;
use severance_domain::signal::{Severity, Signal, SignalKind, Source, SubjectHint};

use crate::cases::Stored;
use crate::clock;
use crate::react::{ReactError, Reactor};
use crate::review::Answered;

/// How long before its end the owner of an exemption is warned.
const WARNING: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long before its day an owner is asked to recertify.
const NOTICE_DAYS: i64 = 14;

/// How long after its day an identity that nobody confirmed is acted on, as the policy says.
const GRACE_DAYS: i64 = 7;

/// How long a tick opens cases: half of the time that the function has.
const ENOUGH: SignedDuration = SignedDuration::from_secs(30);

impl Reactor {
    /// Does all that is due. What cannot be done does not keep the rest from it.
    pub async fn tick(&self, holder: &str) -> Result<Ticked, ReactError> {
        let now = clock::now();
        let mut ticked = Ticked::default();
        let loaded = self.guardrails.load().await?;
        for breaker in self.guardrails.breakers().await?.iter().filter(|breaker| breaker.open_since.is_some()) {
            match self.guardrails.alarm_is_due(&breaker.scope).await {
                Ok(true) => self.raise_breaker_alarm(&breaker.scope, None).await,
                Ok(false) => {}
                Err(error) => ticked.failed.push(format!("the alarm of the {}: {error}", breaker.scope)),
            }
        }
        for (case, due_at) in self.guardrails.reviews().await? {
            // One that cannot be read is looked at, and so told of, below.
            if due_at > now && !self.is_left_behind(&case).await.unwrap_or(true) {
                continue;
            }
            if let Err(error) = Box::pin(self.tend(&case, due_at, now, holder, &mut ticked)).await {
                tracing::error!(%case, error = %error, "a review could not be tended");
                ticked.failed.push(format!("{case}: {error}"));
            }
        }
        if let Err(error) = Box::pin(self.tend_rotations(now, holder, &mut ticked)).await {
            tracing::error!(error = %error, "rotations could not be followed");
            ticked.failed.push(format!("rotations: {error}"));
        }
        if let Err(error) = Box::pin(self.tend_gates(now, holder, &mut ticked)).await {
            tracing::error!(error = %error, "cutovers could not be looked after");
            ticked.failed.push(format!("cutovers: {error}"));
        }
        for exemption in &loaded.exemptions {
            if let Err(error) = self.warn(exemption, now, &mut ticked).await {
                tracing::error!(exemption = exemption.id, error = %error, "nobody could be warned");
                ticked.failed.push(format!("{}: {error}", exemption.id));
            }
        }
        if let Err(error) = self.recertify(now, holder, &mut ticked).await {
            tracing::error!(error = %error, "recertification could not be looked after");
            ticked.failed.push(format!("recertification: {error}"));
        }
        tracing::info!(
            escalated = ticked.escalated.len(),
            lapsed = ticked.lapsed.len(),
            warned = ticked.warned.len(),
            asked = ticked.asked.len(),
            overdue = ticked.overdue.len(),
            cutovers = ticked.cutovers.len(),
            rotations = ticked.rotations.len(),
            failed = ticked.failed.len(),
            "ticked"
        );
        Ok(ticked)
    }

    /// Whether the worker that an answer set off has gone in the middle of it.
    async fn is_left_behind(&self, case: &CaseId) -> Result<bool, ReactError> {
        let stored = self.cases.load(case).await?;
        Ok(stored
            .is_none_or(|stored| stored.is_abandoned() || (stored.closed && stored.case.pending_review().is_none())))
    }

    async fn tend(
        &self,
        id: &CaseId,
        due_at: Timestamp,
        now: Timestamp,
        holder: &str,
        ticked: &mut Ticked,
    ) -> Result<(), ReactError> {
        let Some(stored) = self.cases.load(id).await? else {
            self.guardrails.forget_review(id).await?;
            return Ok(());
        };
        if stored.is_abandoned() {
            return self.finish(&stored, holder).await;
        }
        if !stored.closed {
            return Ok(());
        }
        let Some(review) = stored.case.pending_review() else {
            // Only what was seen: a later revision may wait for a person by now.
            self.guardrails.forget_review_of(id, due_at).await?;
            return Ok(());
        };
        let lapses = now >= review.expires_at;
        if !lapses && review.due_at() > now {
            return Ok(());
        }
        let answered =
            if lapses { Box::pin(self.lapse(&stored, holder)).await? } else { self.escalate(&stored, holder).await? };
        match answered {
            Answered::Refused(why) => tracing::info!(case = %id, why, "silence did not end this review"),
            Answered::Done(_) if lapses => ticked.lapsed.push(id.clone()),
            Answered::Done(_) => ticked.escalated.push(id.clone()),
        }
        Ok(())
    }

    /// Goes on where the worker that somebody's answer set off stopped.
    pub(crate) async fn finish(&self, stored: &Stored, holder: &str) -> Result<(), ReactError> {
        if let Some(lease) = self.cases.go_on(&stored.case, stored, holder).await? {
            self.carry_through(stored.case.clone(), &lease).await?;
        }
        Ok(())
    }

    /// Warns the owner of an exemption that it is about to end.
    async fn warn(&self, exemption: &Exemption, now: Timestamp, ticked: &mut Ticked) -> Result<(), ReactError> {
        let ends_soon = exemption.is_in_force(now) && exemption.request.expires_at.duration_since(now) <= WARNING;
        if !ends_soon || exemption.warned_at.is_some() {
            return Ok(());
        }
        self.publisher.announce(&Notice::exemption_ends(exemption, &self.settings.stack).into()).await?;
        self.guardrails.exemption_warned(&exemption.id, now).await?;
        ticked.warned.push(exemption.id.clone());
        Ok(())
    }

    /// Asks each owner once, in one message, about all that is due; and acts where nobody answered.
    async fn recertify(&self, now: Timestamp, holder: &str, ticked: &mut Ticked) -> Result<(), ReactError> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut due: BTreeMap<String, Vec<RegistryEntry>> = BTreeMap::new();
        let mut overdue = Vec::new();
        let mut after = None;
        loop {
            let (entries, next) = self.guardrails.registry_page(after.as_deref()).await?;
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
            if !self.guardrails.is_first_notice(&format!("RECERTIFY#{}", digest.as_hex()), now).await? {
                continue;
            }
            let notice = Notice::recertify(&owner, &entries, &self.settings.stack, self.settings.recertify_days);
            if let Err(error) = self.publisher.announce(&notice.into()).await {
                self.guardrails.forget_notice(&format!("RECERTIFY#{}", digest.as_hex())).await?;
                ticked.failed.push(format!("the digest of {owner}: {error}"));
                continue;
            }
            ticked.asked.push(owner);
        }
        for (entry, day) in overdue {
            if clock::now().duration_since(now) > ENOUGH {
                ticked.failed.push("the time of this tick is over: the next one goes on".to_owned());
                break;
            }
            // Once is enough, and once a week in case a worker died over it: its case is the same.
            let notice = format!("OVERDUE#{}#{day}#{}", entry.arn, today.iso_week_date().week());
            if !self.guardrails.is_first_notice(&notice, now).await? {
                continue;
            }
            let Some(signal) = unconfirmed(&entry, day, now) else {
                ticked.failed.push(format!("{}: it is no user, role or secret", entry.arn));
                continue;
            };
            for outcome in Box::pin(self.react(&signal, holder)).await {
                match outcome {
                    Ok(reaction) if reaction.replayed => {}
                    Ok(_) => ticked.overdue.push(entry.arn.clone()),
                    Err(error) => {
                        self.guardrails.forget_notice(&notice).await?;
                        ticked.failed.push(format!("{}: {error}", entry.arn));
                    }
                }
            }
        }
        Ok(())
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

/// Nobody confirmed it in time, so nobody answers for it.
fn unconfirmed(entry: &RegistryEntry, day: Date, now: Timestamp) -> Option<Signal> {
    let arn = Arn::try_from(entry.arn.as_str()).ok()?;
    let id = format!("recertification/{}/{day}", entry.arn);
    Some(Signal {
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
        access_key: None,
        title: format!("nobody confirmed by {day} that {} is still needed", entry.arn),
        event_digest: Digest::of_json(&serde_json::json!(entry)),
        request: None,
        follows: None,
        cutover: None,
    })
}
