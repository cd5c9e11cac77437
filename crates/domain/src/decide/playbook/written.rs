//! What follows from rights and policies that a contained identity changed, by CloudTrail's record.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::countermeasure::{self as card, Countermeasure};
use crate::record::case::{Case, Outcome, StepRecord};
use crate::record::plan::Step;
use crate::record::trail::{Holder, Made, Trace};
use crate::words::ids::Arn;
use crate::words::subject::SubjectKind;

/// Changes of rights that are named in one case, each in a step or a note of its own. An attacker may make thousands, and a record
/// that names them all is refused by `DynamoDB`.
const MOST_NAMED: usize = 20;

const CHANGED: &str = "the contained identity changed rights: ";
const CHANGED_BEFORE: &str = "before the claim, it changed rights: ";
const CHANGED_OFTEN: &str =
    "the contained identity changed rights more often than is named here: CloudTrail has all of it";
const OWN: &str = "it changed its own rights, which are denied with all else: ";
const OWN_OFTEN: &str = "it changed its own rights more often than is named here: CloudTrail has all of it";

/// Why a policy that was written before the exposure is not put out of force unasked.
const BEFORE: &str = "it was written before the claim, and may be honest work";

/// A policy that a contained identity wrote, or of which it chose what counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What puts it out of force.
    pub step: Step,
    /// Whether all of it was done before the exposure: then a person is asked first.
    before: bool,
    /// When the identity touched it last.
    last: Timestamp,
}

/// The policies among what a contained identity made. What counts again is older than the exposure and than the identity's first
/// hand in the policy, whichever is earlier: what came between may be its work, too.
pub fn written(traces: &[Trace], exposed_since: Timestamp) -> Vec<Written> {
    let mut policies: BTreeMap<&Arn, Vec<(&Trace, String)>> = BTreeMap::new();
    for trace in traces {
        if let Made::Policy { arn, version } = &trace.made {
            let version = version.clone().unwrap_or_else(|| "v1".to_owned());
            policies.entry(arn).or_default().push((trace, version));
        }
    }
    let written = policies.into_iter().filter_map(|(arn, mut traces)| {
        traces.sort_by_key(|(trace, _)| trace.at);
        let (first, last, version) = (traces.first()?.0, traces.last()?.0, traces.last()?.1.clone());
        let mut distrusted: Vec<String> = traces.iter().map(|(_, version)| version.clone()).collect();
        distrusted.sort();
        distrusted.dedup();
        let neutralize = card::NeutralizePolicy {
            policy: arn.clone(),
            version,
            before: Some(first.at.min(exposed_since)),
            distrusted,
        };
        let what = format!("{} ({} at {:.0})", last.made.words(), last.event_name, last.at);
        Some(Written {
            step: Step::fitting(
                Countermeasure::NeutralizePolicy(neutralize),
                format!("the contained identity wrote it: {what}"),
            ),
            before: last.at < exposed_since,
            last: last.at,
        })
    });
    written.collect()
}

impl Written {
    /// Whether the case has a step that says the same and was taken, or left to a person, since the identity touched the policy
    /// last.
    pub fn is_dealt_with(&self, case: &Case) -> bool {
        case.steps.iter().any(|record| {
            record.step.countermeasure == self.step.countermeasure && taken_at(record).is_none_or(|at| at >= self.last)
        })
    }

    /// A ruled step, which a person is asked about first where it is about what was written before the exposure.
    #[must_use]
    pub fn as_ruled(&self, mut step: Step) -> Step {
        if self.before {
            step.ask_first(BEFORE);
        }
        step
    }
}

/// None where it was not taken.
fn taken_at(record: &StepRecord) -> Option<Timestamp> {
    match record.outcome.as_ref()? {
        Outcome::Applied { at, .. } | Outcome::AlreadyInEffect { at, .. } => Some(*at),
        Outcome::Failed { .. } => None,
    }
}

/// Names a change of rights in the case: as a note, if the denial of the identity covers it; else as a step that waits for a person
/// and costs the word, which it answers. So many are named, and that there are more.
///
/// `contained`: other cases, under way, whose identities' rights it may have changed: they find what no longer holds.
pub fn changed_rights(case: &Case, contained: &[Case], trace: &Trace, exposed_since: Timestamp) -> Option<Named> {
    let Made::Rights { words, of, taken } = &trace.made else { return None };
    let what = format!("{words} ({} at {:.0})", trace.event_name, trace.at);
    Some(if is_covered(case, of, *taken) || contained.iter().any(|other| is_covered(other, of, *taken)) {
        let named = case.notes.iter().filter(|note| note.starts_with(OWN)).count();
        Named::Note(if named < MOST_NAMED { format!("{OWN}{what}") } else { OWN_OFTEN.to_owned() })
    } else {
        let is_named =
            |of: &&StepRecord| [CHANGED, CHANGED_BEFORE].iter().any(|begin| of.step.reason.starts_with(begin));
        let prefix = if trace.at < exposed_since { CHANGED_BEFORE } else { CHANGED };
        let reason = format!("{prefix}{what}");
        let is_known = case.steps.iter().any(|record| record.step.reason == reason);
        let named = case.steps.iter().filter(is_named).count();
        Named::Held(Step::doubted(if is_known || named < MOST_NAMED { reason } else { CHANGED_OFTEN.to_owned() }))
    })
}

/// How a change of rights is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By a note.
    Note(String),
    /// By a step that waits for a person.
    Held(Step),
}

/// Whether what the identity may do does not depend on the change any more: one that is denied everything has nothing of what it gave
/// itself. Of a role that goes on only sessions are denied; what was given to it is there for whoever starts the next.
fn is_covered(case: &Case, of: &Holder, taken: bool) -> bool {
    let is_denied =
        || case.steps.iter().any(|record| record.was_taken() && record.step.countermeasure.is_full_denial());
    match (of, case.subject.kind) {
        (Holder::User(name), SubjectKind::User) => *name == case.subject.name && is_denied(),
        (Holder::Role(name), SubjectKind::Role) => *name == case.subject.name && (taken || is_denied()),
        _ => false,
    }
}
