//! The one way through: signal → subjects → plan → case → steps → verdict → evidence.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::future::join3;
use jiff::{SignedDuration, Timestamp};
use severance_aws::cases::{self, CaseError, LEASE, Lease};
use severance_aws::clock;
use severance_aws::countermeasures::Applied;
use severance_aws::error::AwsError;
use severance_aws::guardrails::Admission;
use severance_aws::identity::Found;
use severance_domain::case::{Case, CaseId, Outcome, Purpose, StepRecord};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::lane::Lane;
use severance_domain::playbook::{BREAKER_OPEN, Context, Mode};
use severance_domain::respond::Reacted as Reaction;
use severance_domain::rotation::MANAGED_TAG;
use severance_domain::signal::Signal;
use severance_domain::subject::{Subject, SubjectKind};
use severance_domain::verdict::Verdict;
use tokio::time::timeout;

use crate::access::AccountAccess;
use crate::blast_radius::judge;
use crate::confirm::outcome;
use crate::consumers::{RECENT, exposed_key, say_who_breaks};
use crate::reactor::{ReactError, Reactor};
use crate::recheck::{MOST_WAIT, terms};
use crate::whereabouts::Whereabouts;

/// How often in one revision a user is looked for who is not there under its name: twice a second it may bear another one.
const MOST_LOOKED_FOR: usize = 10;

/// How long is waited where IAM shows a user under a name and knows nobody of that name when it writes.
const SHOWN_LATE: std::time::Duration = std::time::Duration::from_millis(500);

/// What came of a step.
enum Taken {
    /// It was taken, or could not be.
    Done(Outcome),
    /// AWS knows nobody under the name, or no such credential of that user.
    Nobody(Outcome),
}

/// Subjects of one signal that are handled at the same time.
const AT_ONCE: usize = 4;

impl Reactor {
    /// Reacts to one signal, once for each of its subjects. `delivery` names this delivery of the event.
    pub async fn react(&self, signal: &Signal, delivery: &str) -> Vec<Result<Reaction, ReactError>> {
        let (found, context) = match self.read(signal).await {
            Ok(both) => both,
            Err(error) => return vec![Err(error.into())],
        };
        let context = &context;
        futures::stream::iter(found.into_iter().map(|found| self.react_to(signal, found, context, delivery)))
            .buffered(AT_ONCE)
            .collect()
            .await
    }

    async fn react_to(
        &self,
        signal: &Signal,
        found: Found,
        context: &Context,
        delivery: &str,
    ) -> Result<Reaction, ReactError> {
        let case = self.plan(signal, found, context);
        loop {
            // The schedule knows of it from the moment it is opened, should this worker and all that come after it die.
            let opened = self.guardrails.remember_opened(&case.id, clock::now() + LEASE);
            // And so do other cases about the identity. Neither takes a round trip of its own before the first denial.
            let about = self.guardrails.remember_about(&case.subject, &case.id);
            let (opened, taken, about) = Box::pin(join3(opened, self.cases.take(&case, delivery), about)).await;
            opened?;
            let taken = taken?;
            about?;
            match taken {
                cases::Taken::Closed(case) => {
                    // LOG: A delivery is repeated.
                    tracing::info!(case = %case.id, "an earlier delivery closed this case: nothing to do");
                    return Ok(self.reaction(&case, true));
                }
                cases::Taken::Ours(lease, stored) => {
                    let resumed = stored.signal.event_id != signal.event_id;
                    let reaction = Box::pin(self.carry_out(*stored, &lease)).await?;
                    if !resumed {
                        return Ok(reaction);
                    }
                    // That was what an earlier event had left over. Now it is closed, and this event may call for more.
                }
            }
        }
    }

