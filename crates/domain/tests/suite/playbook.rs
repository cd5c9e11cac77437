//! Which countermeasures fit which claim, row by row, under a policy that says yes to everything; and what lowers an answer.
#![allow(clippy::match_same_arms, clippy::type_complexity, reason = "tests")]

use crate::common::cases::dispose;
use crate::common::*;
use jiff::{SignedDuration, Timestamp};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::exemption::Exemption;
use severance_domain::ids::Arn;
use severance_domain::plan::{Disposition, Plan, Step};
use severance_domain::playbook::{Context, FollowUp, Mode, decide};
use severance_domain::policy::{Attribution, Ruling};
use severance_domain::profile::{Class, Profile};
use severance_domain::signal::{Signal, SignalKind as Kind, Source};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, Subject, SubjectKind};

/// A step in short: what, on which key, and the disposition's first letter.
fn short(plan: &Plan) -> Vec<String> {
    let step = |step: &Step| {
        let what = match &step.countermeasure {
            Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. })
                if access_key.as_str() == KEY =>
            {
                "key"
            }
            Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { access_key, .. })
                if access_key.as_str() == OTHER_KEY =>
            {
                "other key"
            }
            Countermeasure::DeactivateAccessKey(_) => "a third key",
            Countermeasure::QuarantineUser(_) => "quarantine",
            Countermeasure::RevokeRoleSessions(_) => "sessions",
            Countermeasure::RotateSecret(_) => "rotate",
            Countermeasure::RemoveConsolePassword(_) => "password",
            Countermeasure::CloseRoleTrust(_) => "trust",
            Countermeasure::HoldForReview => "hold",
            other => other.as_str(),
        };
        let whether = match step.disposition() {
            Disposition::Enforce => "enforce",
            Disposition::Observe => "observe",
            Disposition::Review => "review",
            Disposition::Refuse => "refuse",
            Disposition::Decline => "decline",
        };
        format!("{what}:{whether}")
    };
    plan.steps.iter().map(step).collect()
}

