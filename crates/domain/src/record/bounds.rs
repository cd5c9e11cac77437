//! How much of a case is kept. Each list of a case grows with what somebody makes, and DynamoDB takes 400 KB an item: a record that it
//! refuses is one that nobody goes on with.
//!
//! INVARIANT: what was ended and how it is undone is never left out, and nothing is left out by which the verdict would be better: of a
//! list that says that something is wrong at least one entry stays.

use crate::record::case::{
    Case, Confirmation, Followed, LeftOut, MOST_BYTES, MOST_NAMED, MOST_STEPS_IN_ALL, Outcome, StepRecord,
};
use crate::record::plan::Step;

/// Notes, and what each recheck found or could not read, as long as the record fits, and the bytes of each of these texts; then what is
/// tried in turn where it does not.
const KEPT: [(usize, usize); 5] = [(200, 2_000), (50, 1_000), (20, 400), (8, 200), (2, 120)];

/// What stands for the things that are counted.
const MORE: &str = "more things that it made than a case names: look for them in CloudTrail";

impl Case {
    /// Names a thing that it made and that no case follows; counts it, where the case names enough of them. `beyond`: how many of this
    /// kind were counted so far.
    pub fn name_followed(&mut self, what: String, beyond: &mut usize) {
        if self.followed.len() < MOST_NAMED {
            self.followed.push(Followed { what, case: None, verdict: None });
            return;
        }
        *beyond += 1;
        if !self.followed.iter().any(|of| of.what == MORE) {
            self.followed.push(Followed { what: MORE.to_owned(), case: None, verdict: None });
        }
        // CloudTrail tells the same again with each recheck.
        let left_out = self.left_out.get_or_insert_default();
        left_out.followed = left_out.followed.max(*beyond);
    }

    /// Leaves out what a recheck added beyond the steps that a case may have, but for denials: a person is told how many there are.
    /// `known`: how many steps there were before.
    pub fn bound_steps(&mut self, known: usize, now: jiff::Timestamp) {
        if self.steps.len() <= MOST_STEPS_IN_ALL {
            return;
        }
        let room = MOST_STEPS_IN_ALL.max(known);
        let added = self.steps.split_off(room.min(self.steps.len()));
        let (kept, left): (Vec<StepRecord>, Vec<StepRecord>) =
            added.into_iter().partition(|record| record.was_taken() || record.step.countermeasure.is_denial());
        let number = kept.iter().chain(&left).map(|record| record.recheck).max().unwrap_or_default();
        self.steps.extend(kept);
        if left.is_empty() {
            return;
        }
        let left_out = self.left_out.get_or_insert_default();
        left_out.steps = left_out.steps.max(left.len());
        let why = format!(
            "more steps fit than the {MOST_STEPS_IN_ALL} that one case takes: what they are about lives on until somebody looks"
        );
        if !self.steps.iter().any(|record| record.step.reason == why) {
            self.steps.push(StepRecord::planned(Step::held(why), number, now));
        }
    }

    /// Shortens the record until it fits, and counts what was left out. Of a case that nobody fed nothing is.
    pub fn fit(&mut self) {
        self.fit_within(MOST_BYTES);
    }

    /// The same for a number of bytes.
    pub fn fit_within(&mut self, most: usize) {
        for (items, bytes) in KEPT {
            if self.size() <= most {
                return;
            }
            self.shorten(items, bytes);
        }
    }

    fn size(&self) -> usize {
        serde_json::to_vec(self).map_or(usize::MAX, |record| record.len())
    }

    fn shorten(&mut self, items: usize, bytes: usize) {
        let mut left = self.left_out.unwrap_or_default();
        left.notes += keep(&mut self.notes, items, bytes);
        for recheck in &mut self.rechecks {
            left.found += keep(&mut recheck.found, items, bytes);
            left.unread += keep(&mut recheck.unread, items, bytes);
        }
        left.unread += keep(&mut self.inventory.unread, items, bytes);
        left.unread += keep(&mut self.inventory.gaps, items, bytes);
        if let Some(verification) = &mut self.verification {
            left.found += keep(&mut verification.alive, items, bytes);
        }
        if let Some(attached) = &mut self.inventory.attached_policies {
            left.unread += keep(attached, items.max(20), bytes);
        }
        cut(&mut self.signal.title, bytes);
        let undone = self.restoration.iter_mut().flat_map(|of| &mut of.steps);
        let undone = undone.map(|of| (&mut of.outcome, &mut of.confirmation));
        for record in &mut self.steps {
            cut(&mut record.step.reason, bytes);
            cut_outcome(&mut record.outcome, bytes);
            cut_confirmation(&mut record.confirmation, bytes);
        }
        for (outcome, confirmation) in undone {
            cut_outcome(outcome, bytes);
            cut_confirmation(confirmation, bytes);
        }
        if left != LeftOut::default() {
            self.left_out = Some(left);
        }
    }
}

/// Keeps the first of some texts, each so long. Says how many were left out.
fn keep(texts: &mut Vec<String>, items: usize, bytes: usize) -> usize {
    let left = texts.len().saturating_sub(items);
    texts.truncate(items);
    for text in texts {
        cut(text, bytes);
    }
    left
}

/// Cuts a text that is longer than so many bytes, at a whole character.
fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes.saturating_sub('…'.len_utf8())));
        text.push('…');
    }
}

fn cut_outcome(outcome: &mut Option<Outcome>, bytes: usize) {
    match outcome {
        // What a driver wrote beside its denial stands in its note, and is never long; what AWS quotes may be.
        Some(Outcome::Failed { message, .. }) => cut(message, bytes),
        Some(Outcome::Applied { note: Some(note), .. } | Outcome::AlreadyInEffect { note, .. }) => {
            cut(note, bytes.max(400));
        }
        Some(Outcome::Applied { note: None, .. }) | None => {}
    }
}

fn cut_confirmation(confirmation: &mut Option<Confirmation>, bytes: usize) {
    match confirmation {
        Some(Confirmation::Confirmed { observed: text, .. } | Confirmation::Unconfirmed { reason: text, .. }) => {
            cut(text, bytes);
        }
        None => {}
    }
}
