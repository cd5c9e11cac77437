//! How a case goes on: it is opened, held for a person, released, concluded, and opened once more.

use jiff::Timestamp;

use crate::countermeasure::Countermeasure;
use crate::record::case::{Case, Purpose};
use crate::record::plan::{Plan, Step};
use crate::record::recheck::Verification;
use crate::record::returns::Restoration;
use crate::record::review::{Decision, Review, ReviewTimes, plan_digest};
use crate::record::step::{Confirmation, Outcome, StepRecord, is_superseded};
use crate::record::verdict::Verdict;
use crate::words::case_id::CaseId;
use crate::words::digest::Digest;
use crate::words::mode::Mode;
use crate::words::profile::Profile;
use crate::words::request::Request;
use crate::words::ruling::Disposition;
use crate::words::signal::Signal;
use crate::words::subject::{Inventory, Subject};

/// What lowers a step that a person decided against before.
const DENIED_BEFORE: &str = "denied by a person in an earlier revision";

impl Case {
    /// Opens a case: intent is stamped on every step that will be taken, so that storing the case is storing the intent.
    #[allow(clippy::too_many_arguments, reason = "these are the case's parts, each named by its type")]
    pub fn open(
        signal: Signal,
        subject: Subject,
        profile: Profile,
        inventory: Inventory,
        plan: Plan,
        mode: Mode,
        times: ReviewTimes,
        now: Timestamp,
    ) -> Self {
        let review = Review::of(&subject, &profile, &inventory, &plan.steps, times, now);
        let steps = plan.steps.into_iter().map(|step| StepRecord::planned(step, 0, now));
        Self {
            id: CaseId::of(signal.kind, &subject, &signal.finding_id),
            revision: 1,
            previous: None,
            opened_at: now,
            concluded_at: None,
            mode,
            subject,
            renamed: None,
            profile,
            inventory,
            steps: steps.collect(),
            notes: plan.notes,
            exemptions: plan.exemptions,
            radius: None,
            rechecking: None,
            rechecks: vec![],
            followed: vec![],
            left_out: None,
            restoration: None,
            verification: None,
            review,
            signal,
            verdict: None,
        }
    }

    /// Ends this revision with the verdict that its steps allow.
    pub fn conclude(&mut self, now: Timestamp) -> Verdict {
        match self.purpose() {
            Purpose::Verify(_) => {
                let lives = self.contradicted();
                self.add_alive(lives);
            }
            Purpose::React | Purpose::Restore(_) => {}
        }
        let verdict = Verdict::of(self);
        self.ask_about_what_is_left();
        self.verdict = Some(verdict);
        self.concluded_at = Some(now);
        verdict
    }

    /// What AWS showed not to be in effect any more, in the words of a recheck.
    fn contradicted(&self) -> Vec<String> {
        let lives = |record: &&StepRecord| {
            matches!(record.confirmation, Some(Confirmation::Unconfirmed { contradicted: true, .. }))
        };
        let steps = &self.steps;
        let last = steps.iter().enumerate().filter(|(n, _)| !is_superseded(steps, *n)).map(|(_, record)| record);
        last.filter(lives).map(|record| record.step.countermeasure.reappeared()).collect()
    }

    /// Beside what the recheck has found: the same words for the same thing.
    fn add_alive(&mut self, lives: Vec<String>) {
        let Some(verification) = &mut self.verification else { return };
        for what in lives {
            if !verification.alive.contains(&what) {
                verification.alive.push(what);
            }
        }
    }

    /// The question is about the plan as whoever answers will find it: a key that this revision deactivated is inactive then,
    /// and no step any more.
    fn ask_about_what_is_left(&mut self) {
        if self.pending_review().is_none() {
            return;
        }
        let mut inventory = self.inventory.clone();
        let mut left = Vec::new();
        for record in &self.steps {
            match record.step.countermeasure.ends().filter(|_| record.was_taken()) {
                Some(ended) => inventory.end(&ended),
                None => left.push(record.step.clone()),
            }
        }
        let plan = plan_digest(&self.subject, &self.profile, &inventory, &left);
        if let Some(review) = &mut self.review {
            review.plan = plan;
        }
    }

    /// Begins the next revision, after one that was published with steps left to try again.
    pub fn reopen(&mut self, published: Digest) {
        self.revision += 1;
        self.previous = Some(published);
        self.verdict = None;
        self.concluded_at = None;
    }

    /// Begins the revision in which access is given back, on somebody's word. They decide with it what was still to be decided.
    pub fn begin_restoration(&mut self, restoration: Restoration, now: Timestamp) {
        self.verification = None;
        self.rechecking = None;
        if self.pending_review().is_some() {
            let Request { by, reason, standing, .. } = restoration.request.clone();
            self.decline_held("it was restored", Decision::Denied { by, reason, at: now, standing });
        }
        self.restoration = Some(restoration);
    }

