//! Statements in which every field has a value.

use std::collections::BTreeMap;

use crate::support::key;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use severance_domain::caller::Standing;
use severance_domain::case::{
    Case, CaseId, Confirmation, Followed, LeftOut, Outcome, Recheck, Rechecking, StepRecord, Verification,
};
use severance_domain::copies::{Copy, How, Place, Updated};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::cutover::{Consumer, Copies, CutoverFacts, Stage};
use severance_domain::digest::Digest;
use severance_domain::evidence::Statement;
use severance_domain::exemption::ExemptionUse;
use severance_domain::ids::Arn;
use severance_domain::plan::{Disposition, Doubt, Step};
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
    AccessKey, AccountAssignment, Credential, CredentialState, GroupMembership, Inventory, LastUsed, Renamed,
    RolesAnywhereProfile, SecretState, ServiceCredential, Subject, SubjectKind, Trust,
};
use severance_domain::verdict::Verdict;

/// Cases that together have every field there is. Written as literals, so that a new field does not compile without one.
pub(super) fn maximal() -> Vec<Statement> {
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
        Decision::Approved { by: person(), reason: text(), at, standing: Some(standing()) },
        Decision::Denied { by: person(), reason: text(), at, standing: Some(standing()) },
        Decision::Lapsed { enforced: true, at },
    ];
    let case = |(subject, decision): (SubjectHint, &Decision)| Case {
        id: case_id(),
        revision: 2,
        previous: Some(Digest::of(b"")),
        left_out: Some(LeftOut { notes: 1, found: 1, unread: 1, followed: 1, steps: 1 }),
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
        .with_exposed_since(Some(at - SignedDuration::from_hours(2)))
        .with_further_keys(vec!["AKIAANOTHER".try_into().unwrap()])
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
        renamed: Some(renamed(at)),
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
        rechecking: Some(Rechecking {
            settle_seconds: 15,
            trail_minutes: 20,
            most: 10,
            look_back_hours: 24,
            next_at: Some(at),
        }),
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

fn standing() -> Standing {
    Standing { principal_id: Some("AROAEXAMPLE:bob".to_owned()), allowed_by: "text".to_owned() }
}

fn request() -> Request {
    Request { by: person(), reason: "text".to_owned(), ticket: Some("text".to_owned()), standing: Some(standing()) }
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
        ReturnAnswer::Held { by: vec![case_id()] },
    ];
    let steps = countermeasures().into_iter().zip(answers.into_iter().cycle()).map(|(countermeasure, answer)| Return {
        step: 0,
        countermeasure,
        answer,
        outcome: Some(Outcome::Applied { at, note: None }),
        confirmation: Some(Confirmation::Confirmed { at, observed: why() }),
    });
    Restoration { request: request(), at, sessions_before: Some(at), beside: vec![case_id()], steps: steps.collect() }
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
        permissions_boundary: Some(person()),
        unread: vec![text()],
        named_key_deleted_by: "arn:aws:iam::111122223333:user/other".try_into().ok(),
        gaps: vec![text()],
    }
}

fn renamed(at: Timestamp) -> Renamed {
    let arn = "arn:aws:iam::111122223333:user/other".try_into().unwrap();
    Renamed { name: "other".try_into().unwrap(), arn, at }
}

fn ruled(mut step: Step) -> Step {
    step.doubt = Some(Doubt::Judged);
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
        standing: Some(standing()),
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
