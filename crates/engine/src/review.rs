//! A person's answer to a held plan, and what happens when nobody answers.
//!
//! An approval is for the plan's digest as it was shown. Before anything is carried out the subject is read again and the plan
//! made anew; where it differs, nothing is done, and the new plan asks for an answer of its own.

use severance_aws::cases::{CaseError, LEASE, Lease, Stored};
use severance_aws::clock;
use severance_aws::identity::Found;
use severance_domain::case::{Case, CaseId, DENIED, StepRecord};
use severance_domain::plan::Disposition;
use severance_domain::playbook::{Context, Mode};
use severance_domain::policy::Request;
use severance_domain::respond::{Answer, Reacted};
use severance_domain::review::Decision;
use severance_domain::subject::Absence;

use crate::asker::Asker;
use crate::reactor::{ReactError, Reactor};

/// What lowers the steps of a review that nobody answered.
const UNANSWERED: &str = "nobody answered in time";

/// What an answer to a review came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// The case went on.
    Done(Reacted),
    /// The answer does not count. Why, and the way out.
    Refused(String),
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        match answered {
            Answered::Done(reacted) => Self::Reacted { reactions: vec![reacted] },
            Answered::Refused(why) => Self::Refused { why },
        }
    }
}

/// Who answers, and in which words.
#[derive(Debug, Clone, Copy)]
pub struct Reviewer<'a> {
    /// Who, as AWS STS vouches for it.
    pub by: &'a Asker,
    /// The plan that they saw.
    pub plan: &'a str,
    /// Why.
    pub reason: &'a str,
}

impl Reactor {
    /// Carries a held plan out, on somebody's word.
    pub async fn approve(&self, id: &CaseId, reviewer: Reviewer<'_>, holder: &str) -> Result<Answered, ReactError> {
        let stored = match self.waiting(id, reviewer).await? {
            Ok(stored) => stored,
            Err(why) => return Ok(Answered::Refused(why)),
        };
        if self.settings.mode == Mode::Observe {
            let why = "this stack only observes: deploy it with Mode=review or Mode=enforce, then approve";
            return Ok(Answered::Refused(why.to_owned()));
        }
        let requester = stored.case.signal.request.as_ref().map(Request::caller);
        if requester.is_some_and(|requester| self.settings.who_may.same_person(&requester, &reviewer.by.caller)) {
            let why =
                format!("{} asked for this, or may be who did; somebody else must approve it", reviewer.by.caller.arn);
            return Ok(Answered::Refused(why));
        }
        if !stored.case.can_be_approved() {
            let why = format!(
                "no countermeasure fits, so there is nothing to approve: act by hand, then close it with: \
                 sever deny {id} --plan {} --reason 'done by hand'",
                reviewer.plan
            );
            return Ok(Answered::Refused(why));
        }
        if let Err(why) = Box::pin(self.is_still_due(&stored.case)).await? {
            return Ok(Answered::Refused(why));
        }
        let now = clock::now();
        let (by, reason) = (reviewer.by.caller.arn.clone(), reviewer.reason.to_owned());
        let standing = Some(reviewer.by.standing.clone());
        Box::pin(self.release(&stored, Decision::Approved { by, reason, at: now, standing }, holder)).await
    }

    /// Closes a held plan without carrying it out, on somebody's word.
    pub async fn deny(&self, id: &CaseId, reviewer: Reviewer<'_>, holder: &str) -> Result<Answered, ReactError> {
        let stored = match self.waiting(id, reviewer).await? {
            Ok(stored) => stored,
            Err(why) => return Ok(Answered::Refused(why)),
        };
        let (by, reason) = (reviewer.by.caller.arn.clone(), reviewer.reason.to_owned());
        let why = format!("{DENIED}{by}");
        let standing = Some(reviewer.by.standing.clone());
        let decision = Decision::Denied { by, reason, at: clock::now(), standing };
        self.decline(&stored, &why, decision, holder).await
    }

