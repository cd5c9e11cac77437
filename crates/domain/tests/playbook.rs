//! What is decided about whom: the default playbook, row by row.
#![allow(
    clippy::match_same_arms,
    clippy::type_complexity,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use common::*;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use severance_domain::plan::{Countermeasure, Disposition, Plan};
use severance_domain::playbook::{Context, Mode, decide};
use severance_domain::refusals::refusal;
use severance_domain::signal::{Signal, SignalKind as Kind, SubjectHint};
use severance_domain::subject::{AccessKey, Class, Inventory, LastUsed, Profile, Subject, SubjectKind};

/// A step in short: what, on which key, and the disposition's first letter.
fn short(plan: &Plan) -> Vec<String> {
    let step = |step: &severance_domain::plan::Step| {
        let what = match &step.countermeasure {
            Countermeasure::DeactivateAccessKey { access_key, .. } if access_key.as_str() == KEY => "key",
            Countermeasure::DeactivateAccessKey { access_key, .. } if access_key.as_str() == OTHER_KEY => "other key",
            Countermeasure::DeactivateAccessKey { .. } => "a third key",
            Countermeasure::QuarantineUser { .. } => "quarantine",
            Countermeasure::RevokeRoleSessions { .. } => "sessions",
            Countermeasure::RotateSecret { .. } => "rotate",
            Countermeasure::HoldForReview => "hold",
        };
        let whether = match step.disposition {
            Disposition::Enforce => "enforce",
            Disposition::Observe => "observe",
            Disposition::Review => "review",
            Disposition::Refuse => "refuse",
        };
        format!("{what}:{whether}")
    };
    plan.steps.iter().map(step).collect()
}

fn enforce(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory) -> Plan {
    decide(signal, subject, profile, inventory, &context(Mode::Enforce))
}

/// The reasons and notes of a plan, for a look at the words.
fn words(plan: &Plan) -> String {
    plan.steps.iter().map(|step| step.reason.clone()).chain(plan.notes.clone()).collect::<Vec<_>>().join("\n")
}

/// What a subject of each kind holds at its worst: two active keys past every limit, a secret that can be rotated.
fn everything() -> Inventory {
    Inventory { secret: secret(true, false).secret, ..keys([key(KEY, 400), key(OTHER_KEY, 400)]) }
}

/// The playbook as a person would write it on a wall, for subjects that hold [`everything`], are owned by the leaver
/// `alice` alone, and are named in a claim about the key [`KEY`].
fn expected(kind: Kind, subject: SubjectKind, class: Option<Class>) -> Vec<&'static str> {
    match (subject, kind) {
        (SubjectKind::Root | SubjectKind::Unresolved, _) => vec!["hold"],
        (SubjectKind::Person, _) => vec![],

        (SubjectKind::User, Kind::CredentialExposed | Kind::IdentityCompromised) => {
            vec!["quarantine", "key", "other key"]
        }
        (SubjectKind::User, Kind::CredentialCreated) if class == Some(Class::Human) => vec!["key"],
        (SubjectKind::User, Kind::CredentialCreated) => vec![],
        (SubjectKind::User, Kind::CredentialStale | Kind::CredentialUnused | Kind::IdentityDormant) => vec!["key"],
        (SubjectKind::User, Kind::Offboarding) if class == Some(Class::Human) => vec!["quarantine", "key", "other key"],

        (SubjectKind::Role, Kind::CredentialExposed | Kind::IdentityCompromised) => vec!["sessions"],
        (SubjectKind::Role, Kind::Offboarding) if class == Some(Class::Human) => vec!["sessions"],

        (SubjectKind::Secret, Kind::CredentialExposed | Kind::SecretUnrotated | Kind::Offboarding) => vec!["rotate"],
        _ => vec!["hold"],
    }
}

