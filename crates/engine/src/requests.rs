//! The responder: what people ask for by hand, and what the schedule does.
//!
//! It takes the same way through as every event. What changes something needs to know who asks ([`severance_aws::caller`]).

use serde_json::Value;
use severance_aws::caller::{CallerError, Callers};
use severance_aws::clock;
use severance_domain::caller::{Caller, Standing, Word};
use severance_domain::digest::Digest;
use severance_domain::exemption::{Exemption, matches_pattern};
use severance_domain::ids::{AccountId, Arn};
use severance_domain::message::radius;
use severance_domain::policy::Request;
use severance_domain::profile::{Class, RegistryEntry};
use severance_domain::respond::{Answer, Ask, Call, Claim, Explanation, IMPORT_AT_ONCE};
use severance_domain::signal::{NewSignal, Severity, Signal, Source, SubjectHint};
use severance_domain::standing::{is_named_by, is_subject};

use crate::asker::Asker;
use crate::blast_radius::judge;
use crate::reactor::{ReactError, Reactor};
use crate::review::Reviewer;

/// The responder.
pub struct Responder {
    reactor: Reactor,
    callers: Callers,
    function: String,
}

/// How a caller's words are held to a length that fits a message.
const TEXT_LIMIT: usize = 1_000;

impl Responder {
    /// Over this reactor; who asks, these say.
    pub fn new(reactor: Reactor, callers: Callers) -> Self {
        let function = format!("{}-responder", reactor.settings.stack);
        Self { reactor, callers, function }
    }

    /// Whether callers come by a Function URL, where AWS says who they are.
    pub fn is_behind_url(&self) -> bool {
        self.reactor.settings.behind_url
    }

    /// Answers one call. `holder` names this invocation.
    pub async fn answer(&self, call: &Call, holder: &str) -> Result<Answer, ReactError> {
        Box::pin(self.answer_to(call, None, holder)).await
    }

