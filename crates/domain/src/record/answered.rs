//! One answer of a person for every finding of the same claim about the same credential.

use crate::countermeasure::Countermeasure;
use crate::record::case::{Case, StepRecord};
use crate::record::review::Decision;
use crate::record::step::DENIED;
use crate::words::ruling::Disposition;

impl Case {
    /// Answers what this case would ask of a person by what a person denied in another case about the same identity: the same claim,
    /// about the same credential, by whatever source. What is left is asked. Says whether anything was answered.
    ///
    /// A denial ends with something new: another credential, a greater severity, another kind of claim, an act after it where somebody
    /// may be using the credential, or a person who asks by hand.
    pub fn answer_as_before(&mut self, others: &[Self]) -> bool {
        if self.pending_review().is_none() || (self.signal.request.is_some() && self.signal.follows.is_none()) {
            return false;
        }
        let earlier: Vec<(&Self, &Decision)> =
            others.iter().filter_map(|of| Some((of, of.denial_for(self)?))).collect();
        let mut answered = None;
        for n in 0..self.steps.len() {
            let Some(record) = self.steps.get(n).filter(|of| of.step.disposition == Disposition::Review) else {
                continue;
            };
            let denied = earlier.iter().find(|(of, _)| of.has_denied(record)).copied();
            let (Some((of, decision)), Some(record)) = (denied, self.steps.get_mut(n)) else { continue };
            let Decision::Denied { by, at, .. } = decision else { continue };
            record.step.lower(Disposition::Decline, &format!("{DENIED}{by} at {at:.0} in case {}", of.id));
            answered = Some((of.id.clone(), decision.clone()));
        }
        let Some((case, decision)) = answered else { return false };
        if let Decision::Denied { by, at, .. } = &decision {
            self.notes.push(format!("{by} denied the same about the same credential at {at:.0}, in case {case}"));
        }
        let asks = self.steps.iter().any(|record| record.step.disposition == Disposition::Review);
        let plan = self.plan_digest();
        if let Some(review) = &mut self.review {
            // Of a question that is left, the digest is that of what is left of it.
            if asks { review.plan = plan } else { review.decision = Some(decision) }
        }
        true
    }

    /// The denial of this case, if it is one for what the other claims.
    fn denial_for(&self, of: &Self) -> Option<&Decision> {
        let decision = self.review.as_ref()?.decision.as_ref()?;
        let Decision::Denied { at, .. } = decision else { return None };
        let (ours, theirs) = (&self.signal, &of.signal);
        let is_same = self.id != of.id
            && self.restoration.is_none()
            && self.subject.key() == of.subject.key()
            && (ours.kind, &ours.access_key) == (theirs.kind, &theirs.access_key)
            && ours.planted() == theirs.planted();
        let is_no_worse = theirs.severity <= ours.severity
            && (!of.is_in_danger() || (self.is_in_danger() && theirs.occurred_at <= *at));
        (is_same && is_no_worse).then_some(decision)
    }

    fn has_denied(&self, record: &StepRecord) -> bool {
        let step = &record.step;
        self.steps.iter().any(|of| {
            of.step.countermeasure.is_same_target(&step.countermeasure)
                && match step.countermeasure {
                    Countermeasure::HoldForReview => {
                        of.step.disposition == Disposition::Decline && of.step.reason == step.reason
                    }
                    _ => of.was_denied(),
                }
        })
    }
}
