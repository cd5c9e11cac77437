//! The command: what CI runs, what soaks for hours, and what a person asks about one schedule.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

mod recordings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde::{Deserialize, Serialize};

use crate::known::{self, Known};
use crate::mutants::{self, Mutant};
use crate::properties::Property;
use crate::run::{Report, run};
use crate::schedule::{CALLS, Claim, Late, Schedule};
use crate::search::{self, Signature, Sum, kinds, pairs, shrink, signature, singles};

/// An attacker against the whole product, over an AWS in memory.
#[derive(Debug, Parser)]
#[command(
    name = "adversary",
    after_help = "Examples:
  adversary ci --minutes 4                      known failures, single acts and random schedules
  adversary replay '1 user-key hub prompt get_session_token@-600s'
  adversary random --from 0 --count 20000       by seed
  adversary soak --state soak.json --minutes 60 goes on where it stopped
  adversary pairs --state pairs.json --every 20 every ordered pair of acts, at every 20th call; goes on, too
  adversary record before.txt                   what is asked of AWS and said, to compare with after a rebuilding"
)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What CI runs: each known failure must fail, and nothing else may.
    Ci {
        /// How long random schedules are played.
        #[arg(long, default_value_t = 2)]
        minutes: u64,
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many random schedules are played at most, so that a faster machine finds nothing that a slower one does not.
        #[arg(long, default_value_t = 450)]
        count: u64,
        /// Single acts are tried at every so many calls.
        #[arg(long, default_value_t = 20)]
        every: u32,
    },
    /// Only the known failures: does each fail as it is said to?
    Known,
    /// Plays one schedule and tells everything.
    Replay {
        /// The schedule, as every list writes it.
        schedule: String,
        /// Also print the evidence of each revision.
        #[arg(long)]
        evidence: bool,
        /// Also print each message.
        #[arg(long)]
        messages: bool,
        /// Also print each call of the product.
        #[arg(long)]
        calls: bool,
    },
    /// Random schedules by seed. Prints what fails, shrunk, as the list of known failures writes it.
    Random {
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many.
        #[arg(long, default_value_t = 1_000)]
        count: u64,
        /// Write which seeds violate what, for `--against`.
        #[arg(long)]
        record: Option<PathBuf>,
        /// Compare with such a record, and stop at the first seed that violates what it did not there.
        #[arg(long)]
        against: Option<PathBuf>,
    },
    /// Every single act, at every call.
    Singles {
        /// Step width.
        #[arg(long, default_value_t = 1)]
        every: u32,
    },
    /// Every ordered pair of acts, for each claim. Can be stopped at any time; goes on where it was.
    Pairs {
        /// Step width.
        #[arg(long, default_value_t = 20)]
        every: u32,
        /// Where it is kept how far this has come. Another step width needs another file.
        #[arg(long)]
        state: PathBuf,
        /// How long; without it to the end.
        #[arg(long)]
        minutes: Option<u64>,
    },
    /// Writes down what the product asks of AWS and says to people, in every event file and many schedules.
    Record {
        /// The file that is written.
        file: PathBuf,
        /// Only scenarios whose name holds this text.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Compares two such files, so that a rebuilding can show that it changes nothing.
    Compare {
        /// The file of before.
        before: PathBuf,
        /// The file of now.
        after: PathBuf,
        /// What was renamed, a line each: `before => after`.
        #[arg(long)]
        words: Option<PathBuf>,
    },
    /// Takes each safeguard of the product away in turn, in a copy of the checkout, and says which schedule shows it.
    Mutants {
        /// Only those whose name holds this text.
        #[arg(long, default_value = "")]
        only: String,
        /// Only those for which the list keeps no schedule yet.
        #[arg(long)]
        missing: bool,
        /// Schedules for each.
        #[arg(long, default_value_t = 20_000)]
        count: u64,
    },
    /// Random schedules for long. Can be stopped at any time; goes on where it was.
    Soak {
        /// Where seeds and counts are kept.
        #[arg(long)]
        state: PathBuf,
        /// How long.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
}

/// What a soak keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Soak {
    /// So many were played: seeds from 0 on, or pairs in their order.
    next: u64,
    /// Seconds that it took.
    seconds: u64,
    /// What they came to.
    sum: Sum,
    /// Failures that the list does not explain, each with a schedule that shows it.
    unexpected: BTreeMap<String, String>,
}

