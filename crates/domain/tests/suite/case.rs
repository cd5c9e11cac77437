//! What is remembered of a reaction, and what is proven of it.

use crate::common::cases::*;
use crate::common::contained::*;
use crate::common::*;
use severance_domain::case::{Case, CaseId, Outcome, Purpose, Recheck, Verification};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::digest::Digest;
use severance_domain::evidence::{Proof, Statement};
use severance_domain::exemption::ExemptionUse;
use severance_domain::ids::UniqueId;
use severance_domain::plan::{Disposition, Plan, Step};
use severance_domain::playbook::Mode;
use severance_domain::policy::{PolicyReason, Ruling};
use severance_domain::profile::Class;
use severance_domain::restoration::{Restoration, Return};
use severance_domain::review::Decision;
use severance_domain::signal::{Planted, PrincipalHint, Signal, SignalKind as Kind, SubjectHint};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, SecretState, Subject, SubjectKind};
use severance_domain::verdict::Verdict;

#[test]
fn a_case_has_the_same_name_for_every_delivery_and_another_for_anything_else() {
    let one = CaseId::of(Kind::CredentialExposed, &user("ci"), "finding/1");
    // A change of this name orphans every case that is stored: it must be meant.
    assert_eq!(one.as_str(), "sev-0de0fbd1b8c451f7256f");
    assert_eq!(one, CaseId::of(Kind::CredentialExposed, &user("ci"), "finding/1"));

    // Whoever has the same unique id is the same, also after a change of name or path.
    assert_eq!(one, CaseId::of(Kind::CredentialExposed, &user("renamed"), "finding/1"));

    // A name that is used again is somebody else.
    let reborn = Subject { unique_id: Some(UniqueId::try_from("AIDAREBORNEXAMPLE").unwrap()), ..user("ci") };
    let elsewhere = Subject { account: "444455556666".try_into().unwrap(), ..user("ci") };
    let mut others = vec![
        one,
        CaseId::of(Kind::IdentityCompromised, &user("ci"), "finding/1"),
        CaseId::of(Kind::CredentialExposed, &user("ci"), "finding/2"),
        CaseId::of(Kind::CredentialExposed, &reborn, "finding/1"),
        CaseId::of(Kind::CredentialExposed, &elsewhere, "finding/1"),
        CaseId::of(Kind::CredentialExposed, &subject(SubjectKind::Role, "ci"), "finding/1"),
        CaseId::of(Kind::CredentialExposed, &subject(SubjectKind::Secret, "ci"), "finding/1"),
        CaseId::of(Kind::CredentialExposed, &subject(SubjectKind::Unresolved, "ci"), "finding/1"),
        CaseId::of(Kind::CredentialExposed, &subject(SubjectKind::Unresolved, "cd"), "finding/1"),
    ];
    let count = others.len();
    others.sort();
    others.dedup();
    assert_eq!(others.len(), count);
}

#[test]
fn opening_a_case_writes_down_the_intent_of_what_will_be_done_and_of_nothing_else() {
    let enforced = exposed_user(Mode::Enforce);
    assert!(enforced.steps.iter().all(|record| record.intent_at == Some(now())));
    assert_eq!((enforced.revision, &enforced.previous, enforced.verdict), (1, &None, None));
    assert_eq!(enforced.id, CaseId::of(Kind::CredentialExposed, &enforced.subject, &enforced.signal.finding_id));
    for case in [exposed_user(Mode::Observe), held(), refused()] {
        assert!(case.steps.iter().all(|record| record.intent_at.is_none()));
        assert!(case.is_settled(), "nothing is left to be tried");
    }
}

#[test]
fn a_case_is_settled_when_no_step_is_left_to_be_tried() {
    for (went, settled, verdict) in [
        (Went::Well, true, Verdict::VerifiedRevoked),
        (Went::AlreadySo, true, Verdict::VerifiedRevoked),
        (Went::Unseen, true, Verdict::RevokedUnverified),
        (Went::Denied, true, Verdict::Failed),
        (Went::Throttled, false, Verdict::Failed),
        (Went::Never, false, Verdict::Failed),
    ] {
        let case = taken(exposed_user(Mode::Enforce), &[went]);
        assert_eq!((case.is_settled(), case.verdict), (settled, Some(verdict)), "{went:?}");
        // One step that is left is enough.
        let mixed = taken(exposed_user(Mode::Enforce), &[Went::Well, went]);
        assert_eq!(mixed.is_settled(), settled, "{went:?}");
    }
    // Applied, but the worker died before it read back.
    let mut case = taken(exposed_user(Mode::Enforce), &[Went::Well]);
    case.steps[0].confirmation = None;
    assert!(!case.is_settled());
}