fn enforce(signal: &Signal, subject: &Subject, profile: &Profile, inventory: &Inventory) -> Plan {
    decide(signal, subject, profile, inventory, &context(Mode::Enforce), &always(Disposition::Enforce))
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
/// `alice` alone, and are named in a claim about the key [`KEY`]. The class is for the policy to weigh, not for the playbook.
fn expected(kind: Kind, subject: SubjectKind) -> Vec<&'static str> {
    match (subject, kind) {
        (SubjectKind::Root | SubjectKind::Unresolved, _) => vec!["hold"],
        (SubjectKind::Person, _) => vec![],
        // In no group, and with no account: nothing to do.
        (SubjectKind::DirectoryUser, Kind::CredentialExposed | Kind::IdentityCompromised | Kind::Offboarding) => vec![],

        (SubjectKind::User, Kind::CredentialExposed | Kind::IdentityCompromised) => {
            vec!["quarantine", "key", "other key"]
        }
        (
            SubjectKind::User,
            Kind::CredentialCreated | Kind::CredentialStale | Kind::CredentialUnused | Kind::IdentityDormant,
        ) => vec!["key"],
        (SubjectKind::User, Kind::Offboarding) => vec!["quarantine", "key", "other key"],
        // In no secret, with two keys, and without a cutover's facts: tests/managed.rs has what fits better.
        (SubjectKind::User, Kind::SecretUnrotated | Kind::CredentialUnmanaged | Kind::CredentialSuperseded) => {
            vec!["hold"]
        }
        // The claim is not borne out: there is an owner.
        (SubjectKind::User, Kind::IdentityOwnerless) => vec![],

        (SubjectKind::Role, Kind::CredentialExposed | Kind::IdentityCompromised | Kind::Offboarding) => {
            vec!["sessions"]
        }

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
                for mode in MODES {
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
                        &always(Disposition::Enforce),
                    );
                    let whether = match (class, mode) {
                        (Some(Class::BreakGlass), _) => "refuse",
                        (_, Mode::Observe) => "observe",
                        (_, Mode::Review) => "review",
                        (_, Mode::Enforce) => "enforce",
                    };
                    let expected: Vec<String> = expected(kind, subject_kind)
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
    assert_eq!(rows, 14 * 7 * 7 * 3);
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
            assert!(
                words(&plan).contains(&format!("{age} days old (last used 0 days ago), and the limit is 90")),
                "{}",
                words(&plan)
            );
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
fn an_unused_password_is_the_only_thing_in_question() {
    let claim = Signal { rule: "UnusedIAMUserPassword".to_owned(), ..signal(Kind::CredentialUnused, None) };
    let rows: [(Option<bool>, &[&str], &str); 3] = [
        (Some(true), &["password:enforce"], "cannot be undone"),
        (Some(false), &[], "not borne out"),
        (None, &["hold:review"], "could not be read"),
    ];
    for (console_password, wanted, why) in rows {
        let inventory = Inventory { console_password, ..everything() };
        let plan = enforce(&claim, &user("ci"), &Profile::default(), &inventory);
        assert_eq!(short(&plan), wanted, "{console_password:?}");
        assert!(words(&plan).contains(why), "{}", words(&plan));
    }
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
    assert_eq!(short(&plan), ["quarantine:enforce", "password:enforce"]);
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
            Kind::CredentialCreated
            | Kind::CredentialStale
            | Kind::CredentialUnused
            | Kind::IdentityDormant
            | Kind::IdentityOwnerless
            | Kind::CredentialUnmanaged => &["hold:review"],
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
fn a_new_key_is_a_step_only_while_it_works_and_says_whose_it_is() {
    let created = signal(Kind::CredentialCreated, Some(KEY));
    let both = keys([key(KEY, 0), key(OTHER_KEY, 400)]);
    for class in CLASSES {
        let whether = if class == Some(Class::BreakGlass) { "key:refuse" } else { "key:enforce" };
        for (owners, why) in [
            (&[][..], "the user has no owner"),
            (&["a", "b"], if class == Some(Class::Human) { "the user is a person's" } else { "owned by a, b" }),
        ] {
            let plan = enforce(&created, &user("ci"), &profile(owners, class), &both);
            assert_eq!(short(&plan), [whether], "{class:?}");
            assert!(words(&plan).contains(why), "{class:?}: {}", words(&plan));
        }
    }
    for (gone, why) in [(keys([]), "does not exist any more"), (keys([inactive(key(KEY, 0))]), "inactive already")] {
        let plan = enforce(&created, &user("ci"), &Profile::default(), &gone);
        assert_eq!(short(&plan), [] as [&str; 0]);
        assert!(words(&plan).contains(why), "{}", words(&plan));
    }
    let unnamed = signal(Kind::CredentialCreated, None);
    assert_eq!(short(&enforce(&unnamed, &user("ci"), &Profile::default(), &both)), ["hold:review"]);
}

#[test]
fn what_nobody_answers_for_loses_its_keys_and_nothing_else() {
    let claim = signal(Kind::IdentityOwnerless, None);
    let unanswered = Signal { source: Source::Recertification, ..claim.clone() };
    let half = keys([inactive(key(KEY, 3)), key(OTHER_KEY, 3)]);
    let rows: [(&Signal, &[&str], &Inventory, &[&str], &str); 6] = [
        (&claim, &[], &everything(), &["key:enforce", "other key:enforce"], "nobody answers for it"),
        (&claim, &[], &half, &["other key:enforce"], "nobody answers for it"),
        (&claim, &[], &keys([]), &[], "it has no active access key"),
        (&claim, &["a", "b"], &everything(), &[], "not borne out: it is owned by a, b"),
        // Whoever was asked and said nothing is an owner all the same.
        (&unanswered, &["a"], &everything(), &["key:enforce", "other key:enforce"], "did not confirm in time"),
        (&unanswered, &[], &everything(), &["key:enforce", "other key:enforce"], "did not confirm in time"),
    ];
    for (claim, owners, inventory, wanted, why) in rows {
        let plan = enforce(claim, &user("ci"), &profile(owners, None), inventory);
        assert_eq!(short(&plan), wanted, "{owners:?}");
        assert!(words(&plan).contains(why), "{owners:?}: {}", words(&plan));
    }
}

/// What an offboarding proposes for a user with one key, how the policy was told that the leaver is tied to it, and why.
fn offboarded(claim: &Signal, name: &str, profile: &Profile) -> (Vec<String>, Option<Attribution>, String) {
    let policy = always(Disposition::Enforce);
    let plan = decide(claim, &user(name), profile, &keys([key(KEY, 5)]), &context(Mode::Enforce), &policy);
    let told: Vec<Attribution> = policy.asked().iter().map(|asked| asked.attribution).collect();
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
    (short(&plan), told.first().copied(), words(&plan))
}

#[test]
fn a_leaver_loses_what_they_alone_own_and_the_policy_hears_how_that_is_known() {
    use Attribution::{PersonByName, PersonOwns};
    let one = leaver(&["alice"]);
    let two = leaver(&["Alice@X.io", " ALICE "]);
    let human = Some(Class::Human);
    let rows: Vec<(&str, &Signal, &str, Profile, Option<Attribution>, &str)> = vec![
        ("their own", &one, "laptop", profile(&["alice"], human), Some(PersonOwns), "only owner (its class is human)"),
        ("two names", &two, "laptop", profile(&["alice", "alice@x.io"], human), Some(PersonOwns), "only owner"),
        ("one name of two", &one, "laptop", profile(&["alice", "alice@x.io"], human), None, "as well: alice@x.io"),
        ("shared", &two, "laptop", profile(&["alice", "bob"], human), None, "other owners as well: bob"),
        ("shared, bears the name", &one, "alice", profile(&["alice", "bob"], None), None, "as well: bob"),
        ("another's, bears the name", &one, "alice", profile(&["bob"], None), None, "as well: bob"),
        ("bears the name", &one, "alice", profile(&[], None), Some(PersonByName), "bears the name of the person"),
        ("bears another case of it", &two, "ALICE@x.IO", profile(&[], None), Some(PersonByName), "bears the name"),
        ("owns it and bears the name", &one, "alice", profile(&["alice"], None), Some(PersonOwns), "only owner"),
        ("no class", &one, "laptop", profile(&["alice"], None), Some(PersonOwns), "(its class is unknown)"),
        ("a person's, but whose?", &one, "laptop", profile(&[], human), None, "neither an owner nor its name"),
        ("a workload", &one, "ci", profile(&["alice"], Some(Class::Workload)), Some(PersonOwns), "class is workload"),
    ];
    for (row, signal, name, profile, attribution, why) in rows {
        let (steps, told, words) = offboarded(signal, name, &profile);
        let wanted =
            if attribution.is_some() { vec!["quarantine:enforce", "key:enforce"] } else { vec!["hold:review"] };
        assert_eq!((steps, told), (wanted.into_iter().map(str::to_owned).collect(), attribution), "{row}");
        assert!(words.contains(why), "{row}: {words}");
    }
}

#[test]
fn a_retired_workload_loses_what_it_alone_owns() {
    use Attribution::{WorkloadByName, WorkloadOwns};
    let claim = retired(&["billing"]);
    let rows: Vec<(&str, Profile, Option<Attribution>, &str)> = vec![
        (
            "x",
            profile(&["billing"], Some(Class::Workload)),
            Some(WorkloadOwns),
            "workload that was retired is its only",
        ),
        ("x", profile(&["billing"], None), Some(WorkloadOwns), "only owner"),
        ("x", profile(&["billing", "bob"], Some(Class::Workload)), None, "other owners as well: bob"),
        ("billing", profile(&[], None), Some(WorkloadByName), "bears the name of the workload"),
        ("Billing", profile(&[], Some(Class::Human)), Some(WorkloadByName), "bears the name of the workload"),
        ("billing", profile(&["bob"], Some(Class::Workload)), None, "other owners as well: bob"),
        ("x", profile(&[], Some(Class::Workload)), None, "neither an owner nor its name"),
    ];
    for (name, profile, attribution, why) in rows {
        let (steps, told, words) = offboarded(&claim, name, &profile);
        let wanted =
            if attribution.is_some() { vec!["quarantine:enforce", "key:enforce"] } else { vec!["hold:review"] };
        assert_eq!((steps, told), (wanted.into_iter().map(str::to_owned).collect(), attribution), "{name} {profile:?}");
        assert!(words.contains(why), "{name} {profile:?}: {words}");
        assert!(!words.contains("person who left"), "{words}");
    }
    // Named itself, it is ended whoever owns it: somebody asked for exactly this one.
    let named = signal(Kind::Offboarding, None);
    let (steps, told, words) = offboarded(&named, "x", &profile(&["bob"], Some(Class::Workload)));
    assert_eq!((steps.len(), told), (2, Some(Attribution::Direct)));
    assert!(words.contains("named as retired"), "{words}");
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
        Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role: iam_name("app"), issued_before: now() })
    );
    assert!(words(&plan).contains("can still start new sessions"));
}

