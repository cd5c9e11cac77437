//! What can be asked by hand: each call and answer survives its JSON, and a broken call is told what is wrong with it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::common::cases::*;
use crate::common::*;
use serde_json::{Value, json};
use severance_domain::cutover::{Cutover, Stage};
use severance_domain::plan::Plan;
use severance_domain::playbook::Mode;
use severance_domain::profile::{Class, RegistryEntry};
use severance_domain::radius::{BlastRadius, Level, Reason, ReasonKind};
use severance_domain::respond::{Answer, Ask, Breaker, Call, Claim, Explanation, Proof, Reacted, ScheduledRun};
use severance_domain::signal::{Severity, SignalKind};
use severance_domain::subject::SubjectKind;
use severance_domain::verdict::Verdict;

fn claim() -> Claim {
    Claim {
        subject: user("ci").arn.unwrap(),
        signal: SignalKind::CredentialExposed,
        access_key: Some(key_id(KEY)),
        severity: Some(Severity::Critical),
        since: "2026-01-05T08:00:00Z".parse().ok(),
    }
}

fn registry() -> Vec<RegistryEntry> {
    let full = RegistryEntry {
        arn: user("ci").arn.unwrap().to_string(),
        owners: names(&["alice@x.io", "payments"]),
        class: Some(Class::ThirdParty),
        environment: Some("prod".to_owned()),
        privileged: Some(false),
        expires_on: "2027-01-31".parse().ok(),
        review_by: "2026-06-30".parse().ok(),
        ..RegistryEntry::default()
    };
    vec![full, RegistryEntry { arn: "arn:aws:iam::111122223333:role/app".to_owned(), ..RegistryEntry::default() }]
}

/// Everything that can be asked, by the name under which it is asked, and whether it needs a proof of who asks.
fn every_ask() -> Vec<(&'static str, bool, Ask)> {
    let case = exposed_user(Mode::Enforce).id;
    let (plan, reason) = ("0123456789abcdef".to_owned(), "because \"ä\"\n".to_owned());
    let (restored, why) = (case.clone(), reason.clone());
    let restore = |dry_run, ticket| Ask::Restore { case: restored.clone(), reason: why.clone(), ticket, dry_run };
    let cut = |ticket| Ask::Cut { access_key: key_id(KEY), reason: why.clone(), ticket };
    let bare = Claim { access_key: None, severity: None, since: None, ..claim() };
    vec![
        ("explain", false, Ask::Explain(bare)),
        ("contain", true, Ask::Contain { claim: claim(), reason: reason.clone(), ticket: Some("OPS-1".to_owned()) }),
        ("contain", true, Ask::Contain { claim: claim(), reason: reason.clone(), ticket: None }),
        ("status", false, Ask::Status { case: case.clone() }),
        ("restore", true, restore(false, Some("OPS-1".to_owned()))),
        ("restore", true, restore(false, None)),
        // What only says what it would do changes nothing.
        ("restore", false, restore(true, None)),
        ("verify", true, Ask::Verify { case: case.clone(), reason: reason.clone() }),
        ("reviews", false, Ask::Reviews),
        ("approve", true, Ask::Approve { case: case.clone(), plan: plan.clone(), reason: reason.clone() }),
        ("deny", true, Ask::Deny { case, plan, reason: reason.clone() }),
        ("exempt", true, Ask::Exempt { exemption: exemption(&["rotate_secret"]).request }),
        ("exemptions", false, Ask::Exemptions),
        ("end_exemption", true, Ask::EndExemption { id: "exm-1".to_owned() }),
        ("breaker_status", false, Ask::BreakerStatus),
        ("breaker_reset", true, Ask::BreakerReset { reason: reason.clone() }),
        ("registry_import", true, Ask::RegistryImport { entries: registry() }),
        ("registry_export", false, Ask::RegistryExport { after: Some("arn".to_owned()) }),
        ("registry_export", false, Ask::RegistryExport { after: None }),
        ("registry_remove", true, Ask::RegistryRemove { arns: names(&["arn:aws:iam::1:user/x"]) }),
        (
            "recertify",
            true,
            Ask::Recertify { subject: user("ci").arn.unwrap(), until: "2027-01-31".parse().unwrap(), reason },
        ),
        ("cutovers", false, Ask::Cutovers),
        ("cut", true, cut(Some("OPS-1".to_owned()))),
        ("cut", true, cut(None)),
        ("scheduled_run", false, Ask::ScheduledRun),
    ]
}

fn name_of(json: &Value) -> &str {
    json.as_str().unwrap_or_else(|| json.as_object().unwrap().keys().next().unwrap())
}