    /// Takes the steps that are not settled, concludes and publishes. Also goes on where a dead worker stopped.
    pub(crate) async fn carry_out(&self, mut case: Case, lease: &Lease) -> Result<Reaction, ReactError> {
        if case.verdict.is_none() {
            Box::pin(self.end_access(&mut case, lease)).await?;
            self.answer_as_before(&mut case).await;
            // Before the verdict: it follows from what is published, and that is what is stored.
            case.fit();
            case.schedule_recheck();
            let verdict = case.conclude(clock::now());
            // LOG: A verdict is reached, before it is stored and published.
            tracing::info!(case = %case.id, revision = case.revision, verdict = verdict.as_str(), "concluded");
            self.cases.save(&case, lease).await?;
        }
        let published = match self.publisher.publish(&case).await {
            Ok(published) => published,
            Err(error) => {
                // The next delivery publishes what is concluded; there is no need to wait for our lease.
                self.cases.release(&case, lease).await?;
                return Err(error.into());
            }
        };
        if case.is_settled() {
            // Before the case is closed: a review that nobody remembers would never be escalated.
            if let Some(review) = case.pending_review() {
                self.guardrails.remember_review(&case.id, review.due_at()).await?;
            }
            match case.purpose() {
                Purpose::React | Purpose::Restore(_) if case.steps.iter().any(StepRecord::is_unfinished_rotation) => {
                    self.guardrails.remember_rotation(&case.id).await?;
                }
                Purpose::React | Purpose::Restore(_) | Purpose::Verify(_) => {}
            }
            self.cases.close(&case, lease, &published.digest).await?;
            if let Some(due_at) = case.recheck_due_at().or_else(|| case.look_again_at(clock::now())) {
                self.guardrails.remember_due(&case.id, due_at).await?;
                self.ask_for_recheck(&case.id, due_at).await;
            }
            return Ok(self.reaction(&case, false));
        }
        let unsettled =
            ReactError::Unsettled { case: case.id.clone(), revision: case.revision, failed: retryable_failures(&case) };
        case.reopen(published.digest);
        self.cases.release(&case, lease).await?;
        // Should no delivery come any more, the schedule tries again: soon, then ever more rarely.
        let minutes = 1_i64 << case.revision.saturating_sub(1).min(6);
        self.guardrails.remember_due(&case.id, clock::now() + SignedDuration::from_mins(minutes)).await?;
        Err(unsettled)
    }

    /// Answers what would be asked of a person by what one denied before, of the same claim about the same credential. It is read only
    /// where somebody would be asked, and once all is done that is done unasked.
    async fn answer_as_before(&self, case: &mut Case) {
        match case.purpose() {
            Purpose::React if case.pending_review().is_some() => {}
            Purpose::React | Purpose::Restore(_) | Purpose::Verify(_) => return,
        }
        match self.guardrails.beside(case, &self.cases).await {
            Ok(others) => {
                if case.answer_as_before(&others) {
                    // LOG: A person denied the same about the same credential before, and is not asked again.
                    tracing::info!(case = %case.id, "answered as before");
                }
            }
            // LOG: A person is asked, who may have answered the same before.
            Err(error) => tracing::warn!(case = %case.id, error = %error, "what was answered before could not be read"),
        }
    }

    /// Has a recheck made that is due within moments, without waiting for the schedule, which else asks for it.
    async fn ask_for_recheck(&self, case: &CaseId, due_at: Timestamp) {
        let Some(function) = self.rechecks.as_ref().filter(|_| due_at <= clock::now() + MOST_WAIT) else { return };
        if let Err(error) = function.ask(case).await {
            // LOG: The schedule asks for it within a minute.
            tracing::warn!(%case, error = %error, "a recheck could not be asked for");
        }
    }