#[test]
fn refusals_hold_in_every_mode_whatever_the_policy_answers_and_say_what_was_asked_for() {
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
        for (mode, answer) in MODES.iter().flat_map(|mode| ANSWERS.map(|answer| (*mode, answer))) {
            let claim = signal(Kind::CredentialExposed, None);
            let open = Context { breaker_open: true, exemptions: vec![exemption(&[])], ..context(mode) };
            let plan = decide(&claim, &subject, profile, &everything(), &open, &always(answer));
            assert!(!plan.steps.is_empty());
            for step in &plan.steps {
                assert_eq!(step.disposition(), Disposition::Refuse, "{} {mode:?}", subject.name);
                assert!(step.reason.contains(why) && step.reason.contains("(asked for because "), "{}", step.reason);
                let ruling = step.ruling.as_ref().unwrap();
                assert_eq!(ruling.answer, answer, "what the policy said stays on the record");
                assert!(ruling.lowered_by.as_ref().unwrap().contains(why), "{ruling:?}");
            }
        }
    }
    // What touches nothing is not refused: a person still has to look.
    let plan = enforce(&signal(Kind::TrustExposed, None), &user("admin"), &glass, &everything());
    assert_eq!(short(&plan), ["hold:review"]);
}

#[test]
fn the_policy_is_asked_about_each_step_that_touches_something_and_about_no_other() {
    let policy = always(Disposition::Review);
    let units = names(&["ou-batch", "ou-prod"]);
    let context = Context { organizational_units: units.clone(), breaker_open: true, ..context(Mode::Review) };
    let blind = Inventory { unread: names(&["the login profile could not be read"]), ..everything() };
    let claim = signal(Kind::CredentialExposed, None);
    let plan = decide(&claim, &user("ci"), &Profile::default(), &blind, &context, &policy);
    assert_eq!(short(&plan), ["quarantine:review", "key:review", "other key:review", "hold:review"]);
    let asked = policy.asked();
    let about: Vec<_> = asked.iter().map(|asked| asked.countermeasure.clone()).collect();
    let touching: Vec<_> = plan.steps.iter().take(3).map(|step| step.countermeasure.clone()).collect();
    assert_eq!(about, touching);
    for asked in asked {
        let told = (asked.attribution, asked.exempted, asked.breaker_open, asked.mode, asked.now);
        assert_eq!(told, (Attribution::Direct, false, true, Mode::Review, now()));
        assert_eq!(asked.organizational_units, units);
    }
    assert!(plan.steps[3].ruling.is_none(), "holding asks nothing of a policy");
}