/// Runs the command: 0 where everything is as expected, 1 where it is not, 2 where that cannot be said.
pub fn main() -> ExitCode {
    let verb = Arguments::parse().verb;
    match known::list().and_then(|known| perform(verb, &known)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("adversary: {why}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything is as expected.
fn perform(verb: Verb, known: &[Known]) -> Result<bool, String> {
    let unexpected = match verb {
        Verb::Ci { minutes, from, count, every } => ci(known, minutes, from..from + count, every),
        Verb::Known => witnesses(known),
        Verb::Replay { schedule, evidence, messages, calls } => {
            return Ok(replay(&schedule.parse()?, evidence, messages, calls));
        }
        Verb::Random { from, count, record, against } => random(known, from, count, record, against)?,
        Verb::Singles { every } => {
            let bases = bases();
            search_in(known, bases.iter().flat_map(|base| singles(base, CALLS, every)).collect::<Vec<_>>(), None)
        }
        Verb::Pairs { every, state, minutes } => {
            let bases = Claim::ALL.map(|claim| Schedule { late: Late::Usual, ..Schedule::quiet(claim) });
            let from = |next| {
                let all = bases.iter().flat_map(|base| pairs(base, CALLS, every));
                all.skip(usize::try_from(next).unwrap_or(usize::MAX)).take(AT_ONCE).collect()
            };
            soak(known, &state, minutes, from)?
        }
        Verb::Record { file, only } => return recordings::record(&file, &only).map(|()| true),
        Verb::Compare { before, after, words } => return recordings::compare(&before, &after, words.as_deref()),
        Verb::Mutants { only, missing, count } => {
            let is_hunted = |of: &Mutant| of.name.contains(&only) && !(missing && of.shown_by.is_some());
            return Ok(mutants::hunt(is_hunted, count)? == 0);
        }
        Verb::Soak { state, minutes } => {
            soak(known, &state, Some(minutes), |next| (next..).map(Schedule::random).take(AT_ONCE).collect())?
        }
    };
    Ok(unexpected.is_empty())
}

/// What nobody does anything in, for each claim: enumerations put acts into these.
fn bases() -> Vec<Schedule> {
    let late = [Late::Prompt, Late::Usual];
    Claim::ALL.into_iter().flat_map(|claim| late.map(|late| Schedule { late, ..Schedule::quiet(claim) })).collect()
}

/// What was not expected: each failure with a schedule that shows it.
type Unexpected = BTreeMap<Signature, Schedule>;

fn ci(known: &[Known], minutes: u64, seeds: std::ops::Range<u64>, every: u32) -> Unexpected {
    let mut unexpected = witnesses(known);
    println!("\n── single acts, at every {every}th call ──");
    let single: Vec<Schedule> = bases().iter().flat_map(|base| singles(base, CALLS, every)).collect();
    unexpected.extend(search_in(known, single, None));
    println!("\n── random schedules, seeds {} to {}, for {minutes} min at most ──", seeds.start, seeds.end - 1);
    let within = Some(Duration::from_secs(minutes * 60));
    unexpected.extend(search_in(known, seeds.map(Schedule::random), within));
    println!("\nadversary: {} known failures, {} unexpected", known.len(), unexpected.len());
    unexpected
}

/// Each known failure must fail as it is said to.
fn witnesses(known: &[Known]) -> Unexpected {
    println!("── {} known failures ──", known.len());
    let mut unexpected = Unexpected::new();
    let schedules: Vec<Schedule> = known.iter().map(|of| of.witness.clone()).collect();
    let mut reports = BTreeMap::new();
    search::all(schedules.into_iter(), None, |report| {
        reports.insert(report.schedule.to_string(), report.clone());
    });
    for of in known {
        let report = &reports[&of.witness.to_string()];
        let shown = report.violations.iter().any(|violation| of.explains(&signature(&of.witness, violation)));
        if !shown {
            println!("UNEXPECTED PASS: {}\n  {}\n  > {}", of.fault, of.signature, of.witness);
            println!("  Take it off the list: crates/adversary/known-failures.txt");
            unexpected.insert(of.signature.clone(), of.witness.clone());
        }
    }
    println!("{} of {} fail as they are said to", known.len() - unexpected.len(), known.len());
    unexpected
}

/// Plays schedules; what fails and is not explained is shrunk and told.
fn search_in(
    known: &[Known],
    schedules: impl IntoIterator<Item = Schedule, IntoIter: Send>,
    within: Option<Duration>,
) -> Unexpected {
    let mut sum = Sum::default();
    let mut unexpected = Unexpected::new();
    let mut blamed: BTreeSet<(Property, BTreeSet<String>)> = BTreeSet::new();
    let (count, took) = search::all(schedules.into_iter(), within, |report| {
        sum.add(report);
        for (signature, schedule) in unexplained(known, &unexpected, &mut blamed, report) {
            println!("UNEXPECTED FAILURE: {signature}\n{}", known::entry(&signature, &schedule));
            unexpected.insert(signature, schedule);
        }
    });
    println!("{}", sum.in_words());
    let rate = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / took.as_secs_f64().max(0.001);
    println!("{count} schedules in {:.0} s: {rate:.0} a second", took.as_secs_f64());
    unexpected
}

/// The failures of a run that neither the list nor what was found before explains, shrunk.
fn unexplained(
    known: &[Known],
    found: &Unexpected,
    blamed: &mut BTreeSet<(Property, BTreeSet<String>)>,
    report: &Report,
) -> Vec<(Signature, Schedule)> {
    let mut new = Vec::new();
    for violation in &report.violations {
        let whole = signature(&report.schedule, violation);
        let is_explained = |of: &Signature| {
            known.iter().any(|known| known.explains(of))
                || found.iter().any(|(found, witness)| {
                    let (fault, signature, witness) = (String::new(), found.clone(), witness.clone());
                    Known { fault, signature, witness }.explains(of)
                })
        };
        // What is explained as a whole is explained in part: no time is spent on shrinking it.
        if is_explained(&whole) || !blamed.insert((violation.property, kinds(&report.schedule))) {
            continue;
        }
        let (schedule, violation) = shrink(&report.schedule, violation.property);
        let shrunk = signature(&schedule, &violation);
        if !is_explained(&shrunk) {
            new.push((shrunk, schedule));
        }
    }
    new
}

fn random(
    known: &[Known],
    from: u64,
    count: u64,
    record: Option<PathBuf>,
    against: Option<PathBuf>,
) -> Result<Unexpected, String> {
    let schedules = (from..from + count).map(Schedule::random);
    let violated = |report: &Report| -> BTreeSet<String> {
        report.violations.iter().map(|violation| format!("{} {}", violation.property, violation.what)).collect()
    };
    if let Some(path) = record {
        let mut lines: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        let mut sum = Sum::default();
        search::all(schedules, None, |report| {
            sum.add(report);
            lines.insert(report.schedule.seed, violated(report));
        });
        println!("{}", sum.in_words());
        let text = serde_json::to_string(&lines).map_err(|error| error.to_string())?;
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(Unexpected::new());
    }
    if let Some(path) = against {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let before: BTreeMap<u64, BTreeSet<String>> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let mut unexpected = Unexpected::new();
        let stop = std::sync::atomic::AtomicBool::new(false);
        let until_found = schedules.take_while(|_| !stop.load(std::sync::atomic::Ordering::Relaxed));
        search::all(until_found, None, |report| {
            let seed = report.schedule.seed;
            let new: Vec<_> = report
                .violations
                .iter()
                .filter(|violation| {
                    let before = before.get(&seed);
                    before.is_some_and(|before| !before.contains(&format!("{} {}", violation.property, violation.what)))
                })
                .collect();
            if let Some(violation) = new.first().filter(|_| unexpected.is_empty()) {
                println!("{}{} ({}): {}", mutants::CAUGHT, violation.property, violation.what, report.schedule);
                unexpected.insert(signature(&report.schedule, violation), report.schedule.clone());
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        });
        return Ok(unexpected);
    }
    Ok(search_in(known, schedules, None))
}

/// Whether every property holds.
fn replay(schedule: &Schedule, evidence: bool, messages: bool, calls: bool) -> bool {
    let report = run(schedule);
    println!("{schedule}\n{} calls, claimed at {}", report.calls, report.claimed_at);
    for revision in &report.published.revisions {
        println!("  {} {} r{} {}: {}", revision.at, revision.case, revision.number, revision.verdict, revision.subject);
        if evidence {
            println!("{}", serde_json::to_string_pretty(&revision.record).unwrap_or_default());
        }
    }
    for message in &report.published.messages {
        println!("  {} sent: {}", message.at, message.subject);
        if messages {
            println!("{}\n", message.body);
        }
    }
    for why in &report.dead_letters {
        println!("  dead letter: {why}");
    }
    for (act, tally) in &report.tally {
        println!("  {}: took effect {} of {} times", act.name(), tally.took_effect, tally.tried);
    }
    if calls {
        for (n, call) in report.log.iter().enumerate() {
            println!("  #{n} {} {}", call.at, call.request.action());
        }
    }
    println!("open in the end: {}", if report.open.is_empty() { "nothing".to_owned() } else { report.open.join("; ") });
    for violation in &report.violations {
        println!("VIOLATED: {} ({}): {}", violation.property, violation.what, violation.detail);
    }
    report.violations.is_empty()
}

/// So many schedules are played between two states that are kept.
const AT_ONCE: usize = 500;

/// Plays what `from` gives after so many, and goes on where the state says that it was.
fn soak(
    known: &[Known],
    path: &Path,
    minutes: Option<u64>,
    from: impl Fn(u64) -> Vec<Schedule>,
) -> Result<Unexpected, String> {
    let in_file = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut state: Soak = match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| in_file(error.into()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Soak::default(),
        Err(error) => return Err(in_file(error)),
    };
    println!("{} were played before", state.next);
    let mut unexpected = Unexpected::new();
    let mut blamed = BTreeSet::new();
    let mut spent = Duration::ZERO;
    while minutes.is_none_or(|minutes| spent < Duration::from_secs(minutes * 60)) {
        let schedules = from(state.next);
        let count = schedules.len() as u64;
        if count == 0 {
            println!("that was all");
            break;
        }
        let mut sum = Sum::default();
        let (_, took) = search::all(schedules.into_iter(), None, |report| {
            sum.add(report);
            for (signature, schedule) in unexplained(known, &unexpected, &mut blamed, report) {
                println!("UNEXPECTED FAILURE: {signature}\n{}", known::entry(&signature, &schedule));
                state.unexpected.insert(signature.to_string(), schedule.to_string());
                unexpected.insert(signature, schedule);
            }
        });
        spent += took;
        state.next += count;
        state.seconds += took.as_secs();
        state.sum.merge(&sum);
        // Written whole and then moved: a soak that is stopped here goes on from the state before.
        let beside = path.with_extension("new");
        let text = serde_json::to_vec_pretty(&state).map_err(|error| in_file(error.into()))?;
        std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path)).map_err(in_file)?;
    }
    println!("{}\n{} were played in {} s in all", state.sum.in_words(), state.next, state.seconds);
    for (signature, schedule) in &state.unexpected {
        println!("unexpected so far: {signature}\n  > {schedule}");
    }
    Ok(unexpected)
}
