//! What a contained identity had made, by CloudTrail's word: rights and policies become steps of its case, the rest cases of their
//! own, on the one way through.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use futures::StreamExt as _;
use severance_aws::clock;
use severance_aws::trail::search::Traced;
use severance_domain::case::{Case, Followed, StepRecord};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::digest::Digest;
use severance_domain::ids::IamName;
use severance_domain::plan::Step;
use severance_domain::playbook::{Named, changed_rights, hold_doubts, rule_steps, written, wrote_own_trust};
use severance_domain::signal::{Follows, NewSignal, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};
use severance_domain::subject::SubjectKind;
use severance_domain::trail::{Holder, Identity, Made, Trace};
use severance_domain::verdict::Verdict;

use crate::reactor::Reactor;

/// How many containments follow on one another: what a contained identity made, what that made, and so on. Each is a hop from one
/// invocation to the next, and Lambda stops a chain after some sixteen.
const GENERATIONS: u8 = 8;

/// Things that are followed after one recheck: an invocation has an end.
const MOST_FOLLOWED: usize = 20;

/// Things that are followed for one case, over all its rechecks: each is rechecked as often as the case itself. More are counted as
/// one, and left to a person.
const MOST_IN_ALL: usize = 30;

const BEYOND: &str = "more than thirty things: CloudTrail has all of them";

/// How the note begins that says where CloudTrail was asked.
const ASKED: &str = "what it did was looked up in ";

/// Of these, how many at the same time.
pub(crate) const AT_ONCE: usize = 4;

impl Reactor {
    /// Takes what was found in CloudTrail into the case: rights and policies as steps of its own, the rest as what is to be
    /// followed by cases of their own.
    ///
    /// `contained`: the cases that it follows, whose identities are held down by them, whatever this one did to that.
    pub(crate) fn take_in(
        &self,
        case: &mut Case,
        contained: &[Case],
        number: u32,
        traced: Traced,
    ) -> Vec<(Trace, Signal)> {
        let mut to_follow = Vec::new();
        let mut beyond = 0;
        let now = clock::now();
        let settled = settled_elsewhere(&traced.traces);
        let made = made_by_it(&traced.traces);
        let exposed_since = case.signal.exposed_since();
        for policy in written(&traced.traces, exposed_since) {
            if policy.is_dealt_with(case) {
                continue;
            }
            let (context, held) = (self.finishing(case), case.inventory.clone());
            let ruled = rule_steps(vec![policy.step.clone()], case, &held, &context, self.policy.as_ref());
            let steps = ruled.into_iter().map(|step| StepRecord::planned(policy.as_ruled(step), number, now));
            case.steps.extend(steps);
        }
        // Where nobody says since when, what it did in all the time that is searched may be somebody else's work.
        let known_since = case.signal.is_exposure_known().then_some(exposed_since);
        hold_doubts(case, &traced.traces, known_since, traced.is_whole, (number, now));
        name_regions(case, &traced);
        let mut unnamed = 0;
        for trace in traced.traces {
            let what = described(&trace);
            match &trace.made {
                Made::Session(_) | Made::Write { .. } | Made::Policy { .. } => {}
                // This case denies what it lets in; that is not given back.
                Made::Trust { role }
                    if case.subject.kind == SubjectKind::Role && role.as_str() == case.subject.name =>
                {
                    wrote_own_trust(case, trace.at);
                }
                Made::Trust { .. } if settled.contains(&trace.event_id) => {}
                Made::Credential { user, .. }
                    if case.subject.kind == SubjectKind::User
                        && user.as_str() == case.subject.name
                        && case.signal.planted().is_none() => {}
                // Of what it made itself all is ended, and that is one question where a person is asked.
                Made::Credential { user, .. } if made.contains(&(SubjectKind::User, user.to_string())) => {}
                Made::Rights { of: Holder::User(name), .. } if made.contains(&(SubjectKind::User, name.clone())) => {
                    case.withdraw_held(&what);
                }
                Made::Rights { of: Holder::Role(name), .. } if made.contains(&(SubjectKind::Role, name.clone())) => {
                    case.withdraw_held(&what);
                }
                Made::Rights { .. } => match changed_rights(case, contained, &trace, exposed_since) {
                    Some(Named::Note(words)) => note(case, words),
                    Some(Named::Held(step)) => add(case, number, step, now),
                    None => {}
                },
                Made::User(_) | Made::Role(_) | Made::Credential { .. } | Made::Trust { .. } => {
                    if case.followed.iter().any(|followed| followed.what == what) {
                        continue;
                    }
                    match signal_of(case, &trace) {
                        Some(signal) if case.followed.len() + to_follow.len() < MOST_IN_ALL => {
                            to_follow.push((trace, signal));
                        }
                        Some(_) => unnamed += 1,
                        None => case.name_followed(what, &mut beyond),
                    }
                }
            }
        }
        if unnamed > 0 && !case.followed.iter().any(|of| of.what == BEYOND) {
            case.followed.push(Followed { what: BEYOND.to_owned(), case: None, verdict: None });
        }
        // The next recheck finds the others, and follows as many again.
        to_follow.truncate(MOST_FOLLOWED);
        to_follow
    }