    /// Answers one call of a caller who is known already, or has to prove who they are.
    pub async fn answer_to(&self, call: &Call, known: Option<Caller>, holder: &str) -> Result<Answer, ReactError> {
        let is_known = known.is_some();
        let by = if is_known {
            known
        } else if call.request.needs_proof() {
            match self.callers.who(call, &self.function).await {
                Ok(by) => Some(by),
                Err(CallerError::Unanswered(error)) => return Err(error.into()),
                Err(error) => return Ok(Answer::Refused { why: error.to_string() }),
            }
        } else {
            None
        };
        if let Some(why) = Self::unreadable(&call.request) {
            return Ok(Answer::Refused { why });
        }
        // Before anything is stored: whoever may not speak leaves nothing behind but a line in the log.
        let asker = match (call.request.word(), by) {
            (Some(word), Some(caller)) => match self.may(word, &caller) {
                Ok(standing) => Some(Asker { caller, standing }),
                Err(why) => {
                    // LOG: AWS vouches for the caller, and the stack's settings do not let them say this
                    // ([who may ask](RESPONDER.md#who-may-ask-and-who-asks)).
                    // - by: the proven caller
                    // - op: what the responder was asked
                    // - why: the setting, and whom it lets in
                    tracing::warn!(by = %caller.arn, op = name(&call.request), why, "a caller is not let in");
                    return Ok(Answer::Refused { why });
                }
            },
            _ => None,
        };
        // A proof is good once. Whoever sees one could else repeat what it asked for: close a breaker again, bring back an
        // exemption that was ended.
        if let Some(proof) = call.proof.as_ref().filter(|_| asker.is_some() && !is_known) {
            // By the signature alone: whoever repeats it may change what it does not cover.
            let signature = proof.headers.get("authorization").map(|value| value.to_lowercase()).unwrap_or_default();
            let digest = Digest::of(signature.rsplit("signature=").next().unwrap_or_default().trim().as_bytes());
            let notice = format!("PROOF#{}", digest.as_hex());
            if !self.reactor.guardrails.is_first_notice(&notice, clock::now()).await? {
                let why =
                    "this very request was made before: look at what came of it, and ask again if it must be repeated";
                return Ok(Answer::Refused { why: why.to_owned() });
            }
        }
        let about = about(&call.request);
        let proven = asker.as_ref().map(|asker| asker.caller.arn.as_str());
        let allowed_by = asker.as_ref().map(|asker| asker.standing.allowed_by.as_str());
        // LOG: Once per request to the responder that has its proof, also when it is then refused. The schedule's
        // is `scheduled_run`, and so is that of Secrets Manager's events.
        // - by: the proven caller; left out where none is needed
        // - allowed_by: the setting and the entry in it that let them in
        // - op: what the responder was asked, by its name in [the protocol](RESPONDER.md#the-protocol)
        // - about: the identity, case, exemption or reason that it names
        tracing::info!(by = proven, allowed_by, op = name(&call.request), about, "asked");
        match (&call.request, asker) {
            (Ask::Explain(claim), _) => self.explain(claim).await,
            (Ask::Restore { case, reason, ticket, dry_run: true }, _) => {
                // Nobody need prove who they are to hear what they may see in the evidence.
                let by = Arn::try_from(format!("arn:aws:iam::{}:user/nobody", self.reactor.settings.account));
                let Ok(by) = by else { return Ok(Answer::Refused { why: "this stack has no account".to_owned() }) };
                let request = Request { by, reason: reason.clone(), ticket: ticket.clone(), standing: None };
                Box::pin(self.reactor.restore(case, request, true, holder)).await
            }
            (Ask::Status { case }, _) => Ok(match self.reactor.cases.load(case).await? {
                Some(stored) => Answer::Case(Box::new(stored.case)),
                None => Answer::Refused { why: format!("this stack has no case {case}") },
            }),
            (Ask::Reviews, _) => self.reviews().await,
            (Ask::Exemptions, _) => {
                Ok(Answer::Exemptions { exemptions: self.reactor.guardrails.load().await?.exemptions })
            }
            (Ask::BreakerStatus, _) => Ok(Answer::Breakers { breakers: self.reactor.guardrails.breakers().await? }),
            (Ask::RegistryExport { after }, _) => {
                let (entries, next) = self.reactor.guardrails.registry_page(after.as_deref()).await?;
                Ok(Answer::Registry { entries, next })
            }
            (Ask::Cutovers, _) => Ok(Answer::Cutovers { cutovers: self.reactor.guardrails.cutovers().await? }),
            (Ask::RecheckDue, _) => Ok(Answer::ScheduledRun(Box::pin(self.reactor.run_rechecks(holder)).await?)),
            (Ask::Recheck { case }, _) => Box::pin(self.reactor.recheck_case(case, holder)).await,
            (Ask::ScheduledRun, _) => Ok(Answer::ScheduledRun(Box::pin(self.reactor.run_schedule(holder)).await?)),
            (ask, Some(asker)) => Box::pin(self.change(ask, asker, holder)).await,
            // Every ask that changes something needs a proof, and so has a caller.
            (_, None) => Ok(Answer::Refused { why: "nobody is known to ask for this".to_owned() }),
        }
    }

    /// How a caller is let in to say such a word; or why not.
    fn may(&self, word: Word, caller: &Caller) -> Result<Standing, String> {
        let settings = &self.reactor.settings;
        if settings.own_roles().speaks(&caller.arn) {
            return Err(format!(
                "{} is one of this stack's functions, whose word counts for nothing: ask as a person",
                caller.arn
            ));
        }
        settings.who_may.standing(word, caller)
    }