#[test]
fn everything_that_can_be_asked_survives_its_json_and_says_whether_it_needs_a_proof() {
    let proof = Proof { headers: BTreeMap::from([("authorization".to_owned(), "AWS4-HMAC-SHA256 x".to_owned())]) };
    for (name, needs_proof, ask) in every_ask() {
        assert_eq!(ask.needs_proof(), needs_proof, "{name}");
        for proof in [None, Some(proof.clone())] {
            let call = Call { request: ask.clone(), proof };
            let json = serde_json::to_value(&call).unwrap();
            assert_eq!(name_of(&json["request"]), name, "the name is what documents and policies of others hang on");
            assert_eq!(Call::read(&json).unwrap(), call, "{json}");
            assert_eq!(serde_json::from_str::<Call>(&json.to_string()).unwrap(), call);
        }
    }
    assert!(!format!("{:?}", Call { request: Ask::ScheduledRun, proof: Some(proof) }).contains("HMAC"));
}

/// A key that was replaced, was asked about while the stack observed, and is inactive since.
fn cutover() -> Cutover {
    Cutover {
        account: ACCOUNT.try_into().unwrap(),
        user: iam_name("ci"),
        secret: subject(SubjectKind::Secret, "severance/ci").arn.unwrap(),
        version: "v2".to_owned(),
        old_version: Some("v1".to_owned()),
        old: key_id(KEY),
        new: key_id(OTHER_KEY),
        opened_at: days_ago(3),
        inactive_since: Some(days_ago(1)),
        looked_at: Some(now()),
        due_at: Some(now()),
        searched_at: Some(now()),
        asked: vec![(Stage::Quiet, Mode::Observe), (Stage::Quiet, Mode::Enforce)],
        cases: vec![exposed_user(Mode::Enforce).id],
    }
}

fn every_answer() -> Vec<Answer> {
    let case = taken(exposed_user(Mode::Enforce), &[Went::Well]);
    let waiting = open_under(
        &enforces_on_silence(&[DANGER]),
        &context(Mode::Enforce),
        &exposed(),
        user("ci"),
        profile(&["alice"], None),
        two_keys(),
    );
    let steps = waiting.steps.iter().map(|record| record.step.clone()).collect();
    let explanation = Explanation {
        subject: waiting.subject.clone(),
        profile: waiting.profile.clone(),
        inventory: waiting.inventory.clone(),
        plan: Plan { steps, notes: vec!["note".to_owned()], exemptions: vec![] },
        mode: Mode::Review,
        blast_radius: vec!["access keys: 2 active, 2 in all".to_owned()],
        radius: Some(BlastRadius {
            score: 80,
            level: Level::Critical,
            reasons: vec![Reason {
                kind: ReasonKind::Administrator,
                points: 80,
                says: "it may do anything".to_owned(),
            }],
            unread: vec!["a group's policies".to_owned()],
        }),
    };
    let reacted = Reacted {
        case: case.id.clone(),
        revision: 2,
        subject: case.subject.label(),
        verdict: Verdict::AwaitingReview,
        evidence: URI.to_owned(),
        replayed: true,
        plan: Some("0123456789abcdef".to_owned()),
        rechecked_until: Some(now()),
    };
    let breaker = Breaker {
        scope: "organization".to_owned(),
        used: 21,
        limit: 20,
        window_minutes: 60,
        open_since: Some(now()),
        opened_by: Some(case.id.to_string()),
    };
    let closed = Breaker { open_since: None, opened_by: None, ..breaker.clone() };
    let report = ScheduledRun {
        rechecks: vec![],
        escalated: vec![case.id.clone()],
        lapsed: vec![case.id.clone()],
        warned: names(&["exm-1"]),
        asked: names(&["alice"]),
        overdue: names(&["arn"]),
        cutovers: names(&["AKIAIOSFODNN7EXAMPLE: nobody uses it any more"]),
        rotations: names(&["sev-1: the rotation ended"]),
        failed: names(&["x"]),
    };
    vec![
        Answer::Explained(vec![explanation]),
        Answer::Reacted { reactions: vec![Reacted { plan: None, replayed: false, ..reacted.clone() }, reacted] },
        Answer::Case(Box::new(case.clone())),
        Answer::Reviews { cases: vec![waiting, case] },
        Answer::Exemptions { exemptions: vec![exemption(&[]), exemption(&["rotate_secret"])] },
        Answer::Breakers { breakers: vec![breaker, closed] },
        Answer::Cutovers { cutovers: vec![cutover()] },
        Answer::Cutovers { cutovers: vec![] },
        Answer::Registry { entries: registry(), next: Some("arn".to_owned()) },
        Answer::Registry { entries: vec![], next: None },
        Answer::Done { what: "imported".to_owned(), count: 2 },
        Answer::ScheduledRun(report),
        Answer::ScheduledRun(ScheduledRun::default()),
        Answer::Refused { why: "nobody else".to_owned() },
    ]
}

