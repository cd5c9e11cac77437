//! Giving back what a case ended, and reading once more whether it is dead.

use severance_aws::cases::{Lease, Stored};
use severance_aws::clock;
use severance_aws::countermeasures::Undo;
use severance_domain::case::{Case, CaseId, Confirmation, Outcome, Purpose};
use severance_domain::playbook::Mode;
use severance_domain::policy::Request;
use severance_domain::respond::Answer;
use severance_domain::restoration::{Restoration, ReturnAnswer};
use severance_domain::subject::SubjectKind;

use crate::access::AccountAccess;
use crate::confirm::{outcome as outcome_of, unseen};
use crate::reactor::{ReactError, Reactor};
use crate::review::verdict;

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
        let restoration = Restoration::of(&stored.case, request, now);
        if dry_run {
            let (case, subject) = (id.clone(), stored.case.subject.label());
            return Ok(Answer::Restorable { case, subject, steps: restoration.steps });
        }
        if self.settings.mode == Mode::Observe {
            let why = "this stack only observes: deploy it with Mode=review or Mode=enforce, then restore";
            return Ok(Answer::Refused { why: why.to_owned() });
        }
        if !restoration.steps.iter().any(|of| of.answer.changes()) {
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
    pub(crate) async fn give_back(
        &self,
        case: &mut Case,
        lease: &Lease,
        access: &AccountAccess,
    ) -> Result<(), ReactError> {
        let count = case.returns().len();
        for n in 0..count {
            let Some(of) = case.returns().get(n) else { break };
            if !of.is_ahead() {
                continue;
            }
            let keep_sessions_denied = keeps_sessions(&of.answer);
            let asked = case.under_present_name();
            let Some(step) = asked.returns().get(n).map(|of| &of.countermeasure) else { break };
            let outcome = match access.driver(step) {
                _ if self.settings.mode == Mode::Observe => not_undone("ObserveMode", "the stack was set to observe"),
                Some(driver) => {
                    let result = driver.undo(step, Undo { case: &asked, keep_sessions_denied }).await;
                    outcome_of(result, &case.id, step)
                }
                None => not_undone("NotDriven", "this function has no permission to undo this"),
            };
            if let Some(of) = case.restoration.as_mut().and_then(|restoration| restoration.steps.get_mut(n)) {
                of.outcome = Some(outcome);
            }
            self.cases.save(case, lease).await?;
        }
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
        Ok(())
    }
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
            ReturnAnswer::Undo | ReturnAnswer::UndoKeepingSessionsDenied => of.countermeasure.describe(),
        })
        .collect();
    format!("nothing of it may be given back: {}", reasons.join("; "))
}
