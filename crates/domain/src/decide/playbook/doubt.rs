//! What an identity did that no step of its case ends: sessions of other roles, and writes that nobody understands or that open a
//! door. Each is held until a person has judged it, and costs the word.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::countermeasure::Countermeasure;
use crate::record::case::{Case, StepRecord};
use crate::record::plan::Step;
use crate::record::trail::{Made, SessionOf, Trace};
use crate::words::command::Command;
use crate::words::ids::Arn;
use crate::words::ruling::Disposition;
use crate::words::subject::SubjectKind;

/// Roles, and kinds of writes, that are named in one case, each in a step of its own: the record must not grow with the attacker.
const MOST_NAMED: usize = 10;

const SESSIONS: &str = "it started sessions that are not ended: ";
const WROTE: &str = "it made a call that no step undoes: ";
const SESSIONS_BEYOND: &str = "it started sessions of more roles than are named here: CloudTrail has all of them";
const WROTE_BEYOND: &str =
    "it made more kinds of calls that no step undoes than are named here: CloudTrail has all of them";

/// What is held for one role, or for one kind of write, however often it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Doubt {
    /// What it is about: the same for as long as it is held.
    about: String,
    /// How often, and when: this changes with whatever CloudTrail tells next.
    said: String,
}

/// How often something was done, when last, and when the last of it ends.
#[derive(Debug, Clone, Copy)]
struct Often {
    times: usize,
    last: Timestamp,
    until: Timestamp,
}

impl Often {
    fn and(self, trace: &Trace, until: Timestamp) -> Self {
        Self { times: self.times + 1, last: self.last.max(trace.at), until: self.until.max(until) }
    }

    fn words(&self) -> String {
        match self.times {
            1 => format!("once, at {:.0}", self.last),
            times => format!("{times} times, the last at {:.0}", self.last),
        }
    }
}

const NEVER: Often = Often { times: 0, last: Timestamp::MIN, until: Timestamp::MIN };

/// Holds in the case what the traces of its identity leave in doubt, and takes back what is in doubt no more: `exposed_since` is when
/// the identity came into other hands, if a claim says so, and what it did before is honest work. `is_whole` says that all was
/// read which CloudTrail has, in every Region: less than that counts less than there is, and ends no doubt.
///
/// Of sessions those count that live at `now`, whoever started them: whoever has the key of one has it still.
pub fn hold_doubts(
    case: &mut Case,
    traces: &[Trace],
    exposed_since: Option<Timestamp>,
    is_whole: bool,
    (number, now): (u32, Timestamp),
) {
    let mut doubts = sessions(case, traces, now);
    doubts.extend(writes(traces, exposed_since));
    let is_same = |of: &StepRecord, doubt: &Doubt| of.step.reason.starts_with(&doubt.about);
    if is_whole {
        let is_over = |of: &StepRecord| is_doubt(of) && !doubts.iter().any(|doubt| is_same(of, doubt));
        case.withdraw_steps(is_over);
    }
    for doubt in doubts {
        let reason = format!("{}{}", doubt.about, doubt.said);
        let is_known = |of: &StepRecord| if is_whole { of.step.reason == reason } else { is_same(of, &doubt) };
        if case.steps.iter().any(is_known) {
            continue;
        }
        // It happened again, and is one question still.
        case.steps.retain(|of| !(is_doubt(of) && is_same(of, &doubt)));
        // A session lives on whatever somebody thinks of it.
        let asks = if doubt.about.starts_with(WROTE) || doubt.about.starts_with(WROTE_BEYOND) {
            Step::doubted
        } else {
            Step::held
        };
        case.steps.push(StepRecord::planned(asks(reason), number, now));
    }
}

/// Whether a step holds such a doubt, and nobody has judged it yet.
fn is_doubt(of: &StepRecord) -> bool {
    of.step.countermeasure == Countermeasure::HoldForReview
        && of.step.disposition == Disposition::Review
        && [SESSIONS, SESSIONS_BEYOND, WROTE, WROTE_BEYOND].iter().any(|begin| of.step.reason.starts_with(begin))
}

/// The sessions that outlive what is done to the identity: all but its own, those of roles that it made, which are followed, and those
/// that have ended where CloudTrail shows whether they renewed themselves.
fn sessions(case: &Case, traces: &[Trace], now: Timestamp) -> Vec<Doubt> {
    let made: BTreeSet<&Arn> = traces
        .iter()
        .filter_map(|trace| match &trace.made {
            Made::Role(of) => Some(&of.arn),
            _ => None,
        })
        .collect();
    let mut of_whom: BTreeMap<String, Often> = BTreeMap::new();
    for trace in traces {
        let Made::Session(session) = &trace.made else { continue };
        let (whose, is_elsewhere) = match &session.of {
            SessionOf::Starter => continue,
            SessionOf::Role(role) if is_own(case, role) || made.iter().any(|of| is_same_role(of, role)) => continue,
            SessionOf::Role(role) => (format!("of role {role}"), role.account() != case.subject.account.as_str()),
            SessionOf::Root(account) => (format!("of the root user of {account}"), true),
            SessionOf::Unsaid => ("of somebody whom the record does not name".to_owned(), true),
        };
        // What was done with it in another account is written there.
        if session.ends_at > now || is_elsewhere {
            let often = of_whom.entry(whose).or_insert(NEVER);
            *often = often.and(trace, session.ends_at);
        }
    }
    named(&of_whom, SESSIONS, SESSIONS_BEYOND, |whose, often| {
        let command = whose.strip_prefix("of role ").map(|role| Command::sever("contain").quoted_word(role));
        let command = command.map_or_else(String::new, |command| format!("; end them with: {command}"));
        format!(
            "{}. They may start others for as long as a role lets them, and end by themselves by {:.0} else{command}",
            often.words(),
            often.until
        )
    })
}

/// Whether it is the role that the case is about: its sessions are denied.
fn is_own(case: &Case, role: &Arn) -> bool {
    case.subject.kind == SubjectKind::Role && case.subject.arn.as_ref().is_some_and(|own| is_same_role(own, role))
}

/// Whether two ARNs name the same role: one that was read from a session's has no path.
fn is_same_role(one: &Arn, other: &Arn) -> bool {
    one.account() == other.account() && one.name_of("role").is_some() && one.name_of("role") == other.name_of("role")
}

fn writes(traces: &[Trace], exposed_since: Option<Timestamp>) -> Vec<Doubt> {
    let mut of_kind: BTreeMap<String, Often> = BTreeMap::new();
    for trace in traces.iter().filter(|trace| exposed_since.is_none_or(|since| trace.at >= since)) {
        if let Made::Write { .. } = &trace.made {
            let often = of_kind.entry(trace.made.words()).or_insert(NEVER);
            *often = often.and(trace, trace.at);
        }
    }
    named(&of_kind, WROTE, WROTE_BEYOND, |_, often| format!("{}. Somebody must judge what came of it", often.words()))
}

fn named(
    all: &BTreeMap<String, Often>,
    begin: &str,
    beyond: &str,
    said: impl Fn(&str, &Often) -> String,
) -> Vec<Doubt> {
    let more = all.len() > MOST_NAMED;
    let named = all.iter().take(MOST_NAMED);
    let mut doubts: Vec<Doubt> =
        named.map(|(what, often)| Doubt { about: format!("{begin}{what}: "), said: said(what, often) }).collect();
    if more {
        doubts.push(Doubt { about: beyond.to_owned(), said: String::new() });
    }
    doubts
}
