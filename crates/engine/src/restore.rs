//! Giving back what a case ended, and reading once more whether it is dead.

use severance_aws::cases::{Lease, Stored};
use severance_aws::clock;
use severance_aws::countermeasures::{HELD_BY_CASE, Undo, until};
use severance_domain::case::{Case, CaseId, Confirmation, Outcome, Purpose};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::playbook::Mode;
use severance_domain::policy::Request;
use severance_domain::respond::{Answer, Reacted};
use severance_domain::restoration::{Restoration, Return, ReturnAnswer, answer_beside};
use severance_domain::subject::SubjectKind;

use crate::access::AccountAccess;
use crate::confirm::{outcome as outcome_of, unseen};
use crate::reactor::{ReactError, Reactor};
use crate::review::{Answered, verdict};

impl Reactor {
    /// Gives back the access that a case ended, on somebody's word; or says only what would be given back.
    pub async fn restore(
        &self,
        id: &CaseId,
        request: Request,
        dry_run: bool,
        holder: &str,
    ) -> Result<Answer, ReactError> {
        let stored = match self.ended(id, holder).await? {
            Ok(stored) => stored,
            Err(why) => return Ok(Answer::Refused { why }),
        };
        if stored.case.is_restored() {
            let by = match stored.case.purpose() {
                Purpose::Restore(of) => format!(" by {} at {:.0}", of.by(), of.at),
                Purpose::React | Purpose::Verify(_) => String::new(),
            };
            let why = format!("case {id} was restored already{by}");
            return Ok(Answer::Refused { why });
        }
        let now = clock::now();
        let others = self.guardrails.beside(&stored.case, &self.cases).await?;
        let restoration = Restoration::beside(&stored.case, request, now, &others);
        if dry_run {
            let (case, subject) = (id.clone(), stored.case.subject.label());
            return Ok(Answer::Restorable { case, subject, steps: restoration.steps });
        }
        if self.settings.mode == Mode::Observe {
            let why = "this stack only observes: deploy it with Mode=review or Mode=enforce, then restore";
            return Ok(Answer::Refused { why: why.to_owned() });
        }
        // What another case holds is given back with that one: then this one need not be asked for again.
        if !restoration.steps.iter().any(|of| of.answer.changes() || matches!(of.answer, ReturnAnswer::Held { .. })) {
            return Ok(Answer::Refused { why: nothing_to_undo(&restoration) });
        }
        let mut case = stored.successor(&stored.case);
        if let Err(why) = self.is_still_there(&mut case).await? {
            return Ok(Answer::Refused { why });
        }
        case.begin_restoration(restoration, now);
        Ok(self.go_on(&stored, case, holder).await?.into())
    }

    /// Reads back once more whether all that a case ended is dead, and states it in a revision of its own.
    pub async fn verify(&self, id: &CaseId, request: Request, holder: &str) -> Result<Answer, ReactError> {
        let stored = match self.ended(id, holder).await? {
            Ok(stored) => stored,
            Err(why) => return Ok(Answer::Refused { why }),
        };
        match stored.case.purpose() {
            Purpose::Restore(_) => {
                let why = format!("access was given back in case {id}: contain it anew before it is verified");
                return Ok(Answer::Refused { why });
            }
            Purpose::React | Purpose::Verify(_) => {}
        }
        let mut case = stored.successor(&stored.case);
        case.begin_verification(request, clock::now());
        Ok(self.go_on(&stored, case, holder).await?.into())
    }

