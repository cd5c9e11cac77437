//! What the product asks of AWS and says to people, written down: so that a rebuilding that changes nothing can show that.
//!
//! Every event file is played in each mode, with scheduled runs, approvals and restorations after it; every kind of claim about every
//! kind of identity is asked by hand; and schedules of the adversary are played. All of it is virtual and seeded, so two recordings
//! of the same product are the same to the letter.

mod account;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fake_aws::{Arrival, FakeAws, Lag};
use serde_json::{Value, json};
use severance_domain::signal::SignalKind;

use crate::product::{Answered, Product, REACTING};
use crate::published::Published;
use crate::run::{self, ASKER};
use crate::schedule::{Claim, Late, Place, Schedule};

use account::Account;

/// What one scenario came to, in lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What was played.
    pub scenario: String,
    /// Calls, answers, evidence, messages.
    pub text: String,
}

/// How a scenario's text begins.
const HEADING: &str = "=== ";

/// Scenarios that are played at random, beside those that are enumerated.
const SCHEDULES: u64 = 300;

/// Plays every scenario whose name holds `only`, and gives each recording to `each`.
///
/// # Errors
/// Where the event files cannot be read.
pub fn record(only: &str, mut each: impl FnMut(Recorded)) -> Result<(), String> {
    let mut play = |scenario: String, text: &dyn Fn() -> String| {
        if scenario.contains(only) {
            each(Recorded { text: text(), scenario });
        }
    };
    for (name, event) in events()? {
        for mode in ["enforce", "review", "observe"] {
            play(format!("{name} {mode}"), &|| virtually(async |aws| told(aws, mode, &event).await));
        }
    }
    for subject in account::read()?.subjects() {
        for kind in SignalKind::ALL {
            let kind = serde_json::to_value(kind).map_err(|error| error.to_string())?;
            play(format!("by hand {subject} {kind}"), &|| virtually(async |aws| by_hand(aws, &subject, &kind).await));
        }
    }
    play("what the responder keeps".to_owned(), &|| virtually(kept));
    let quiet = Claim::ALL.into_iter().flat_map(|claim| {
        [Late::Prompt, Late::Usual, Late::Slow].into_iter().flat_map(move |late| {
            [Place::Hub, Place::Member].map(|place| Schedule { late, place, restore: true, ..Schedule::quiet(claim) })
        })
    });
    for schedule in quiet.chain((0..SCHEDULES).map(Schedule::random)) {
        play(schedule.to_string(), &|| {
            let report = run::run(&schedule);
            let dead = report.dead_letters.iter().map(|dead| format!("dead letter: {dead}\n"));
            said(&report.log, &report.published) + &dead.collect::<String>()
        });
    }
    Ok(())
}

/// Every file of `events/`, by its name.
fn events() -> Result<Vec<(String, Value)>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let entries = |path: &Path| -> Result<Vec<PathBuf>, String> {
        let read = std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut paths: Vec<PathBuf> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        Ok(paths)
    };
    let mut events = Vec::new();
    for folder in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        for file in entries(&folder)? {
            let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let event = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
            let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
            events.push((name, event));
        }
    }
    Ok(events)
}

fn virtually(play: impl AsyncFnOnce(FakeAws) -> String) -> String {
    run::virtually(1, Lag::NONE, play)
}

/// An event, and what people and the schedule do about it afterwards.
async fn told(aws: FakeAws, mode: &'static str, event: &Value) -> String {
    let account = Account::of(&aws);
    let event = account.with_its_keys(event);
    let mut product = account.product(&aws).with("SEVERANCE_MODE", mode);
    let mut log = Log::default();
    if event.get("request").is_some() {
        log.answer("invoked", product.invoke(&event).await);
        log.answer("asked", product.ask(ASKER, &event["request"]).await);
        return log.end(&aws, &product);
    }
    for function in REACTING {
        let response = product.deliver(function, &event).await;
        let response = response.map(|response| serde_json::to_value(response).expect("a response is JSON"));
        log.reacted(response.as_ref());
        log.answer(function.name, response.ok_or_else(|| "dead letter".to_owned()));
    }
    log.afterwards(&mut product).await;
    log.end(&aws, &product)
}

/// A claim by hand, asked about first.
async fn by_hand(aws: FakeAws, subject: &str, kind: &Value) -> String {
    let account = Account::of(&aws);
    let mut product = account.product(&aws);
    let mut log = Log::default();
    let claim = json!({ "subject": account.exact(subject), "signal": kind });
    log.answer("explain", product.ask(ASKER, &json!({ "explain": claim })).await);
    let contain = json!({ "contain": { "claim": claim, "reason": "it is so", "ticket": "SEC-1" } });
    let answer = product.ask(ASKER, &contain).await;
    log.reacted(answer.as_ref().ok().map(|answer| &answer["reacted"]));
    log.answer("contain", answer);
    log.afterwards(&mut product).await;
    log.end(&aws, &product)
}

