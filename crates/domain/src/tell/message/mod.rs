//! What a person reads at 3 a.m.: one message per revision of a case.

mod actions;
mod chat;
mod cutover;
mod facts;
mod headline;
mod notice;
mod rechecks;
mod restoration;
mod review;
mod sns;
mod steps;
mod words;

use std::fmt::Write as _;

use crate::record::case::Case;
use crate::record::evidence::Proof;
use crate::record::verdict::Verdict;
use crate::words::digest::Digest;

use actions::next_actions;
use chat::chat_description;
use cutover::{consumers, replaced, says_consumer};
use facts::{decision, is_rechecked, owners, requests};
use headline::{headline, meaning};
use rechecks::{made_by_it, read_back, rechecked};
use restoration::{given_back, stays, undo};
use review::{decide_items, decision_words};
use sns::{BODY_LIMIT, SUBJECT_LIMIT};
use steps::{Rulings, common_ruling, exemption_item, profile_words, step_item};
use words::{Item, for_chat, from_outside, printable, section, shortened, source, spaced, whole_lines};

pub use chat::Chat;
pub use notice::Notice;
pub use review::{blast_radius, radius};
pub use sns::Message;

impl Message {
    /// The message about a case's present revision, whose evidence is stored here and has this digest.
    pub fn of(case: &Case, stack: &str, proof: &Proof, evidence_uri: &str, digest: &Digest) -> Self {
        let verdict = case.verdict.unwrap_or(Verdict::Failed);
        let subject = subject_line(case, verdict);
        let chat = Chat {
            title: for_chat(&subject),
            description: chat_description(case, verdict, stack),
            next_steps: next_actions(&case.under_present_name(), verdict, stack)
                .into_iter()
                .map(Item::into_line)
                .collect(),
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
    let _ = writeln!(text, "When    event {}, case opened {:.0}{concluded}", signal.times(), case.opened_at);
    if let Some(until) = case.awaited_until().filter(|_| is_rechecked(case)) {
        let _ = writeln!(text, "Until   {until:.0} it is being rechecked; then the last verdict is sent");
    }
    let _ = writeln!(text, "Who     {} {}", case.subject.kind.as_words(), from_outside(&case.subject.label()));
    if let Some(renamed) = &case.renamed {
        let _ = writeln!(text, "Now     {}: renamed, found at {:.0}", from_outside(renamed.arn.as_str()), renamed.at);
    }
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
    section(&mut text, "Rechecked", rechecked(case));
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
    section(&mut text, "Do next", next_actions(&case.under_present_name(), verdict, stack));
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
