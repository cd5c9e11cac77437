//! The same message as a chat shows it.

use std::fmt::Write as _;

use super::cutover::{consumers, replaced};
use super::facts::{decision, requests};
use super::headline::meaning;
use super::rechecks::{made_by_it, read_back, rechecked};
use super::restoration::{given_back, stays};
use super::review::{decide_items, decision_words};
use super::steps::{Rulings, common_ruling, step_item};
use super::words::{for_chat, from_outside, whole_lines};
use crate::record::case::Case;
use crate::words::digest::Digest;
use crate::words::verdict::Verdict;

/// Of a chat message's description, in characters. Amazon Q Developer cuts what is longer.
pub(super) const CHAT_LIMIT: usize = 4_000;

/// What Amazon Q Developer in chat applications shows in Slack or Teams. It reads its own JSON and drops every other message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chat {
    /// The headline.
    pub title: String,
    /// What happened, in its Markdown.
    pub description: String,
    /// What to do.
    pub next_steps: Vec<String>,
    /// Messages of one thread stand together.
    pub thread: String,
    /// Words to filter by.
    pub keywords: Vec<String>,
}

impl Chat {
    /// The custom notification, as Amazon Q Developer reads it from SNS.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "version": "1.0",
            "source": "custom",
            "id": format!("{}/{}", self.thread, Digest::of(self.description.as_bytes()).as_hex()),
            "content": {
                "textType": "client-markdown",
                "title": self.title,
                "description": self.description,
                "nextSteps": self.next_steps,
                "keywords": self.keywords,
            },
            "metadata": { "threadId": self.thread, "summary": self.title, "eventType": "Severance" },
        })
    }
}

/// What a chat shows above the next steps.
pub(super) fn chat_description(case: &Case, verdict: Verdict, stack: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}\n\n*Who* {}", meaning(case, verdict), for_chat(&from_outside(&case.subject.label())));
    let _ = writeln!(text, "*What* {}", for_chat(&from_outside(&case.signal.title)));
    for (what, request) in requests(case) {
        let _ = writeln!(text, "*{what}* {}", for_chat(&from_outside(&request)));
    }
    if let Some(line) = decision(case).map(decision_words) {
        let _ = writeln!(text, "*Review* {}", for_chat(&from_outside(&line)));
    }
    let rulings = if let Some(policy) = common_ruling(case) {
        let _ = writeln!(text, "*Rule* policy says {}", for_chat(&from_outside(&policy)));
        Rulings::Once
    } else {
        Rulings::Each
    };
    for record in &case.steps {
        let _ = writeln!(text, "- {}", for_chat(&step_item(record, rulings).text));
    }
    for (title, items) in [
        ("Replaced", replaced(case)),
        ("Still used by", consumers(case)),
        ("Rechecked", rechecked(case)),
        ("Made by it", made_by_it(case, stack)),
        (if verdict == Verdict::Reappeared { "Alive again" } else { "Read back" }, read_back(case)),
        ("Given back", given_back(case)),
        ("Stays", stays(case)),
    ] {
        for item in items {
            let _ = writeln!(text, "- _{title}_ {}", item.into_line());
        }
    }
    // What gives way is what happened: without the commands nobody can answer.
    let mut answer = String::new();
    for item in decide_items(case, stack) {
        let _ = writeln!(answer, "- {}", item.into_line());
    }
    fitting(&text, CHAT_LIMIT.saturating_sub(answer.len())) + &answer
}

/// As many lines as fit, and a sign where some do not.
pub(super) fn fitting(text: &str, limit: usize) -> String {
    let lines = whole_lines(text, limit.saturating_sub(CUT.len()));
    if lines.len() == text.len() { text.to_owned() } else { format!("{lines}{CUT}") }
}

/// Says that lines are missing.
const CUT: &str = "... cut here; all of it is in the mail\n";
