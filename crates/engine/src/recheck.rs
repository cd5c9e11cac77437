//! Rechecks: what appeared at an identity since it was contained, and what it had made elsewhere.
//!
//! IAM is eventually consistent, so for some seconds after the denial was written its holder may still mint a key or take the
//! denial away; and CloudTrail tells minutes later what it did. So everything is listed anew, each time in an invocation of its own,
//! and what appeared is ended too. A recheck that finds nothing is written down and says nothing; any other is a revision.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join;
use jiff::SignedDuration;
use severance_aws::cases::{Lease, Stored};
use severance_aws::clock;
use severance_aws::countermeasures::{About, Seen};
use severance_aws::guardrails::Loaded;
use severance_aws::identity::Again;
use severance_aws::trail::search::{Traced, Where};
use severance_domain::case::{Case, CaseId, Recheck, Rechecking, StepRecord};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::ids::IamName;
use severance_domain::plan::Step;
use severance_domain::playbook::{Context, Mode, follow_up};
use severance_domain::respond::{Answer, Reacted};
use severance_domain::signal::Planted;
use severance_domain::subject::{Inventory, SubjectKind};
use severance_domain::verdict::Verdict;

use crate::access::AccountAccess;
use crate::follow::{AT_ONCE, described};
use crate::reactor::{ReactError, Reactor};
use crate::settings::Settings;

/// The longest that an invocation waits until a recheck is due; what is due later, the schedule asks for.
pub(crate) const MOST_WAIT: SignedDuration = SignedDuration::from_secs(45);

/// How long a case is held for what a recheck reads: IAM's lists, and CloudTrail's, which are slow where they are asked often.
const HELD_FOR: SignedDuration = SignedDuration::from_secs(90);

/// How often in one recheck a user is looked for who is not there under its name.
const MOST_LOOKED_FOR: usize = 5;

/// What one recheck showed.
struct Rechecked {
    recheck: Recheck,
    steps: Vec<Step>,
    traced: Traced,
}

impl Reactor {
    /// Rechecks a case, if a recheck is due, or within moments; finishes it, if its worker died.
    ///
    /// # Errors
    /// Where the case could not be read or written. What a recheck cannot read of the identity is no error, but stands in the case.
    pub async fn recheck_case(&self, id: &CaseId, holder: &str) -> Result<Answer, ReactError> {
        let Some(stored) = self.cases.load(id).await? else { return self.nothing_due(id).await };
        if stored.is_abandoned() {
            self.finish(&stored, holder).await?;
            return Ok(Answer::Done { what: format!("case {id}, whose worker had died, was finished"), count: 1 });
        }
        if !stored.closed {
            return Ok(Answer::Done { what: format!("case {id} is being worked on"), count: 0 });
        }
        if stored.case.look_again_at(clock::now()).is_some() {
            return Box::pin(self.look_again(stored, holder)).await;
        }
        if let Some(reacted) = Box::pin(self.restore_what_waited(&stored, holder)).await? {
            return Ok(Answer::Reacted { reactions: vec![reacted] });
        }
        let Some(due_at) = stored.case.recheck_due_at() else { return self.nothing_due(id).await };
        let wait = due_at.duration_since(clock::now());
        if wait > MOST_WAIT {
            self.guardrails.remember_due(id, due_at).await?;
            return Ok(Answer::Done { what: format!("case {id} is rechecked at {due_at:.0}"), count: 0 });
        }
        tokio::time::sleep(wait.try_into().unwrap_or_default()).await;
        let Some(lease) = self.cases.hold(&stored, holder, clock::now() + HELD_FOR).await? else {
            return Ok(Answer::Done { what: format!("case {id} is being worked on"), count: 0 });
        };
        match Box::pin(self.recheck_held(stored, lease)).await? {
            Some(reacted) => Ok(Answer::Reacted { reactions: vec![reacted] }),
            None => Ok(Answer::Done { what: format!("case {id} was rechecked: nothing new"), count: 1 }),
        }
    }