#[test]
fn each_revision_points_at_the_one_before_it() {
    let mut case = taken(exposed_user(Mode::Enforce), &[Went::Well, Went::Throttled]);
    assert_eq!((case.verdict, case.concluded_at), (Some(Verdict::Partial), Some(later(6))));
    let first = Statement::object_key(&case);
    let opened = case.opened_at;
    for revision in 2..5 {
        let published = Digest::of(&Statement::of(&case, &stack()).to_bytes());
        case.reopen(published.clone());
        assert_eq!((case.revision, &case.previous), (revision, &Some(published)));
        assert_eq!((case.verdict, case.concluded_at, case.opened_at), (None, None, opened));
        assert!(!case.is_settled(), "what failed is tried again, and what was done is not");
        assert!(matches!(case.steps[0].outcome, Some(Outcome::Applied { .. })));
        assert_eq!(case.conclude(later(60)), Verdict::Partial);
    }
    assert_ne!(Statement::object_key(&case), first);
    case.reopen(Digest::of(b"x"));
    for record in &mut case.steps {
        take(record, Went::Well);
    }
    assert_eq!(case.conclude(later(90)), Verdict::VerifiedRevoked);
    assert!(case.is_settled());
}

#[test]
fn a_revision_is_for_one_thing() {
    let reacting = contained_user();
    assert_eq!((reacting.purpose(), reacting.returns()), (Purpose::React, [].as_slice()));

    let read_back = verified(contained_user(), &[]);
    assert_eq!(read_back.purpose(), Purpose::Verify(read_back.verification.as_ref().unwrap()));
    assert!(read_back.returns().is_empty());

    let given_back = restored(contained_user(), Went::Well);
    let restoration = given_back.restoration.as_ref().unwrap();
    assert_eq!((given_back.purpose(), given_back.returns()), (Purpose::Restore(restoration), &restoration.steps[..]));

    // Whatever was read back before, it is given back now; and what was given back was not found alive.
    let mut both = read_back.clone();
    both.restoration.clone_from(&given_back.restoration);
    assert_eq!(both.purpose(), Purpose::Restore(restoration));
    both = verified(both, &["quarantine_user"]);
    assert_eq!((both.verdict, both.verification.unwrap().alive), (Some(Verdict::Restored), vec![]));
}

#[test]
fn giving_back_begins_with_no_question_left_and_nothing_read_back() {
    let request = request("it was a drill");
    let waiting = held();
    assert!(waiting.pending_review().is_some());
    for mut case in [verified(contained_user(), &[]), waiting] {
        let asked = case.review.is_some();
        let restoration = Restoration::of(&case, request.clone(), later(9));
        case.begin_restoration(restoration.clone(), later(9));
        assert_eq!((&case.verification, case.purpose()), (&None, Purpose::Restore(&restoration)));
        let (by, reason) = (request.by.clone(), request.reason.clone());
        let decision = asked.then_some(Decision::Denied { by, reason, at: later(9), standing: None });
        assert_eq!(case.review.and_then(|review| review.decision), decision);
    }
}

#[test]
fn where_the_account_is_closed_what_the_revision_is_for_fails() {
    let failed = || Outcome::Failed {
        at: later(9),
        action: "sts:AssumeRole".to_owned(),
        code: "AccessDenied".to_owned(),
        message: "no".to_owned(),
        retryable: false,
    };
    let mut reacting = exposed_user(Mode::Enforce);
    reacting.fail_ahead(failed);
    assert!(reacting.steps.iter().all(|record| record.outcome == Some(failed())));

    let mut giving_back = contained_user();
    // A step that was never tried is none of what is given back.
    giving_back.steps[1].outcome = None;
    giving_back.begin_restoration(Restoration::of(&giving_back, request("it was a drill"), later(9)), later(9));
    let before = giving_back.steps.clone();
    giving_back.fail_ahead(failed);
    assert_eq!(giving_back.steps, before);
    for of in giving_back.returns() {
        assert_eq!(of.outcome, of.answer.changes().then(failed), "{of:?}");
    }
}

#[test]
fn a_step_is_confirmed_only_where_its_effect_was_seen() {
    for went in WAYS {
        let is_seen = matches!(went, Went::Well | Went::AlreadySo);
        let case = compromised_role(went);
        assert!(case.steps.iter().all(|record| record.is_confirmed() == is_seen), "{went:?}");

        let case = restored(contained_user(), went);
        let to_undo = |of: &&Return| of.answer.changes();
        let mut undone = case.restoration.as_ref().unwrap().steps.iter().filter(to_undo);
        assert!(undone.all(|of| of.is_confirmed() == is_seen), "{went:?}");
    }
}