/// Exemptions, the registry, breakers and recertification.
async fn kept(aws: FakeAws) -> String {
    let account = Account::of(&aws);
    let mut product = account.product(&aws);
    let mut log = Log::default();
    let [subject, other] = ["user/ci-deployer", "user/service/report-batch"].map(|subject| account.exact(subject));
    let until = "2027-02-01";
    let claim = json!({ "subject": subject, "signal": "identity_compromised" });
    let asked = [
        json!({ "exempt": { "exemption": {
            "subject": subject, "reason": "it is migrated", "ticket": "SEC-2", "expiresAt": "2027-02-01T00:00:00Z",
            "owner": "platform@example.com", "wayOut": "the new pipeline has a role",
        } } }),
        json!("exemptions"),
        json!({ "contain": { "claim": claim, "reason": "it is so" } }),
        json!({ "registry_import": { "entries": [{
            "arn": other, "owners": ["finance@example.com"], "class": "pipeline", "environment": "production",
            "reviewBy": "2027-01-20",
        }, { "arn": account.exact("role/build-runner"), "owners": [] }] } }),
        json!({ "registry_export": {} }),
        json!({ "recertify": { "subject": other, "until": until, "reason": "it is needed" } }),
        json!("breaker_status"),
        json!({ "breaker_reset": { "reason": "it was a drill" } }),
        json!("cutovers"),
        json!("reviews"),
        json!({ "registry_remove": { "arns": [account.exact("role/build-runner")] } }),
        json!({ "nothing": "that anybody knows" }),
    ];
    for request in &asked {
        let answer = product.ask(ASKER, request).await;
        log.reacted(answer.as_ref().ok().map(|answer| &answer["reacted"]));
        log.answer(&request.to_string(), answer);
    }
    log.afterwards(&mut product).await;
    // Weeks, in which reviews end, exemptions end and owners are asked.
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_hours(24)).await;
        product.scheduled_run().await;
    }
    log.end(&aws, &product)
}

/// What was answered, and what cases there are.
#[derive(Debug, Default)]
struct Log {
    text: String,
    /// Each case, with the digest of a plan that waits for a person.
    cases: Vec<(String, Option<String>)>,
}

impl Log {
    fn answer(&mut self, to: &str, answer: Answered) {
        let _ = match answer {
            Ok(answer) => writeln!(self.text, "answer to {to}: {answer:#}"),
            Err(why) => writeln!(self.text, "answer to {to}: FAILED: {why}"),
        };
    }

    fn reacted(&mut self, response: Option<&Value>) {
        for reaction in response.and_then(|response| response["reactions"].as_array()).into_iter().flatten() {
            let Some(case) = reaction["case"].as_str() else { continue };
            self.cases.push((case.to_owned(), reaction["plan"].as_str().map(str::to_owned)));
        }
    }

    /// Rechecks, an approval of what is held, a recheck by hand, and in the end a restoration.
    async fn afterwards(&mut self, product: &mut Product) {
        for minute in 0..27 {
            product.deal_with_invocations().await;
            tokio::time::sleep(Duration::from_mins(1)).await;
            match minute % 15 {
                0 => product.scheduled_run().await,
                _ => product.recheck_run().await,
            }
        }
        for (case, plan) in std::mem::take(&mut self.cases) {
            let plan = plan.unwrap_or_else(|| "no plan".to_owned());
            let reason = "as the runbook says";
            let asked = [
                json!({ "approve": { "case": case, "plan": plan, "reason": reason } }),
                json!({ "status": { "case": case } }),
                json!({ "verify": { "case": case, "reason": reason } }),
                json!({ "restore": { "case": case, "reason": reason, "dryRun": true } }),
                json!({ "restore": { "case": case, "reason": reason } }),
            ];
            for request in &asked {
                let answer = product.ask(ASKER, request).await;
                self.answer(&request.to_string(), answer);
                product.deal_with_invocations().await;
                tokio::time::sleep(Duration::from_mins(1)).await;
                product.scheduled_run().await;
            }
        }
        // A review is escalated, and ends.
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_hours(25)).await;
            product.scheduled_run().await;
            product.deal_with_invocations().await;
        }
    }

    fn end(mut self, aws: &FakeAws, product: &Product) -> String {
        for (_, why) in &product.dead_letters {
            let _ = writeln!(self.text, "dead letter: {why}");
        }
        for why in &product.failed_runs {
            let _ = writeln!(self.text, "failed run: {why}");
        }
        self.text + &said(&aws.calls(), &Published::by(aws))
    }
}

/// Calls, evidence and messages, in lines. What the stack keeps for itself in its table is named and not shown: only what is asked
/// of others, and said to them, may not change.
fn said(calls: &[Arrival], published: &Published) -> String {
    let mut text = String::new();
    for call in calls {
        let input = match call.request.service.as_str() {
            // What is stored and sent stands below, readable.
            "dynamodb" | "kms" | "s3" | "sns" => &Value::Null,
            _ => &call.request.input,
        };
        let _ = writeln!(text, "call {} {} {input}", call.request.region, call.request.action());
    }
    for revision in &published.revisions {
        let _ = writeln!(text, "evidence {} {}: {:#}", revision.key, revision.at, revision.record);
    }
    for message in &published.messages {
        let to = if message.is_alarm { "alarms" } else { "people" };
        let _ = writeln!(text, "message to {to} {}: {}\n{}", message.at, message.subject, message.body);
    }
    text
}