    /// A closed case that ended something; or why this one is none.
    async fn ended(&self, id: &CaseId, holder: &str) -> Result<Result<Stored, String>, ReactError> {
        let Some(mut stored) = self.cases.load(id).await? else {
            return Ok(Err(format!("this stack has no case {id}")));
        };
        if stored.is_abandoned() {
            // What an earlier try left over is finished first.
            self.finish(&stored, holder).await?;
            stored = match self.cases.load(id).await? {
                Some(stored) => stored,
                None => return Ok(Err(format!("this stack has no case {id}"))),
            };
        }
        if !stored.closed {
            return Ok(Err(format!("case {id} is being worked on: try again in a minute")));
        }
        if !stored.case.steps.iter().any(severance_domain::case::StepRecord::was_taken) {
            return Ok(Err(format!("case {id} ended nothing: its verdict is {}", verdict(&stored.case))));
        }
        Ok(Ok(stored))
    }

    /// Whether the case's subject is there under its name. Another identity of the same name is somebody else, who was never
    /// contained.
    async fn is_still_there(&self, case: &mut Case) -> Result<Result<(), String>, ReactError> {
        let mut access = self.access_for(case).await?;
        let mut again = access.identities.again(&case.under_present_name().subject, &case.signal).await;
        if matches!(again, Ok(severance_aws::identity::Again::Nobody(_))) && self.whereabouts(case).await?.follow(case)
        {
            access = self.access_for(case).await?;
            again = access.identities.again(&case.under_present_name().subject, &case.signal).await;
        }
        Ok(match again {
            Ok(severance_aws::identity::Again::Same(_)) => Ok(()),
            Ok(severance_aws::identity::Again::Nobody(why)) => Err(format!("nothing was given back: {why}")),
            // What the subject's reader may not read, the steps will tell.
            Err(error) if !error.retryable && case.subject.kind != SubjectKind::Unresolved => Ok(()),
            Err(error) => return Err(error.into()),
        })
    }

    /// Undoes, in order, each outcome stored before the next; then reads each back.
    ///
    /// INVARIANT: the case is stored as one that gives up what it holds before the other cases about the identity are read. So of two
    /// that are restored at the same time at least one sees that the other holds nothing any more, and what both held is lifted. And
    /// they are read again once all is undone: a case that has come since finds its denials in place.
    pub(crate) async fn give_back(
        &self,
        case: &mut Case,
        lease: &Lease,
        access: &AccountAccess,
    ) -> Result<(), ReactError> {
        let others = self.guardrails.beside(case, &self.cases).await?;
        case.decide_returns_anew(&others, clock::now());
        self.cases.save(case, lease).await?;
        if let Err(failed) = self.deny_older_sessions(case, access).await {
            for of in case.restoration.iter_mut().flat_map(|of| &mut of.steps).filter(|of| of.is_ahead()) {
                of.outcome = Some(failed.clone());
            }
            self.cases.save(case, lease).await?;
        }
        let count = case.returns().len();
        for n in 0..count {
            if !case.returns().get(n).is_some_and(Return::is_ahead) {
                continue;
            }
            let mut undone = self.undo(case, n, access).await;
            if let Came::Marked(named) = &undone {
                // A case of before stands under no identity. What is not stored, or holds nothing, is only a mark.
                let other = self.cases.load(named).await?.map(|stored| stored.case);
                let other = other.filter(|other| other.subject.key() == case.subject.key());
                let step = case.returns().get(n).map(|of| of.countermeasure.clone());
                let by = other.zip(step).map(|(other, step)| case.held_by(&step, &[other])).unwrap_or_default();
                if by.is_empty() {
                    if let Some(restoration) = &mut case.restoration {
                        restoration.beside.push(named.clone());
                    }
                    undone = self.undo(case, n, access).await;
                } else {
                    undone = Came::Held(by);
                }
            }
            if let Some(of) = case.restoration.as_mut().and_then(|restoration| restoration.steps.get_mut(n)) {
                match undone {
                    Came::To(outcome) => of.outcome = Some(outcome),
                    Came::Held(by) => (of.answer, of.outcome) = (ReturnAnswer::Held { by }, None),
                    Came::Marked(other) => {
                        let why = format!("a mark says that case {other} holds it");
                        of.outcome = Some(not_undone(HELD_BY_CASE, &why));
                    }
                }
            }
            self.cases.save(case, lease).await?;
        }
        let others = self.deny_for_others(case, lease, access).await?;
        for n in 0..count {
            let Some(of) = case.returns().get(n) else { break };
            if !of.was_taken() || of.confirmation.is_some() {
                continue;
            }
            let asked = case.under_present_name();
            let Some(step) = asked.returns().get(n).map(|of| &of.countermeasure) else { break };
            let undo = Undo { case: &asked, keep_sessions_denied: keeps_sessions(&of.answer) };
            let seen: Confirmation = match access.driver(step) {
                Some(driver) => self.wait_until(|| driver.confirm_undone(step, undo)).await,
                None => unseen("this function cannot read it back".to_owned(), false),
            };
            if let Some(of) = case.restoration.as_mut().and_then(|restoration| restoration.steps.get_mut(n)) {
                of.confirmation = Some(seen);
            }
        }
        // Those that waited for this one go on, in invocations of their own.
        for waiting in others.iter().filter(|other| other.waits_for_others()) {
            self.guardrails.remember_due_by(&waiting.id, clock::now()).await?;
        }
        Ok(())
    }

