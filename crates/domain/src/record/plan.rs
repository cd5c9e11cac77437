//! What is to be done about a signal: the ordered steps, each with its disposition and its reason.

use serde::{Deserialize, Serialize};

pub use crate::words::marks::{CLOSED_TRUST_SID, QUARANTINE_POLICY, QUARANTINE_TAG, REVOKE_SESSIONS_POLICY};
pub use crate::words::ruling::Disposition;

use crate::countermeasure::Countermeasure;
use crate::record::exemption::ExemptionUse;
use crate::words::ruling::Ruling;

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What.
    pub countermeasure: Countermeasure,
    /// Whether. It is decided here, in the domain, and by nobody else.
    pub(crate) disposition: Disposition,
    /// Why it fits: what the signal claims, and what AWS says of it.
    pub reason: String,
    /// What the policies answered; none for a step that asks nothing of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ruling: Option<Ruling>,
    /// Where it asks a person to judge what somebody did: how far that is. None for any other step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub doubt: Option<Doubt>,
}

/// How far a person has judged something that somebody did, and that may be honest work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Nobody has: no verdict is final meanwhile.
    Open,
    /// A person has looked at it, and let it stand.
    Judged,
}

/// The ordered steps, and what a reader should know about how they came to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// In the order in which they are taken.
    pub steps: Vec<Step>,
    /// Why there are no more, or no, steps.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// The exemptions that covered steps of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exemptions: Vec<ExemptionUse>,
}

/// Steps that one plan takes. An identity that nobody tampered with has a dozen.
const MOST_STEPS: usize = 100;

/// What lowers a step that only the responder may take.
const ONLY_RESPONDER: &str = "only the responder may do this, on a person's word";

impl Plan {
    /// Lowers every step that would be enforced, and says by what.
    pub(crate) fn lower(&mut self, to: Disposition, by: &str) {
        for step in self.steps.iter_mut().filter(|step| step.disposition == Disposition::Enforce) {
            step.lower(to, by);
        }
    }

    /// Keeps the first steps, which are those against the greatest danger, and the denials that stand behind them, and names how many
    /// there are beyond these: a record that grows with whoever makes a thousand things is refused in the end, and with it all of
    /// the plan.
    pub(crate) fn cap(&mut self) {
        let beyond = self.steps.len().saturating_sub(MOST_STEPS);
        if beyond == 0 {
            return;
        }
        let mut denials: Vec<Step> = self.steps.split_off(MOST_STEPS);
        denials.retain(|step| step.countermeasure.is_denial());
        denials.truncate(MOST_STEPS);
        self.steps.truncate(MOST_STEPS - denials.len());
        self.steps.append(&mut denials);
        self.steps.push(Step::held(format!(
            "{beyond} more steps fit than the {MOST_STEPS} that one plan takes: what they are about lives on until somebody looks"
        )));
    }

    /// Leaves to a person what the function that is to carry the plan out cannot take and only the responder may: whoever approves
    /// it asks the responder.
    pub fn leave_to_responder(&mut self, can_take: impl Fn(&Countermeasure) -> bool) {
        leave_to_responder(&mut self.steps, can_take);
    }
}

/// The same for steps that were added to a plan.
pub(crate) fn leave_to_responder(steps: &mut [Step], can_take: impl Fn(&Countermeasure) -> bool) {
    let is_left = |step: &Step| {
        step.disposition == Disposition::Enforce
            && step.countermeasure.needs_responder()
            && !can_take(&step.countermeasure)
    };
    for step in steps.iter_mut().filter(|step| is_left(step)) {
        step.lower(Disposition::Review, ONLY_RESPONDER);
    }
}

impl Step {
    /// A step that fits. Whether it is taken is for the policies to say.
    pub fn fitting(countermeasure: Countermeasure, reason: impl Into<String>) -> Self {
        Self { countermeasure, disposition: Disposition::Enforce, reason: reason.into(), ruling: None, doubt: None }
    }

    /// What no countermeasure fits, so that a person must look at it.
    pub fn held(reason: impl Into<String>) -> Self {
        Self {
            countermeasure: Countermeasure::HoldForReview,
            disposition: Disposition::Review,
            reason: reason.into(),
            ruling: None,
            doubt: None,
        }
    }

    /// What somebody did, and a person must judge: it may be honest work, and undoing it may be the harm.
    pub fn doubted(reason: impl Into<String>) -> Self {
        Self { doubt: Some(Doubt::Open), ..Self::held(reason) }
    }

    /// A person has answered: what they were to judge is judged.
    pub(crate) fn judge(&mut self) {
        self.doubt = self.doubt.map(|_| Doubt::Judged);
    }

    /// Whether a person judged what it asks about, so that nothing is left to do about it.
    pub fn is_judged(&self) -> bool {
        self.disposition == Disposition::Decline && self.doubt == Some(Doubt::Judged)
    }

    /// Whether it is taken.
    pub fn disposition(&self) -> Disposition {
        self.disposition
    }

    /// Leaves the step to a person where it would be taken, and says why.
    pub fn ask_first(&mut self, why: &str) {
        if self.disposition == Disposition::Enforce {
            self.lower(Disposition::Review, why);
            self.doubt = Some(Doubt::Open);
        }
    }

    /// Lowers this step, and says by what.
    pub(crate) fn lower(&mut self, to: Disposition, by: &str) {
        self.disposition = to;
        if let Some(ruling) = &mut self.ruling {
            ruling.lowered_by = Some(by.to_owned());
        }
    }
}