    /// Looks again for whom a claim is about that nobody could find: CloudTrail may tell by now whose the key was. The case goes on about
    /// them, under its name: who was told of it is told what came of it.
    async fn look_again(&self, stored: Stored, holder: &str) -> Result<Answer, ReactError> {
        let id = stored.case.id.clone();
        let Some(lease) = self.cases.hold(&stored, holder, clock::now() + HELD_FOR).await? else {
            return Ok(Answer::Done { what: format!("case {id} is being worked on"), count: 0 });
        };
        let (found, context) = self.read(&stored.case.signal).await?;
        let found = found.into_iter().next().filter(|found| found.absent.is_none());
        let Some(found) = found else {
            self.cases.let_go(&stored.case, &lease).await?;
            match stored.case.look_again_at(clock::now()) {
                Some(due_at) => self.guardrails.remember_due(&id, due_at).await?,
                None => return self.nothing_due(&id).await,
            }
            return Ok(Answer::Done { what: format!("whom case {id} is about is not known yet"), count: 0 });
        };
        // LOG: Whom a claim is about was found once CloudTrail told of them.
        tracing::info!(case = %id, subject = %found.subject.label(), "whom the case is about was found");
        let planned = Case { id, ..self.plan(&stored.case.signal, found, &context) };
        let case = stored.successor(&planned);
        self.guardrails.remember_about(&case.subject, &case.id).await?;
        let lease = &lease.to_go_on();
        self.cases.save(&case, lease).await?;
        Ok(Answer::Reacted { reactions: vec![Box::pin(self.carry_through(case, lease)).await?] })
    }

    /// Says that nothing is due about a case, and forgets it, so that no scheduled run asks again.
    async fn nothing_due(&self, id: &CaseId) -> Result<Answer, ReactError> {
        if let Some(seen) = self.guardrails.due_of(id).await? {
            self.guardrails.forget_due(id, seen).await?;
        }
        Ok(Answer::Done { what: format!("nothing is due about case {id}"), count: 0 })
    }

    /// Rechecks a case that is held. What it finds is a revision of its own, which is stored with its steps before the first of them
    /// is taken, so that a crash in between loses nothing. Where nothing is new, that is written down, and none where nobody need
    /// hear of it.
    async fn recheck_held(&self, stored: Stored, lease: Lease) -> Result<Option<Reacted>, ReactError> {
        let mut case = stored.case.clone();
        // What a verification found to live is taken up by the next recheck.
        case.verification = None;
        let mut access = match self.access_for(&case).await {
            Ok(access) => Some(access),
            Err(error) => {
                let number = next_number(&case);
                let unread = vec![format!("it could not be rechecked: {error}")];
                case.rechecks.push(Recheck { number, at: clock::now(), found: vec![], unread });
                None
            }
        };
        let mut to_follow = Vec::new();
        if let Some(access) = &mut access {
            let number = next_number(&case);
            let Rechecked { recheck, steps, traced } = Box::pin(self.recheck_now(&mut case, number, access)).await;
            let now = clock::now();
            case.rechecks.push(recheck);
            let before = case.steps.len();
            case.steps.extend(steps.into_iter().map(|step| StepRecord::planned(step, number, now)));
            let known: BTreeSet<String> = case.steps.iter().map(|record| record.step.reason.clone()).collect();
            let contained = self.contained_with_it(&case, &traced).await;
            to_follow = self.take_in(&mut case, &contained, number, traced);
            case.bound_steps(before, now);
            case.ask_about_held(self.settings.review, now);
            // What it had made was found in this recheck, so another one must find nothing more.
            if let Some(recheck) = case.rechecks.last_mut() {
                let added = case.steps.iter().filter(|record| !known.contains(&record.step.reason));
                recheck.found.extend(added.map(|record| record.step.reason.clone()));
                recheck.found.extend(to_follow.iter().map(|(trace, _)| format!("it had made {}", described(trace))));
            }
            // What was not seen before may be seen by now.
            self.confirm_again(&mut case, access).await;
            self.read_followed(&mut case).await;
        }
        let has_found = case.rechecks.last().is_some_and(|last| !last.is_quiet()) || !to_follow.is_empty();
        if !has_found && case.steps.iter().any(StepRecord::is_ahead) {
            // A moment that is moved on is no finding, and nobody need hear of it. The intent is stored with the case all the same.
            self.cases.save(&case, &lease).await?;
            let mut access = self.access_for(&case).await?;
            self.apply(&mut case, &lease, &mut access).await?;
            self.confirm(&mut case, &access).await;
        }
        case.fit();
        case.schedule_recheck();
        if !has_found && Some(Verdict::of(&case)) == case.verdict {
            self.cases.let_go(&case, &lease).await?;
            if let Some(due_at) = case.recheck_due_at() {
                self.guardrails.remember_due(&case.id, due_at).await?;
            }
            // LOG: A recheck found nothing new, and is written down without a message.
            tracing::info!(case = %case.id, rechecks = case.rechecks.len(), "a quiet recheck");
            return Ok(None);
        }
        case = stored.successor(&case);
        case.begin_revision();
        let lease = &lease.to_go_on();
        self.cases.save(&case, lease).await?;
        // What lives at the identity itself is ended before what it made: that may be much.
        if !to_follow.is_empty() && access.is_some() {
            let mut access = self.access_for(&case).await?;
            self.admit(&mut case, lease).await?;
            self.apply(&mut case, lease, &mut access).await?;
        }
        // Each in a case of its own, which a second delivery finds closed. A few at a time: the lease must not run out.
        let mut to_follow = to_follow.into_iter().peekable();
        while to_follow.peek().is_some() {
            let some = to_follow.by_ref().take(AT_ONCE).collect();
            Box::pin(self.follow(&mut case, some)).await;
            self.cases.save(&case, lease).await?;
        }
        Ok(Some(self.carry_through(case, lease).await?))
    }