#[test]
fn what_lowers_an_answer_is_said_beside_it() {
    let rows = [
        (Mode::Enforce, false, Disposition::Enforce, Disposition::Enforce, None),
        (Mode::Enforce, true, Disposition::Enforce, Disposition::Review, Some("the breaker is open")),
        (Mode::Review, false, Disposition::Enforce, Disposition::Review, Some("the stack's mode is review")),
        (Mode::Observe, false, Disposition::Enforce, Disposition::Observe, Some("the stack's mode is observe")),
        // Nothing lowers what is as low already.
        (Mode::Enforce, true, Disposition::Review, Disposition::Review, None),
        (Mode::Review, true, Disposition::Observe, Disposition::Observe, None),
        (Mode::Observe, true, Disposition::Observe, Disposition::Observe, None),
    ];
    for (mode, breaker_open, answer, wanted, why) in rows {
        let context = Context { breaker_open, ..context(mode) };
        let claim = signal(Kind::CredentialExposed, None);
        let plan = decide(&claim, &user("ci"), &Profile::default(), &everything(), &context, &always(answer));
        for step in &plan.steps {
            let ruling = step.ruling.as_ref().unwrap();
            assert_eq!((step.disposition(), ruling.answer), (wanted, answer), "{mode:?} {breaker_open}");
            let lowered = ruling.lowered_by.as_deref();
            assert_eq!(lowered.is_some(), why.is_some(), "{lowered:?}");
            assert!(lowered.unwrap_or_default().contains(why.unwrap_or_default()), "{lowered:?}");
        }
    }
}

