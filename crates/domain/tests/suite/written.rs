//! Rights and policies that a contained identity changed: what is put back, who is asked, and how much is named.

use crate::common::contained::{contained_role, contained_user, github};
use crate::common::iam_name;
use jiff::{SignedDuration, Timestamp};
use severance_domain::case::{Case, Outcome, StepRecord};
use severance_domain::countermeasure::{Countermeasure, NeutralizePolicy, QuarantineRole};
use severance_domain::plan::{Disposition, Step};
use severance_domain::playbook::{Named, changed_rights, written};
use severance_domain::trail::{Holder, Made, Trace};

const POLICY: &str = "arn:aws:iam::111122223333:policy/team";

fn exposed() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn moment(seconds: i64) -> Timestamp {
    exposed() + SignedDuration::from_secs(seconds)
}

fn wrote(event: &str, seconds: i64, version: Option<&str>) -> Trace {
    let made = Made::Policy { arn: POLICY.try_into().unwrap(), version: version.map(str::to_owned) };
    Trace { event_id: format!("{event}{seconds}"), event_name: event.to_owned(), at: moment(seconds), made }
}

fn gave(of: Holder, taken: bool, n: usize, seconds: i64) -> Trace {
    let made = Made::Rights { words: format!("change {n}"), of, taken };
    Trace { event_id: n.to_string(), event_name: "PutGroupPolicy".to_owned(), at: moment(seconds), made }
}