    /// Announces a review that nobody answered once more.
    pub(crate) async fn escalate(&self, stored: &Stored, holder: &str) -> Result<Answered, ReactError> {
        let mut case = stored.successor(&stored.case);
        if let Some(review) = &mut case.review {
            review.escalated_at = Some(clock::now());
        }
        Box::pin(self.go_on(stored, case, holder)).await
    }

    /// Ends a review that nobody answered in time: as the policy says of silence.
    pub(crate) async fn lapse(&self, stored: &Stored, holder: &str) -> Result<Answered, ReactError> {
        let at = clock::now();
        let enforces = stored.case.pending_review().is_some_and(|review| review.enforce_on_silence);
        if enforces && self.settings.mode == Mode::Enforce && Box::pin(self.is_still_due(&stored.case)).await?.is_ok() {
            return Box::pin(self.release(stored, Decision::Lapsed { enforced: true, at }, holder)).await;
        }
        self.decline(stored, UNANSWERED, Decision::Lapsed { enforced: false, at }, holder).await
    }

    /// The next revision of a case, in which what was held is given up.
    async fn decline(
        &self,
        stored: &Stored,
        by: &str,
        decision: Decision,
        holder: &str,
    ) -> Result<Answered, ReactError> {
        let mut case = stored.successor(&stored.case);
        case.decline_held(by, decision);
        Box::pin(self.go_on(stored, case, holder)).await
    }

    /// The case that waits for this plan's answer; or why this answer does not count.
    async fn waiting(&self, id: &CaseId, reviewer: Reviewer<'_>) -> Result<Result<Stored, String>, ReactError> {
        let Some(stored) = self.cases.load(id).await? else {
            return Ok(Err(format!("this stack has no case {id}: sever reviews lists those that wait")));
        };
        let Some(review) = &stored.case.review else {
            return Ok(Err(format!("case {id} waits for nobody: its verdict is {}", verdict(&stored.case))));
        };
        if let Some(decision) = &review.decision {
            return Ok(Err(format!("case {id} was {} already", words(decision))));
        }
        if !stored.closed {
            return Ok(Err(format!("case {id} is being worked on: try again in a minute")));
        }
        if clock::now() >= review.expires_at {
            return Ok(Err(format!(
                "the time to answer ended {:.0}; the schedule ends the review as the policy says of silence. \
                 sever contain begins anew",
                review.expires_at
            )));
        }
        if !review.is_named_by(reviewer.plan) {
            return Ok(Err(format!(
                "case {id} waits for an answer about plan {}, not {}: look at it again with: sever status {id}",
                review.short_plan(),
                reviewer.plan,
            )));
        }
        Ok(Ok(stored))
    }

    /// Makes the plan anew, and carries it out if it is still the one that was asked about.
    async fn release(&self, stored: &Stored, decision: Decision, holder: &str) -> Result<Answered, ReactError> {
        let id = &stored.case.id;
        let (found, context) = self.read(&stored.case.signal).await?;
        if let Some(case) = Self::released_follow_up(stored, &found, &decision, &context) {
            return Box::pin(self.go_on(stored, case, holder)).await;
        }
        let planned = found
            .into_iter()
            .map(|found| (found.absent, self.plan(&stored.case.signal, found, &context)))
            .find(|(_, case)| case.id == *id);
        let mut fresh = match planned {
            Some((None, case)) => case,
            Some((Some(absent), _)) => return self.without_subject(stored, &decision, absent, holder).await,
            // Whom the claim finds now is somebody else.
            None => return self.without_subject(stored, &decision, Absence::Gone, holder).await,
        };
        fresh.keep_denials(&stored.case);
        // What silence may do is for today's policy to say, on today's facts, and not for those of the day when it was asked.
        if let Decision::Lapsed { at, .. } = decision
            && fresh.pending_review().is_some_and(|review| !review.enforce_on_silence)
        {
            return self.decline(stored, UNANSWERED, Decision::Lapsed { enforced: false, at }, holder).await;
        }
        let asked = stored.case.review.as_ref().map(|review| review.plan.clone());
        let is_same = asked.as_ref() == Some(&fresh.plan_digest());
        let mut case = stored.successor(&fresh);
        if is_same {
            // The question as it was asked, with its answer.
            case.review.clone_from(&stored.case.review);
            case.hold_again();
            case.release_held(decision, context.now);
            return Box::pin(self.go_on(stored, case, holder)).await;
        }
        case.notes
            .push("the situation changed since this was held, so the answer does not count for this plan".to_owned());
        Ok(match Box::pin(self.go_on(stored, case, holder)).await? {
            Answered::Done(reacted) => {
                let next = match &reacted.plan {
                    Some(plan) => format!("the new plan is {plan}: look at it with: sever status {id}"),
                    None => format!("its verdict is {}", reacted.verdict),
                };
                Answered::Refused(format!(
                    "the situation changed since this was held, so the answer does not count for it. Case {id} goes on as \
                     revision {}; {next}",
                    reacted.revision
                ))
            }
            refused @ Answered::Refused(_) => refused,
        })
    }

