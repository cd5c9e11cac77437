//! docs/EVIDENCE.md says what the code does: every field, every name, every command.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::support::{Dir, Run, dir, history, key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use severance_catalogue::evidence;
use severance_domain::case::{Case, CaseId, Confirmation, Followed, Outcome, Recheck, StepRecord, Verification};
use severance_domain::copies::{Copy, How, Place, Updated};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::cutover::{Consumer, Copies, CutoverFacts, Stage};
use severance_domain::digest::Digest;
use severance_domain::evidence::Statement;
use severance_domain::exemption::ExemptionUse;
use severance_domain::ids::Arn;
use severance_domain::plan::{Disposition, Step};
use severance_domain::playbook::Mode;
use severance_domain::policy::{PolicyReason, Request, Ruling};
use severance_domain::profile::{Basis, Class, Confidence, Criticality, Field, Origin, Profile};
use severance_domain::radius::{BlastRadius, Level, Reason, ReasonKind};
use severance_domain::restoration::{Restoration, Return, ReturnAnswer};
use severance_domain::review::{Decision, Review};
use severance_domain::signal::{
    Follows, NewSignal, Planted, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint,
};
use severance_domain::subject::{
    AccessKey, AccountAssignment, Credential, CredentialState, GroupMembership, Inventory, LastUsed,
    RolesAnywhereProfile, SecretState, ServiceCredential, Subject, SubjectKind, Trust,
};
use severance_domain::verdict::Verdict;

const DOC: &str = include_str!("../../../../docs/EVIDENCE.md");

/// Cases that together have every field there is. Written as literals, so that a new field does not compile without one.
fn maximal() -> Vec<Statement> {
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    let text = || "text".to_owned();
    let outcomes = || {
        [
            Outcome::Applied { at, note: Some(text()) },
            Outcome::AlreadyInEffect { at, note: text() },
            Outcome::Failed { at, action: text(), code: text(), message: text(), retryable: true },
        ]
    };
    let confirmations = || {
        [
            Confirmation::Confirmed { at, observed: text() },
            Confirmation::Unconfirmed { at, reason: text(), contradicted: true },
        ]
    };
    let decisions = [
        Decision::Approved { by: person(), reason: text(), at },
        Decision::Denied { by: person(), reason: text(), at },
        Decision::Lapsed { enforced: true, at },
    ];
    let case = |(subject, decision): (SubjectHint, &Decision)| Case {
        id: case_id(),
        revision: 2,
        previous: Some(Digest::of(b"")),
        opened_at: at,
        concluded_at: Some(at),
        mode: Mode::Enforce,
        radius: Some(BlastRadius {
            score: 80,
            level: Level::Critical,
            reasons: vec![Reason { kind: ReasonKind::Administrator, points: 80, says: text() }],
            unread: vec![text()],
        }),
        signal: Signal::new(NewSignal {
            kind: SignalKind::CredentialExposed,
            source: Source::Health,
            event_id: text(),
            finding_id: text(),
            rule: text(),
            account: "012345678901".try_into().unwrap(),
            region: text(),
            severity: Severity::High,
            occurred_at: at,
            subject,
            title: text(),
            event_digest: Digest::of(b""),
        })
        .with_access_key(Some("AKIAEXAMPLE".try_into().unwrap()))
        .with_request(Some(request()))
        .with_follows(Some(Follows {
            case: case_id(),
            generation: 1,
            planted: Some(Planted::AccessKey("AKIAEXAMPLE".try_into().unwrap())),
        }))
        .with_cutover(Some(Box::new(cutover()))),
        subject: Subject {
            kind: SubjectKind::User,
            account: "012345678901".try_into().unwrap(),
            name: text(),
            arn: Some(person()),
            unique_id: Some("AIDAEXAMPLE".try_into().unwrap()),
        },
        profile: profile(),
        inventory: inventory(),
        steps: (countermeasures().into_iter())
            .flat_map(|countermeasure| outcomes().map(|outcome| (countermeasure.clone(), outcome)))
            .flat_map(|(countermeasure, outcome)| {
                confirmations().map(|confirmation| StepRecord {
                    step: ruled(Step::fitting(countermeasure.clone(), text())),
                    recheck: 1,
                    intent_at: Some(at),
                    outcome: Some(outcome.clone()),
                    confirmation: Some(confirmation),
                })
            })
            .collect(),
        notes: vec![text()],
        exemptions: vec![exemption()],
        rechecks: vec![Recheck { number: 1, at, found: vec![text()], unread: vec![text()] }],
        followed: vec![Followed { what: text(), case: Some(case_id()), verdict: Some(Verdict::Partial) }],
        restoration: Some(restoration()),
        verification: Some(Verification { request: request(), at, alive: vec![text()] }),
        review: Some(review(decision)),
        verdict: Some(Verdict::Partial),
    };
    hints().into_iter().zip(decisions.iter().cycle()).map(|parts| key(7).state(&case(parts))).collect()
}