fn neutralized(step: &Step) -> &NeutralizePolicy {
    match &step.countermeasure {
        Countermeasure::NeutralizePolicy(of) => of,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_step_for_a_policy_trusts_nothing_that_the_identity_wrote_or_chose() {
    let traces = [
        wrote("CreatePolicyVersion", 20, Some("v3")),
        wrote("CreatePolicyVersion", 10, Some("v2")),
        wrote("SetDefaultPolicyVersion", 30, Some("v2")),
    ];
    let all = written(&traces, exposed());
    let [one] = all.as_slice() else { panic!("{all:?}") };
    let of = neutralized(&one.step);
    assert_eq!((of.version.as_str(), of.before), ("v2", Some(exposed())));
    assert_eq!(of.distrusted, ["v2", "v3"]);
    // A new policy has a first version, which is the identity's.
    let all = written(&[wrote("CreatePolicy", 5, None)], exposed());
    assert_eq!(neutralized(&all[0].step).distrusted, ["v1"]);
}

#[test]
fn what_came_after_the_identitys_first_hand_in_a_policy_is_not_put_back() {
    let traces = [wrote("CreatePolicyVersion", -600, Some("v2")), wrote("CreatePolicyVersion", 10, Some("v4"))];
    let all = written(&traces, exposed());
    assert_eq!(neutralized(&all[0].step).before, Some(moment(-600)));
}

#[test]
fn a_person_is_asked_about_what_was_written_before_the_exposure() {
    for (seconds, expected) in [(-1, Disposition::Review), (0, Disposition::Enforce), (1, Disposition::Enforce)] {
        let all = written(&[wrote("CreatePolicyVersion", seconds, Some("v2"))], exposed());
        assert_eq!(all[0].as_ruled(all[0].step.clone()).disposition(), expected, "{seconds}");
    }
}

#[test]
fn a_policy_is_dealt_with_until_the_identity_touches_it_again() {
    let mut case = contained_user();
    let first = written(&[wrote("SetDefaultPolicyVersion", 10, Some("v2"))], exposed()).remove(0);
    assert!(!first.is_dealt_with(&case));
    let mut record = StepRecord::planned(first.step.clone(), 1, moment(60));
    record.outcome = Some(Outcome::Applied { at: moment(60), note: None });
    case.steps.push(record);
    assert!(first.is_dealt_with(&case));
    let again = [wrote("SetDefaultPolicyVersion", 10, Some("v2")), wrote("SetDefaultPolicyVersion", 90, Some("v2"))];
    assert!(!written(&again, exposed())[0].is_dealt_with(&case));
}

fn taken_in(case: &mut Case, trace: &Trace) {
    match changed_rights(case, &[], trace, exposed()) {
        Some(Named::Note(note)) if !case.notes.contains(&note) => case.notes.push(note),
        Some(Named::Held(step)) if !case.steps.iter().any(|record| record.step.reason == step.reason) => {
            case.steps.push(StepRecord::planned(step, 1, exposed()));
        }
        _ => {}
    }
}

#[test]
fn rights_of_others_wait_for_a_person_whenever_they_were_changed() {
    let case = contained_user();
    let own = || Holder::User(case.subject.name.clone());
    for seconds in [-600, 600] {
        for of in [Holder::User("other".to_owned()), Holder::Role("app".to_owned()), Holder::Group("team".to_owned())] {
            let named = changed_rights(&case, &[], &gave(of, false, 1, seconds), exposed());
            assert!(
                matches!(&named, Some(Named::Held(step)) if step.disposition() == Disposition::Review),
                "{named:?}"
            );
        }
        // The denial covers whatever the user gave itself.
        assert!(matches!(changed_rights(&case, &[], &gave(own(), false, 1, seconds), exposed()), Some(Named::Note(_))));
    }
}

#[test]
fn what_it_did_to_an_identity_that_a_case_under_way_denies_everything_that_case_finds() {
    let (case, mut other) = (contained_user(), contained_user());
    other.subject.name = "helper".to_owned();
    let of = || Holder::User("helper".to_owned());
    let named = |contained: &[Case]| changed_rights(&case, contained, &gave(of(), true, 1, 600), exposed());
    assert!(matches!(named(&[]), Some(Named::Held(_))));
    assert!(matches!(named(std::slice::from_ref(&other)), Some(Named::Note(_))));
    other.steps.retain(|record| !record.step.countermeasure.is_full_denial());
    assert!(matches!(named(&[other]), Some(Named::Held(_))), "nothing denies it");
}

#[test]
fn its_own_rights_wait_for_a_person_too_where_it_is_not_denied_everything() {
    let is_held = |case: &Case, of: Holder, taken| match changed_rights(case, &[], &gave(of, taken, 1, 600), exposed())
    {
        Some(Named::Held(_)) => true,
        Some(Named::Note(_)) => false,
        None => panic!("it is named"),
    };
    let mut user = contained_user();
    user.steps.retain(|record| !record.step.countermeasure.is_full_denial());
    assert!(is_held(&user, Holder::User(user.subject.name.clone()), false));

    // A role goes on for others. One that a contained identity made is denied everything.
    let mut role = contained_role(Some(github()));
    let own = || Holder::Role(role.subject.name.clone());
    assert!(is_held(&role, own(), false) && !is_held(&role, own(), true));
    let name = own();
    let denial = QuarantineRole::of(iam_name(&role.subject.name), None);
    let mut record = role.steps[0].clone();
    record.step.countermeasure = Countermeasure::QuarantineRole(denial);
    role.steps.insert(0, record);
    assert!(!is_held(&role, name, false));
    role.steps[0].outcome = None;
    assert!(
        is_held(&role, Holder::Role(role.subject.name.clone()), false),
        "a denial that was not written covers nothing"
    );
}

#[test]
fn however_often_rights_are_changed_so_many_are_named_and_that_there_are_more() {
    for own in [true, false] {
        let mut case = contained_user();
        let (steps, notes) = (case.steps.len(), case.notes.len());
        let of = || if own { Holder::User(case.subject.name.clone()) } else { Holder::Group("team".to_owned()) };
        let traces: Vec<Trace> = (0..500).map(|n| gave(of(), false, n, if n % 2 == 0 { -60 } else { 60 })).collect();
        // Twice, as each recheck reads them all.
        for trace in traces.iter().chain(&traces) {
            taken_in(&mut case, trace);
        }
        let named = (case.steps.len() - steps, case.notes.len() - notes);
        assert_eq!(named, if own { (0, 21) } else { (21, 0) });
        let last = case
            .steps
            .last()
            .map(|record| record.step.reason.as_str())
            .into_iter()
            .chain(case.notes.last().map(String::as_str));
        assert!(last.into_iter().any(|words| words.contains("more often than is named here")));
    }
}