/// The exemptions there are, which of the three steps they cover, and what they leave in the plan.
type ExemptionRow = (Vec<Exemption>, [bool; 3], Vec<(&'static str, Vec<&'static str>)>);

#[test]
fn an_exemption_in_force_is_told_to_the_policy_for_what_it_covers_and_leaves_its_trace() {
    let only_keys = exemption(&["deactivate_access_key"]);
    let everything_of_it = Exemption { id: "exm-all".to_owned(), ..exemption(&[]) };
    let expired = |mut exemption: Exemption| {
        exemption.request.expires_at = now();
        exemption
    };
    let mut elsewhere = exemption(&[]);
    elsewhere.request.subject = "arn:aws:iam::444455556666:user/ci/*".to_owned();
    let rows: [ExemptionRow; 7] = [
        (vec![], [false, false, false], vec![]),
        (vec![only_keys.clone()], [false, true, true], vec![("exm-3f2a91c0", vec!["deactivate_access_key"])]),
        (
            vec![everything_of_it.clone()],
            [true, true, true],
            vec![("exm-all", vec!["quarantine_user", "deactivate_access_key"])],
        ),
        // The first that covers a step answers for it.
        (
            vec![only_keys.clone(), everything_of_it.clone()],
            [true, true, true],
            vec![("exm-all", vec!["quarantine_user"]), ("exm-3f2a91c0", vec!["deactivate_access_key"])],
        ),
        // It ends at its moment, not after it.
        (vec![expired(everything_of_it.clone())], [false, false, false], vec![]),
        (
            vec![expired(everything_of_it), only_keys],
            [false, true, true],
            vec![("exm-3f2a91c0", vec!["deactivate_access_key"])],
        ),
        (vec![elsewhere], [false, false, false], vec![]),
    ];
    for (exemptions, wanted, uses) in rows {
        let policy = always(Disposition::Observe);
        let context = Context { exemptions: exemptions.clone(), ..context(Mode::Enforce) };
        let claim = signal(Kind::CredentialExposed, None);
        let plan = decide(&claim, &user("ci-x"), &Profile::default(), &everything(), &context, &policy);
        assert_eq!(policy.asked().iter().map(|asked| asked.exempted).collect::<Vec<_>>(), wanted, "{exemptions:?}");
        let used: Vec<(&str, Vec<&str>)> = plan
            .exemptions
            .iter()
            .map(|used| (used.id.as_str(), used.covered.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(used, uses, "{exemptions:?}");
        for used in &plan.exemptions {
            let words = [&used.owner, &used.reason, &used.ticket, &used.way_out];
            assert!(words.iter().all(|word| !word.is_empty()) && used.expires_at == days_ago(-30));
        }
    }
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

#[test]
fn a_clock_that_runs_behind_ages_nothing() {
    let tomorrow: Timestamp = days_ago(-1);
    let odd = AccessKey { created_at: Some(tomorrow), last_used: LastUsed::At(tomorrow), ..key(KEY, 0) };
    for kind in [Kind::CredentialStale, Kind::CredentialUnused] {
        let plan = enforce(&signal(kind, None), &user("ci"), &Profile::default(), &keys([odd.clone()]));
        assert_eq!(short(&plan), [] as [&str; 0]);
    }
}

/// What a plan comes to where the function can take only these: the name of each step, and whether it is taken.
fn left(dispositions: [Disposition; 3], can_take: &[&str]) -> [Vec<(Disposition, Option<String>)>; 2] {
    let (user, access_key) = (iam_name("ci"), key_id(KEY));
    let delete =
        Countermeasure::DeleteAccessKey(card::DeleteAccessKey { user: user.clone(), access_key: access_key.clone() });
    let adopt = Countermeasure::AdoptAccessKey(card::AdoptAccessKey {
        user: user.clone(),
        access_key: access_key.clone(),
        secret: "severance/ci".to_owned(),
    });
    let deactivate = Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, access_key });
    let steps: Vec<Step> = [delete, adopt, deactivate]
        .into_iter()
        .zip(dispositions)
        .map(|(countermeasure, disposition)| {
            let mut step = Step::fitting(countermeasure, "because");
            let policies = vec![];
            step.ruling = Some(Ruling { answer: disposition, policies, enforce_on_silence: false, lowered_by: None });
            dispose(&mut step, disposition);
            step
        })
        .collect();
    let mut plan = Plan { steps: steps.clone(), ..Plan::default() };
    plan.leave_to_responder(|step| can_take.contains(&step.as_str()));
    let mut follow = FollowUp { found: vec![], steps };
    follow.leave_to_responder(|step| can_take.contains(&step.as_str()));
    [plan.steps, follow.steps].map(|steps| {
        steps.iter().map(|step| (step.disposition(), step.ruling.as_ref().unwrap().lowered_by.clone())).collect()
    })
}

#[test]
fn what_only_the_responder_may_do_waits_for_a_person_where_another_would_do_it() {
    use Disposition::{Decline, Enforce, Observe, Refuse, Review};
    let person = Some("only the responder may do this, on a person's word".to_owned());
    let as_it_was = |dispositions: [Disposition; 3]| dispositions.map(|disposition| (disposition, None)).to_vec();

    let lowered = vec![(Review, person.clone()), (Review, person.clone()), (Enforce, None)];
    assert_eq!(left([Enforce; 3], &[]), [lowered.clone(), lowered], "anybody may deactivate a key");
    let lowered = vec![(Enforce, None), (Review, person), (Enforce, None)];
    assert_eq!(left([Enforce; 3], &["delete_access_key"]), [lowered.clone(), lowered]);
    let all = ["delete_access_key", "adopt_access_key", "deactivate_access_key"];
    assert_eq!(left([Enforce; 3], &all), [as_it_was([Enforce; 3]), as_it_was([Enforce; 3])]);

    // Nothing is raised by it, and nothing is lowered twice.
    for disposition in [Review, Observe, Refuse, Decline] {
        assert_eq!(left([disposition; 3], &[]), [as_it_was([disposition; 3]), as_it_was([disposition; 3])]);
    }
}

#[test]
fn what_fits_is_for_the_policies_and_what_is_held_is_for_a_person() {
    let fitting =
        Step::fitting(Countermeasure::RotateSecret(card::RotateSecret { secret: arn_of_secret() }), "it fits");
    assert_eq!(
        (fitting.disposition(), fitting.reason.as_str(), fitting.ruling),
        (Disposition::Enforce, "it fits", None)
    );
    let held = Step::held("it does not");
    assert_eq!(held.countermeasure, Countermeasure::HoldForReview);
    assert_eq!((held.disposition(), held.reason.as_str(), held.ruling), (Disposition::Review, "it does not", None));
}

fn arn_of_secret() -> Arn {
    subject(SubjectKind::Secret, "db").arn.unwrap()
}