/// A case with every field set, every kind of step, disposition, outcome and confirmation.
#[allow(clippy::too_many_lines, reason = "there are many fields")]
fn maximal() -> Case {
    let ruling = Ruling {
        answer: Disposition::Enforce,
        policies: vec![PolicyReason { id: "danger".to_owned(), says: Some("\"ä\"\n".to_owned()) }],
        enforce_on_silence: true,
        lowered_by: Some("the breaker is open".to_owned()),
    };
    let step = |countermeasure, disposition| {
        let reason = "because \"ä\"\n".to_owned();
        let mut step = Step::fitting(countermeasure, reason);
        step.ruling = Some(ruling.clone());
        dispose(&mut step, disposition);
        step
    };
    let ci = iam_name("+=,.@_-");
    let arn = subject(SubjectKind::Secret, "db:main/ä").arn.unwrap();
    let deactivate = |id| {
        Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user: ci.clone(), access_key: key_id(id) })
    };
    let revoke =
        Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role: ci.clone(), issued_before: later(0) });
    let id = credential_id;
    let role = subject(SubjectKind::Role, "app").arn.unwrap();
    let plan = Plan {
        steps: vec![
            step(Countermeasure::QuarantineUser(card::QuarantineUser::of(ci.clone(), None)), Disposition::Enforce),
            step(deactivate(KEY), Disposition::Enforce),
            step(deactivate(OTHER_KEY), Disposition::Enforce),
            step(revoke, Disposition::Enforce),
            step(Countermeasure::RotateSecret(card::RotateSecret { secret: arn.clone() }), Disposition::Refuse),
            step(Countermeasure::RotateSecret(card::RotateSecret { secret: arn }), Disposition::Observe),
            step(Countermeasure::HoldForReview, Disposition::Review),
            step(
                Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user: ci.clone() }),
                Disposition::Observe,
            ),
            step(
                Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey { user: ci.clone(), key: id(SSH) }),
                Disposition::Decline,
            ),
            step(
                Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate {
                    user: ci.clone(),
                    certificate: id(CERTIFICATE),
                }),
                Disposition::Observe,
            ),
            step(
                Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential {
                    user: ci.clone(),
                    credential: id(BEDROCK),
                    service: "bedrock.amazonaws.com".to_owned(),
                }),
                Disposition::Observe,
            ),
            step(
                Countermeasure::RevokeUserSessions(card::RevokeUserSessions { user: ci.clone() }),
                Disposition::Observe,
            ),
            step(Countermeasure::QuarantineRole(card::QuarantineRole::of(ci.clone(), None)), Disposition::Observe),
            step(Countermeasure::CloseRoleTrust(card::CloseRoleTrust::of(ci.clone())), Disposition::Observe),
            step(
                Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere {
                    role: role.clone(),
                    profile: anywhere("p-1", true, &["app"]).arn,
                }),
                Disposition::Observe,
            ),
            step(
                Countermeasure::RemoveAccountAssignment(card::RemoveAccountAssignment {
                    user: resource_id("906"),
                    account: ACCOUNT.try_into().unwrap(),
                    permission_set: assignment(ACCOUNT, None).permission_set,
                }),
                Disposition::Observe,
            ),
            step(
                Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership {
                    user: resource_id("906"),
                    store: membership("g").store,
                    group: membership("g").group,
                    membership: membership("g").membership,
                }),
                Disposition::Observe,
            ),
            step(
                Countermeasure::NeutralizePolicy(card::NeutralizePolicy {
                    policy: role.clone(),
                    version: "v2".to_owned(),
                    before: None,
                    distrusted: vec![],
                }),
                Disposition::Observe,
            ),
            step(
                Countermeasure::QuarantineByScp(card::QuarantineByScp {
                    principal: role,
                    account: ACCOUNT.try_into().unwrap(),
                    unique_id: None,
                }),
                Disposition::Review,
            ),
        ],
        notes: vec!["a note".to_owned()],
        exemptions: vec![ExemptionUse::of(&exemption(&[]), names(&["rotate_secret"]))],
    };
    let mut keys = vec![inactive(key(KEY, 1)), used(key(OTHER_KEY, 2), 1)];
    keys.push(AccessKey { last_used: LastUsed::NotAsked, created_at: None, ..key(KEY, 0) });
    let inventory = Inventory {
        access_keys: keys,
        console_password: Some(false),
        secret: Some(SecretState {
            rotation_enabled: true,
            last_rotated_at: Some(days_ago(9)),
            deletion_scheduled: true,
        }),
        unread: vec!["unread".to_owned()],
        gaps: vec![GAP.to_owned()],
        created_at: Some(days_ago(700)),
        attached_policies: Some(names(&["PowerUserAccess"])),
        trust: Some(github()),
        roles_anywhere: vec![anywhere("p-1", true, &["app"])],
        account_assignments: vec![assignment(ACCOUNT, None), assignment(ACCOUNT, Some("g"))],
        group_memberships: vec![membership("g")],
        ..every_credential()
    };
    let hint = PrincipalHint { name: Some(ci), arn: user("ci").arn, unique_id: user("ci").unique_id };
    let follows = found(Kind::CredentialCreated, Some(Planted::SshPublicKey(credential_id(SSH)))).follows;
    let claim = Signal { subject: SubjectHint::User(hint), follows, ..exposed() };
    let owned = profile(&["alice", "bob"], Some(Class::ThirdParty));
    let case = Case::open(
        claim,
        user("ci"),
        owned,
        inventory,
        plan,
        Mode::Enforce,
        times(),
        "2026-03-01T12:00:00.123456789Z".parse().unwrap(),
    );
    let mut case = taken(case, &[Went::Well, Went::Unseen, Went::AlreadySo, Went::Denied]);
    if let Some(Outcome::Applied { note, .. }) = &mut case.steps[0].outcome {
        *note = Some("the user could not be tagged".to_owned());
    }
    case.reopen(Digest::of(b"before"));
    case.rechecks = vec![Recheck { number: 1, at: later(9), found: names(&["found"]), unread: names(&["unread"]) }];
    case.followed = vec![followed(None), followed(Some(Verdict::Partial))];
    case.steps[2].recheck = 1;
    case.verification = Some(Verification { request: request("why"), at: later(9), alive: names(&["alive"]) });
    let case = restored(case, Went::Unseen);
    assert!(case.restoration.as_ref().is_some_and(|of| !of.steps.is_empty()));
    case
}

