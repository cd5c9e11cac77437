//! What a person reads at 3 a.m.: one message per revision of a case.

mod actions;
mod chat;
mod cutover;
mod looks;
mod notice;
mod restoration;
mod review;
mod steps;
mod words;

use std::fmt::Write as _;

use crate::record::case::{Case, Purpose};
use crate::record::evidence::Proof;
use crate::record::plan::Step;
use crate::record::review::Decision;
use crate::record::verdict::Verdict;
use crate::words::digest::Digest;
use crate::words::request::Request;
use crate::words::ruling::Disposition;
use crate::words::subject::SubjectKind;

use actions::{next_actions, owners};
use chat::chat_description;
use cutover::{consumers, only_replaces, replaced, says_consumer};
use looks::{looked_again, made_by_it, read_back};
use restoration::{given_back, stays, undo};
use review::{decide_items, decision_words};
use steps::{Rulings, common_ruling, exemption_item, profile_words, step_item};
use words::{Item, for_chat, from_outside, printable, section, shortened, source, spaced, whole_lines};

pub use chat::Chat;
pub use notice::Notice;
pub use review::{blast_radius, radius};

/// SNS wants fewer than 100 characters.
const SUBJECT_LIMIT: usize = 99;

/// In bytes, of all between the first line and the evidence. SNS takes 256 KiB, and nobody reads a tenth of this.
const BODY_LIMIT: usize = 100 * 1024;

/// One message, ready for SNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Printable ASCII, fewer than 100 characters: SNS allows no more.
    pub subject: String,
    /// Plain text. Text from outside stays on its own line, so that it cannot pass for ours.
    pub body: String,
    /// For filter policies.
    pub attributes: Vec<(&'static str, String)>,
    /// The same for a chat, which takes less and lays it out itself.
    pub chat: Chat,
}

impl Message {
    /// The message about a case's present revision, whose evidence is stored here and has this digest.
    pub fn of(case: &Case, stack: &str, proof: &Proof, evidence_uri: &str, digest: &Digest) -> Self {
        let verdict = case.verdict.unwrap_or(Verdict::Failed);
        let subject = subject_line(case, verdict);
        let chat = Chat {
            title: for_chat(&subject),
            description: chat_description(case, verdict, stack),
            next_steps: next_actions(case, verdict, stack).into_iter().map(Item::into_line).collect(),
            thread: case.id.to_string(),
            keywords: vec![verdict.as_str().to_owned(), case.signal.kind.as_str().to_owned()],
        };
        let mut attributes = vec![
            ("verdict", verdict.as_str().to_owned()),
            ("severity", case.signal.severity.as_str().to_owned()),
            ("account", case.subject.account.to_string()),
            ("signal", case.signal.kind.as_str().to_owned()),
        ];
        if let Some(review) = case.pending_review() {
            let asked = if review.escalated_at.is_some() { "escalated" } else { "requested" };
            attributes.push(("review", asked.to_owned()));
        }
        Self { subject, body: body(case, verdict, stack, proof, evidence_uri, digest), attributes, chat }
    }
}

/// A long name gives way, so that the account and the claim stay in sight.
fn subject_line(case: &Case, verdict: Verdict) -> String {
    let before = format!("[Severance] {}: {} ", headline(case, verdict), case.subject.kind.as_words());
    let after = format!(" ({}) {}", case.subject.account, spaced(case.signal.kind.as_str()));
    let room = SUBJECT_LIMIT.saturating_sub(before.len() + after.len()).max(16);
    let line = format!("{before}{}{after}", shortened(&printable(&case.subject.name), room));
    let ascii: String = line.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
    shortened(&ascii, SUBJECT_LIMIT)
}

/// Whether something was planned that only the mode kept from being done. What the policy itself leaves alone is none of it.
fn only_observed(case: &Case) -> bool {
    case.steps.iter().any(|record| is_only_observed(&record.step))
}

fn is_only_observed(step: &Step) -> bool {
    step.disposition == Disposition::Observe
        && step.ruling.as_ref().is_none_or(|ruling| ruling.answer != Disposition::Observe)
}

/// Whether an exemption is why nothing was done, and not the mode.
fn exempted(case: &Case) -> bool {
    !case.exemptions.is_empty()
        && !only_observed(case)
        && case.steps.iter().all(|record| record.step.disposition == Disposition::Observe)
}

/// Whether every step was to be taken: the policy may leave one at recording it, and a person may decline one.
fn all_enforced(case: &Case) -> bool {
    case.steps.iter().all(|record| record.step.disposition == Disposition::Enforce)
}

/// What came of the review of this case, if it ended.
fn decision(case: &Case) -> Option<&Decision> {
    case.review.as_ref()?.decision.as_ref()
}

