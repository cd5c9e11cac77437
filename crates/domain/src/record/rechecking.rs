//! How long what was ended is rechecked, and what is awaited before a verdict is final.
//!
//! People are told right after the first read-back. IAM may be inconsistent for some seconds then, and CloudTrail tells what an
//! identity did up to 15 minutes late, so where somebody else may be using a credential nothing is final before both have been
//! awaited, and a recheck after that found nothing.

use jiff::{SignedDuration, Timestamp};

use crate::record::case::{Case, Recheck, Rechecking, StepRecord};
use crate::words::subject::SubjectKind;
use crate::words::verdict::Verdict;

/// CloudTrail delivers an event "typically within an average of about 5 minutes" and at the most taken to be 15, so what an
/// identity did before its access was shut is told 16 minutes after that: for what follows another case, whose own wait
/// includes this one.
const TRAIL_LAG_MINUTES: u32 = 16;

/// When a contained identity is rechecked meanwhile, in seconds after its access was shut: often enough that an act which
/// CloudTrail tells with its usual delay of 5 minutes is followed to its end within 25 minutes.
const MEANWHILE: [i64; 9] = [120, 240, 360, 510, 660, 810, 960, 1_080, 1_140];

/// What could not be read, and what was found after all else was awaited, is rechecked after so long.
const AGAIN: SignedDuration = SignedDuration::from_mins(2);

/// How long what follows a case is waited for.
const FOLLOWED_FOR: SignedDuration = SignedDuration::from_hours(2);

/// CloudTrail shows a call at most 15 minutes after it was made.
const SHOWN_WITHIN: SignedDuration = SignedDuration::from_mins(20);

/// After so many rechecks one asks CloudTrail in every Region, which takes some forty calls. By then it tells of what was done before
/// the claim.
const EVERYWHERE_AFTER: usize = 3;

/// Rechecks in all, whatever they find.
const MOST_IN_ALL: usize = 60;

impl Case {
    /// Whether somebody else may be using what the case is about right now: nothing about it is final before all was awaited.
    pub fn is_in_danger(&self) -> bool {
        self.signal.kind.is_immediate_danger() || self.signal.follows.is_some()
    }

    /// Begins rechecking, where something was ended that may come back meanwhile: with these terms, or those of the case.
    pub fn begin_rechecking(&mut self, terms: Rechecking) {
        let was_taken = self.steps.iter().any(StepRecord::was_taken);
        if self.rechecking.is_some() || !was_taken || !(self.is_in_danger() || self.contains_identity()) {
            return;
        }
        let trail_minutes = match self.signal.follows {
            Some(_) => terms.trail_minutes.min(TRAIL_LAG_MINUTES),
            None => terms.trail_minutes,
        };
        self.rechecking = Some(Rechecking { trail_minutes, next_at: None, ..terms });
    }

    /// Writes down when the next recheck is due.
    pub fn schedule_recheck(&mut self) {
        let next_at = self.next_recheck();
        if let Some(rechecking) = &mut self.rechecking {
            rechecking.next_at = next_at;
        }
    }

    /// When the next recheck is due, as it was written down last.
    pub fn recheck_due_at(&self) -> Option<Timestamp> {
        self.rechecking.as_ref()?.next_at
    }

    /// When whom the case is about is looked for again; none where they are known, a person has answered, or CloudTrail has told all that
    /// it will: of a key that was deleted, and of a session's, nobody else says whose it was.
    pub fn look_again_at(&self, now: Timestamp) -> Option<Timestamp> {
        let is_nobodys = self.subject.kind == SubjectKind::Unresolved && self.signal.access_key.is_some();
        let is_waiting = self.is_in_danger() && self.pending_review().is_some();
        let last = self.opened_at + SHOWN_WITHIN;
        (is_nobodys && is_waiting && now < last).then_some(now + AGAIN)
    }

    /// Until when a final verdict is awaited; none where nothing is, or all was awaited and nothing new was found.
    pub fn awaited_until(&self) -> Option<Timestamp> {
        let rechecking = self.rechecking.as_ref().filter(|_| self.is_in_danger())?;
        let until = self.last_write()? + rechecking.settle() * 2;
        let until = until.max(self.shut_at()? + minutes(rechecking.trail_minutes));
        let is_over = |last: &Recheck| last.is_clean() && last.at >= until;
        (!self.rechecks.last().is_some_and(is_over)).then_some(until)
    }

    /// Whether a recheck at this moment asks CloudTrail in every Region: the one after which a verdict may be final does, and one before,
    /// so that what is found there is followed in time. Where nobody else is at work, none.
    pub fn asks_everywhere(&self, now: Timestamp) -> bool {
        let is_last = self.awaited_until().is_some_and(|until| until <= now);
        let is_early = self.signal.follows.is_none() && self.rechecks.len() == EVERYWHERE_AFTER;
        self.is_in_danger() && (is_last || is_early)
    }

    /// When what follows this case is looked after, beside its own rechecks.
    fn follows_pending(&self, now: Timestamp) -> bool {
        now < self.opened_at + FOLLOWED_FOR
            && self.followed.iter().any(|of| of.verdict == Some(Verdict::RevokedUnverified))
    }

    fn next_recheck(&self) -> Option<Timestamp> {
        let rechecking = self.rechecking.as_ref()?;
        let found = self.rechecks.iter().filter(|recheck| !recheck.is_quiet()).count();
        let most = usize::try_from(rechecking.most).unwrap_or(usize::MAX);
        if most == 0 || found > most || self.rechecks.len() >= MOST_IN_ALL {
            return None;
        }
        let (written, shut) = (self.last_write()?, self.shut_at()?);
        let settle = rechecking.settle();
        let trail = minutes(rechecking.trail_minutes);
        let mut due = vec![written + settle * 2, shut + trail];
        if self.is_in_danger() {
            // Whoever lifted the denial before it was enforced is at work already.
            due.push(written + settle);
            due.extend(
                MEANWHILE.map(SignedDuration::from_secs).into_iter().filter(|at| *at < trail).map(|at| shut + at),
            );
        }
        let Some(last) = self.rechecks.last() else { return due.into_iter().min() };
        let is_over = last.is_clean() && !self.follows_pending(last.at);
        due.retain(|at| *at > last.at);
        // What follows the case is over soon after its own last recheck, and people wait for this one's last verdict.
        let again = if last.is_clean() { rechecking.settle() * 4 } else { AGAIN };
        due.into_iter().min().or_else(|| (!is_over).then(|| last.at + again))
    }

    /// When the case last changed something at AWS, or found it so; or found its subject under another name, where IAM may show
    /// yet what the old one held.
    fn last_write(&self) -> Option<Timestamp> {
        let renamed = self.renamed.as_ref().map(|renamed| renamed.at);
        self.steps.iter().filter_map(StepRecord::taken_at).max().map(|taken| renamed.map_or(taken, |at| at.max(taken)))
    }

    /// When the identity was shut out: by the denial of everything, which makes whatever else it holds worthless; where there is
    /// none, by the last of all steps.
    fn shut_at(&self) -> Option<Timestamp> {
        let denials = self.steps.iter().filter(|record| record.step.countermeasure.is_full_denial());
        denials.filter_map(StepRecord::taken_at).max().or_else(|| self.last_write())
    }
}

fn minutes(count: u32) -> SignedDuration {
    SignedDuration::from_mins(i64::from(count))
}