    /// What a revision does before it is concluded: gives back, reads back, or ends.
    async fn end_access(&self, case: &mut Case, lease: &Lease) -> Result<(), ReactError> {
        let mut access = match self.access_for(case).await {
            Ok(access) => access,
            Err(error) if error.retryable => return Err(error.into()),
            Err(error) => {
                Self::all_failed(case, &error);
                return Ok(());
            }
        };
        match case.purpose() {
            Purpose::Restore(_) => return self.give_back(case, lease, &access).await,
            // What a person lets go meanwhile is taken in a revision that reads back, too.
            Purpose::React | Purpose::Verify(_) => {}
        }
        self.admit(case, lease).await?;
        self.apply(case, lease, &mut access).await?;
        // What it could have done is read while its end is waited for: that costs no time before the end.
        let (subject, signal, held) = (case.subject.clone(), case.signal.clone(), case.inventory.clone());
        let (known, within) = (case.radius.is_some(), self.settings.confirm_within);
        let judging = async { if known { None } else { judge(&access, &signal, &subject, &held, within).await } };
        let exposed = exposed_key(case, &access);
        let using = async {
            match &exposed {
                Some((trail, key)) => timeout(within, trail.consumers(key, clock::now() - RECENT)).await.ok(),
                None => None,
            }
        };
        let (judged, used, ()) = Box::pin(join3(judging, using, self.confirm(case, &access))).await;
        case.radius = case.radius.take().or(judged);
        if let Some((_, key)) = &exposed {
            say_who_breaks(case, key, used);
        }
        match case.purpose() {
            Purpose::Verify(_) => self.recheck_once(case, &mut access).await,
            Purpose::React | Purpose::Restore(_) => {
                if self.settings.mode != Mode::Observe {
                    case.begin_rechecking(terms(&self.settings));
                }
                Ok(())
            }
        }
    }

    /// The account could not be entered: no step was taken, and each says why.
    fn all_failed(case: &mut Case, error: &AwsError) {
        // LOG: The member role could not be assumed, so no step was taken.
        tracing::warn!(case = %case.id, error = %error, "the account cannot be entered");
        case.fail_ahead(|| Outcome::Failed {
            at: clock::now(),
            action: error.action.to_owned(),
            code: error.code.clone(),
            message: error.message.clone(),
            retryable: false,
        });
    }

    /// Asks the breakers of the case's lane for room for its identity, if steps lie ahead. Where there is none, a person decides about
    /// them; where the breakers cannot be asked, nothing is done, and another delivery tries again.
    pub(crate) async fn admit(&self, case: &mut Case, lease: &Lease) -> Result<(), ReactError> {
        // A person who approves a plan has seen it, and is the way through while a breaker is open.
        if self.settings.mode != Mode::Enforce || !case.steps.iter().any(StepRecord::is_ahead) || case.is_approved() {
            return Ok(());
        }
        // What follows from a containment was let in with it.
        let Some(lane) = Lane::of(&case.signal) else { return Ok(()) };
        let guardrails = self.guardrails.in_account(&case.subject.account).in_lane(lane);
        if let Admission::Refused { scope, opened_now, .. } = guardrails.admit(&case.id, 1).await? {
            // LOG: A case found no room.
            // - opened_now: whether this case opened it
            tracing::warn!(case = %case.id, scope, opened_now, "the breaker is open: held for review");
            case.hold(BREAKER_OPEN, self.settings.review, clock::now());
            self.cases.save(case, lease).await?;
            if opened_now {
                self.raise_breaker_alarm(&scope, Some(&case.id)).await;
            }
        }
        Ok(())
    }

    /// In the plan's order, each outcome stored before the next step: the intent was stored with the case.
    pub(crate) async fn apply(
        &self,
        case: &mut Case,
        lease: &Lease,
        access: &mut Arc<AccountAccess>,
    ) -> Result<(), CaseError> {
        let mut tries = MOST_LOOKED_FOR;
        for n in 0..case.steps.len() {
            if !case.steps.get(n).is_some_and(StepRecord::is_ahead) {
                continue;
            }
            let outcome = Box::pin(self.take_wherever(case, n, access, &mut tries)).await;
            if let Some(record) = case.steps.get_mut(n) {
                record.outcome = outcome;
            }
            self.cases.save(case, lease).await?;
        }
        Ok(())
    }

    async fn take(&self, step: &Countermeasure, case: &CaseId, released: bool, access: &AccountAccess) -> Taken {
        let not_taken = |code: &str, message: &str| Taken::Done(not_taken(step, code, message));
        // INVARIANT: a stack that observes changes nothing, also where an earlier delivery meant to while it enforced.
        if self.settings.mode == Mode::Observe {
            return not_taken("ObserveMode", "the stack was set to observe before this step was taken");
        }
        if self.settings.mode == Mode::Review && !released {
            return not_taken("ReviewMode", "the stack was set to review before this step was taken");
        }
        let Some(driver) = access.driver(step) else {
            return not_taken("NotDriven", "this function has no permission for this countermeasure");
        };
        let taken = driver.apply(step, case).await;
        let is_nobody = match &taken {
            Ok(Applied::Gone(_)) => true,
            Ok(Applied::Changed(_) | Applied::Already(_)) => false,
            Err(error) => error.is_no_such_entity(),
        };
        let outcome = outcome(taken, case, step);
        if is_nobody { Taken::Nobody(outcome) } else { Taken::Done(outcome) }
    }

