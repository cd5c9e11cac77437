//! Messages about no case: an exemption that ends, identities that somebody must confirm, a breaker that opened.

use std::fmt::Write as _;

use super::chat::{CHAT_LIMIT, Chat, fitting};
use super::sns::{BODY_LIMIT, Message, SUBJECT_LIMIT};
use super::words::{for_chat, from_outside, printable, shortened};
use crate::decide::profile::RegistryEntry;
use crate::record::exemption::Exemption;
use crate::tell::respond::Breaker;
use crate::words::command::Command;

/// A message that is about no case: the guardrails' own housekeeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    subject: String,
    body: String,
    kind: &'static str,
    thread: String,
}

impl Notice {
    /// To the owner of an exemption that is about to end.
    pub fn exemption_ends(exemption: &Exemption, stack: &str) -> Self {
        let request = &exemption.request;
        let mut body = format!(
            "An exemption ends at {:.0}. After that Severance treats what it covers like the rest.\n\n",
            request.expires_at
        );
        let which = if request.countermeasures.is_empty() {
            "every countermeasure".to_owned()
        } else {
            request.countermeasures.join(", ")
        };
        let covers = format!("{}, against {which}", request.subject);
        for (name, value) in [
            ("Which", exemption.id.as_str()),
            ("Covers", covers.as_str()),
            ("Owner", request.owner.as_str()),
            ("Reason", request.reason.as_str()),
            ("Ticket", request.ticket.as_str()),
            ("Way out", request.way_out.as_str()),
        ] {
            let _ = writeln!(body, "{name:<8}{}", from_outside(value));
        }
        let _ = write!(
            body,
            "\nDo next\n  - go the way out, and end the exemption\n      sever exempt end {} --stack {stack}\n  \
             - or ask for another one, with its own reason\n      sever exempt add --help\n",
            exemption.id,
        );
        let subject = format!("[Severance] EXEMPTION ENDS: {} of {}", exemption.id, printable(&request.owner));
        Self { subject, body, kind: "exemption_ends", thread: exemption.id.clone() }
    }

    /// To whoever is called out: a breaker is open.
    pub fn breaker_opened(breaker: &Breaker, stack: &str) -> Self {
        let Breaker { scope, limit, window_minutes, open_since, opened_by, .. } = breaker;
        let since = open_since.map(|at| format!(" since {at:.0}")).unwrap_or_default();
        let by = opened_by.as_ref().map(|case| format!("\nThe case that found no room: {case}")).unwrap_or_default();
        let body = format!(
            "The breaker of the {scope} is open{since}: more than {limit} identities were to be changed within \
             {window_minutes} minutes.\nEvery new plan that it counts is now held for review. Danger and hygiene have breakers \
             of their own.{by}\n\n\
             Do next\n  - see what came in: is it an attack, a leak, or a tool gone wild?\n      \
             sever reviews --stack {stack}\n  - approve what must not wait\n      \
             sever approve CASE --plan PLAN --reason 'why' --stack {stack}\n  - then close the breaker\n      \
             sever breaker reset --reason 'why' --stack {stack}\n",
        );
        let subject = format!("[Severance] BREAKER OPEN: {scope}");
        Self { subject, body, kind: "breaker_open", thread: format!("breaker/{scope}") }
    }

    /// To an owner, about all identities that are due.
    pub fn recertify(owner: &str, entries: &[RegistryEntry], stack: &str, longest_days: i64) -> Self {
        let count = match entries.len() {
            1 => "1 identity".to_owned(),
            count => format!("{count} identities"),
        };
        let mut body = format!(
            "{}: you are named as owner of {count}. Say of each that is still needed that it is. What nobody answers for by \
             its day, the policy decides about.\n\n",
            from_outside(owner),
        );
        let mut listed = 0;
        for entry in entries.iter().take(LISTED) {
            if body.len() > BODY_LIMIT {
                break;
            }
            listed += 1;
            let day = entry.review_by.map(|day| format!(", by {day}")).unwrap_or_default();
            let arn = from_outside(&entry.arn);
            let _ = writeln!(body, "  - {arn}{day}");
            let _ = writeln!(
                body,
                "      {}",
                Command::sever("recertify")
                    .quoted_word(&entry.arn)
                    .option("until", "YYYY-MM-DD")
                    .quoted("reason", "...")
                    .option("stack", stack)
            );
        }
        if entries.len() > listed {
            let _ = writeln!(body, "  - and {} more: sever registry export lists them", entries.len() - listed);
        }
        let _ = writeln!(body, "\nA recertification is good for at most {longest_days} days.");
        let subject = format!("[Severance] STILL NEEDED? {count} of {}", printable(owner));
        let thread = format!("recertification/{}", shortened(&printable(owner), SUBJECT_LIMIT));
        Self { subject, body, kind: "recertification", thread }
    }
}

/// Identities of one digest that are written out.
const LISTED: usize = 200;

impl From<Notice> for Message {
    fn from(notice: Notice) -> Self {
        let Notice { subject, body, kind, thread } = notice;
        let ascii: String = subject.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        let subject = shortened(&ascii, SUBJECT_LIMIT);
        let chat = Chat {
            title: for_chat(&subject),
            description: fitting(&for_chat(&body), CHAT_LIMIT),
            next_steps: vec![],
            thread,
            keywords: vec![kind.to_owned()],
        };
        Self { subject, body, attributes: vec![("notice", kind.to_owned())], chat }
    }
}