fn headline(case: &Case, verdict: Verdict) -> &'static str {
    // What replaces a key ends none.
    let is_secret = case.subject.kind == SubjectKind::Secret || only_replaces(case);
    let in_danger = case.signal.kind.is_immediate_danger();
    let escalated = case.pending_review().is_some_and(|review| review.escalated_at.is_some());
    let gives_back = match case.purpose() {
        Purpose::Restore(_) => true,
        Purpose::React | Purpose::Verify(_) => false,
    };
    match verdict {
        Verdict::Partial if gives_back => "PARTLY RESTORED",
        Verdict::Failed if gives_back => "NOT RESTORED",
        Verdict::AwaitingReview if escalated && in_danger => "STILL NO ANSWER, act now",
        Verdict::AwaitingReview if escalated => "STILL NO ANSWER",
        Verdict::Observed if decision(case).is_some() => "CLOSED, nothing done",
        // A secret is not revoked by replacing it.
        Verdict::VerifiedRevoked if is_secret => "ROTATED",
        Verdict::RevokedUnverified if is_secret => "ROTATION STARTED, NOT VERIFIED",
        Verdict::VerifiedRevoked => "REVOKED, verified",
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

fn meaning(case: &Case, verdict: Verdict) -> &'static str {
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
            if case.rounds.last().is_some_and(|round| !round.is_quiet()) {
                "Every step below was taken, but the last look still found something new. There may be more."
            } else {
                "Every step below was taken, but not all that the identity had made is known to be ended."
            }
        }
        Verdict::RevokedUnverified if all_was_seen => {
            "Every step below was taken, and AWS shows its effect, but not all could be looked at again. Access may still \
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
        Verdict::VerifiedRevoked if !case.rounds.is_empty() => {
            "Every step below was taken, AWS shows its effect, and a later look found nothing new."
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

fn meaning_of_restoration(case: &Case, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Restored if !stays(case).is_empty() => {
            "Access was given back on purpose, but for what stands under Stays."
        }
        Verdict::Restored => "Access was given back on purpose, and AWS shows it.",
        Verdict::Partial => "Access was to be given back on purpose. Some of it is back, some is not or was not seen.",
        _ => "Access was to be given back on purpose, and is not.",
    }
}

/// Who asked for it, for access to be given back, or for all to be read back: with the word that says which.
fn requests(case: &Case) -> Vec<(&'static str, String)> {
    let asked = case.signal.request.iter().map(|request| ("Asked", request));
    let since = match case.purpose() {
        Purpose::React => None,
        Purpose::Restore(restoration) => Some(("Undone", &restoration.request)),
        Purpose::Verify(verification) => Some(("Checked", &verification.request)),
    };
    asked
        .chain(since)
        .map(|(what, Request { by, reason, ticket })| {
            let ticket = ticket.as_ref().map(|ticket| format!(", ticket {ticket}")).unwrap_or_default();
            (what, format!("by {by}: {reason}{ticket}"))
        })
        .collect()
}

fn body(case: &Case, verdict: Verdict, stack: &str, proof: &Proof, evidence_uri: &str, digest: &Digest) -> String {
    // Writing to a String cannot fail.
    let mut text = String::new();
    let signal = &case.signal;
    let _ = writeln!(text, "What    {}", from_outside(&signal.title));
    let _ = writeln!(
        text,
        "Why     {}, says {} ({}), severity {}",
        spaced(signal.kind.as_str()),
        source(signal.source),
        from_outside(&signal.rule),
        signal.severity.as_str(),
    );
    let concluded = case.concluded_at.map(|at| format!(", this result {at:.0}")).unwrap_or_default();
    let _ = writeln!(text, "When    event {:.0}, case opened {:.0}{concluded}", signal.occurred_at, case.opened_at);
    let _ = writeln!(text, "Who     {} {}", case.subject.kind.as_words(), from_outside(&case.subject.label()));
    let _ = writeln!(
        text,
        "Owner   {} ({})",
        owners(case).unwrap_or_else(|| "nobody is named".to_owned()),
        from_outside(&profile_words(&case.profile)),
    );
    if let Some(follows) = &signal.follows {
        let _ = writeln!(text, "After   case {}: its contained identity made this", follows.case);
    }
    for (what, request) in requests(case) {
        let _ = writeln!(text, "{what:<8}{}", from_outside(&request));
    }
    if let Some(line) = decision(case).map(decision_words) {
        let _ = writeln!(text, "Review  {}", from_outside(&line));
    }

    let rulings = if let Some(policy) = common_ruling(case) {
        let _ = writeln!(text, "Rule    policy says {}", from_outside(&policy));
        Rulings::Once
    } else {
        Rulings::Each
    };

    section(&mut text, "Replaced", replaced(case));
    section(&mut text, "Still used by", consumers(case));
    section(&mut text, "Steps", case.steps.iter().map(|record| step_item(record, rulings)));
    section(&mut text, "Looked again", looked_again(case));
    section(&mut text, "Made by it", made_by_it(case, stack));
    section(&mut text, if verdict == Verdict::Reappeared { "Alive again" } else { "Read back" }, read_back(case));
    section(&mut text, "Given back", given_back(case));
    section(&mut text, "Stays", stays(case));
    section(&mut text, "Exemptions", case.exemptions.iter().map(exemption_item));
    if case.pending_review().is_some() {
        section(&mut text, "What it would hit", blast_radius(case).iter().map(|line| Item::of(line)));
    }
    if let Some(radius) = &case.radius {
        section(&mut text, "What it could do", radius.lines().iter().map(|line| Item::of(line)));
    }
    let notes = case.notes.iter().filter(|note| !says_consumer(case, note));
    section(&mut text, "Notes", notes.map(|line| Item::of(line)));
    section(&mut text, "To decide", decide_items(case, stack));
    section(&mut text, "Do next", next_actions(case, verdict, stack));
    section(&mut text, "Proven (read back from AWS)", proof.state.iter().map(|line| Item::of(line)));
    section(&mut text, "Not proven, or still open", proof.not_proven.iter().map(|line| Item::of(line)));
    section(&mut text, "To undo", undo(case, stack));

    if text.len() > BODY_LIMIT {
        text.truncate(whole_lines(&text, BODY_LIMIT).len());
        text.push_str("... cut here; all of it is in the evidence\n");
    }
    format!(
        "{}\n\nCase    {} revision {}, {verdict}\n{text}\nEvidence\n  {evidence_uri}\n  payload {digest}\n  \
         to check it: sever verify FILE --key PUB.pem\n",
        meaning(case, verdict),
        case.id,
        case.revision,
    )
}