    /// What changes something, on somebody's word.
    async fn change(&self, ask: &Ask, asker: Asker, holder: &str) -> Result<Answer, ReactError> {
        let guardrails = &self.reactor.guardrails;
        if let Some(why) = self.speaks_for_itself(ask, &asker.caller).await? {
            return Ok(Answer::Refused { why });
        }
        match ask {
            Ask::Contain { claim, reason, ticket } => {
                self.contain(ask, claim, asker.request(reason, ticket.as_ref()), holder).await
            }
            Ask::Restore { case, reason, ticket, .. } => {
                let request = asker.request(reason, ticket.as_ref());
                Box::pin(self.reactor.restore(case, request, false, holder)).await
            }
            Ask::Verify { case, reason } => {
                let request = asker.request(reason, None);
                Box::pin(self.reactor.verify(case, request, holder)).await
            }
            Ask::Approve { case, plan, reason } => {
                let reviewer = Reviewer { by: &asker, plan, reason };
                Box::pin(self.reactor.approve(case, reviewer, holder)).await.map(Answer::from)
            }
            Ask::Deny { case, plan, reason } => {
                Box::pin(self.reactor.deny(case, Reviewer { by: &asker, plan, reason }, holder)).await.map(Answer::from)
            }
            Ask::Exempt { exemption: request } => {
                let now = clock::now();
                if let Err(invalid) = request.validate(now, self.reactor.settings.exemption_max_days) {
                    return Ok(Answer::Refused { why: format!("the exemption is refused: {invalid}") });
                }
                // By its content and asker: a call that is repeated makes no second one.
                let digest = Digest::of_json(&serde_json::json!([request, asker.caller.arn]));
                let id = format!("exm-{}", digest.as_hex().get(..12).unwrap_or_default());
                let (request, created_by) = (request.clone(), asker.caller.arn);
                let exemption = Exemption {
                    id,
                    request,
                    created_by,
                    created_at: now,
                    warned_at: None,
                    standing: Some(asker.standing),
                };
                if guardrails.add_exemption(&exemption).await? {
                    return Ok(Answer::Exemptions { exemptions: vec![exemption] });
                }
                // The same words of the same caller: as it was made then.
                let mut exemptions = guardrails.load().await?.exemptions;
                exemptions.retain(|known| known.id == exemption.id);
                Ok(Answer::Exemptions { exemptions })
            }
            Ask::EndExemption { id } => Ok(if guardrails.end_exemption(id).await? {
                Answer::Done { what: format!("exemption {id} ended"), count: 1 }
            } else {
                Answer::Refused { why: format!("there is no exemption {id}: sever exempt list shows them") }
            }),
            Ask::Cut { access_key, reason, ticket } => {
                let request = asker.request(reason, ticket.as_ref());
                Box::pin(self.reactor.cut(access_key, request, holder)).await
            }
            Ask::BreakerReset { reason } => {
                // LOG: Somebody reset the breakers.
                tracing::warn!(by = %asker.caller.arn, reason, "the breakers are reset");
                Ok(Answer::Breakers { breakers: guardrails.reset_breakers().await? })
            }
            Ask::RegistryImport { entries } => self.import(entries).await,
            Ask::RegistryRemove { arns } => {
                guardrails.registry_remove(arns).await?;
                Ok(Answer::Done { what: "rows removed from the registry".to_owned(), count: arns.len() })
            }
            Ask::Recertify { subject, until, reason } => {
                let now = clock::now();
                let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
                let longest = self.reactor.settings.recertify_days;
                if *until <= today || today.duration_until(*until).as_hours() / 24 > longest {
                    let why = format!("until must be a day after {today}, at most {longest} days on; it is {until}");
                    return Ok(Answer::Refused { why });
                }
                // LOG: Somebody said that an identity is still needed.
                tracing::info!(by = %asker.caller.arn, %subject, %until, reason, "recertified");
                guardrails.set_review_by(subject.as_str(), *until).await?;
                Ok(Answer::Done { what: format!("{subject} is confirmed until {until}"), count: 1 })
            }
            _ => Ok(Answer::Refused { why: "this changes nothing".to_owned() }),
        }
    }

    async fn contain(&self, ask: &Ask, claim: &Claim, request: Request, holder: &str) -> Result<Answer, ReactError> {
        let own = &self.reactor.settings.account;
        if let Some(since) = claim.since.filter(|since| *since > clock::now()) {
            return Ok(Answer::Refused { why: format!("claim.since: {since} is not over yet") });
        }
        let Some(signal) = claimed(own, claim, Some(request), ask, holder) else { return Ok(not_ours(claim)) };
        let mut reactions = Vec::new();
        for outcome in self.reactor.react(&signal, holder).await {
            reactions.push(outcome?);
        }
        Ok(Answer::Reacted { reactions })
    }