/// A recording as a file.
pub fn in_file(recorded: &Recorded) -> String {
    format!("{HEADING}{}\n{}\n", recorded.scenario, recorded.text)
}

/// What two recordings differ in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// Scenarios that are the same.
    pub same: usize,
    /// In words, each with its first line that differs.
    pub different: Vec<String>,
    /// Renamings that nothing needed.
    pub unused: Vec<String>,
}

/// Compares two recordings, where texts of the first were renamed: each line of `words` is `before => after`.
///
/// # Errors
/// Where a line of `words` is not so.
pub fn compare(before: &str, after: &str, words: &str) -> Result<Differences, String> {
    let words: Vec<(&str, &str)> = words
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(" => ").ok_or_else(|| format!("expected `before => after`: {line}")))
        .collect::<Result<_, _>>()?;
    let mut unused: BTreeSet<&str> = words.iter().map(|(old, _)| *old).collect();
    let mut renamed = before.to_owned();
    for (old, new) in &words {
        if renamed.contains(old) {
            unused.remove(old);
            renamed = renamed.replace(old, new);
        }
    }
    let (before, mut after) = (scenarios(&renamed), scenarios(after));
    let mut found = Differences { unused: unused.into_iter().map(str::to_owned).collect(), ..Differences::default() };
    for (scenario, text) in before {
        match after.remove(scenario) {
            None => found.different.push(format!("{scenario}: not played any more")),
            Some(now) if now == text || !words.is_empty() && is_same_but_for_digests(text, now) => found.same += 1,
            Some(now) => {
                let pair = text.lines().map(Some).chain(std::iter::repeat(None)).zip(now.lines().map(Some));
                let first = pair.into_iter().find(|(old, new)| old != new);
                let (old, new) = first.map_or((None, None), |(old, new)| (old, new));
                found.different.push(format!("{scenario}\n  - {}\n  + {}", old.unwrap_or(""), new.unwrap_or("")));
            }
        }
    }
    found.different.extend(after.into_keys().map(|scenario| format!("{scenario}: not played before")));
    Ok(found)
}

/// Whether two texts differ in SHA-256 digests alone, and in these one to one: a digest of what holds a renamed word is another, and
/// so is whatever names that digest.
fn is_same_but_for_digests(before: &str, after: &str) -> bool {
    let (mut there, mut back) = (BTreeMap::new(), BTreeMap::new());
    let (before, after) = (by_digests(before), by_digests(after));
    before.len() == after.len()
        && before.iter().zip(&after).all(|(old, new)| {
            old == new && !is_digest(old)
                || is_digest(old)
                    && is_digest(new)
                    && *there.entry(*old).or_insert(*new) == *new
                    && *back.entry(*new).or_insert(*old) == *old
        })
}

/// A text, cut before and after each run of hexadecimal digits.
fn by_digests(text: &str) -> Vec<&str> {
    let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_hex(c) != is_hex(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

fn is_digest(part: &str) -> bool {
    part.len() == 64 && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn scenarios(text: &str) -> BTreeMap<&str, &str> {
    let parts = text.split(HEADING).skip(1);
    parts.map(|part| part.split_once('\n').unwrap_or((part, ""))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(scenario: &str, text: &str) -> String {
        in_file(&Recorded { scenario: scenario.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn recordings_are_compared_by_scenario_with_words_that_were_renamed() {
        let before = file("a", "call one\nverdict dead") + &file("b", "call two");
        let after = file("a", "call one\nverdict ended") + &file("b", "call two");
        let same = compare(&before, &after, "# words\ndead => ended\n").unwrap();
        assert_eq!(same, Differences { same: 2, ..Differences::default() });
        let found = compare(&before, &after, "alive => living\n").unwrap();
        assert_eq!((found.same, found.unused.as_slice()), (1, &["alive".to_owned()][..]));
        assert_eq!(found.different, ["a\n  - verdict dead\n  + verdict ended"]);
        let found = compare(&before, &file("c", "call one"), "").unwrap();
        assert_eq!(found.different, ["a: not played any more", "b: not played any more", "c: not played before"]);
        assert!(compare("", "", "dead: ended").is_err());
    }

    #[test]
    fn what_holds_a_renamed_word_has_another_digest_each_time_the_same() {
        let (one, two, three) = ("1a".repeat(32), "2b".repeat(32), "3c".repeat(32));
        let before = file("a", &format!("dead {one} {one} {two}"));
        let is_same = |after: &str, words: &str| compare(&before, &file("a", after), words).unwrap().same == 1;
        let words = "dead => ended";
        assert!(is_same(&format!("ended {three} {three} {two}"), words));
        assert!(!is_same(&format!("ended {three} {one} {two}"), words), "one digest became two");
        assert!(!is_same(&format!("ended {two} {two} {two}"), words), "two digests became one");
        assert!(!is_same(&format!("ended {three} {three} {two}0"), words));
        assert!(!is_same(&format!("dead {three} {three} {two}"), ""), "nothing was renamed");
    }
}