    /// For a verification: what lives is stated, and nothing is done about it.
    pub(crate) async fn recheck_once(
        &self,
        case: &mut Case,
        access: &mut Arc<AccountAccess>,
    ) -> Result<(), ReactError> {
        let number = next_number(case);
        let Rechecked { recheck, .. } = Box::pin(self.recheck_now(case, number, access)).await;
        if let Some(verification) = &mut case.verification {
            verification.alive.extend(recheck.found);
        }
        Ok(())
    }

    async fn recheck_now(&self, case: &mut Case, number: u32, access: &mut Arc<AccountAccess>) -> Rechecked {
        let mut recheck = Recheck { number, at: clock::now(), found: vec![], unread: vec![] };
        let asked = case.under_present_name().into_owned();
        let again = Box::pin(access.identities.again(&asked.subject, &asked.signal));
        let (mut again, traced) = join(again, Box::pin(made_by(case, access))).await;
        recheck.unread.extend(traced.unread.iter().cloned());
        // Who is not there under a name may bear another one by now, and another one again when it is asked about.
        for _ in 0..MOST_LOOKED_FOR {
            let Ok(Again::Nobody(_)) = again else { break };
            match self.whereabouts(case).await {
                Ok(found) => {
                    if !found.follow(case) {
                        break;
                    }
                }
                Err(error) => {
                    recheck.unread.push(format!("where it is by now could not be read: {error}"));
                    break;
                }
            }
            let asked = case.under_present_name().into_owned();
            recheck.found.push(format!("it was renamed: it is {} by now", asked.subject.label()));
            again = match self.access_for(case).await {
                Ok(there) => {
                    *access = there;
                    Box::pin(access.identities.again(&asked.subject, &asked.signal)).await
                }
                Err(error) => Err(error),
            };
        }
        let case = &*case;
        let present = match again {
            Ok(Again::Same(present)) => *present,
            Ok(Again::Nobody(why)) => {
                recheck.unread.push(why);
                return Rechecked { recheck, steps: vec![], traced };
            }
            // What was done must be told, whatever cannot be read now: the verdict is not better for it.
            Err(error) => {
                recheck.unread.push(format!("it could not be rechecked: {error}"));
                return Rechecked { recheck, steps: vec![], traced };
            }
        };
        recheck.unread.extend(present.unread.iter().cloned());
        let present = self.without_rotated(case, present, &mut recheck).await;
        let lifted = self.lifted(case, access, &mut recheck).await;
        let context = self.finishing(case);
        let mut follow = follow_up(case, &present, &lifted, &context, self.policy.as_ref());
        follow.leave_to_responder(|step| self.can_take(step));
        recheck.found.extend(follow.found);
        Rechecked { recheck, steps: follow.steps, traced }
    }

