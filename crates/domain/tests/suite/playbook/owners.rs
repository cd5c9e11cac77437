//! What leavers and retired workloads lose: what they alone own.

use crate::common::*;
use severance_domain::plan::Disposition;
use severance_domain::playbook::{Mode, decide};
use severance_domain::policy::Attribution;
use severance_domain::profile::{Class, Profile};
use severance_domain::signal::{Signal, SignalKind as Kind};
use severance_domain::subject::SubjectKind;

use super::{enforce, short, words};

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
fn an_owner_is_the_leaver_in_any_case_of_any_script() {
    let owned = profile(&["jürgen"], Some(Class::Human));
    let plan = enforce(&leaver(&[" JÜRGEN "]), &user("x"), &owned, &keys([key(KEY, 5)]));
    assert_eq!(short(&plan), ["quarantine:enforce", "key:enforce"]);
    let shared = profile(&["jürgen", "zoë"], Some(Class::Human));
    let plan = enforce(&leaver(&["JÜRGEN"]), &user("x"), &shared, &keys([]));
    assert!(words(&plan).ends_with("as well: zoë"), "{}", words(&plan));
}