    /// What becomes of an answer about an identity that was not found.
    async fn without_subject(
        &self,
        stored: &Stored,
        decision: &Decision,
        absent: Absence,
        holder: &str,
    ) -> Result<Answered, ReactError> {
        match decision.without_subject(absent) {
            Some(decision) => {
                self.decline(stored, "the identity is not there any more, or cannot be read", decision, holder).await
            }
            None => Ok(Answered::Refused(format!(
                "the identity of case {} is not there any more, or cannot be read: nothing was done; deny it to close it",
                stored.case.id
            ))),
        }
    }

    pub(crate) async fn go_on(&self, stored: &Stored, mut case: Case, holder: &str) -> Result<Answered, ReactError> {
        case.begin_revision();
        // Nobody delivers an answer again: should this worker die, the schedule finishes what it began.
        self.guardrails.remember_due(&case.id, clock::now() + LEASE).await?;
        let Some(lease) = self.cases.go_on(&case, stored, holder).await? else {
            return Err(CaseError::Busy(case.id).into());
        };
        self.carry_through(case, &lease).await.map(Answered::Done)
    }

    /// The next revision of a case of which nothing is held but what its rechecks added: these steps are no part of any plan
    /// that is made anew, so they are carried out as they were shown, upon the same identity.
    fn released_follow_up(stored: &Stored, found: &[Found], decision: &Decision, context: &Context) -> Option<Case> {
        let held = |record: &&StepRecord| record.step.disposition() == Disposition::Review;
        let mut waiting = stored.case.steps.iter().filter(held).peekable();
        waiting.peek()?;
        let is_follow_up = waiting.all(|record| record.recheck > 0);
        let is_there = found.iter().any(|found| found.subject.key() == stored.case.subject.key());
        (is_follow_up && is_there).then(|| {
            let mut case = stored.successor(&stored.case);
            case.release_held(decision.clone(), context.now);
            case
        })
    }

    /// Goes on where the worker that somebody's answer set off stopped.
    pub(crate) async fn finish(&self, stored: &Stored, holder: &str) -> Result<(), ReactError> {
        if let Some(lease) = self.cases.go_on(&stored.case, stored, holder).await? {
            self.carry_through(stored.case.clone(), &lease).await?;
        }
        Ok(())
    }

    /// Carries a case out, and takes it off the list of those that wait if it does not any more.
    pub(crate) async fn carry_through(&self, case: Case, lease: &Lease) -> Result<Reacted, ReactError> {
        let reacted = Box::pin(self.carry_out(case, lease)).await?;
        if reacted.plan.is_none() {
            self.guardrails.forget_review(&reacted.case).await?;
        }
        Ok(reacted)
    }
}

/// A case's verdict in a refusal, which may be of one that has none yet.
pub(crate) fn verdict(case: &Case) -> &'static str {
    case.verdict.map_or("not reached yet", severance_domain::verdict::Verdict::as_str)
}

fn words(decision: &Decision) -> String {
    match decision {
        Decision::Approved { by, at, .. } => format!("approved by {by} at {at:.0}"),
        Decision::Denied { by, at, .. } => format!("denied by {by} at {at:.0}"),
        Decision::Lapsed { at, .. } => format!("ended at {at:.0}, because nobody answered in time,"),
    }
}