    /// A key that our own rotation made, to be stored where its consumers read it, did not appear by anybody else's doing.
    async fn without_rotated(&self, case: &Case, mut present: Inventory, recheck: &mut Recheck) -> Inventory {
        let rotates = case
            .steps
            .iter()
            .any(|record| record.was_taken() && matches!(record.step.countermeasure, Countermeasure::RotateSecret(_)));
        let (SubjectKind::User, true) = (case.subject.kind, rotates) else { return present };
        let Ok(user) = IamName::try_from(case.subject.name.as_str()) else { return present };
        match self.guardrails.journal(&case.subject.account, &user).await {
            Ok(row) => present.access_keys.retain(|key| {
                // One that the plan knew is none that appeared.
                case.inventory.access_keys.iter().any(|known| known.id == key.id) || !row.journal.knows(&key.id)
            }),
            // Then all that appeared is ended, and the rotation tries again.
            Err(error) => recheck.unread.push(format!("which keys the rotation made could not be read: {error}")),
        }
        present
    }

    /// What a decision about what appeared depends on. Whoever let the case begin let it be finished: what was admitted or
    /// approved covers what an attacker adds to it, so neither the breaker nor the mode stands in between.
    pub(crate) fn finishing(&self, case: &Case) -> Context {
        let mut context = self.context(Loaded::default(), clock::now());
        if case.is_approved() {
            context.mode = Mode::Enforce;
        }
        context
    }

    /// The denials of a case that AWS shows not to be in effect any more.
    async fn lifted<'a>(
        &self,
        case: &'a Case,
        access: &AccountAccess,
        recheck: &mut Recheck,
    ) -> Vec<&'a Countermeasure> {
        let mut lifted = Vec::new();
        let asked = case.under_present_name();
        for (record, asked_for) in case.steps.iter().zip(&asked.steps).filter(|(record, _)| record.was_taken()) {
            let (step, asked_for) = (&record.step.countermeasure, &asked_for.step.countermeasure);
            let (true, Some(driver)) = (step.is_denial(), access.driver(asked_for)) else { continue };
            let within = self.settings.confirm_within;
            let Ok(seen) = tokio::time::timeout(within, driver.confirm(asked_for, About::of(&asked))).await else {
                recheck.unread.push(format!("whether it still holds was not answered in time: {}", step.describe()));
                continue;
            };
            match seen {
                Ok(Seen::InEffect(_)) => {}
                Ok(Seen::NotYet(_)) => lifted.push(step),
                Err(error) => recheck.unread.push(format!("whether it still holds could not be read: {error}")),
            }
        }
        lifted
    }
}

/// How a case is rechecked that begins under these settings.
pub(crate) fn terms(settings: &Settings) -> Rechecking {
    Rechecking {
        settle_seconds: settings.settle_seconds,
        trail_minutes: settings.trail_minutes,
        most: settings.rechecks,
        look_back_hours: settings.trail_hours.try_into().unwrap_or_default(),
        next_at: None,
    }
}

fn next_number(case: &Case) -> u32 {
    u32::try_from(case.rechecks.len()).unwrap_or_default() + 1
}

fn puts_no_key(case: &Case) -> bool {
    let planted = case.signal.planted();
    planted.is_some_and(|planted| !matches!(planted, Planted::AccessKey(_)))
}

async fn made_by(case: &Case, access: &AccountAccess) -> Traced {
    match &access.trail {
        // Of what was put on a user only a key tells whose call it was.
        Some(trail) if !puts_no_key(case) => {
            let place = match &case.signal.follows {
                _ if case.asks_everywhere(clock::now()) => Where::Everywhere,
                // An attacker makes two dozen users, and CloudTrail's allowance is the account's.
                Some(_) => Where::Home,
                None => Where::Named,
            };
            trail.made_by(case, place).await
        }
        _ => Traced::default(),
    }
}