    /// Takes one step of a case. Where AWS knows no such user, or no such credential, the user is looked for and asked about by the name
    /// that it bears by now. A denial that finds nobody under a name which IAM still shows is tried again: what IAM shows is late.
    async fn take_wherever(
        &self,
        case: &mut Case,
        n: usize,
        access: &mut Arc<AccountAccess>,
        tries: &mut usize,
    ) -> Option<Outcome> {
        // Silence is no person: in review mode it lets nothing go.
        let released = case.is_approved();
        loop {
            let asked = case.under_present_name();
            let step = &asked.steps.get(n)?.step.countermeasure;
            let is_denial = step.is_denial();
            let nobody = match not_ours_to_rotate(step, &case.subject, &case.id, access).await {
                Some(outcome) => return Some(outcome),
                None => match self.take(step, &case.id, released, access).await {
                    Taken::Done(outcome) => return Some(outcome),
                    Taken::Nobody(outcome) => outcome,
                },
            };
            if *tries == 0 || case.subject.kind != SubjectKind::User {
                return Some(nobody);
            }
            *tries -= 1;
            let found = self.whereabouts(case).await;
            match found {
                Ok(found @ Whereabouts::Elsewhere(..)) => {
                    found.follow(case);
                    match self.access_for(case).await {
                        Ok(there) => *access = there,
                        Err(_) => return Some(nobody),
                    }
                }
                Ok(Whereabouts::There) if is_denial => tokio::time::sleep(SHOWN_LATE).await,
                // It is the credential that is gone; or nobody can say. What is read back tells.
                Ok(Whereabouts::There | Whereabouts::Unknown) | Err(_) => return Some(nobody),
            }
        }
    }

    pub(crate) fn reaction(&self, case: &Case, replayed: bool) -> Reaction {
        Reaction {
            plan: case.pending_review().map(|review| review.short_plan().to_owned()),
            rechecked_until: case.awaited_until().filter(|_| case.recheck_due_at().is_some()),
            case: case.id.clone(),
            revision: case.revision,
            subject: case.subject.label(),
            // Only a concluded case gets here.
            verdict: case.verdict.unwrap_or(Verdict::Failed),
            evidence: self.publisher.uri(case),
            replayed,
        }
    }
}

/// A user's tag names the secret of its key, and whoever may tag users could name any: only a managed one is rotated for it.
async fn not_ours_to_rotate(
    step: &Countermeasure,
    of: &Subject,
    case: &CaseId,
    access: &AccountAccess,
) -> Option<Outcome> {
    let (Countermeasure::RotateSecret(card::RotateSecret { secret }), SubjectKind::User) = (step, of.kind) else {
        return None;
    };
    match access.identities.is_managed(secret).await {
        Ok(true) => None,
        Ok(false) => {
            let why = format!("the user's tag names {secret}, which is not tagged {MANAGED_TAG}=true");
            Some(not_taken(step, "NotManaged", &why))
        }
        Err(error) => Some(outcome(Err(error), case, step)),
    }
}

fn not_taken(step: &Countermeasure, code: &str, message: &str) -> Outcome {
    Outcome::Failed {
        at: clock::now(),
        action: step.as_str().to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
        retryable: false,
    }
}

fn retryable_failures(case: &Case) -> String {
    let undone = case.returns().iter().map(|of| &of.outcome);
    let failures = case.steps.iter().map(|record| &record.outcome).chain(undone).filter_map(|outcome| match outcome {
        Some(Outcome::Failed { action, code, retryable: true, .. }) => Some(format!("{action} answered {code}")),
        _ => None,
    });
    failures.collect::<Vec<_>>().join(", ")
}
