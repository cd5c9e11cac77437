//! What the guardrails cost beside 0, 10, 100 and 1,000 policies of a user's: start, memory, one decision. Prints a table.
//!
//!     cargo run --release -p severance-policy --example measure
//!
//! Memory is the growth of the process's resident set, so each row is measured in a process of its own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a measurement, not the product"
)]

#[path = "../tests/suite/common/mod.rs"]
mod common;

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};
use common::{Asker, defaults};
use severance_policy::{Guardrails, SCHEMA, SourceFile};

const SIZES: [usize; 4] = [0, 10, 100, 1_000];

fn main() {
    if let Some(size) = std::env::args().nth(1) {
        println!("{}", row(size.parse().unwrap()));
        return;
    }
    println!(
        "| user policies | all | schema | parse | validate | start | ratio | memory | ratio | decision p50 | p99 | worst kind p50 | ratio | CPU per start | CPU per decision |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut first: Option<[f64; 3]> = None;
    for size in SIZES {
        let program = std::env::current_exe().unwrap();
        let output = Command::new(program).arg(size.to_string()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let figures: Vec<f64> =
            String::from_utf8(output.stdout).unwrap().split_whitespace().map(|f| f.parse().unwrap()).collect();
        let [count, schema, parse, validate, start, memory, p50, p99, worst, start_cpu, decision_cpu] = figures[..]
        else {
            panic!("{figures:?}")
        };
        let base = *first.get_or_insert([start, memory, worst]);
        println!(
            "| {size} | {count:.0} | {schema:.1} ms | {parse:.1} ms | {validate:.1} ms | {start:.1} ms | {:.1} | {memory:.1} MB | {:.1} | \
             {p50:.3} ms | {p99:.3} ms | {worst:.3} ms | {:.1} | {start_cpu:.1} ms | {decision_cpu:.3} ms |",
            start / base[0],
            memory / base[1],
            worst / base[2]
        );
    }
}

/// Policies as a user would write them: half of them forbids, by tag, unit, account, owner, name, time, rule.
fn user_policies(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        let policy = match n % 7 {
            0 => format!(
                "forbid (principal, action == Action::\"enforce\", resource is User) when {{ \
                 context.signal == Signal::\"credential_stale\" && resource.hasTag(\"team\") && \
                 resource.getTag(\"team\") == \"team-{n}\" }};"
            ),
            1 => format!(
                "permit (principal == Countermeasure::\"deactivate_access_key\", action == Action::\"enforce\", \
                 resource in OrganizationalUnit::\"ou-{n}\") when {{ context.signal == Signal::\"credential_unused\" && \
                 context has credentialIdleDays && context.credentialIdleDays >= {} }};",
                30 + n % 60
            ),
            2 => format!(
                "forbid (principal, action == Action::\"enforce\", resource in Account::\"{n:012}\") unless {{ \
                 context.dangerous }};"
            ),
            3 => format!(
                "forbid (principal, action in [Action::\"enforce\", Action::\"review\"], resource) when {{ \
                 resource.owners.contains(\"owner-{n}@example.com\") && !context.dangerous }};"
            ),
            4 => format!(
                "permit (principal, action == Action::\"enforce\", resource is Role) when {{ \
                 resource.name like \"ci-{n}-*\" && resource.class == Class::\"pipeline\" && \
                 resource.environment != \"prod\" && context.severity == Severity::\"critical\" }};"
            ),
            5 => format!(
                "permit (principal, action == Action::\"enforce_on_silence\", resource) when {{ \
                 resource.hasTag(\"cost-center\") && resource.getTag(\"cost-center\") == \"{n}\" && \
                 context.rule == \"IAM.{n}\" }};"
            ),
            _ => format!(
                "forbid (principal == Countermeasure::\"rotate_secret\", action == Action::\"enforce\", \
                 resource is Secret) when {{ resource.name like \"*/legacy-{n}/*\" || \
                 (resource has ageDays && resource.ageDays > {}) }};",
                4_000 + n
            ),
        };
        writeln!(text, "@id(\"user-{n}\")\n@reason(\"The rule of team {n}, as agreed with them.\")\n{policy}\n")
            .unwrap();
    }
    text
}

/// Count, milliseconds to parse the schema, to parse, to validate and to start, megabytes, and milliseconds of a decision: median and 99th percentile
/// over a mix, median of the kind that takes longest;
/// then processor time of a start (the mean of ten, warm) and of a decision (the mean of all).
fn row(size: usize) -> String {
    let mut files = defaults();
    if size > 0 {
        files.push(SourceFile { name: "policies/custom/user.cedar".to_owned(), text: user_policies(size) });
    }
    let before = resident();
    let began = Instant::now();
    let guardrails = Guardrails::from_files(&files).unwrap();
    let start = began.elapsed();
    let mix = [
        Asker::new("human", "credential_exposed", "quarantine_user", "idle=1"),
        Asker::new("workload", "credential_stale", "deactivate_access_key", "idle=10,env=prod"),
        Asker::new("pipeline", "identity_compromised", "revoke_role_sessions", "-"),
        Asker::new("agent", "identity_ownerless", "deactivate_access_key", "owned=no,idle=200"),
        Asker::new("third-party", "secret_unrotated", "rotate_secret", "-"),
        Asker::new("unknown", "offboarding", "deactivate_access_key", "attribution=person_by_name,owned=no"),
    ]
    .map(|mut asker| {
        asker.units = vec!["ou-team".to_owned(), "ou-branch".to_owned(), "r-root".to_owned()];
        asker.tagged(&[("team", "team-x"), ("cost-center", "7"), ("env", "prod"), ("severance:owner", "team-a")])
    });
    let busy = on_cpu();
    let each: Vec<Vec<Duration>> = mix
        .iter()
        .map(|asker| {
            let mut times: Vec<Duration> = (0..500)
                .map(|_| {
                    let began = Instant::now();
                    black_box(asker.answer(&guardrails));
                    began.elapsed()
                })
                .collect();
            times.sort_unstable();
            times
        })
        .collect();
    let decision_cpu = (on_cpu() - busy) / 3_000.0;
    let memory = (resident() - before) / 1024.0;
    let worst = each.iter().map(|times| times[times.len() / 2]).max().unwrap();
    let mut all: Vec<Duration> = each.concat();
    all.sort_unstable();
    let (schema, parse, validate) = start_in_parts(&files);
    let busy = on_cpu();
    for _ in 0..10 {
        black_box(Guardrails::from_files(&files).unwrap());
    }
    let start_cpu = (on_cpu() - busy) / 10.0;
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    let (p50, p99) = (all[all.len() / 2], all[all.len() * 99 / 100]);
    format!(
        "{} {} {} {} {} {memory} {} {} {} {start_cpu} {decision_cpu}",
        guardrails.len(),
        ms(schema),
        ms(parse),
        ms(validate),
        ms(start),
        ms(p50),
        ms(p99),
        ms(worst)
    )
}

/// The parts of a start, by Cedar's own calls: schema, policies, validation.
fn start_in_parts(files: &[SourceFile]) -> (Duration, Duration, Duration) {
    let began = Instant::now();
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
    let schema_took = began.elapsed();
    let began = Instant::now();
    let sets: Vec<PolicySet> = files.iter().map(|file| file.text.parse().unwrap()).collect();
    let parse = began.elapsed();
    let validator = Validator::new(schema);
    let began = Instant::now();
    for set in &sets {
        assert!(validator.validate(set, ValidationMode::Strict).validation_passed());
    }
    (schema_took, parse, began.elapsed())
}

/// Milliseconds that this process has had a processor to itself: on a busy machine the clock says more of the others.
fn on_cpu() -> f64 {
    let nanoseconds = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    nanoseconds.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1_000_000.0
}

/// Kilobytes that the process has in memory.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
