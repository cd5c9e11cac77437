//! Many schedules: at random by seed, and by enumeration; what fails is shrunk until nothing can be left out.

#![allow(clippy::print_stderr, reason = "progress of a command")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::act::Act;
use crate::attacker::Tally;
use crate::properties::{Property, Violation};
use crate::run::{Report, run};
use crate::schedule::{Late, Place, Planned, Schedule, When};

/// What a failure is called: the property, what is wrong in a word or two, and the acts without which it does not happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signature {
    /// The property.
    pub property: Property,
    /// What is wrong: the kinds of access paths, of harm.
    pub what: String,
    /// The kinds of acts, each once.
    pub acts: BTreeSet<String>,
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let acts: Vec<&str> = self.acts.iter().map(String::as_str).collect();
        write!(f, "{} ({}) by {}", self.property, self.what, if acts.is_empty() { "nobody" } else { "" })?;
        f.write_str(&acts.join(" + "))
    }
}

/// The kinds of acts of a schedule, and what else about it is not plain: a late AWS is an act of nobody's.
pub fn kinds(schedule: &Schedule) -> BTreeSet<String> {
    let mut kinds: BTreeSet<String> = schedule.acts.iter().map(|planned| planned.act.name()).collect();
    kinds.extend((schedule.late != Late::Prompt).then(|| "late".to_owned()));
    kinds.extend((schedule.place == Place::Member).then(|| "member".to_owned()));
    kinds.extend(schedule.restore.then(|| "restore".to_owned()));
    kinds
}

/// A failure of a schedule from which nothing can be left out.
pub fn shrink(schedule: &Schedule, property: Property) -> (Schedule, Violation) {
    let fails = |of: &Schedule| run(of).violations.into_iter().find(|violation| violation.property == property);
    let mut smallest = schedule.clone();
    let mut violation = fails(schedule).expect("a failure to shrink");
    // Most have one act to blame, and everything else is noise.
    for planned in &schedule.acts {
        let alone = Schedule { acts: vec![*planned], ..schedule.clone() };
        if schedule.acts.len() > 1
            && let Some(found) = fails(&alone)
        {
            (smallest, violation) = (alone, found);
            break;
        }
    }
    let mut n = 0;
    while n < smallest.acts.len() {
        let mut without = smallest.clone();
        without.acts.remove(n);
        match fails(&without) {
            Some(found) => (smallest, violation) = (without, found),
            None => n += 1,
        }
    }
    for change in SIMPLER {
        let simpler = change(&smallest);
        if simpler != smallest
            && let Some(found) = fails(&simpler)
        {
            (smallest, violation) = (simpler, found);
        }
    }
    (smallest, violation)
}

/// Ways in which a schedule becomes plainer.
const SIMPLER: [fn(&Schedule) -> Schedule; 4] = [
    |of| Schedule { late: Late::Prompt, ..of.clone() },
    |of| Schedule { place: Place::Hub, ..of.clone() },
    |of| Schedule { two_keys: false, ..of.clone() },
    |of| Schedule { restore: false, ..of.clone() },
];

/// The signature of a shrunk failure.
pub fn signature(schedule: &Schedule, violation: &Violation) -> Signature {
    Signature { property: violation.property, what: violation.what.clone(), acts: kinds(schedule) }
}

/// What many runs came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sum {
    /// How many schedules.
    pub schedules: u64,
    /// How many ended in each verdict of their first case.
    pub verdicts: BTreeMap<String, u64>,
    /// How many violated each property.
    pub violated: BTreeMap<String, u64>,
    /// How often each kind of act was tried, and took effect.
    pub acts: BTreeMap<String, (u64, u64)>,
    /// The schedule with the most calls, and how many.
    pub slowest: (u64, String),
}

