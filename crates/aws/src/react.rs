//! The one way through: signal → subjects → plan → case → steps → verdict → evidence.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{join_all, join3, try_join};
use jiff::Timestamp;
use severance_domain::case::{Case, CaseId, Confirmation, Outcome, Purpose, StepRecord};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::cutover::Consumer;
use severance_domain::ids::AccessKeyId;
use severance_domain::playbook::{BREAKER_OPEN, Context, Mode, decide};
use severance_domain::policy::Policy;
use severance_domain::radius::permissions::Permissions;
use severance_domain::radius::{BlastRadius, Facts, assess};
use severance_domain::respond::Reacted as Reaction;
use severance_domain::rotation::MANAGED_TAG;
use severance_domain::signal::{Signal, SignalKind};
use severance_domain::subject::{Absence, Inventory, Subject, SubjectKind};
use severance_domain::verdict::Verdict;
use tokio::time::{Instant, timeout, timeout_at};

use crate::alarm::Alarms;
use crate::cases::{CaseError, Cases, Lease, Taken};
use crate::clock;
use crate::config::Settings;
use crate::copies::CopiesFunction;
use crate::countermeasures::{Applied, Seen};
use crate::cutover::RECENT;
use crate::error::AwsError;
use crate::guardrails::{Admission, Guardrails, Loaded};
use crate::identity::{Found, ends_whole_identity, unresolved};
use crate::publish::Publisher;
use crate::reach::{Hands, Reach};
use crate::trail::Trail;

/// The functions of the template, whose roles are named `<stack>-<function>`.
const OWN_FUNCTIONS: [&str; 6] =
    ["posture-finding", "key-creation", "offboarding", "responder", "secret-rotation", "copies-search"];

/// Subjects of one signal that are handled at the same time.
const AT_ONCE: usize = 4;

/// Everything that a function reacts with.
pub struct Reactor {
    /// What reads and ends identities, account by account.
    pub reach: Reach,
    /// The one policy that every step passes.
    pub policy: Arc<dyn Policy>,
    /// Exemptions, breakers and reviews.
    pub guardrails: Guardrails,
    /// Tells people that a breaker opened.
    pub alarms: Alarms,
    /// The cases' table.
    pub cases: Cases,
    /// Publishes evidence.
    pub publisher: Publisher,
    /// Asks for the copies of a key; none where the search is switched off, or the function may not.
    pub copies: Option<CopiesFunction>,
    /// The stack's settings.
    pub settings: Settings,
}

/// Why a reaction did not end. What was done is stored, and the next delivery goes on from there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReactError {
    /// AWS did not let us read, publish or store.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The case could not be taken or written.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// Some steps failed in a way that another delivery may mend; the evidence of this attempt is published.
    #[error("case {case} revision {revision}: {failed}; to be tried again")]
    Unsettled {
        /// The case.
        case: CaseId,
        /// The revision that states how far it got.
        revision: u32,
        /// What failed.
        failed: String,
    },
}

impl ReactError {
    /// Whether another delivery may fare better.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Aws(error) => error.retryable,
            Self::Case(error) => error.is_retryable(),
            Self::Unsettled { .. } => true,
        }
    }
}

impl Reactor {
    /// Reacts to one signal, once for each of its subjects. `delivery` names this delivery of the event.
    pub async fn react(&self, signal: &Signal, delivery: &str) -> Vec<Result<Reaction, ReactError>> {
        let (found, context) = match self.look(signal).await {
            Ok(both) => both,
            Err(error) => return vec![Err(error.into())],
        };
        let context = &context;
        futures::stream::iter(found.into_iter().map(|found| self.react_to(signal, found, context, delivery)))
            .buffered(AT_ONCE)
            .collect()
            .await
    }

