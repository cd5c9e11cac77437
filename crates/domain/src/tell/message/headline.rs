//! What a revision comes to, in a few words and in a sentence.

use super::cutover::only_replaces;
use super::facts::{all_enforced, decision, exempted, is_rechecked, only_observed};
use super::restoration::stays;
use crate::record::case::{Case, Purpose};
use crate::record::review::Decision;
use crate::record::verdict::Verdict;
use crate::words::ruling::Disposition;
use crate::words::subject::SubjectKind;

pub(super) fn headline(case: &Case, verdict: Verdict) -> &'static str {
    // What replaces a key ends none.
    let is_secret = case.subject.kind == SubjectKind::Secret || only_replaces(case);
    let in_danger = case.signal.kind.is_immediate_danger();
    let escalated = case.pending_review().is_some_and(|review| review.escalated_at.is_some());
    let gives_back = match case.purpose() {
        Purpose::Restore(_) => true,
        Purpose::React | Purpose::Verify(_) => false,
    };
    match verdict {
        Verdict::Partial if gives_back && is_all_held(case) => "NOT RESTORED YET, held by another case",
        Verdict::Partial if gives_back => "PARTLY RESTORED",
        Verdict::Failed if gives_back => "NOT RESTORED",
        Verdict::AwaitingReview if escalated && in_danger => "STILL NO ANSWER, act now",
        Verdict::AwaitingReview if escalated => "STILL NO ANSWER",
        Verdict::Observed if decision(case).is_some() => "CLOSED, nothing done",
        // A secret is not revoked by replacing it.
        Verdict::VerifiedRevoked if is_secret => "ROTATED",
        Verdict::RevokedUnverified if is_secret => "ROTATION STARTED, NOT VERIFIED",
        Verdict::VerifiedRevoked => "REVOKED, verified",
        // The next message says what came of it.
        Verdict::RevokedUnverified if is_rechecked(case) => "REVOKED, being rechecked",
        Verdict::RevokedUnverified => "REVOKED, NOT VERIFIED",
        // What a policy or a person left undone calls for nobody.
        Verdict::Partial if !in_danger && case.is_settled() && !case.has_trouble() => "PARTLY DONE",
        Verdict::Partial => "PARTLY DONE, act now",
        Verdict::Failed => "FAILED, act now",
        Verdict::Reappeared => "ACCESS IS BACK, act now",
        Verdict::Restored => "RESTORED",
        Verdict::Observed if exempted(case) => "EXEMPTED, nothing done",
        Verdict::Observed if only_observed(case) && in_danger => "ONLY OBSERVED, act now",
        Verdict::Observed if only_observed(case) => "ONLY OBSERVED",
        Verdict::Observed => "RECORDED",
        Verdict::AwaitingReview if in_danger => "REVIEW NEEDED, act now",
        Verdict::AwaitingReview => "REVIEW NEEDED",
    }
}

pub(super) fn meaning(case: &Case, verdict: Verdict) -> &'static str {
    let reads_back = match case.purpose() {
        Purpose::Restore(_) => return meaning_of_restoration(case, verdict),
        Purpose::Verify(_) => true,
        Purpose::React => false,
    };
    let by_steps = Verdict::of_steps(&case.steps);
    let all_was_seen = by_steps == Verdict::VerifiedRevoked;
    match verdict {
        Verdict::VerifiedRevoked if reads_back => {
            "All that this case had ended was read back once more, and is still dead."
        }
        Verdict::Partial if matches!(by_steps, Verdict::VerifiedRevoked | Verdict::RevokedUnverified) => {
            if case.rechecks.last().is_some_and(|recheck| !recheck.is_quiet()) {
                "Every step below was taken, but the last recheck still found something new. There may be more."
            } else {
                "Every step below was taken, but not all that the identity had made is known to be ended."
            }
        }
        Verdict::RevokedUnverified if all_was_seen && is_rechecked(case) => {
            "Every step below was taken, and AWS shows its effect. It is being rechecked, because AWS shows changes late: \
             the next message says whether anything came back."
        }
        Verdict::RevokedUnverified if all_was_seen => {
            "Every step below was taken, and AWS shows its effect, but not all could be rechecked. Access may still \
             be alive."
        }
        Verdict::VerifiedRevoked if case.subject.kind == SubjectKind::Secret || only_replaces(case) => {
            "The secret was rotated, and AWS shows the new version. Where the old value still works, it works on."
        }
        Verdict::RevokedUnverified if case.subject.kind == SubjectKind::Secret || only_replaces(case) => {
            "Rotation was started, but AWS did not show its end in time. Until it ends, the old value works."
        }
        Verdict::VerifiedRevoked if !all_enforced(case) => {
            "Every step that was to be taken was, and AWS shows its effect. The others below were left alone."
        }
        Verdict::RevokedUnverified if !all_enforced(case) => {
            "Every step that was to be taken was, but AWS did not show every effect in time. The others below were left \
             alone. Access may still be alive."
        }
        Verdict::VerifiedRevoked if !case.rechecks.is_empty() => {
            "Every step below was taken, AWS shows its effect, and a later recheck found nothing new."
        }
        Verdict::VerifiedRevoked => "Every step below was taken, and AWS shows its effect.",
        Verdict::RevokedUnverified => {
            "Every step below was taken, but AWS did not show every effect in time. Access may still be alive."
        }
        Verdict::Partial => "Some steps were taken and others were not. Access may still be alive.",
        Verdict::Failed => "No step is known to have worked. Treat the access as alive.",
        Verdict::Reappeared => "Access that was dead is alive again.",
        Verdict::Restored => "Access was given back on purpose.",
        Verdict::Observed if matches!(decision(case), Some(Decision::Denied { .. })) => {
            "Nothing was changed: a person decided against it. The access is as it was."
        }
        Verdict::Observed if decision(case).is_some() => {
            "Nothing was changed: nobody answered in time, and silence does not end it. The access is as it was."
        }
        Verdict::Observed if exempted(case) => "Nothing was changed: an exemption covers it. The access is as it was.",
        Verdict::Observed if only_observed(case) => {
            "Nothing was changed: this stack only observes. The access is as it was."
        }
        Verdict::Observed if case.steps.iter().any(|record| record.step.disposition == Disposition::Observe) => {
            "Nothing was changed: the policy leaves it at recording this. The access is as it was."
        }
        Verdict::Observed => "Nothing was changed. The notes below say why.",
        Verdict::AwaitingReview => "Nothing was changed. A person must decide.",
    }
}

/// Whether nothing is given back, because other cases hold all that was to be.
fn is_all_held(case: &Case) -> bool {
    case.waits_for_others() && !case.returns().iter().any(|of| of.answer.changes())
}

fn meaning_of_restoration(case: &Case, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Restored if !stays(case).is_empty() => {
            "Access was given back on purpose, but for what stands under Stays."
        }
        Verdict::Restored => "Access was given back on purpose, and AWS shows it.",
        Verdict::Partial if is_all_held(case) => {
            "Access was to be given back on purpose, but another case about the identity holds it. It comes back once that \
             case is restored, too."
        }
        Verdict::Partial => "Access was to be given back on purpose. Some of it is back, some is not or was not seen.",
        _ => "Access was to be given back on purpose, and is not.",
    }
}