/// Every way in which an event names whom it means.
fn hints() -> Vec<SubjectHint> {
    let hint = || PrincipalHint {
        name: Some("u".try_into().unwrap()),
        arn: Some(person()),
        unique_id: Some("AIDAEXAMPLE".try_into().unwrap()),
    };
    vec![
        SubjectHint::User(hint()),
        SubjectHint::Role(hint()),
        SubjectHint::Root,
        SubjectHint::Secret { arn: person() },
        SubjectHint::Person { identifiers: vec!["p".to_owned()] },
        SubjectHint::Workload { identifiers: vec!["w".to_owned()] },
        SubjectHint::AccessKeyOnly,
        SubjectHint::DirectoryUser { id: "d-1".try_into().unwrap() },
    ]
}

fn cutover() -> CutoverFacts {
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    let text = || "text".to_owned();
    CutoverFacts {
        stage: Stage::Deadline,
        secret: person(),
        replaced_by: "AKIAEXAMPLE".try_into().unwrap(),
        opened_at: at,
        quiet_for: SignedDuration::from_mins(30),
        deadline: at,
        last_used_at: Some(at),
        consumers: vec![Consumer {
            source_ip: text(),
            user_agent: text(),
            service: text(),
            region: text(),
            last_seen: at,
            calls: 1,
        }],
        copies: Copies { found: copies(), unread: vec![text()] },
        unread: vec![text()],
    }
}

/// A copy of each fate.
fn copies() -> Vec<Copy> {
    let text = || "text".to_owned();
    let updated = [
        Updated::Written { version: text() },
        Updated::Already { version: text() },
        Updated::WouldBe,
        Updated::Left { why: text() },
    ];
    let copy = |updated| Copy {
        place: Place::Secret,
        arn: text(),
        region: text(),
        field: Some(text()),
        how: How::NamesKey,
        updated: Some(updated),
    };
    updated.into_iter().map(copy).collect()
}

fn case_id() -> CaseId {
    serde_json::from_value(json!("sev-1")).unwrap()
}

fn person() -> Arn {
    "arn:aws:sts::012345678901:assumed-role/responder/bob".try_into().unwrap()
}

fn request() -> Request {
    Request { by: person(), reason: "text".to_owned(), ticket: Some("text".to_owned()) }
}

/// Every countermeasure.
fn countermeasures() -> Vec<Countermeasure> {
    let mut all = Countermeasure::samples().unwrap();
    all.push(Countermeasure::HoldForReview);
    all
}

fn restoration() -> Restoration {
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    let why = || "text".to_owned();
    let answers = [
        ReturnAnswer::Undo,
        ReturnAnswer::UndoKeepingSessionsDenied,
        ReturnAnswer::Rotate { why: why() },
        ReturnAnswer::Keep { why: why() },
    ];
    let steps = countermeasures().into_iter().zip(answers.into_iter().cycle()).map(|(countermeasure, answer)| Return {
        step: 0,
        countermeasure,
        answer,
        outcome: Some(Outcome::Applied { at, note: None }),
        confirmation: Some(Confirmation::Confirmed { at, observed: why() }),
    });
    Restoration { request: request(), at, steps: steps.collect() }
}

fn profile() -> Profile {
    let fields = [
        Field::Owners,
        Field::Class,
        Field::Environment,
        Field::Criticality,
        Field::Privileged,
        Field::ExpiresOn,
        Field::ReviewBy,
    ];
    let text = || "text".to_owned();
    let basis = || Basis { origin: Origin::Tag, detail: text(), confidence: Confidence::Stated };
    Profile {
        owners: vec![text()],
        class: Some(Class::Workload),
        environment: Some(text()),
        criticality: Some(Criticality::High),
        privileged: Some(true),
        expires_on: Some("2026-12-31".parse().unwrap()),
        review_by: Some("2026-12-31".parse().unwrap()),
        basis: fields.map(|field| (field, basis())).into(),
        // Never stored, so never documented.
        tags: BTreeMap::from([(text(), text())]),
    }
}