    /// The cases that a case follows, one after the other, which are rechecked yet: what somebody does to what they hold down they find.
    pub(crate) async fn contained_with_it(&self, case: &Case, traced: &Traced) -> Vec<Case> {
        let mut contained = Vec::new();
        let mut next = case.signal.follows.as_ref().map(|follows| follows.case.clone());
        let asks = traced.traces.iter().any(|trace| matches!(trace.made, Made::Rights { .. }));
        while let Some(id) = next.filter(|_| asks && contained.len() < usize::from(GENERATIONS)) {
            let Ok(Some(stored)) = self.cases.load(&id).await else { break };
            next = stored.case.signal.follows.as_ref().map(|follows| follows.case.clone());
            if stored.case.awaited_until().is_some() {
                contained.push(stored.case);
            }
        }
        contained
    }

    /// Opens a case for each thing that the contained identity had made, on the one way through.
    pub(crate) async fn follow(&self, case: &mut Case, to_follow: Vec<(Trace, Signal)>) {
        let holder = format!("{}/follows", case.id);
        let followed: Vec<Followed> = futures::stream::iter(to_follow)
            .map(|(trace, signal)| {
                let holder = &holder;
                async move {
                    let what = described(&trace);
                    match Box::pin(self.react(&signal, holder)).await.into_iter().next() {
                        Some(Ok(reacted)) => {
                            Followed { what, case: Some(reacted.case), verdict: Some(reacted.verdict) }
                        }
                        Some(Err(error)) => {
                            // LOG: What it made stands in the case, without a case of its own.
                            tracing::warn!(what, error = %error, "what a contained identity made could not be followed");
                            Followed { what, case: None, verdict: None }
                        }
                        None => Followed { what, case: None, verdict: None },
                    }
                }
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        case.followed.extend(followed);
    }

    /// Reads how the cases stand by now that follow this one.
    pub(crate) async fn read_followed(&self, case: &mut Case) {
        for followed in &mut case.followed {
            let (Some(id), true) = (&followed.case, followed.verdict != Some(Verdict::VerifiedRevoked)) else {
                continue;
            };
            match self.cases.load(id).await {
                Ok(Some(stored)) if stored.closed => followed.verdict = stored.case.verdict.or(followed.verdict),
                Ok(_) => {}
                Err(error) => {
                    // LOG: The next recheck of the case that it follows reads it again.
                    tracing::warn!(case = %id, error = %error, "a case that follows another could not be read");
                }
            }
        }
    }
}

/// What was made, by which call and when.
pub(crate) fn described(trace: &Trace) -> String {
    format!("{} ({} at {:.0})", trace.made.words(), trace.event_name, trace.at)
}

/// The users and roles that it made. CloudTrail tells of each call when it likes, so what belongs to them may be told of earlier.
fn made_by_it(traces: &[Trace]) -> BTreeSet<(SubjectKind, String)> {
    let identities = traces.iter().filter_map(|trace| match &trace.made {
        Made::User(of) => Some((SubjectKind::User, of.name.to_string())),
        Made::Role(of) => Some((SubjectKind::Role, of.name.to_string())),
        _ => None,
    });
    identities.collect()
}

/// The changes of trust policies that another trace is followed for: a later one of the same role, which took its place, or that it
/// made the role. Traces are the oldest first.
fn settled_elsewhere(traces: &[Trace]) -> BTreeSet<String> {
    let mut last: BTreeMap<&IamName, &str> = BTreeMap::new();
    let mut settled = BTreeSet::new();
    for trace in traces {
        if let Made::Trust { role } = &trace.made {
            let before = last.insert(role, &trace.event_id);
            settled.extend(before.map(str::to_owned));
        }
    }
    let made = traces.iter().filter_map(|trace| match &trace.made {
        Made::Role(of) => Some(&of.name),
        _ => None,
    });
    settled.extend(made.filter_map(|role| last.get(role)).map(|event| (*event).to_owned()));
    settled
}

/// The claim about something that a contained identity made. None where no more is followed.
fn signal_of(case: &Case, trace: &Trace) -> Option<Signal> {
    let generation = case.signal.follows.as_ref().map_or(0, |follows| follows.generation) + 1;
    if generation > GENERATIONS {
        return None;
    }
    let hint = |of: &Identity| PrincipalHint {
        name: Some(of.name.clone()),
        arn: Some(of.arn.clone()),
        unique_id: Some(of.unique_id.clone()),
    };
    let (kind, subject, planted) = match &trace.made {
        Made::User(of) => (SignalKind::IdentityCompromised, SubjectHint::User(hint(of)), None),
        Made::Role(of) => (SignalKind::IdentityCompromised, SubjectHint::Role(hint(of)), None),
        Made::Credential { user, credential } => {
            let hint = PrincipalHint { name: Some(user.clone()), ..PrincipalHint::default() };
            (SignalKind::CredentialCreated, SubjectHint::User(hint), Some(credential.clone()))
        }
        // Others use the role, so the policies answer as to any trust that somebody outside was let into.
        Made::Trust { role } => {
            let hint = PrincipalHint { name: Some(role.clone()), ..PrincipalHint::default() };
            (SignalKind::TrustExposed, SubjectHint::Role(hint), None)
        }
        Made::Policy { .. } | Made::Rights { .. } | Made::Session(_) | Made::Write { .. } => return None,
    };
    let access_key = match &planted {
        Some(severance_domain::signal::Planted::AccessKey(key)) => Some(key.clone()),
        _ => None,
    };
    // What it made before it was in other hands may be its honest work: a person looks first.
    let severity = if trace.at < case.signal.exposed_since() { Severity::Low } else { case.signal.severity };
    let finding_id = format!("{}/{}", case.id, trace.event_id);
    Some(
        Signal::new(NewSignal {
            kind,
            source: Source::Containment,
            event_id: finding_id.clone(),
            event_digest: Digest::of(finding_id.as_bytes()),
            finding_id,
            rule: trace.event_name.clone(),
            account: case.subject.account.clone(),
            region: case.signal.region.clone(),
            severity,
            occurred_at: trace.at,
            subject,
            title: format!("{} had made {}", case.subject.label(), trace.made.words()),
        })
        .with_access_key(access_key)
        .with_request(case.signal.request.clone())
        .with_follows(Some(Follows { case: case.id.clone(), generation, planted })),
    )
}

/// Adds a step that no earlier recheck added.
fn add(case: &mut Case, number: u32, step: Step, now: jiff::Timestamp) {
    let is_known = case.steps.iter().any(|record| {
        record.step.countermeasure.is_same_target(&step.countermeasure)
            && (step.countermeasure != Countermeasure::HoldForReview || record.step.reason == step.reason)
    });
    if !is_known {
        case.steps.push(StepRecord::planned(step, number, now));
    }
}

/// Says where CloudTrail was asked, and where nobody can have done anything: once, of the recheck that asked in most Regions.
fn name_regions(case: &mut Case, traced: &Traced) {
    if traced.asked.len() < 2 {
        return;
    }
    let list = |regions: &BTreeSet<String>| regions.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut words = format!("{ASKED}{} Regions: {}", traced.asked.len(), list(&traced.asked));
    if !traced.not_enabled.is_empty() {
        let _ = write!(words, "; not enabled for the account: {}", list(&traced.not_enabled));
    }
    let known = case.notes.iter_mut().find(|note| note.starts_with(ASKED));
    match known {
        // Of two the longer list holds the shorter one.
        Some(known) if known.len() < words.len() => *known = words,
        Some(_) => {}
        None => case.notes.push(words),
    }
}

fn note(case: &mut Case, note: String) {
    if !case.notes.contains(&note) {
        case.notes.push(note);
    }
}