    /// Why this caller may not decide about this: it is about themselves. Whoever holds a stolen key of theirs would say yes.
    async fn speaks_for_itself(&self, ask: &Ask, caller: &Caller) -> Result<Option<String>, ReactError> {
        let about_them = match ask {
            Ask::Exempt { exemption } => is_named_by(caller, |arn| matches_pattern(&exemption.subject, arn)),
            Ask::Recertify { subject, .. } => is_named_by(caller, |arn| arn == subject.as_str()),
            Ask::RegistryImport { entries } => {
                let protects = |entry: &&RegistryEntry| entry.class == Some(Class::BreakGlass);
                entries.iter().filter(protects).any(|entry| is_named_by(caller, |arn| arn == entry.arn.as_str()))
            }
            _ => match ask.decides_about() {
                Some(case) => {
                    let stored = self.reactor.cases.load(case).await?;
                    stored.is_some_and(|stored| is_subject(caller, &stored.case.subject))
                }
                None => false,
            },
        };
        Ok(about_them.then(|| {
            format!(
                "this is about {} itself, whose credentials others may hold: somebody else must decide it",
                caller.arn
            )
        }))
    }

    async fn explain(&self, claim: &Claim) -> Result<Answer, ReactError> {
        let ask = Ask::Explain(claim.clone());
        let own = &self.reactor.settings.account;
        let Some(signal) = claimed(own, claim, None, &ask, "explain") else { return Ok(not_ours(claim)) };
        let (found, context) = self.reactor.read(&signal).await?;
        let access = self.reactor.accounts.to_read(&signal).await.ok();
        let within = self.reactor.settings.confirm_within;
        let mut explained = Vec::new();
        for found in found {
            let judged = match &access {
                Some(access) => judge(access, &signal, &found.subject, &found.inventory, within).await,
                None => None,
            };
            let (inventory, profile, subject) = (found.inventory.clone(), found.profile.clone(), found.subject.clone());
            let case = self.reactor.plan(&signal, found, &context);
            let blast_radius = radius(&subject, &profile, &inventory, context.now);
            let steps = case.steps.into_iter().map(|record| record.step).collect();
            let plan = severance_domain::plan::Plan { steps, notes: case.notes, exemptions: case.exemptions };
            let mode = context.mode;
            explained.push(Explanation { subject, profile, inventory, plan, mode, blast_radius, radius: judged });
        }
        Ok(Answer::Explained(explained))
    }

    async fn reviews(&self) -> Result<Answer, ReactError> {
        let mut cases = Vec::new();
        for (id, _) in self.reactor.guardrails.reviews().await? {
            let stored = self.reactor.cases.load(&id).await?;
            cases.extend(stored.map(|stored| stored.case).filter(|case| case.pending_review().is_some()));
        }
        cases.sort_by_key(|case| case.pending_review().map(|review| review.expires_at));
        Ok(Answer::Reviews { cases })
    }

    async fn import(&self, entries: &[RegistryEntry]) -> Result<Answer, ReactError> {
        if entries.len() > IMPORT_AT_ONCE {
            let why = format!("{} rows at once; the most is {IMPORT_AT_ONCE}", entries.len());
            return Ok(Answer::Refused { why });
        }
        for (n, entry) in entries.iter().enumerate() {
            if Arn::try_from(entry.arn.as_str()).ok().and_then(|arn| SubjectHint::of_arn(&arn)).is_none() {
                let why = format!("$.request.registry_import.entries[{n}].arn is no user's, role's or secret's ARN");
                return Ok(Answer::Refused { why });
            }
        }
        self.reactor.guardrails.registry_put(entries).await?;
        Ok(Answer::Done { what: "rows put into the registry".to_owned(), count: entries.len() })
    }