fn inventory() -> Inventory {
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    let text = || "text".to_owned();
    let credential = || Credential { id: "APKAEXAMPLE".try_into().unwrap(), active: true, created_at: Some(at) };
    Inventory {
        access_keys: vec![AccessKey {
            id: "AKIAEXAMPLE".try_into().unwrap(),
            active: true,
            created_at: Some(at),
            last_used: LastUsed::At(at),
        }],
        console_password: Some(true),
        ssh_public_keys: vec![credential()],
        signing_certificates: vec![credential()],
        service_credentials: vec![ServiceCredential {
            id: "ACCAEXAMPLE".try_into().unwrap(),
            service: text(),
            state: CredentialState::Active,
            created_at: Some(at),
            expires_at: Some(at),
        }],
        trust: Some(Trust {
            document: text(),
            services: vec![text()],
            principals: vec![text()],
            federated: vec![text()],
            closed: true,
        }),
        roles_anywhere: vec![RolesAnywhereProfile { arn: person(), enabled: true, roles: vec![text()] }],
        account_assignments: vec![AccountAssignment {
            account: "012345678901".try_into().unwrap(),
            permission_set: person(),
            by_group: Some("d-1".try_into().unwrap()),
        }],
        group_memberships: vec![GroupMembership {
            group: "d-1".try_into().unwrap(),
            membership: "d-1".try_into().unwrap(),
            store: "d-1".try_into().unwrap(),
        }],
        secret: Some(SecretState { rotation_enabled: true, last_rotated_at: Some(at), deletion_scheduled: false }),
        created_at: Some(at),
        attached_policies: Some(vec![text()]),
        unread: vec![text()],
        gaps: vec![text()],
    }
}

fn ruled(mut step: Step) -> Step {
    step.ruling = Some(ruling());
    step
}

fn ruling() -> Ruling {
    let text = || "text".to_owned();
    Ruling {
        answer: Disposition::Enforce,
        policies: vec![PolicyReason { id: text(), says: Some(text()) }],
        enforce_on_silence: true,
        lowered_by: Some(text()),
    }
}

fn exemption() -> ExemptionUse {
    let text = || "text".to_owned();
    ExemptionUse {
        id: text(),
        owner: text(),
        reason: text(),
        ticket: text(),
        way_out: text(),
        expires_at: "2026-03-01T12:00:00Z".parse().unwrap(),
        created_by: "arn:aws:iam::111122223333:user/alice".try_into().unwrap(),
        covered: vec![text()],
    }
}

fn review(decision: &Decision) -> Review {
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    Review {
        plan: Digest::of(b""),
        requested_at: at,
        escalate_at: at,
        expires_at: at,
        enforce_on_silence: true,
        escalated_at: Some(at),
        decision: Some(decision.clone()),
    }
}

/// The paths of all values, without the predicate's prefix. The parts of a profile, which name each basis, are `*`.
/// What a restoration repeats of a step is defined there.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    const AS_IN_STEPS: [&str; 3] = ["countermeasure", "outcome", "confirmation"];
    if !matches!(path, "" | "predicate") {
        found.insert(path.trim_start_matches("predicate.").to_owned());
    }
    let is_defined_elsewhere =
        path.strip_prefix("predicate.case.restoration.steps[].").is_some_and(|of| AS_IN_STEPS.contains(&of));
    match value {
        _ if is_defined_elsewhere => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = if path == "predicate.case.profile.basis" { "*" } else { name };
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                paths(value, &path, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| paths(value, &format!("{path}[]"), found)),
        _ => {}
    }
}

/// The section of the document under this heading.
fn section(heading: &str) -> &'static str {
    let start = DOC.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let rest = &DOC[start + 4..];
    rest.find("\n## ").map_or(rest, |end| &rest[..end])
}

/// What stands in backticks in the first column of the section's tables.
fn rows(heading: &str) -> BTreeSet<String> {
    let cells = section(heading).lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.map(str::to_owned).collect()
}

#[test]
fn every_field_is_defined_and_no_other() {
    let mut written = BTreeSet::new();
    for statement in maximal() {
        paths(&serde_json::to_value(statement).unwrap(), "", &mut written);
    }
    // A list and an object are defined by what is in them.
    let defined: BTreeSet<String> = evidence::paths().collect();
    let is_leaf = |path: &String| {
        !written.iter().any(|other| {
            other.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
        })
    };
    let missing: Vec<_> = written.iter().filter(|path| is_leaf(path) && !defined.contains(*path)).collect();
    let stale: Vec<_> = defined.iter().filter(|path| !written.contains(*path)).collect();
    assert!(missing.is_empty() && stale.is_empty(), "not defined: {missing:#?}\nnot written: {stale:#?}");
}