    /// Fails whatever lies ahead of this revision: of its steps, or of giving them back.
    pub fn fail_ahead(&mut self, failed: impl Fn() -> Outcome) {
        match self.purpose() {
            Purpose::Restore(_) => {
                let returns = self.restoration.iter_mut().flat_map(|restoration| &mut restoration.steps);
                returns.filter(|of| of.is_ahead()).for_each(|of| of.outcome = Some(failed()));
            }
            Purpose::React | Purpose::Verify(_) => {
                self.steps.iter_mut().filter(|of| of.is_ahead()).for_each(|of| of.outcome = Some(failed()));
            }
        }
    }

    /// Begins the revision in which everything is read back once more.
    pub fn begin_verification(&mut self, request: Request, now: Timestamp) {
        for record in self.steps.iter_mut().filter(|record| record.was_taken()) {
            record.confirmation = None;
        }
        self.verification = Some(Verification { request, at: now, alive: vec![] });
    }

    /// Holds every step that is not taken yet for a person, and says by what.
    pub fn hold(&mut self, by: &str, times: ReviewTimes, now: Timestamp) {
        for record in self.steps.iter_mut().filter(|record| record.is_ahead()) {
            record.step.lower(Disposition::Review, by);
            record.intent_at = None;
        }
        self.review = self.review_of(times, now);
    }

    /// Asks a person about steps that were added since the plan was made, if nobody is asked yet.
    pub fn ask_about_held(&mut self, times: ReviewTimes, now: Timestamp) {
        if self.pending_review().is_none() && self.steps.iter().any(|of| of.step.disposition == Disposition::Review) {
            self.review = self.review_of(times, now);
        }
    }

    /// Asks nobody any more about what another case deals with, in these words.
    pub fn withdraw_held(&mut self, what: &str) {
        self.withdraw_steps(|of| {
            of.step.countermeasure == Countermeasure::HoldForReview
                && of.step.disposition == Disposition::Review
                && of.step.reason.ends_with(what)
        });
    }

    /// Takes steps back of which nobody need judge any more. Nobody is asked at all where nothing else is held.
    pub(crate) fn withdraw_steps(&mut self, is_withdrawn: impl Fn(&StepRecord) -> bool) {
        self.steps.retain(|record| !is_withdrawn(record));
        if self.pending_review().is_some() && !self.steps.iter().any(|of| of.step.disposition == Disposition::Review) {
            self.review = None;
        }
    }

    /// Begins a revision that follows on a published one: it has no verdict yet.
    pub fn begin_revision(&mut self) {
        self.verdict = None;
        self.concluded_at = None;
    }

    /// Holds again what was held when the question was asked and needs nobody now, as once the breaker is reset: the answer
    /// is about these steps.
    pub fn hold_again(&mut self) {
        for record in self.steps.iter_mut().filter(|record| record.is_ahead()) {
            record.step.disposition = Disposition::Review;
            record.intent_at = None;
        }
    }

    /// Carries out what waited for a person.
    pub fn release_held(&mut self, decision: Decision, now: Timestamp) {
        for record in self.held_steps() {
            record.step.disposition = Disposition::Enforce;
            record.intent_at = Some(now);
        }
        // For these there is nothing to carry out, and nobody is asked again: they are left to whoever answered.
        for record in self.steps.iter_mut().filter(|record| record.step.disposition == Disposition::Review) {
            record.step.disposition = Disposition::Decline;
            if decision.is_a_persons() {
                record.step.judge();
            }
        }
        self.decide(decision);
    }

    /// Gives up what waited for a person.
    pub fn decline_held(&mut self, by: &str, decision: Decision) {
        for record in self.steps.iter_mut().filter(|record| record.step.disposition == Disposition::Review) {
            record.step.lower(Disposition::Decline, by);
            if decision.is_a_persons() {
                record.step.judge();
            }
        }
        self.decide(decision);
    }

    /// Keeps to what a person decided against in an earlier revision, where the new plan asks for it again.
    pub fn keep_denials(&mut self, earlier: &Self) {
        let is_denied = |step: &Countermeasure| {
            earlier.steps.iter().any(|record| record.was_denied() && record.step.countermeasure.is_same_target(step))
        };
        let mut kept = false;
        for record in &mut self.steps {
            let asked = matches!(record.step.disposition, Disposition::Enforce | Disposition::Review);
            if asked && is_denied(&record.step.countermeasure) {
                record.step.lower(Disposition::Decline, DENIED_BEFORE);
                record.intent_at = None;
                kept = true;
            }
        }
        let asks = self.steps.iter().any(|record| record.step.disposition == Disposition::Review);
        if kept && self.review.is_some() {
            let plan = self.plan_digest();
            self.review = self.review.take().filter(|_| asks).map(|review| Review { plan, ..review });
        }
    }

    fn held_steps(&mut self) -> impl Iterator<Item = &mut StepRecord> {
        self.steps.iter_mut().filter(|record| {
            record.step.disposition == Disposition::Review
                && record.step.countermeasure != Countermeasure::HoldForReview
        })
    }

    fn decide(&mut self, decision: Decision) {
        if let Some(review) = &mut self.review {
            review.decision = Some(decision);
        }
    }

    fn review_of(&self, times: ReviewTimes, now: Timestamp) -> Option<Review> {
        let steps: Vec<Step> = self.steps.iter().map(|record| record.step.clone()).collect();
        Review::of(&self.subject, &self.profile, &self.inventory, &steps, times, now)
    }
}
