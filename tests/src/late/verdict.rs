//! What is told of a scenario, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use severance_domain::case::Case;
use severance_domain::evidence::Statement;
use severance_domain::verdict::Verdict;

use super::scene::Scene;
use super::waiting::settled;
use crate::stack::Function;

/// So long after a claim somebody must have been told: rechecks, lateness and a full machine included.
const TOLD_WITHIN: Duration = Duration::from_secs(75);

/// What came of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// What is wrong, as `known-failures.txt` calls it: none where all is right.
    pub faults: BTreeSet<String>,
    /// What was published, and what was tried.
    pub detail: Vec<String>,
}

impl Scene<'_> {
    fn is_about(case: &Case, claim: &str) -> bool {
        // What a containment follows up has cases of its own.
        case.signal.follows.is_none()
            && (case.signal.finding_id == claim
                || case.signal.access_key.as_ref().is_some_and(|key| key.as_str() == claim))
    }

    /// Takes in all messages that are there; whether one about each claim has come.
    async fn listen(&mut self) -> bool {
        loop {
            let receive = self.stack.sqs.receive_message().queue_url(&self.inbox.url).max_number_of_messages(10);
            let answer = receive.wait_time_seconds(1).visibility_timeout(600).send().await.expect("the queue answers");
            if answer.messages().is_empty() {
                return self.claims.iter().all(|claim| self.told.values().any(|case| Self::is_about(case, claim)));
            }
            for message in answer.messages() {
                self.take_in(&serde_json::from_str(message.body().unwrap_or_default()).unwrap_or(Value::Null)).await;
            }
        }
    }

    async fn take_in(&mut self, message: &Value) {
        // Messages of all tests come here.
        let body = message["Message"].as_str().unwrap_or_default();
        if !body.contains(&self.prefix) && !self.claims.iter().any(|claim| names(body, claim)) {
            return;
        }
        let Statement { predicate, .. } = self.stack.evidence_of(message).await;
        let case = predicate.case;
        if self.claims.iter().any(|claim| Self::is_about(&case, claim)) {
            self.told.insert((case.id.to_string(), case.revision), case);
        }
    }

    /// Waits until somebody is told of each claim; the latest revisions.
    pub async fn told(&mut self) -> Vec<Case> {
        let begun = Instant::now();
        while !self.listen().await && begun.elapsed() < TOLD_WITHIN {}
        self.latest()
    }

    /// Has the cases rechecked, and those that follow them, as the schedule does, until no recheck is due or the time is over.
    pub async fn rechecked(&self) {
        let begun = Instant::now();
        while begun.elapsed() < TOLD_WITHIN {
            let mut is_due = false;
            for told in self.latest() {
                let case = self.stack.case(told.id.as_str()).await;
                let followed = case.followed.iter().filter_map(|of| of.case.clone());
                for id in followed.chain([case.id.clone()]) {
                    if self.stack.case(id.as_str()).await.recheck_due_at().is_none() {
                        continue;
                    }
                    is_due = true;
                    let recheck = json!({"request": {"recheck": {"case": id}}});
                    self.stack.invoke(Function::Responder, &recheck).await.expect("the responder rechecks");
                }
            }
            if !is_due {
                return;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    fn latest(&self) -> Vec<Case> {
        let latest: BTreeMap<&String, &Case> = self.told.iter().map(|((id, _), case)| (id, case)).collect();
        let mut latest: Vec<Case> = latest.into_values().cloned().collect();
        latest.sort_by_key(|case| case.opened_at);
        latest
    }

    /// Waits for the message about each claim, lets everything settle, and tries the access paths. `owed`: what the attacker did can be
    /// ended and seen, so `verified_revoked` must be said in the end.
    pub async fn judge(mut self, owed: bool) -> Outcome {
        let mut faults = BTreeSet::new();
        self.told().await;
        self.rechecked().await;
        settled().await;
        // What was published meanwhile counts.
        if !self.listen().await {
            faults.insert("told nothing".to_owned());
        }
        let latest = self.latest();
        let mut detail: Vec<String> = latest.iter().map(in_words).collect();
        let (mut open, mut harmed) = (BTreeSet::new(), BTreeSet::new());
        for (what, access_path) in &self.access_paths {
            if self.stack.opens(access_path).await {
                open.insert(access_path.kind());
                detail.push(format!("open: {what}"));
            }
        }
        for (what, access_path) in &self.bystanders {
            if !self.stack.opens(access_path).await {
                harmed.insert(access_path.kind());
                detail.push(format!("harmed: {what}"));
            }
        }
        let joined = |kinds: &BTreeSet<&str>| kinds.iter().copied().collect::<Vec<_>>().join(", ");
        if !open.is_empty() && latest.iter().any(|case| case.verdict == Some(Verdict::VerifiedRevoked)) {
            faults.insert(format!("sound {}", joined(&open)));
        }
        if !harmed.is_empty() {
            faults.insert(format!("no-harm {}", joined(&harmed)));
        }
        for case in latest.iter().filter(|case| owed && case.verdict != Some(Verdict::VerifiedRevoked)) {
            faults.insert(format!("reached {}", case.verdict.map_or("no verdict", Verdict::as_str)));
        }
        Outcome { faults, detail }
    }
}

/// Whether a message's body names what a claim is known by.
fn names(body: &str, claim: &str) -> bool {
    body.contains(claim.rsplit('/').next().unwrap_or(claim))
}

fn in_words(case: &Case) -> String {
    let steps = case.steps.iter().map(|record| {
        let confirmed = record.confirmation.as_ref().map(|of| format!("{of:?}")).unwrap_or_default();
        let outcome = record.outcome.as_ref().map(|of| format!("{of:?}")).unwrap_or_default();
        format!("\n  {} {:?} {outcome} {confirmed}", record.step.countermeasure.describe(), record.step.disposition())
    });
    format!(
        "{} r{} {}: {:?}, opened {}, concluded {:?}{}\n  rechecks {:?}\n  notes {:?}\n  followed {:?}",
        case.id,
        case.revision,
        case.subject.name,
        case.verdict,
        case.opened_at,
        case.concluded_at,
        steps.collect::<String>(),
        case.rechecks,
        case.notes,
        case.followed,
    )
}

/// Nothing is wrong.
pub fn right(outcome: &Outcome) {
    assert!(outcome.faults.is_empty(), "{:?}\n{}", outcome.faults, outcome.detail.join("\n"));
}