    /// Undoes one step.
    async fn undo(&self, case: &Case, n: usize, access: &AccountAccess) -> Came {
        let case = &*case.under_present_name();
        let Some(of) = case.returns().get(n) else { return Came::To(not_undone("NotThere", "there is no such step")) };
        let (step, keep_sessions_denied) = (&of.countermeasure, keeps_sessions(&of.answer));
        if self.settings.mode == Mode::Observe {
            return Came::To(not_undone("ObserveMode", "the stack was set to observe"));
        }
        let Some(driver) = access.driver(step) else {
            return Came::To(not_undone("NotDriven", "this function has no permission to undo this"));
        };
        match driver.undo(step, Undo { case, keep_sessions_denied }).await {
            Err(error) if error.code == HELD_BY_CASE => match serde_json::from_value(error.message.clone().into()) {
                Ok(named) => Came::Marked(named),
                Err(_) => Came::To(outcome_of(Err(error), &case.id, step)),
            },
            result => Came::To(outcome_of(result, &case.id, step)),
        }
    }

    /// Moves the moment of a role's sessions on before anybody is let in again: what the case wrote while it contained the role may be
    /// older than the last session that somebody started. Of an identity that is denied everything the driver that lifts the denial
    /// does so.
    ///
    /// # Errors
    /// Why older sessions cannot be denied, so that nothing may be lifted.
    async fn deny_older_sessions(&self, case: &Case, access: &AccountAccess) -> Result<(), Outcome> {
        let moment = case.restoration.as_ref().and_then(|restoration| restoration.sessions_before);
        let (Some(moment), true) = (moment, case.returns().iter().any(Return::is_ahead)) else { return Ok(()) };
        let kept = case.returns().iter().find_map(|of| match &of.countermeasure {
            Countermeasure::RevokeRoleSessions(card) if matches!(of.answer, ReturnAnswer::Keep { .. }) => Some(card),
            _ => None,
        });
        let Some(kept) = kept else { return Ok(()) };
        let step = Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions {
            role: kept.role.clone(),
            issued_before: moment,
        });
        let Some(driver) = access.driver(&step).filter(|_| self.settings.mode != Mode::Observe) else { return Ok(()) };
        match outcome_of(driver.apply(&step, &case.id).await, &case.id, &step) {
            Outcome::Failed { at, action, code, message, retryable } => Err(Outcome::Failed {
                at,
                action,
                code,
                message: format!("nothing is lifted, because sessions from before could not be denied: {message}"),
                retryable,
            }),
            Outcome::Applied { .. } | Outcome::AlreadyInEffect { .. } => {
                until(moment).await;
                Ok(())
            }
        }
    }

    /// Writes anew what was undone, where a case has come meanwhile that holds it, or knows it to be in other hands; and says how the
    /// other cases about the identity stand.
    async fn deny_for_others(
        &self,
        case: &mut Case,
        lease: &Lease,
        access: &AccountAccess,
    ) -> Result<Vec<Case>, ReactError> {
        let others = self.guardrails.beside(case, &self.cases).await?;
        for n in 0..case.returns().len() {
            let Some(of) = case.returns().get(n).filter(|of| of.answer.changes() && of.was_taken()) else { continue };
            let Some(record) = case.steps.get(of.step) else { continue };
            let answer = answer_beside(case, record, &others);
            if answer.changes() {
                continue;
            }
            let asked = case.under_present_name();
            let step = asked.returns().get(n).map_or_else(|| of.countermeasure.clone(), |of| of.countermeasure.clone());
            let holder = match &answer {
                ReturnAnswer::Held { by } => by.first().unwrap_or(&case.id).clone(),
                _ => case.id.clone(),
            };
            if let Some(driver) = access.driver(&step)
                && let failed @ Outcome::Failed { .. } = outcome_of(driver.apply(&step, &holder).await, &case.id, &step)
            {
                // LOG: A case came while another about the same identity was restored, and what both hold could not be written anew.
                // The rechecks of the newer one find it missing.
                tracing::error!(case = %case.id, holder = %holder, ?failed, "what another case holds was lifted");
            }
            if let Some(of) = case.restoration.as_mut().and_then(|restoration| restoration.steps.get_mut(n)) {
                (of.answer, of.outcome, of.confirmation) = (answer, None, None);
            }
            self.cases.save(case, lease).await?;
        }
        Ok(others)
    }

    /// Goes on with a restoration that waited for other cases about the identity, if none of them holds any more what it is to give
    /// back. None where it waits on, or there is nothing to go on with.
    pub(crate) async fn restore_what_waited(
        &self,
        stored: &Stored,
        holder: &str,
    ) -> Result<Option<Reacted>, ReactError> {
        if !stored.closed || !stored.case.waits_for_others() || self.settings.mode == Mode::Observe {
            return Ok(None);
        }
        let others = self.guardrails.beside(&stored.case, &self.cases).await?;
        let mut case = stored.successor(&stored.case);
        if !case.decide_returns_anew(&others, clock::now()) || self.is_still_there(&mut case).await?.is_err() {
            return Ok(None);
        }
        match Box::pin(self.go_on(stored, case, holder)).await? {
            Answered::Done(reacted) => Ok(Some(reacted)),
            Answered::Refused(_) => Ok(None),
        }
    }
}