impl Sum {
    /// Adds a run.
    pub fn add(&mut self, report: &Report) {
        self.schedules += 1;
        *self.verdicts.entry(report.verdict().unwrap_or("no case").to_owned()).or_default() += 1;
        let properties: BTreeSet<Property> = report.violations.iter().map(|violation| violation.property).collect();
        for property in properties {
            *self.violated.entry(property.to_string()).or_default() += 1;
        }
        for (act, Tally { tried, took_effect }) in &report.tally {
            let of = self.acts.entry(act.name()).or_default();
            of.0 += *tried as u64;
            of.1 += *took_effect as u64;
        }
        if report.calls as u64 > self.slowest.0 {
            self.slowest = (report.calls as u64, report.schedule.to_string());
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.schedules += other.schedules;
        for (verdict, n) in &other.verdicts {
            *self.verdicts.entry(verdict.clone()).or_default() += n;
        }
        for (property, n) in &other.violated {
            *self.violated.entry(property.clone()).or_default() += n;
        }
        for (act, (tried, took)) in &other.acts {
            let of = self.acts.entry(act.clone()).or_default();
            of.0 += tried;
            of.1 += took;
        }
        if other.slowest.0 > self.slowest.0 {
            self.slowest = other.slowest.clone();
        }
    }

    /// In lines, for a person.
    pub fn in_words(&self) -> String {
        let mut lines = Vec::new();
        let all = self.schedules.max(1);
        let share = |n: u64| format!("{:5.1} %", 100.0 * as_f64(n) / as_f64(all));
        lines.push(format!("{} schedules; the last verdict of the first case:", self.schedules));
        lines.extend(self.verdicts.iter().map(|(verdict, n)| format!("  {} {verdict} ({n})", share(*n))));
        lines.push("properties violated:".to_owned());
        lines.extend(self.violated.iter().map(|(property, n)| format!("  {} {property} ({n})", share(*n))));
        if self.violated.is_empty() {
            lines.push("  none".to_owned());
        }
        lines.push("acts that took effect, of those that were tried:".to_owned());
        lines.extend(self.acts.iter().map(|(act, (tried, took))| format!("  {took:>7} of {tried:>7} {act}")));
        lines.push(format!("slowest: {} calls: {}", self.slowest.0, self.slowest.1));
        lines.join("\n")
    }
}

fn as_f64(n: u64) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// Begins to take the time.
#[expect(clippy::disallowed_methods, reason = "how long a search takes is told, and nothing depends on it")]
pub(crate) fn begin() -> Instant {
    Instant::now()
}

/// Runs schedules on all cores, gives each report to `each`, and stops when the time is over. Returns how many were run and how
/// long that took.
pub fn all(
    schedules: impl Iterator<Item = Schedule> + Send,
    within: Option<Duration>,
    mut each: impl FnMut(&Report),
) -> (usize, Duration) {
    let begun = begin();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let schedules = std::sync::Mutex::new(schedules);
    let count = AtomicUsize::new(0);
    let beat = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel::<Report>(cores * 2);
        for _ in 0..cores {
            let sender = sender.clone();
            let (schedules, count, beat) = (&schedules, &count, &beat);
            scope.spawn(move || {
                while within.is_none_or(|within| begun.elapsed() < within) {
                    let next = schedules.lock().expect("no iterator panicked").next();
                    let Some(schedule) = next else { break };
                    let report = run(&schedule);
                    count.fetch_add(1, Ordering::Relaxed);
                    let minute = begun.elapsed().as_secs() / 30;
                    if beat.fetch_max(minute, Ordering::Relaxed) < minute {
                        eprintln!(
                            "… {} schedules after {} s",
                            count.load(Ordering::Relaxed),
                            begun.elapsed().as_secs()
                        );
                    }
                    if sender.send(report).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for report in receiver {
            each(&report);
        }
    });
    (count.load(Ordering::Relaxed), begun.elapsed())
}

/// Every single act, at every call position of a step width, and once before the claim.
pub fn singles(base: &Schedule, calls: u32, every: u32) -> impl Iterator<Item = Schedule> + Send + use<> {
    let base = base.clone();
    Act::ALL.iter().copied().flat_map(move |act| {
        let base = base.clone();
        moments(act, calls, every).map(move |when| Schedule { acts: vec![Planned { when, act }], ..base.clone() })
    })
}

/// Every ordered pair of acts, at every pair of positions of a step width.
pub fn pairs(base: &Schedule, calls: u32, every: u32) -> impl Iterator<Item = Schedule> + Send + use<> {
    let base = base.clone();
    Act::ALL.iter().copied().flat_map(move |first| {
        let base = base.clone();
        Act::ALL.iter().copied().flat_map(move |second| {
            let base = base.clone();
            moments(first, calls, every).flat_map(move |before| {
                let base = base.clone();
                moments(second, calls, every).filter(move |after| !is_later(before, *after)).map(move |after| {
                    let acts = vec![Planned { when: before, act: first }, Planned { when: after, act: second }];
                    Schedule { acts, ..base.clone() }
                })
            })
        })
    })
}

fn moments(act: Act, calls: u32, every: u32) -> impl Iterator<Item = When> + Send {
    let early = (!act.is_fault()).then_some(When::Before(600));
    early.into_iter().chain((0..calls).step_by(usize::try_from(every).unwrap_or(1).max(1)).map(When::AtCall))
}

fn is_later(a: When, b: When) -> bool {
    match (a, b) {
        (When::AtCall(a), When::AtCall(b)) => a > b,
        (When::AtCall(_), When::Before(_)) => true,
        _ => false,
    }
}
