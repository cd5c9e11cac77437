//! How far a case proves that access has ended, and where it does not.

use serde::{Deserialize, Serialize};

use crate::countermeasure::{Card, Countermeasure, Counts, Residue};
use crate::record::case::{Case, Confirmation, LeftOut, Outcome, StepRecord, is_superseded};
use crate::record::restoration::{Return, ReturnAnswer, cases};
use crate::words::ruling::Disposition;
use crate::words::verdict::Verdict;

/// How far the end of access is proven: in state, on probe, in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// What AWS showed when each step was read back.
    pub state: Vec<String>,
    /// What is not proven, and what may live on.
    pub not_proven: Vec<String>,
    /// Of that, what can neither be listed nor ended, but ends by itself.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub residual: Vec<Residual>,
}

/// Access that can neither be listed nor ended, and ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Residual {
    /// What.
    pub what: String,
    /// The longest that it can live on, in hours, counted from the conclusion of the case.
    pub at_most_hours: u32,
}

impl Residual {
    fn words(&self) -> String {
        let hours = if self.at_most_hours == 1 { "hour" } else { "hours" };
        format!("{}: they end by themselves, after {} {hours} at most", self.what, self.at_most_hours)
    }
}

/// What may live on after the steps that were taken.
fn living_on(case: &Case) -> impl Iterator<Item = Residue> {
    let holds = |record: &StepRecord, counts: Counts| match counts {
        Counts::Taken => record.was_taken(),
        Counts::Seen => record.is_confirmed(),
    };
    let some = move |residue: Residue, of: fn(&dyn Card) -> &'static [Residue], counts: Counts| {
        case.steps
            .iter()
            .any(|record| of(record.step.countermeasure.card()).contains(&residue) && holds(record, counts))
    };
    Residue::ALL.into_iter().filter(move |residue| {
        some(*residue, |card| card.leaves(), residue.is_left_once())
            && !some(*residue, |card| card.spares(), residue.is_spared_once())
    })
}

impl Proof {
    /// Derives what a case proves from its steps, and from nothing else.
    pub fn of(case: &Case) -> Self {
        let mut proof = Self { state: vec![], not_proven: vec![], residual: vec![] };
        for (n, record) in case.steps.iter().enumerate() {
            // What was given back is not as it was seen then.
            if !is_given_back(case, n) && !is_superseded(&case.steps, n) {
                proof.weigh(record);
            }
        }
        // What a step leaves open stays open whether or not its own effect was seen.
        for residue in living_on(case) {
            let what = residue.words().to_owned();
            match residue.at_most_hours() {
                Some(at_most_hours) => {
                    let residual = Residual { what, at_most_hours };
                    proof.not_proven.push(residual.words());
                    proof.residual.push(residual);
                }
                None => proof.not_proven.push(what),
            }
        }
        if case.steps.iter().any(StepRecord::was_taken) {
            proof.not_proven.push("no call was made with the credential itself (probe)".to_owned());
            proof.not_proven.push("later use was not watched for".to_owned());
        }
        proof.not_proven.extend(case.inventory.gaps.iter().cloned());
        proof.recheck(case);
        proof.leave_out(case);
        proof.give_back(case.returns());
        proof
    }

    /// The same in today's words: records that were signed before call a recheck a look.
    pub(super) fn in_todays_words(&self) -> Self {
        let renamed = |texts: &[String]| {
            let rename = |text: &String| match text.strip_prefix("look ") {
                Some(rest) => {
                    format!("recheck {}", rest.replacen("nobody has looked since", "nobody has rechecked since", 1))
                }
                None => text.clone(),
            };
            texts.iter().map(rename).collect()
        };
        Self { state: renamed(&self.state), not_proven: renamed(&self.not_proven), residual: self.residual.clone() }
    }

    /// What the rechecks after the steps showed.
    fn recheck(&mut self, case: &Case) {
        if let Some(last) = case.rechecks.last() {
            let at = last.at;
            if last.is_clean() {
                self.state.push(format!("recheck {} at {at:.0} found nothing new", last.number));
            }
            let since = match case.recheck_due_at() {
                Some(due) => format!("found this, and the next is due {due:.0}"),
                None => "the last, still found this, and nobody has rechecked since".to_owned(),
            };
            let found = last.found.iter().map(|found| format!("recheck {}, {since}: {found}", last.number));
            self.not_proven.extend(found);
            self.not_proven.extend(last.unread.iter().cloned());
        }
        if let (Some(until), Some(terms)) = (case.awaited_until(), &case.rechecking) {
            let late = format!("a change in IAM may be {} s late, CloudTrail up to 15 minutes", terms.settle_seconds);
            self.not_proven.push(match case.recheck_due_at() {
                Some(_) => format!("it is being rechecked until {until:.0}: {late}"),
                None => format!("it should have been rechecked until {until:.0}, and no recheck is left: {late}"),
            });
        }
        for followed in case.followed.iter().filter(|of| of.verdict != Some(Verdict::VerifiedRevoked)) {
            let verdict = followed.verdict.map_or("no case could be opened", Verdict::as_str);
            let case = followed.case.as_ref().map(|case| format!(", {case}")).unwrap_or_default();
            self.not_proven.push(format!("{}: {verdict}{case}", followed.what));
        }
    }