    /// Whom a signal is about, and what a decision about them depends on, as both are now.
    pub(crate) async fn look(&self, signal: &Signal) -> Result<(Vec<Found>, Context), AwsError> {
        // Neither needs the other, and every round trip is time that a stolen key lives.
        let read = async {
            match self.reach.to_read(signal).await {
                Ok(hands) => Box::pin(hands.identities.resolve(signal)).await,
                // An account that cannot be entered is a review, like an identity that cannot be read.
                Err(error) if !error.retryable => Ok(vec![unresolved(signal, Absence::Unread, error.to_string())]),
                Err(error) => Err(error),
            }
        };
        let guardrails = self.guardrails.in_account(&signal.account);
        let (found, loaded) = Box::pin(try_join(read, guardrails.load())).await?;
        Ok((found, self.context(loaded, clock::now())))
    }

    /// What a decision depends on besides the signal and its subject.
    pub(crate) fn context(&self, loaded: Loaded, now: Timestamp) -> Context {
        Context {
            mode: self.settings.mode,
            now,
            stale_key_days: self.settings.stale_key_days,
            unused_key_days: self.settings.unused_key_days,
            own_roles: OWN_FUNCTIONS
                .iter()
                .map(|function| format!("{}-{function}", self.settings.stack))
                .chain(self.settings.member.iter().map(|member| member.role_name.clone()))
                .collect(),
            scp_quarantine: self.settings.scp_quarantine,
            management_account: self.settings.management_account.clone(),
            breaker_open: loaded.breaker_open(),
            exemptions: loaded.exemptions,
            organizational_units: self.settings.organizational_units.clone(),
        }
    }