/// What undoing one step came to.
enum Came {
    /// This.
    To(Outcome),
    /// Nothing was changed: a mark at AWS names this case as one that holds the same.
    Marked(CaseId),
    /// Nothing was changed: these cases hold it.
    Held(Vec<CaseId>),
}

fn keeps_sessions(answer: &ReturnAnswer) -> bool {
    *answer == ReturnAnswer::UndoKeepingSessionsDenied
}

fn not_undone(code: &str, message: &str) -> Outcome {
    Outcome::Failed {
        at: clock::now(),
        action: "restore".to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
        retryable: false,
    }
}

/// Why none of a case's steps is undone, and the way out.
fn nothing_to_undo(restoration: &Restoration) -> String {
    let reasons: Vec<String> = restoration
        .steps
        .iter()
        .map(|of| match &of.answer {
            ReturnAnswer::Rotate { why } => {
                format!("{}: {why}; make a new one instead", of.countermeasure.describe())
            }
            ReturnAnswer::Keep { why } => format!("{}: {why}", of.countermeasure.describe()),
            ReturnAnswer::Held { .. } | ReturnAnswer::Undo | ReturnAnswer::UndoKeepingSessionsDenied => {
                of.countermeasure.describe()
            }
        })
        .collect();
    format!("nothing of it may be given back: {}", reasons.join("; "))
}
