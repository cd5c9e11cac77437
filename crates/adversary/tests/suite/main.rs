//! The adversary itself is held to what it promises: the same run each time, time that is virtual, and a product that, left alone,
//! does its work.

use adversary::properties::Property;
use adversary::recording::{Recorded, record};
use adversary::run::{Report, run};
use adversary::schedule::{Claim, Late, Place, Schedule};

#[test]
fn the_same_schedule_gives_the_same_run() {
    for seed in [3, 11, 42] {
        let schedule = Schedule::random(seed);
        let (once, again) = (run(&schedule), run(&schedule));
        // Attributes of a message have no order, so requests are compared by their names.
        let calls = |of: &Report| of.log.iter().map(|call| (call.at, call.request.action())).collect::<Vec<_>>();
        assert_eq!(calls(&once), calls(&again), "{schedule}");
        assert_eq!(once.published, again.published, "{schedule}");
        assert_eq!(once.violations, again.violations, "{schedule}");
    }
}

#[test]
fn where_nobody_attacks_a_stolen_key_is_told_of_as_dead_and_is() {
    for (claim, place) in [Claim::UserKey, Claim::ExposedKey, Claim::ByHand]
        .into_iter()
        .flat_map(|claim| [Place::Hub, Place::Member].map(|place| (claim, place)))
    {
        let schedule = Schedule { place, ..Schedule::quiet(claim) };
        let report = run(&schedule);
        assert_eq!(report.verdict(), Some("verified_revoked"), "{schedule}: {:?}", report.dead_letters);
        assert_eq!(report.open, Vec::<String>::new(), "{schedule}");
        assert_eq!(report.violations, [], "{schedule}");
        assert!(!report.published.messages.is_empty(), "{schedule}");
    }
}

#[test]
fn a_late_aws_is_late_and_settles() {
    let prompt = run(&Schedule::quiet(Claim::UserKey));
    let late = run(&Schedule { late: Late::Slow, seed: 5, ..Schedule::quiet(Claim::UserKey) });
    assert!(late.calls >= prompt.calls, "reading back takes longer where reads are late");
    assert!(late.open.is_empty(), "{:?}", late.open);
    let unsound = |report: &Report| report.violations.iter().any(|violation| violation.property == Property::Sound);
    assert!(!unsound(&prompt) && !unsound(&late));
}

#[test]
fn every_known_failure_names_a_schedule_whose_acts_it_blames() {
    for known in adversary::known::list().unwrap() {
        let acts = adversary::search::kinds(&known.witness);
        assert!(known.signature.acts.is_subset(&acts), "{}: {}", known.fault, known.witness);
    }
}

#[test]
fn a_recording_is_the_same_each_time_and_tells_what_was_asked_and_said() {
    let recorded = || -> Vec<Recorded> {
        let mut all = Vec::new();
        record("guardduty/compromised-access-key", |recorded| all.push(recorded)).unwrap();
        all
    };
    let once = recorded();
    assert_eq!(once, recorded());
    let of = |mode: &str| once.iter().find(|recorded| recorded.scenario.ends_with(mode)).unwrap().text.as_str();
    for said in ["iam:PutUserPolicy {", "verified_revoked", "message to people", "answer to {\"restore\""] {
        assert!(of("enforce").contains(said), "{said}");
    }
    assert!(of("observe").contains("answer to posture-finding") && !of("observe").contains("iam:PutUserPolicy {"));
}