#[test]
fn everything_that_can_be_answered_survives_its_json() {
    let mut names = Vec::new();
    for answer in every_answer() {
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(serde_json::from_value::<Answer>(json.clone()).unwrap(), answer, "{json}");
        assert_eq!(serde_json::from_str::<Answer>(&json.to_string()).unwrap(), answer);
        names.push(name_of(&json).to_owned());
    }
    names.dedup();
    assert_eq!(
        names,
        [
            "explained",
            "reacted",
            "case",
            "reviews",
            "exemptions",
            "breakers",
            "cutovers",
            "registry",
            "done",
            "scheduled_run",
            "refused"
        ]
    );
}

#[test]
fn the_tags_of_an_identity_are_never_told_on() {
    let Answer::Case(mut case) = every_answer().swap_remove(2) else { panic!("a case") };
    case.profile.tags.insert("note".to_owned(), "hunter2".to_owned());
    let json = serde_json::to_string(&Answer::Case(case)).unwrap();
    assert!(!json.contains("hunter2"), "people write anything into tags: {json}");
}

#[test]
fn a_broken_call_is_told_where_and_what() {
    let approve = json!({"case": "sev-1", "plan": "p", "reason": "r"});
    let without = |field: &str| {
        let mut approve = approve.clone();
        approve.as_object_mut().unwrap().remove(field);
        json!({"request": {"approve": approve}})
    };
    let rows = [
        (without("plan"), "$.request.approve.plan", "nothing"),
        (without("case"), "$.request.approve.case", "nothing"),
        (json!({}), "$.request", "nothing"),
        (json!({"request": {"explain": {"signal": "offboarding"}}}), "$.request.explain.subject", "nothing"),
        (json!({"request": {"contain": {"claim": {}, "reason": "r"}}}), "$.request.contain.claim.subject", "nothing"),
        (
            json!({"request": {"explain": {"subject": "ci", "signal": "offboarding"}}}),
            "$.request.explain.subject",
            "expected an ARN",
        ),
        (
            json!({"request": {"explain": {"subject": "arn:aws:iam::1:user/x", "signal": "gone"}}}),
            "$.request.explain.signal",
            "unknown variant `gone`",
        ),
        (json!({"request": {"status": {"case": 5}}}), "$.request.status.case", "expected a string"),
        (json!({"request": "frobnicate"}), "$.request", "unknown variant `frobnicate`, expected one of `explain`"),
        (
            json!({"request": {"frobnicate": {}}}),
            "$.request",
            "unknown variant `frobnicate`, expected one of `explain`",
        ),
        (json!({"request": {"status": {"case": "sev-1", "force": true}}}), "$.request.status.force", "unknown field"),
        (json!({"request": "scheduled_run", "force": true}), "$.force", "unknown field `force`"),
        (
            json!({"request": {"registry_import": {"entries": [{"arn": "a"}, {"arn": "b", "class": "robot"}]}}}),
            "$.request.registry_import.entries[1].class",
            "unknown variant `robot`",
        ),
        (
            json!({"request": {"exempt": {"exemption": {"subject": "s"}}}}),
            "$.request.exempt.exemption.owner",
            "nothing",
        ),
    ];
    for (payload, at, found) in rows {
        let broken = Call::read(&payload).unwrap_err();
        assert_eq!(broken.at, at, "{payload}: {broken}");
        assert!(broken.found.contains(found), "{payload}: {broken}");
    }
    let long = Call::read(&json!({ "request": "x".repeat(100_000) })).unwrap_err();
    assert!(long.to_string().len() < 1_000, "bounded, whatever comes");
}

#[test]
fn no_error_repeats_what_a_proof_holds() {
    let secret = "AWS4-HMAC-SHA256 Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    let token = 5_672_791_513_162_u64;
    for proof in [
        json!(secret),
        json!([secret]),
        json!({ "headers": secret }),
        json!({ "headers": [secret] }),
        json!({ "headers": { "authorization": [secret] } }),
        json!({ "headers": { "authorization": token } }),
        json!({ "headers": { "authorization": secret, "x-amz-security-token": { "v": secret } } }),
        json!({ "header": { "authorization": secret } }),
    ] {
        let broken = Call::read(&json!({ "request": "scheduled_run", "proof": proof })).unwrap_err();
        assert!(broken.at.starts_with("$.proof"), "{broken}");
        for said in [broken.to_string(), format!("{broken:?}")] {
            assert!(
                !said.contains("Signature") && !said.contains("5d672d") && !said.contains("5672791513162"),
                "{said}"
            );
        }
    }
}

#[test]
fn the_calls_in_events_are_answered_as_their_names_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/responder");
    let mut read = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let payload: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        // No stack has the case that a file names.
        let is_refused = Call::read(&payload).map_or(true, |call| {
            let names_a_case = matches!(call.request, Ask::Status { .. } | Ask::Restore { .. });
            names_a_case || (call.request.needs_proof() && call.proof.is_none())
        });
        let is_named_so = path.file_name().unwrap().to_str().unwrap().starts_with("refused-");
        assert_eq!(is_refused, is_named_so, "{}", path.display());
        read += 1;
    }
    assert!(read > 0);
}
