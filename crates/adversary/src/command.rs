//! The command: what CI runs, what soaks for hours, and what a person asks about one schedule.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde::{Deserialize, Serialize};

use crate::known::{self, Known};
use crate::mutants;
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
  adversary pairs --every 20                    every ordered pair of acts, at every 20th call"
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
    /// Every ordered pair of acts.
    Pairs {
        /// Step width.
        #[arg(long, default_value_t = 20)]
        every: u32,
    },
    /// Takes each safeguard of the product away in turn, in a copy of the checkout, and says which seed shows it.
    Mutants {
        /// Only those whose name holds this text.
        #[arg(long, default_value = "")]
        only: String,
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
    /// All seeds below were played.
    next_seed: u64,
    /// Seconds that it took.
    seconds: u64,
    /// What they came to.
    sum: Sum,
    /// Failures that the list does not explain, each with a schedule that shows it.
    unexpected: BTreeMap<String, String>,
}

/// Runs the command.
pub fn main() -> ExitCode {
    let known = match known::list() {
        Ok(known) => known,
        Err(why) => {
            eprintln!("adversary: {why}");
            return ExitCode::FAILURE;
        }
    };
    let found = match Arguments::parse().verb {
        Verb::Ci { minutes, from, every } => ci(&known, minutes, from, every),
        Verb::Known => witnesses(&known),
        Verb::Replay { schedule, evidence, messages, calls } => match schedule.parse() {
            Ok(schedule) => return replay(&schedule, evidence, messages, calls),
            Err(why) => {
                eprintln!("adversary: {why}");
                return ExitCode::from(2);
            }
        },
        Verb::Random { from, count, record, against } => match random(&known, from, count, record, against) {
            Ok(found) => found,
            Err(why) => {
                eprintln!("adversary: {why}");
                return ExitCode::from(2);
            }
        },
        Verb::Singles { every } => {
            let bases = bases();
            search_in(&known, bases.iter().flat_map(|base| singles(base, CALLS, every)).collect::<Vec<_>>(), None)
        }
        Verb::Pairs { every } => {
            let base = Schedule { late: Late::Usual, ..Schedule::quiet(Claim::UserKey) };
            search_in(&known, pairs(&base, CALLS, every), None)
        }
        Verb::Mutants { only, count } => {
            return match mutants::hunt(&only, count) {
                Ok(0) => ExitCode::SUCCESS,
                Ok(_) => ExitCode::FAILURE,
                Err(why) => {
                    eprintln!("adversary: {why}");
                    ExitCode::from(2)
                }
            };
        }
        Verb::Soak { state, minutes } => match soak(&known, &state, minutes) {
            Ok(found) => found,
            Err(why) => {
                eprintln!("adversary: {}: {why}", state.display());
                return ExitCode::from(2);
            }
        },
    };
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What nobody does anything in, for each claim: enumerations put acts into these.
fn bases() -> Vec<Schedule> {
    let late = [Late::Prompt, Late::Usual];
    Claim::ALL.into_iter().flat_map(|claim| late.map(|late| Schedule { late, ..Schedule::quiet(claim) })).collect()
}

/// What was not expected: each failure with a schedule that shows it.
type Unexpected = BTreeMap<Signature, Schedule>;

fn ci(known: &[Known], minutes: u64, from: u64, every: u32) -> Unexpected {
    let mut unexpected = witnesses(known);
    println!("\n── single acts, at every {every}th call ──");
    let single: Vec<Schedule> = bases().iter().flat_map(|base| singles(base, CALLS, every)).collect();
    unexpected.extend(search_in(known, single, None));
    println!("\n── random schedules from seed {from}, for {minutes} min ──");
    let within = Some(Duration::from_secs(minutes * 60));
    unexpected.extend(search_in(known, (from..).map(Schedule::random), within));
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
                println!("CAUGHT at seed {seed}: {} ({}): {}", violation.property, violation.what, report.schedule);
                unexpected.insert(signature(&report.schedule, violation), report.schedule.clone());
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        });
        return Ok(unexpected);
    }
    Ok(search_in(known, schedules, None))
}

fn replay(schedule: &Schedule, evidence: bool, messages: bool, calls: bool) -> ExitCode {
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
            println!("  #{n} {call}");
        }
    }
    println!("open in the end: {}", if report.open.is_empty() { "nothing".to_owned() } else { report.open.join("; ") });
    for violation in &report.violations {
        println!("VIOLATED: {} ({}): {}", violation.property, violation.what, violation.detail);
    }
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn soak(known: &[Known], path: &Path, minutes: u64) -> Result<Unexpected, std::io::Error> {
    const AT_ONCE: u64 = 500;
    let mut state: Soak = match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Soak::default(),
        Err(error) => return Err(error),
    };
    println!("goes on at seed {}", state.next_seed);
    let mut unexpected = Unexpected::new();
    let mut blamed = BTreeSet::new();
    let mut spent = Duration::ZERO;
    while spent < Duration::from_secs(minutes * 60) {
        let seeds = state.next_seed..state.next_seed + AT_ONCE;
        let mut sum = Sum::default();
        let (_, took) = search::all(seeds.map(Schedule::random), None, |report| {
            sum.add(report);
            for (signature, schedule) in unexplained(known, &unexpected, &mut blamed, report) {
                println!("UNEXPECTED FAILURE: {signature}\n{}", known::entry(&signature, &schedule));
                state.unexpected.insert(signature.to_string(), schedule.to_string());
                unexpected.insert(signature, schedule);
            }
        });
        spent += took;
        state.next_seed += AT_ONCE;
        state.seconds += took.as_secs();
        state.sum.merge(&sum);
        // Written whole and then moved: a soak that is stopped here goes on from the state before.
        let beside = path.with_extension("new");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(&serde_json::to_vec_pretty(&state)?)?;
        std::fs::rename(&beside, path)?;
    }
    println!("{}\nnext seed {}", state.sum.in_words(), state.next_seed);
    Ok(unexpected)
}