    /// What stands in no record, because there was more than one holds.
    fn leave_out(&mut self, case: &Case) {
        let Some(LeftOut { notes, found, unread, followed, steps }) = case.left_out else { return };
        let counts = [
            (notes, "notes"),
            (found, "findings of rechecks"),
            (unread, "things that were not read"),
            (followed, "things that it made"),
            (steps, "steps that would have been taken"),
        ];
        let words: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        self.not_proven.push(format!("more than this record holds was counted and left out: {}", words.join(", ")));
    }

    /// What a restoration gave back, and what it did not.
    fn give_back(&mut self, returns: &[Return]) {
        for of in returns {
            let what = of.countermeasure.describe();
            match (&of.answer, &of.outcome, &of.confirmation) {
                (_, Some(Outcome::Failed { action, code, .. }), _) => {
                    self.not_proven.push(format!("undo: {what}: failed, {action} answered {code}"));
                }
                (_, Some(_), Some(Confirmation::Confirmed { observed, .. })) => {
                    self.state.push(format!("undone: {what}: {observed}"));
                }
                (_, Some(_), Some(Confirmation::Unconfirmed { reason, .. })) => {
                    self.not_proven.push(format!("undone: {what}: not seen, {reason}"));
                }
                (ReturnAnswer::Undo | ReturnAnswer::UndoKeepingSessionsDenied, ..) => {
                    self.not_proven.push(format!("undo: {what}: not done"));
                }
                (ReturnAnswer::Held { by }, ..) => {
                    self.not_proven.push(format!("undo: {what}: not done, held by {}", cases(by)));
                }
                (ReturnAnswer::Rotate { .. } | ReturnAnswer::Keep { .. }, ..) => {}
            }
        }
    }

    fn weigh(&mut self, record: &StepRecord) {
        let what = record.step.countermeasure.describe();
        match (record.step.disposition, &record.outcome, &record.confirmation) {
            (Disposition::Observe, ..)
                if record.step.ruling.as_ref().is_some_and(|ruling| ruling.answer == Disposition::Observe) =>
            {
                self.not_proven.push(format!("{what}: not done (the policy only records it)"));
            }
            (Disposition::Observe, ..) => self.not_proven.push(format!("{what}: not done (observe mode)")),
            (Disposition::Review, ..) if record.step.countermeasure != Countermeasure::HoldForReview => {
                self.not_proven.push(format!("{what}: not done (held for review)"));
            }
            (Disposition::Review, ..) => self.not_proven.push(format!("held for review: {}", record.step.reason)),
            (Disposition::Decline, ..) if record.step.is_judged() => {
                self.not_proven.push(format!("a person has judged: {}", record.step.reason));
            }
            (Disposition::Decline, ..) => self.not_proven.push(format!("{what}: not done (declined)")),
            (Disposition::Refuse, ..) => self.not_proven.push(format!("{what}: not done (refused)")),
            (_, Some(Outcome::Failed { action, code, .. }), _) => {
                self.not_proven.push(format!("{what}: failed, {action} answered {code}"));
            }
            (_, None, _) => self.not_proven.push(format!("{what}: not done")),
            (_, _, Some(Confirmation::Confirmed { observed, .. })) => self.state.push(format!("{what}: {observed}")),
            (_, _, Some(Confirmation::Unconfirmed { reason, contradicted: true, .. })) => {
                self.not_proven.push(format!("{what}: done, but not in effect: {reason}"));
            }
            (_, _, Some(Confirmation::Unconfirmed { reason, .. })) => {
                self.not_proven.push(format!("{what}: done but not seen, {reason}"));
            }
            (_, _, None) => self.not_proven.push(format!("{what}: done but not read back")),
        }
    }
}

/// Whether a restoration undid a step, by itself or as the last of several against the same thing.
fn is_given_back(case: &Case, n: usize) -> bool {
    let step = case.steps.get(n).map(|record| &record.step.countermeasure);
    case.returns().iter().any(|of| of.was_taken() && step.is_some_and(|step| of.countermeasure.is_same_target(step)))
}