#[test]
fn every_kind_of_claim_about_every_kind_of_subject_in_every_class_and_mode() {
    let mut rows = 0;
    for kind in KINDS {
        for subject_kind in SUBJECTS {
            for class in CLASSES {
                for mode in [Mode::Enforce, Mode::Observe] {
                    let signal = match kind {
                        Kind::Offboarding => leaver(&["alice"]),
                        _ => signal(kind, Some(KEY)),
                    };
                    let plan = decide(
                        &signal,
                        &subject(subject_kind, "deployer"),
                        &profile(&["alice"], class),
                        &everything(),
                        &context(mode),
                    );
                    let whether = match (class, mode) {
                        (Some(Class::BreakGlass), _) => "refuse",
                        (_, Mode::Observe) => "observe",
                        (_, Mode::Enforce) => "enforce",
                    };
                    let expected: Vec<String> = expected(kind, subject_kind, class)
                        .into_iter()
                        .map(|step| format!("{step}:{}", if step == "hold" { "review" } else { whether }))
                        .collect();
                    assert_eq!(short(&plan), expected, "{kind:?} {subject_kind:?} {class:?} {mode:?}");
                    assert!(!plan.steps.is_empty() || !plan.notes.is_empty(), "an empty plan says why");
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 12 * 6 * 7 * 2);
}

#[test]
fn a_limit_of_age_is_reached_on_its_day() {
    for (age, step) in [(89, false), (90, true), (91, true)] {
        for named in [Some(KEY), None] {
            let plan = enforce(
                &signal(Kind::CredentialStale, named),
                &user("ci"),
                &profile(&["bob"], Some(Class::Workload)),
                &keys([used(key(KEY, age), 0)]),
            );
            assert_eq!(short(&plan), if step { vec!["key:enforce"] } else { vec![] }, "{age} days");
            assert!(words(&plan).contains(&format!("{age} days old, and the limit is 90")), "{}", words(&plan));
        }
    }
    // One second short of the day is the day before.
    let young = AccessKey { created_at: Some(days_ago(90) + SignedDuration::from_secs(1)), ..key(KEY, 0) };
    let plan = enforce(&signal(Kind::CredentialStale, None), &user("ci"), &Profile::default(), &keys([young]));
    assert_eq!(short(&plan), [] as [&str; 0]);
}

#[test]
fn a_limit_of_disuse_is_reached_on_its_day() {
    for kind in [Kind::CredentialUnused, Kind::IdentityDormant] {
        for (days, step) in [(44, false), (45, true), (46, true)] {
            let wanted = if step { vec!["key:enforce"] } else { vec![] };
            let inventory = keys([used(key(KEY, 300), days)]);
            let plan = enforce(&signal(kind, None), &user("ci"), &Profile::default(), &inventory);
            assert_eq!(short(&plan), wanted, "last used {days} days ago");
            assert!(words(&plan).contains(&format!("last used {days} days ago")), "{}", words(&plan));

            let plan = enforce(&signal(kind, None), &user("ci"), &Profile::default(), &keys([key(KEY, days)]));
            assert_eq!(short(&plan), wanted, "never used, {days} days old");
            assert!(words(&plan).contains(&format!("made {days} days ago and never used")), "{}", words(&plan));
        }
    }
}

#[test]
fn what_aws_does_not_say_is_held_and_never_guessed() {
    let not_asked = AccessKey { last_used: LastUsed::NotAsked, ..key(KEY, 400) };
    let ageless = AccessKey { created_at: None, ..key(KEY, 0) };
    for (kind, key, wanted) in [
        (Kind::CredentialUnused, not_asked.clone(), "hold:review"),
        (Kind::IdentityDormant, not_asked.clone(), "hold:review"),
        (Kind::CredentialStale, not_asked, "key:enforce"),
        (Kind::CredentialUnused, ageless.clone(), "hold:review"),
        (Kind::CredentialStale, ageless.clone(), "hold:review"),
        (Kind::CredentialUnused, used(ageless, 50), "key:enforce"),
    ] {
        let plan = enforce(&signal(kind, None), &user("ci"), &Profile::default(), &keys([key.clone()]));
        assert_eq!(short(&plan), [wanted], "{kind:?} {key:?}");
        // An inactive key needs no decision, whatever AWS says of it.
        let plan = enforce(&signal(kind, None), &user("ci"), &Profile::default(), &keys([inactive(key)]));
        assert_eq!(short(&plan), [] as [&str; 0]);
    }
}

#[test]
fn only_the_keys_in_question_are_touched() {
    let old = || key(KEY, 400);
    let old_too = || key(OTHER_KEY, 400);
    for kind in [Kind::CredentialStale, Kind::CredentialUnused, Kind::IdentityDormant] {
        let rows: [(Option<&str>, Vec<AccessKey>, Vec<&str>); 9] = [
            (Some(KEY), vec![old(), old_too()], vec!["key:enforce"]),
            (Some(OTHER_KEY), vec![old(), old_too()], vec!["other key:enforce"]),
            (None, vec![old(), old_too()], vec!["key:enforce", "other key:enforce"]),
            (None, vec![old(), used(key(OTHER_KEY, 1), 0)], vec!["key:enforce"]),
            (Some(KEY), vec![old_too()], vec![]),
            (Some(KEY), vec![inactive(old()), old_too()], vec![]),
            (None, vec![inactive(old()), old_too()], vec!["other key:enforce"]),
            (Some(SESSION_KEY), vec![old()], vec![]),
            (None, vec![], vec![]),
        ];
        for (named, held, wanted) in rows {
            let plan = enforce(&signal(kind, named), &user("ci"), &Profile::default(), &keys(held.clone()));
            assert_eq!(short(&plan), wanted, "{kind:?} names {named:?} among {held:?}");
            assert_eq!(wanted.is_empty(), words(&plan).contains("the claim is not borne out"), "{}", words(&plan));
        }
    }
}

#[test]
fn an_unused_password_is_a_persons_decision() {
    let claim = Signal { rule: "UnusedIAMUserPassword".to_owned(), ..signal(Kind::CredentialUnused, None) };
    assert_eq!(short(&enforce(&claim, &user("ci"), &Profile::default(), &everything())), ["hold:review"]);
}

#[test]
fn an_exposed_key_that_is_gone_is_held_and_a_session_key_is_the_whole_users_matter() {
    let exposed = |named| signal(Kind::CredentialExposed, named);
    let all = ["quarantine:enforce", "key:enforce", "other key:enforce"];
    let run = |signal: &Signal, inventory: &Inventory| enforce(signal, &user("ci"), &Profile::default(), inventory);
    assert_eq!(short(&run(&exposed(Some("AKIAGONE")), &everything())), ["hold:review"]);
    assert_eq!(short(&run(&exposed(Some(SESSION_KEY)), &everything())), all);
    assert!(
        words(&run(&exposed(Some(SESSION_KEY)), &everything())).contains("ASIAIOSFODNN7EXAMPLE is a session's key")
    );
    assert_eq!(short(&run(&exposed(None), &everything())), all);
    // A compromise is about the user, whichever key it names.
    assert_eq!(short(&run(&signal(Kind::IdentityCompromised, Some("AKIAGONE")), &everything())), all);
    // An inactive key is not deactivated again: undoing that would bring it to life.
    let half = keys([inactive(key(KEY, 3)), key(OTHER_KEY, 3)]);
    let plan = run(&exposed(Some(KEY)), &half);
    assert_eq!(short(&plan), ["quarantine:enforce", "other key:enforce"]);
    assert!(words(&plan).contains("AKIAIOSFODNN7EXAMPLE was inactive already"));
    let with_password = Inventory { console_password: Some(true), ..Inventory::default() };
    let plan = run(&exposed(None), &with_password);
    assert_eq!(short(&plan), ["quarantine:enforce"]);
    assert!(words(&plan).contains("there is a console password"));
}

#[test]
fn keys_that_could_not_be_listed_are_not_taken_for_gone() {
    let blind = Inventory { unread: vec!["the user's access keys could not be listed".to_owned()], ..keys([]) };
    for kind in KINDS {
        let plan = enforce(&signal(kind, Some(KEY)), &user("ci"), &Profile::default(), &blind);
        let wanted: &[&str] = match kind {
            Kind::CredentialExposed | Kind::IdentityCompromised | Kind::Offboarding => {
                &["quarantine:enforce", "hold:review"]
            }
            Kind::CredentialCreated | Kind::CredentialStale | Kind::CredentialUnused | Kind::IdentityDormant => {
                &["hold:review"]
            }
            _ => &["hold:review", "hold:review"],
        };
        assert_eq!(short(&plan), wanted, "{kind:?}");
        for false_claim in ["any more", "not borne out"] {
            assert!(!words(&plan).contains(false_claim), "{kind:?}: {}", words(&plan));
        }
    }
    let nobody = subject(SubjectKind::Unresolved, "x");
    assert_eq!(
        short(&enforce(&signal(Kind::CredentialExposed, None), &nobody, &Profile::default(), &blind)),
        ["hold:review"]
    );
}

#[test]
fn a_new_key_is_stopped_where_nobody_answers_and_where_a_person_holds_it() {
    let created = signal(Kind::CredentialCreated, Some(KEY));
    let both = keys([key(KEY, 0), key(OTHER_KEY, 400)]);
    for class in CLASSES {
        let whether = if class == Some(Class::BreakGlass) { "key:refuse" } else { "key:enforce" };
        assert_eq!(short(&enforce(&created, &user("ci"), &profile(&[], class), &both)), [whether], "{class:?}");
    }
    assert_eq!(short(&enforce(&created, &user("ci"), &profile(&["a"], Some(Class::Human)), &both)), ["key:enforce"]);
    let recorded = enforce(&created, &user("ci"), &profile(&["a", "b"], Some(Class::Pipeline)), &both);
    assert_eq!((short(&recorded), words(&recorded).as_str()), (vec![], "recorded: the user is owned by a, b"));
    for gone in [keys([]), keys([inactive(key(KEY, 0))])] {
        assert_eq!(short(&enforce(&created, &user("ci"), &Profile::default(), &gone)), [] as [&str; 0]);
    }
    let unnamed = signal(Kind::CredentialCreated, None);
    assert_eq!(short(&enforce(&unnamed, &user("ci"), &Profile::default(), &both)), ["hold:review"]);
}

#[test]
fn a_leaver_loses_what_they_alone_use() {
    let ended = vec!["quarantine:enforce", "key:enforce"];
    let held = vec!["hold:review"];
    let one = leaver(&["alice"]);
    let two = leaver(&["Alice@X.io", " ALICE "]);
    let human = Some(Class::Human);
    let rows: Vec<(&str, &Signal, &str, Profile, &Vec<&str>, &str)> = vec![
        ("their own", &one, "laptop", profile(&["alice"], human), &ended, "alone uses it"),
        ("two names", &two, "laptop", profile(&["alice", "alice@x.io"], human), &ended, "alone uses it"),
        (
            "one name of two",
            &one,
            "laptop",
            profile(&["alice", "alice@x.io"], human),
            &held,
            "other owners as well: alice@x.io",
        ),
        ("shared", &two, "laptop", profile(&["alice", "bob"], human), &held, "other owners as well: bob"),
        ("shared, bears the name", &one, "alice", profile(&["alice", "bob"], None), &held, "other owners as well: bob"),
        ("another's, bears the name", &one, "alice", profile(&["bob"], None), &held, "other owners as well: bob"),
        ("bears the name", &one, "alice", profile(&[], None), &ended, "bears the name"),
        ("bears another case of the name", &two, "ALICE@x.IO", profile(&["alice"], None), &ended, "bears the name"),
        ("no class", &one, "laptop", profile(&["alice"], None), &held, "needs a class"),
        ("a person's, but whose?", &one, "laptop", profile(&[], human), &held, "neither its owner tags nor its name"),
        ("a workload", &one, "alice", profile(&["alice"], Some(Class::Workload)), &held, "its class is workload"),
        ("a pipeline", &one, "ci", profile(&["alice"], Some(Class::Pipeline)), &held, "its class is pipeline"),
        ("an agent", &one, "ci", profile(&["alice"], Some(Class::Agent)), &held, "its class is agent"),
        ("a third party", &one, "ci", profile(&["alice"], Some(Class::ThirdParty)), &held, "its class is third-party"),
        ("break-glass", &one, "ci", profile(&["alice"], Some(Class::BreakGlass)), &held, "its class is break-glass"),
    ];
    for (name, signal, user_name, profile, wanted, why) in rows {
        let plan = enforce(signal, &user(user_name), &profile, &keys([key(KEY, 5)]));
        assert_eq!(short(&plan), *wanted, "{name}");
        assert!(words(&plan).contains(why), "{name}: {}", words(&plan));
    }
}

#[test]
fn a_retired_workload_loses_what_it_alone_uses() {
    let claim = retired(&["billing"]);
    let ended = vec!["quarantine:enforce", "key:enforce"];
    let held = vec!["hold:review"];
    let rows: Vec<(&str, Profile, &Vec<&str>, &str)> = vec![
        ("x", profile(&["billing"], Some(Class::Workload)), &ended, "is retired"),
        ("x", profile(&["billing"], None), &ended, "is retired"),
        ("x", profile(&["billing", "bob"], Some(Class::Workload)), &held, "other owners as well: bob"),
        ("billing", profile(&[], None), &ended, "bears the name of the workload"),
        ("Billing", profile(&[], Some(Class::Workload)), &ended, "bears the name of the workload"),
        ("billing", profile(&[], Some(Class::Human)), &held, "a person uses it"),
        ("billing", profile(&["bob"], Some(Class::Workload)), &held, "other owners as well: bob"),
        ("x", profile(&[], Some(Class::Workload)), &held, "neither its owner tags nor its name"),
    ];
    for (name, profile, wanted, why) in rows {
        let plan = enforce(&claim, &user(name), &profile, &keys([key(KEY, 5)]));
        assert_eq!(short(&plan), *wanted, "{name} {profile:?}");
        assert!(words(&plan).contains(why), "{name} {profile:?}: {}", words(&plan));
        assert!(!words(&plan).contains("person who left"), "{}", words(&plan));
    }
    // Named itself, it is ended whoever owns it: somebody asked for exactly this one.
    let named = signal(Kind::Offboarding, None);
    let plan = enforce(&named, &user("x"), &profile(&["bob"], Some(Class::Workload)), &keys([key(KEY, 5)]));
    assert_eq!(short(&plan), ended);
    let role = subject(SubjectKind::Role, "x");
    assert_eq!(short(&enforce(&claim, &role, &profile(&["billing"], None), &keys([]))), ["sessions:enforce"]);
}

#[test]
fn a_secret_is_rotated_only_where_it_can_be() {
    let the_secret = subject(SubjectKind::Secret, "db/main");
    let mine = profile(&["alice"], None);
    let unknown = Inventory::default();
    for signal in [signal(Kind::SecretUnrotated, None), signal(Kind::CredentialExposed, None), leaver(&["alice"])] {
        let rows: [(&Inventory, &str, &str); 5] = [
            (&secret(true, false), "rotate:enforce", ""),
            (&secret(false, false), "hold:review", "no rotation configured"),
            (&secret(true, true), "hold:review", "scheduled for deletion"),
            (&secret(false, true), "hold:review", "scheduled for deletion"),
            (&unknown, "hold:review", "AWS did not say"),
        ];
        for (inventory, wanted, why) in rows {
            let plan = enforce(&signal, &the_secret, &mine, inventory);
            assert_eq!(short(&plan), [wanted], "{:?} {inventory:?}", signal.kind);
            assert!(words(&plan).contains(why), "{}", words(&plan));
        }
    }
    for (owners, why) in [(&["alice", "bob"][..], "as well: bob"), (&["bob"], "as well: bob"), (&[], "has no owner")] {
        let plan = enforce(&leaver(&["alice"]), &the_secret, &profile(owners, None), &secret(true, false));
        assert_eq!(short(&plan), ["hold:review"], "{owners:?}");
        assert!(words(&plan).contains(why), "{}", words(&plan));
    }
    let nameless = Subject { arn: None, ..the_secret };
    let plan = enforce(&signal(Kind::SecretUnrotated, None), &nameless, &mine, &secret(true, false));
    assert_eq!(short(&plan), ["hold:review"]);
}

#[test]
fn sessions_are_revoked_up_to_the_moment_of_the_decision() {
    let plan = enforce(
        &signal(Kind::IdentityCompromised, Some(SESSION_KEY)),
        &subject(SubjectKind::Role, "app"),
        &Profile::default(),
        &keys([]),
    );
    assert_eq!(
        plan.steps[0].countermeasure,
        Countermeasure::RevokeRoleSessions { role: iam_name("app"), issued_before: now() }
    );
    assert!(words(&plan).contains("can still start new sessions"));
}

#[test]
fn refusals_hold_in_both_modes_and_say_what_was_asked_for() {
    let role = |arn_path: &str, name: &str| Subject {
        arn: Some(format!("arn:aws:iam::{ACCOUNT}:role/{arn_path}{name}").try_into().unwrap()),
        ..subject(SubjectKind::Role, name)
    };
    let glass = profile(&["alice"], Some(Class::BreakGlass));
    let rows = [
        (user("admin"), &glass, "break-glass"),
        (role("", "app"), &glass, "break-glass"),
        (subject(SubjectKind::Secret, "db"), &glass, "break-glass"),
        (role("", "severance-offboarding"), &Profile::default(), "Severance's own"),
        (role("aws-service-role/x.amazonaws.com/", "AWSServiceRoleForX"), &Profile::default(), "service-linked"),
        (role("aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_A_1"), &Profile::default(), "Identity Center"),
    ];
    for (subject, profile, why) in rows {
        for mode in [Mode::Enforce, Mode::Observe] {
            let claim = signal(Kind::CredentialExposed, None);
            let plan = decide(&claim, &subject, profile, &everything(), &context(mode));
            assert!(!plan.steps.is_empty());
            for step in &plan.steps {
                assert_eq!(step.disposition, Disposition::Refuse, "{} {mode:?}", subject.name);
                assert!(step.reason.contains(why) && step.reason.contains("(asked for because "), "{}", step.reason);
            }
        }
    }
    // What touches nothing is not refused: a person still has to look.
    let plan = enforce(&signal(Kind::IdentityOwnerless, None), &user("admin"), &glass, &everything());
    assert_eq!(short(&plan), ["hold:review"]);
}

#[test]
fn a_class_is_read_however_its_words_are_joined() {
    for text in ["break-glass", "Break Glass", "BREAK_GLASS", " BreakGlass "] {
        assert_eq!(Class::from_tag(text), Some(Class::BreakGlass), "{text}");
    }
    for class in CLASSES.into_iter().flatten() {
        assert_eq!(Class::from_tag(class.as_str()), Some(class));
        assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
    }
    assert_eq!(Class::from_tag("robot"), None);
}

#[test]
fn an_owner_is_the_leaver_in_any_case_of_any_script() {
    let owned = profile(&["jürgen"], Some(Class::Human));
    let plan = enforce(&leaver(&[" JÜRGEN "]), &user("x"), &owned, &keys([key(KEY, 5)]));
    assert_eq!(short(&plan), ["quarantine:enforce", "key:enforce"]);
    let shared = profile(&["jürgen", "zoë"], Some(Class::Human));
    let plan = enforce(&leaver(&["JÜRGEN"]), &user("x"), &shared, &keys([]));
    assert!(words(&plan).ends_with("as well: zoë"), "{}", words(&plan));
}

// Everything that can be put together, sense or nonsense.

fn any_key() -> impl Strategy<Value = AccessKey> {
    let id = prop::sample::select(vec![KEY, OTHER_KEY, "AKIATHIRD", SESSION_KEY]);
    let last_used = prop_oneof![
        Just(LastUsed::Never),
        Just(LastUsed::NotAsked),
        (-2..500i64).prop_map(|days| LastUsed::At(days_ago(days)))
    ];
    (id, any::<bool>(), prop::option::of(-2..500i64), last_used).prop_map(|(id, active, age, last_used)| AccessKey {
        id: key_id(id),
        active,
        created_at: age.map(days_ago),
        last_used,
    })
}

fn any_inventory() -> impl Strategy<Value = Inventory> {
    let state = prop::option::of((any::<bool>(), any::<bool>()));
    let unread = prop::sample::subsequence(vec!["the user's access keys could not be listed".to_owned()], 0..=1);
    let keys = prop::collection::vec(any_key(), 0..4);
    (keys, any::<Option<bool>>(), state, unread).prop_map(|(access_keys, password, state, unread)| Inventory {
        unread,
        access_keys,
        console_password: password,
        secret: state.and_then(|(enabled, deleted)| secret(enabled, deleted).secret),
        gaps: vec![],
    })
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9+=,.@_-]{1,20}", Just("alice".to_owned()), Just("severance-x".to_owned()), ".{0,8}"]
}

fn any_subject() -> impl Strategy<Value = Subject> {
    let path =
        prop::sample::select(vec!["", "ci/", "aws-service-role/x.amazonaws.com/", "aws-reserved/sso.amazonaws.com/"]);
    (prop::sample::select(SUBJECTS.to_vec()), any_name(), path, any::<bool>()).prop_map(
        |(kind, name, path, has_arn)| {
            let kind_name = if kind == SubjectKind::User { "user" } else { "role" };
            let arn = format!("arn:aws:iam::{ACCOUNT}:{kind_name}/{path}{name}").as_str().try_into().ok();
            Subject { arn: if has_arn { arn } else { None }, name, ..subject(kind, "x") }
        },
    )
}

fn any_signal() -> impl Strategy<Value = Signal> {
    let named = prop::option::of(prop::sample::select(vec![KEY, OTHER_KEY, "AKIAGONE", SESSION_KEY]));
    let hint = prop_oneof![
        Just(SubjectHint::AccessKeyOnly),
        Just(SubjectHint::Person { identifiers: names(&["alice", "Alice@x.io"]) }),
        Just(SubjectHint::Workload { identifiers: names(&["billing"]) }),
        Just(SubjectHint::Root),
    ];
    let rule = prop::sample::select(vec!["IAM.3", "UnusedIAMUserPassword"]);
    (prop::sample::select(KINDS.to_vec()), named, hint, rule).prop_map(|(kind, named, subject, rule)| Signal {
        subject,
        rule: rule.to_owned(),
        ..signal(kind, named)
    })
}

fn any_profile() -> impl Strategy<Value = Profile> {
    let owners = prop::sample::subsequence(vec!["alice", "alice@x.io", "billing", "bob"], 0..=4);
    (owners, prop::sample::select(CLASSES.to_vec())).prop_map(|(owners, class)| profile(&owners, class))
}

fn any_context() -> impl Strategy<Value = Context> {
    let mode = prop::sample::select(vec![Mode::Observe, Mode::Enforce]);
    (mode, 0..400i64, 0..400i64, -400..400i64).prop_map(|(mode, stale, unused, later)| Context {
        stale_key_days: stale,
        unused_key_days: unused,
        now: days_ago(later),
        ..context(mode)
    })
}

fn about_keys(kind: Kind) -> bool {
    matches!(kind, Kind::CredentialStale | Kind::CredentialUnused | Kind::IdentityDormant | Kind::CredentialCreated)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_put_together_the_plan_keeps_its_promises(
        signal in any_signal(),
        subject in any_subject(),
        profile in any_profile(),
        inventory in any_inventory(),
        context in any_context(),
    ) {
        let plan = decide(&signal, &subject, &profile, &inventory, &context);
        prop_assert_eq!(&plan, &decide(&signal, &subject, &profile, &inventory, &context), "deterministic");
        prop_assert!(!plan.steps.is_empty() || !plan.notes.is_empty(), "an empty plan says why");

        let refused = refusal(&subject, &profile, &context.own_roles).is_some();
        let mut seen = Vec::new();
        for step in &plan.steps {
            let touches = step.countermeasure != Countermeasure::HoldForReview;
            prop_assert!(!step.reason.is_empty());
            prop_assert_eq!(touches, step.disposition != Disposition::Review);
            if context.mode == Mode::Observe || refused {
                prop_assert_ne!(step.disposition, Disposition::Enforce);
            }
            if refused && touches {
                prop_assert_eq!(step.disposition, Disposition::Refuse);
            }
            match &step.countermeasure {
                Countermeasure::DeactivateAccessKey { user, access_key } => {
                    prop_assert_eq!(subject.kind, SubjectKind::User);
                    prop_assert_eq!(user.as_str(), &subject.name);
                    prop_assert!(inventory.access_keys.iter().any(|key| key.id == *access_key && key.active));
                    if about_keys(signal.kind) && signal.access_key.is_some() {
                        prop_assert_eq!(Some(access_key), signal.access_key.as_ref());
                    }
                    seen.push("key");
                }
                Countermeasure::QuarantineUser { user } => {
                    prop_assert_eq!(subject.kind, SubjectKind::User);
                    prop_assert_eq!(user.as_str(), &subject.name);
                    prop_assert!(!about_keys(signal.kind), "claims about keys never quarantine");
                    seen.push("quarantine");
                }
                Countermeasure::RevokeRoleSessions { role, issued_before } => {
                    prop_assert_eq!((subject.kind, role.as_str()), (SubjectKind::Role, subject.name.as_str()));
                    prop_assert_eq!(*issued_before, context.now);
                }
                Countermeasure::RotateSecret { secret } => {
                    prop_assert_eq!((subject.kind, Some(secret)), (SubjectKind::Secret, subject.arn.as_ref()));
                }
                Countermeasure::HoldForReview => {}
            }
        }
        // Deny first, once, then the keys.
        prop_assert!(seen.iter().skip(1).all(|step| *step == "key"), "{seen:?}");
        if signal.kind.is_immediate_danger() && seen.contains(&"key") {
            prop_assert_eq!(seen[0], "quarantine");
        }
    }

    #[test]
    fn observing_plans_the_very_steps_that_enforcing_takes(
        signal in any_signal(),
        subject in any_subject(),
        profile in any_profile(),
        inventory in any_inventory(),
        context in any_context(),
    ) {
        let in_mode = |mode| decide(&signal, &subject, &profile, &inventory, &Context { mode, ..context.clone() });
        let (enforced, observed) = (in_mode(Mode::Enforce), in_mode(Mode::Observe));
        prop_assert_eq!(&enforced.notes, &observed.notes);
        prop_assert_eq!(enforced.steps.len(), observed.steps.len());
        for (enforced, observed) in enforced.steps.iter().zip(&observed.steps) {
            prop_assert_eq!(&enforced.countermeasure, &observed.countermeasure);
            prop_assert_eq!(&enforced.reason, &observed.reason);
            let as_observed = match enforced.disposition {
                Disposition::Enforce => Disposition::Observe,
                other => other,
            };
            prop_assert_eq!(as_observed, observed.disposition);
        }
    }

    #[test]
    fn a_plan_survives_its_json(
        signal in any_signal(),
        subject in any_subject(),
        profile in any_profile(),
        inventory in any_inventory(),
        context in any_context(),
    ) {
        let plan = decide(&signal, &subject, &profile, &inventory, &context);
        let json = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
        let json = serde_json::to_string(&inventory).unwrap();
        prop_assert_eq!(serde_json::from_str::<Inventory>(&json).unwrap(), inventory);
    }
}

#[test]
fn a_clock_that_runs_behind_ages_nothing() {
    let tomorrow: Timestamp = days_ago(-1);
    let odd = AccessKey { created_at: Some(tomorrow), last_used: LastUsed::At(tomorrow), ..key(KEY, 0) };
    for kind in [Kind::CredentialStale, Kind::CredentialUnused] {
        let plan = enforce(&signal(kind, None), &user("ci"), &Profile::default(), &keys([odd.clone()]));
        assert_eq!(short(&plan), [] as [&str; 0]);
    }
}