    /// The case as it would be opened about this subject now.
    pub(crate) fn plan(&self, signal: &Signal, found: Found, context: &Context) -> Case {
        let Found { subject, profile, inventory, .. } = found;
        let mut plan = decide(signal, &subject, &profile, &inventory, context, self.policy.as_ref());
        plan.leave_to_responder(|step| self.can_take(step));
        Case::open(signal.clone(), subject, profile, inventory, plan, context.mode, self.settings.review, context.now)
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
            match self.cases.take(&case, delivery).await? {
                Taken::Closed(case) => {
                    tracing::info!(case = %case.id, "an earlier delivery closed this case: nothing to do");
                    return Ok(self.reaction(&case, true));
                }
                Taken::Ours(lease, stored) => {
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
        // Nobody delivers a request by hand again, so the schedule must know of it until it is closed.
        let by_hand = match case.purpose() {
            Purpose::React => case.signal.request.is_some(),
            Purpose::Restore(_) | Purpose::Verify(_) => true,
        };
        if by_hand {
            self.guardrails.remember_review(&case.id, clock::now()).await?;
        }
        if case.verdict.is_none() {
            Box::pin(self.end_access(&mut case, lease)).await?;
            let verdict = case.conclude(clock::now());
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
            if by_hand && case.pending_review().is_none() {
                self.guardrails.forget_review(&case.id).await?;
            }
            return Ok(self.reaction(&case, false));
        }
        let unsettled =
            ReactError::Unsettled { case: case.id.clone(), revision: case.revision, failed: retryable_failures(&case) };
        case.reopen(published.digest);
        // What is tried again calls for looks of its own.
        case.rounds.clear();
        self.cases.release(&case, lease).await?;
        Err(unsettled)
    }

    /// What a revision does before it is concluded: gives back, reads back, or ends.
    async fn end_access(&self, case: &mut Case, lease: &Lease) -> Result<(), ReactError> {
        let hands = match self.hands_for(case).await {
            Ok(hands) => hands,
            Err(error) if error.retryable => return Err(error.into()),
            Err(error) => {
                Self::all_failed(case, &error);
                return Ok(());
            }
        };
        match case.purpose() {
            Purpose::Restore(_) => return self.give_back(case, lease, &hands).await,
            // What a person lets go meanwhile is taken in a revision that reads back, too.
            Purpose::React | Purpose::Verify(_) => {}
        }
        self.admit(case, lease).await?;
        self.apply(case, lease, &hands).await?;
        // What it could have done is read while its end is waited for: that costs no time before the end.
        let (subject, signal, held) = (case.subject.clone(), case.signal.clone(), case.inventory.clone());
        let (known, within) = (case.radius.is_some(), self.settings.confirm_within);
        let judging = async { if known { None } else { judge(&hands, &signal, &subject, &held, within).await } };
        let exposed = exposed_key(case, &hands);
        let using = async {
            match &exposed {
                Some((trail, key)) => timeout(within, trail.consumers(key, clock::now() - RECENT)).await.ok(),
                None => None,
            }
        };
        let (judged, used, ()) = Box::pin(join3(judging, using, self.confirm(case, &hands))).await;
        case.radius = case.radius.take().or(judged);
        if let Some((_, key)) = &exposed {
            say_who_breaks(case, key, used);
        }
        Box::pin(self.look_again(case, lease, hands)).await
    }

    /// Hands for a case in which something is left to be done; for any other the own ones, which nobody will use.
    pub(crate) async fn hands_for(&self, case: &Case) -> Result<Arc<Hands>, AwsError> {
        self.reach.to_act(case).await
    }

    /// The account could not be entered: no step was taken, and each says why.
    fn all_failed(case: &mut Case, error: &AwsError) {
        tracing::warn!(case = %case.id, error = %error, "the account cannot be entered");
        case.fail_ahead(|| Outcome::Failed {
            at: clock::now(),
            action: error.action.to_owned(),
            code: error.code.clone(),
            message: error.message.clone(),
            retryable: false,
        });
    }

    /// Whether this function may take such a step, on its own account.
    pub(crate) fn can_take(&self, step: &Countermeasure) -> bool {
        self.reach.own().driver(step).is_some()
    }

    /// Asks the breakers for room for the steps that lie ahead. Where there is none, a person decides about them; where the
    /// breakers cannot be asked, nothing is done, and another delivery tries again.
    async fn admit(&self, case: &mut Case, lease: &Lease) -> Result<(), ReactError> {
        let ahead = case.steps.iter().filter(|record| record.is_ahead()).count();
        // A person who approves a plan has seen it, and is the way through while a breaker is open.
        if self.settings.mode != Mode::Enforce || ahead == 0 || case.is_approved() {
            return Ok(());
        }
        // By revision: what a later one does is done anew.
        let holder = case.id.at_revision(case.revision);
        let guardrails = self.guardrails.in_account(&case.subject.account);
        if let Admission::Refused { scope, opened_now, .. } = guardrails.admit(&holder, ahead).await? {
            tracing::warn!(case = %case.id, scope, opened_now, "the breaker is open: held for review");
            case.hold(BREAKER_OPEN, self.settings.review, clock::now());
            self.cases.save(case, lease).await?;
            if opened_now {
                self.raise_breaker_alarm(&scope, Some(&case.id)).await;
            }
        }
        Ok(())
    }

    /// Tells people that a breaker opened. Where that fails, the next tick tells them: the breaker remembers that nobody knows.
    pub(crate) async fn raise_breaker_alarm(&self, scope: &str, case: Option<&CaseId>) {
        let told = async {
            let breakers = self.guardrails.breakers().await?;
            for breaker in breakers.iter().filter(|breaker| breaker.scope == scope && breaker.open_since.is_some()) {
                self.alarms.breaker_opened(breaker).await?;
                self.guardrails.alarm_sent(breaker).await?;
            }
            Ok::<(), AwsError>(())
        };
        if let Err(error) = told.await {
            let case = case.map(CaseId::as_str);
            tracing::error!(scope, case, error = %error, "the breaker is open, and nobody could be told");
        }
    }

    /// In the plan's order, each outcome stored before the next step: the intent was stored with the case.
    pub(crate) async fn apply(&self, case: &mut Case, lease: &Lease, hands: &Hands) -> Result<(), CaseError> {
        // Silence is no person: in review mode it lets nothing go.
        let released = case.is_approved();
        for n in 0..case.steps.len() {
            let Some(record) = case.steps.get_mut(n) else { break };
            if !record.is_ahead() {
                continue;
            }
            let step = &record.step.countermeasure;
            let outcome = match not_ours_to_rotate(step, &case.subject, &case.id, hands).await {
                Some(outcome) => outcome,
                None => self.take(step, &case.id, released, hands).await,
            };
            record.outcome = Some(outcome);
            self.cases.save(case, lease).await?;
        }
        Ok(())
    }

    async fn take(&self, step: &Countermeasure, case: &CaseId, released: bool, hands: &Hands) -> Outcome {
        let not_taken = |code: &str, message: &str| not_taken(step, code, message);
        // INVARIANT: a stack that observes changes nothing, also where an earlier delivery meant to while it enforced.
        if self.settings.mode == Mode::Observe {
            return not_taken("ObserveMode", "the stack was set to observe before this step was taken");
        }
        if self.settings.mode == Mode::Review && !released {
            return not_taken("ReviewMode", "the stack was set to review before this step was taken");
        }
        let Some(driver) = hands.driver(step) else {
            return not_taken("NotDriven", "this function has no permission for this countermeasure");
        };
        outcome(driver.apply(step, case).await, case, step)
    }

    /// Reads every effect back, all at once: each waits for IAM's eventual consistency on its own.
    pub(crate) async fn confirm(&self, case: &mut Case, hands: &Hands) {
        let id = case.id.clone();
        let id = &id;
        let waits = case.steps.iter_mut().map(|record| async {
            if record.confirmation.is_none() && record.was_taken() {
                let step = &record.step.countermeasure;
                record.confirmation = Some(match hands.driver(step) {
                    Some(driver) => self.wait_until(|| driver.confirm(step, id)).await,
                    None => unseen("this function cannot read it back".to_owned(), false),
                });
            }
        });
        join_all(waits).await;
    }

    /// Reads until the effect is seen, or the time for it is over.
    pub(crate) async fn wait_until<F>(&self, read: impl Fn() -> F) -> Confirmation
    where
        F: Future<Output = Result<Seen, AwsError>>,
    {
        let deadline = Instant::now() + self.settings.confirm_within;
        let mut pause = Duration::from_millis(50);
        let (mut last, mut contradicted) = ("AWS did not answer in time".to_owned(), false);
        loop {
            match timeout_at(deadline, read()).await {
                Ok(Ok(Seen::InEffect(observed))) => return Confirmation::Confirmed { at: clock::now(), observed },
                Ok(Ok(Seen::NotYet(seen))) => (last, contradicted) = (seen, true),
                Ok(Err(error)) if error.retryable => (last, contradicted) = (error.to_string(), false),
                Ok(Err(error)) => return unseen(error.to_string(), false),
                Err(_) => return unseen(last, contradicted),
            }
            if Instant::now() + pause >= deadline {
                return unseen(last, contradicted);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    pub(crate) fn reaction(&self, case: &Case, replayed: bool) -> Reaction {
        Reaction {
            plan: case.pending_review().map(|review| review.short_plan().to_owned()),
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
async fn not_ours_to_rotate(step: &Countermeasure, of: &Subject, case: &CaseId, hands: &Hands) -> Option<Outcome> {
    let (Countermeasure::RotateSecret(card::RotateSecret { secret }), SubjectKind::User) = (step, of.kind) else {
        return None;
    };
    match hands.identities.is_managed(secret).await {
        Ok(true) => None,
        Ok(false) => {
            let why = format!("the user's tag names {secret}, which is not tagged {MANAGED_TAG}=true");
            Some(not_taken(step, "NotManaged", &why))
        }
        Err(error) => Some(outcome(Err(error), case, step)),
    }
}

/// The long-term key that others know, where whoever uses it in good faith is to be told.
fn exposed_key(case: &Case, hands: &Hands) -> Option<(Trail, AccessKeyId)> {
    let key = case.signal.access_key.as_ref().filter(|key| !key.is_temporary())?;
    let is_cut = case.steps.iter().any(|record| {
        matches!(&record.step.countermeasure, Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. }) if access_key == key)
            && record.was_taken()
    });
    let ends_access = match case.purpose() {
        Purpose::React => true,
        Purpose::Restore(_) | Purpose::Verify(_) => false,
    };
    let asks = case.signal.kind == SignalKind::CredentialExposed && is_cut && ends_access;
    hands.trail.clone().filter(|_| asks).map(|trail| (trail, key.clone()))
}

/// Who used an exposed key lately, and cannot any more: its rightful consumers, and whoever else has it.
fn say_who_breaks(case: &mut Case, key: &AccessKeyId, used: Option<(Vec<Consumer>, Vec<String>)>) {
    let mut notes = Vec::new();
    match used {
        None => notes.push(format!("who used {key} lately could not be read in time")),
        Some((consumers, unread)) => {
            if consumers.is_empty() && unread.is_empty() {
                notes.push(format!("CloudTrail knows nobody who used {key} in the last 24 hours (management events)"));
            }
            let told = consumers.iter().take(MOST_CONSUMERS);
            notes.extend(told.map(|who| format!("used {key} and no longer can: {}", who.describe())));
            if consumers.len() > MOST_CONSUMERS {
                notes.push(format!("and {} others used it", consumers.len() - MOST_CONSUMERS));
            }
            notes.extend(unread.into_iter().map(|what| format!("who used {key} was not read: {what}")));
        }
    }
    for note in notes {
        if !case.notes.contains(&note) {
            case.notes.push(note);
        }
    }
}

/// So many consumers of an exposed key are named.
const MOST_CONSUMERS: usize = 20;

fn not_taken(step: &Countermeasure, code: &str, message: &str) -> Outcome {
    Outcome::Failed {
        at: clock::now(),
        action: step.as_str().to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
        retryable: false,
    }
}

/// What an identity that is ended as a whole could do. None where one key is in question, and not the identity.
pub(crate) async fn judge(
    hands: &Hands,
    signal: &Signal,
    subject: &Subject,
    inventory: &Inventory,
    within: Duration,
) -> Option<BlastRadius> {
    if !ends_whole_identity(signal) || !matches!(subject.kind, SubjectKind::User | SubjectKind::Role) {
        return None;
    }
    let unread = |why: String| Permissions { unread: vec![format!("its policies: {why}")], ..Permissions::default() };
    let permissions = match timeout(within, hands.identities.permissions(subject)).await {
        Ok(Ok(permissions)) => permissions,
        Ok(Err(error)) => unread(error.to_string()),
        Err(_) => unread("AWS did not answer in time".to_owned()),
    };
    let now = clock::now();
    let trust = inventory.trust.as_ref().map(|trust| trust.document.as_str());
    Some(assess(&Facts { subject, inventory, permissions: Some(&permissions), trust, now }))
}

/// What came of a call that takes or undoes a step.
pub(crate) fn outcome(result: Result<Applied, AwsError>, case: &CaseId, step: &Countermeasure) -> Outcome {
    let at = clock::now();
    match result {
        Ok(Applied::Changed(note)) => Outcome::Applied { at, note },
        Ok(Applied::Already(note)) => Outcome::AlreadyInEffect { at, note },
        Err(AwsError { action, code, message, retryable }) => {
            tracing::warn!(%case, step = step.as_str(), action, code, answer = message, "a step failed");
            Outcome::Failed { at, action: action.to_owned(), code, message, retryable }
        }
    }
}

pub(crate) fn unseen(reason: String, contradicted: bool) -> Confirmation {
    Confirmation::Unconfirmed { at: clock::now(), reason, contradicted }
}

fn retryable_failures(case: &Case) -> String {
    let undone = case.returns().iter().map(|of| &of.outcome);
    let failures = case.steps.iter().map(|record| &record.outcome).chain(undone).filter_map(|outcome| match outcome {
        Some(Outcome::Failed { action, code, retryable: true, .. }) => Some(format!("{action} answered {code}")),
        _ => None,
    });
    failures.collect::<Vec<_>>().join(", ")
}
