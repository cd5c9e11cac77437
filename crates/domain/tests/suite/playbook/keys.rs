//! Which keys and passwords are in question: how old, how long unused, whose, and since when.

use crate::common::*;
use jiff::{SignedDuration, Timestamp};
use severance_domain::profile::{Class, Profile};
use severance_domain::signal::{Signal, SignalKind as Kind, Source};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, SubjectKind};

use super::{enforce, everything, short, words};

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
fn an_exposed_key_that_is_gone_is_the_whole_users_matter_unless_somebody_else_deleted_it() {
    let exposed = |named| signal(Kind::CredentialExposed, named);
    let all = ["quarantine:enforce", "key:enforce", "other key:enforce"];
    let run = |signal: &Signal, inventory: &Inventory| enforce(signal, &user("ci"), &Profile::default(), inventory);
    // Whoever had it may have deleted it, and hold others or sessions.
    let plan = run(&exposed(Some("AKIAGONE")), &everything());
    assert_eq!(short(&plan), all);
    assert!(words(&plan).contains("may hold others, or sessions"), "{}", words(&plan));
    let by_owner = Inventory { named_key_deleted_by: user("alice").arn, ..everything() };
    let plan = run(&exposed(Some("AKIAGONE")), &by_owner);
    assert_eq!(short(&plan), ["hold:review"]);
    assert!(words(&plan).contains("alice deleted it"), "{}", words(&plan));
    assert_eq!(short(&run(&exposed(Some(KEY)), &by_owner)), all);
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

#[test]
fn a_clock_that_runs_behind_ages_nothing() {
    let tomorrow: Timestamp = days_ago(-1);
    let odd = AccessKey { created_at: Some(tomorrow), last_used: LastUsed::At(tomorrow), ..key(KEY, 0) };
    for kind in [Kind::CredentialStale, Kind::CredentialUnused] {
        let plan = enforce(&signal(kind, None), &user("ci"), &Profile::default(), &keys([odd.clone()]));
        assert_eq!(short(&plan), [] as [&str; 0]);
    }
}