    /// Words that are missing, or too many. They end in messages and evidence.
    fn unreadable(ask: &Ask) -> Option<String> {
        let (Ask::Contain { reason, .. }
        | Ask::Approve { reason, .. }
        | Ask::Deny { reason, .. }
        | Ask::BreakerReset { reason }
        | Ask::Recertify { reason, .. }
        | Ask::Restore { reason, .. }
        | Ask::Cut { reason, .. }
        | Ask::Verify { reason, .. }) = ask
        else {
            return None;
        };
        match reason.chars().count() {
            _ if reason.trim().is_empty() => Some("$.request.*.reason must not be empty: say why".to_owned()),
            length if length > TEXT_LIMIT => {
                Some(format!("$.request.*.reason must not be longer than {TEXT_LIMIT} characters"))
            }
            _ => None,
        }
    }
}

fn not_ours(claim: &Claim) -> Answer {
    Answer::Refused {
        why: format!("{} is the ARN of no IAM user, IAM role, secret or Identity Center user", claim.subject),
    }
}

/// The claim as a signal, like one that an event brings. The same words of the same caller name the same finding.
fn claimed(own: &AccountId, claim: &Claim, request: Option<Request>, ask: &Ask, holder: &str) -> Option<Signal> {
    let by = request.as_ref().map_or("nobody", |request| request.by.as_str());
    let asked = serde_json::json!([ask, by]);
    let title = match &request {
        Some(request) => format!("{by} says: {}", request.reason),
        None => "asked what would be done".to_owned(),
    };
    // Of a key alone nobody but AWS knows whose it is; its account's root stands in for its holder.
    let subject = match SubjectHint::of_arn(&claim.subject) {
        Some(subject) => subject,
        None if claim.subject.resource() == "root" && claim.access_key.is_some() => SubjectHint::AccessKeyOnly,
        None => return None,
    };
    // A directory stands in no account's name: the one that administers it is the stack's.
    let account = claim.subject.account();
    let account = if account.is_empty() { own.clone() } else { account.try_into().ok()? };
    Some(
        Signal::new(NewSignal {
            kind: claim.signal,
            source: Source::Responder,
            event_id: holder.to_owned(),
            finding_id: format!("responder/{}", Digest::of_json(&asked).as_hex()),
            rule: "sever contain".to_owned(),
            account,
            region: claim.subject.region().to_owned(),
            severity: claim.severity.unwrap_or(Severity::High),
            occurred_at: clock::now(),
            subject,
            title,
            event_digest: Digest::of_json(&asked),
        })
        .with_exposed_since(claim.since)
        .with_access_key(claim.access_key.clone())
        .with_request(request),
    )
}

/// What an ask is about, for the log.
fn about(ask: &Ask) -> String {
    match ask {
        Ask::Explain(claim) | Ask::Contain { claim, .. } => claim.subject.to_string(),
        Ask::Status { case }
        | Ask::Approve { case, .. }
        | Ask::Deny { case, .. }
        | Ask::Recheck { case }
        | Ask::Restore { case, .. }
        | Ask::Verify { case, .. } => case.to_string(),
        Ask::Exempt { exemption } => exemption.subject.clone(),
        Ask::EndExemption { id } => id.clone(),
        Ask::RegistryImport { entries } => format!("{} rows", entries.len()),
        Ask::RegistryRemove { arns } => arns.join(" "),
        Ask::Recertify { subject, until, .. } => format!("{subject} until {until}"),
        Ask::BreakerReset { reason } => reason.clone(),
        Ask::Cut { access_key, .. } => access_key.to_string(),
        Ask::Cutovers
        | Ask::Reviews
        | Ask::Exemptions
        | Ask::BreakerStatus
        | Ask::RegistryExport { .. }
        | Ask::ScheduledRun
        | Ask::RecheckDue => String::new(),
    }
}

fn name(ask: &Ask) -> String {
    let value = serde_json::to_value(ask).unwrap_or_default();
    match &value {
        Value::String(name) => name.clone(),
        Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}