/// The names that a type accepts, from serde's own message.
fn names<T: DeserializeOwned>(wrong: Value) -> Vec<String> {
    let Err(error) = serde_json::from_value::<T>(wrong) else { panic!("accepted") };
    let message = error.to_string();
    assert!(message.contains("unknown variant"), "{message}");
    let (_, names) = message.split_once("expected ").unwrap();
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_name_is_defined() {
    let all = [
        names::<Verdict>(json!("?")),
        names::<SignalKind>(json!("?")),
        names::<Stage>(json!("?")),
        names::<Place>(json!("?")),
        names::<Source>(json!("?")),
        names::<Severity>(json!("?")),
        names::<SubjectKind>(json!("?")),
        names::<Class>(json!("?")),
        names::<Criticality>(json!("?")),
        names::<Field>(json!("?")),
        names::<Origin>(json!("?")),
        names::<Confidence>(json!("?")),
        names::<Decision>(json!({"answer": "?"})),
        names::<Disposition>(json!("?")),
        names::<Mode>(json!("?")),
        names::<Countermeasure>(json!({"type": "?"})),
        names::<SubjectHint>(json!({"type": "?"})),
        names::<Outcome>(json!({"result": "?"})),
        names::<Confirmation>(json!({"state": "?"})),
        names::<LastUsed>(json!({"state": "?"})),
        names::<CredentialState>(json!("?")),
        names::<Planted>(json!({"type": "?"})),
        names::<ReturnAnswer>(json!({"do": "?"})),
    ];
    let missing: Vec<&String> = all.iter().flatten().filter(|name| !DOC.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(rows("Countermeasures"), names::<Countermeasure>(json!({"type": "?"})).into_iter().collect());
    assert_eq!(rows("Verdicts"), names::<Verdict>(json!("?")).into_iter().collect());
}

/// The commands of the block that follows this mark.
fn block(mark: &str) -> &'static str {
    let (_, rest) =
        DOC.split_once(&format!("<!-- tested: {mark} -->\n```sh\n")).unwrap_or_else(|| panic!("no block {mark}"));
    rest.split_once("```").unwrap().0
}

/// A directory in which the document's commands can run: `aws` answers as AWS would, and `sever` is the one just built.
fn workplace(test: &str) -> Option<Dir> {
    for tool in ["bash", "openssl", "jq"] {
        if Command::new(tool).arg("--version").output().is_err() {
            #[allow(clippy::print_stderr, reason = "a test that did not run must say so")]
            {
                eprintln!("SKIPPED: {tool} is not installed");
            }
            return None;
        }
    }
    let dir = dir(test);
    for (n, statement) in history("deployer", &key(7)).iter().enumerate() {
        dir.write(&format!("bucket/r{:04}.dsse.json", n + 1), key(7).seal(statement));
    }
    let case = history("deployer", &key(7))[0].predicate.case.id.to_string();
    let aws = format!(
        "#!/bin/bash\ncase \"$*\" in\n  'kms get-public-key --key-id alias/severance-evidence --query PublicKey --output text')\n    \
         echo '{}' ;;\n  \"s3 cp --recursive s3://$BUCKET/evidence/012345678901/2026/03/01/$CASE/ case/\")\n    \
         cp -r bucket case ;;\n  *) echo \"unexpected: aws $*\" >&2; exit 1 ;;\nesac\n",
        STANDARD.encode(key(7).der())
    );
    dir.write("bin/aws", aws);
    dir.write("bin/sever", format!("#!/bin/bash\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_sever")));
    dir.write("env", format!("export BUCKET=evidence-bucket CASE={case} PATH=\"$PWD/bin:$PATH\"\nchmod +x bin/*\n"));
    Some(dir)
}

fn bash(dir: &Dir, commands: &str) -> Run {
    let script = format!("set -euo pipefail\n. ./env\n{commands}");
    Run::of(Command::new("bash").args(["-c", &script]).current_dir(dir.path()).output().unwrap())
}

#[test]
fn the_commands_to_fetch_and_verify_work() {
    let Some(dir) = workplace("documented-sever") else { return };
    bash(&dir, block("fetch")).expect(0, &[]);
    bash(&dir, block("verify")).expect(0, &["RESULT  VERIFIED: 3 of 3 files verified"]);
}

#[test]
fn the_commands_that_need_no_sever_work_and_fail_where_they_should() {
    let Some(dir) = workplace("documented-openssl") else { return };
    bash(&dir, block("fetch")).expect(0, &[]);
    let digest = Digest::of(&history("deployer", &key(7))[0].to_bytes());
    let commands = block("openssl");
    let run = bash(&dir, commands);
    run.expect(0, &["Verified OK", digest.as_hex(), key(7).fingerprint().trim_start_matches("sha256:")]);
    // Both digests of the chain's first link, and both fingerprints, stand there to be compared.
    assert_eq!(run.out.matches(digest.as_hex()).count(), 2, "{}", run.out);
    assert_eq!(run.out.matches(key(7).fingerprint().trim_start_matches("sha256:")).count(), 3, "{}", run.out);

    dir.write("evidence-key.pem", key(9).pem());
    let wrong = bash(&dir, commands);
    assert_ne!(wrong.code, Some(0));
    assert!(!wrong.out.contains("Verified OK"), "{}", wrong.out);
}