#[test]
fn a_case_survives_its_json() {
    for case in [maximal(), exposed_user(Mode::Enforce), compromised_role(Went::Throttled), held()] {
        let json = serde_json::to_value(&case).unwrap();
        assert_eq!(serde_json::from_value::<Case>(json.clone()).unwrap(), case);
        assert_eq!(serde_json::from_str::<Case>(&json.to_string()).unwrap(), case);
        let statement = Statement::of(&case, &stack());
        assert_eq!(serde_json::from_slice::<Statement>(&statement.to_bytes()).unwrap(), statement);
    }
    for hint in [
        SubjectHint::Root,
        SubjectHint::AccessKeyOnly,
        SubjectHint::Role(PrincipalHint::default()),
        SubjectHint::Secret { arn: subject(SubjectKind::Secret, "db").arn.unwrap() },
        SubjectHint::Person { identifiers: names(&["alice"]) },
        SubjectHint::Workload { identifiers: vec![] },
        SubjectHint::DirectoryUser { id: resource_id("906") },
    ] {
        let json = serde_json::to_string(&hint).unwrap();
        assert_eq!(serde_json::from_str::<SubjectHint>(&json).unwrap(), hint, "{json}");
    }
    // The names that auditors' queries hang on.
    let json = serde_json::to_value(maximal()).unwrap();
    let step = &json["steps"][1];
    assert_eq!(step["countermeasure"]["type"], "deactivate_access_key");
    assert_eq!(step["countermeasure"]["accessKey"], KEY);
    assert_eq!((&step["disposition"], &step["outcome"]["result"]), (&"enforce".into(), &"applied".into()));
    assert_eq!(step["confirmation"]["state"], "unconfirmed");
    assert_eq!(json["steps"][3]["outcome"]["action"], "iam:PutRolePolicy");
}

// What is proven.

#[test]
fn what_a_step_leaves_open_is_said_whether_or_not_its_effect_was_seen() {
    let says = |case: &Case, text: &str| Proof::of(case).not_proven.iter().any(|line| line.contains(text));
    for went in [Went::Well, Went::Unseen, Went::AlreadySo] {
        let stale = taken(stale(Mode::Enforce), &[went]);
        assert!(says(&stale, "36 hours") && says(&stale, "probe"), "{went:?}");
        let secret = taken(leavers_secret(secret(true, false)), &[went]);
        assert!(says(&secret, "the secret's old value") && says(&secret, "probe"), "{went:?}");
        assert!(says(&compromised_role(went), "started after the revocation"), "{went:?}");
    }
    // A quarantine that was seen denies the sessions as well; one that was not does not count.
    assert!(!says(&taken(exposed_user(Mode::Enforce), &[Went::Well]), "36 hours"));
    assert!(says(&taken(exposed_user(Mode::Enforce), &[Went::Unseen, Went::Well]), "36 hours"));
    assert!(says(&taken(exposed_user(Mode::Enforce), &[Went::Denied, Went::Well]), "36 hours"));
    // Where nothing was done there is no effect whose limits could be told.
    for case in [exposed_user(Mode::Observe), held(), taken(exposed_user(Mode::Enforce), &[Went::Denied])] {
        assert!(Proof::of(&case).state.is_empty());
        assert!(!says(&case, "probe"));
        assert!(says(&case, GAP));
    }
}
