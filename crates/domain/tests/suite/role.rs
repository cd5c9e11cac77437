//! A contained role: the moment before which its sessions are denied, and what it wrote into trust policies.

use crate::common::cases::*;
use crate::common::contained::*;
use crate::common::*;
use severance_domain::case::{Case, Confirmation, Outcome};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::playbook::{Mode, wrote_own_trust};
use severance_domain::profile::Profile;
use severance_domain::restoration::{Restoration, ReturnAnswer};
use severance_domain::signal::SignalKind as Kind;
use severance_domain::subject::{Inventory, SubjectKind, Trust};
use severance_domain::trail::{Made, Trace};
use severance_domain::verdict::Verdict;

fn offboarded_role() -> Case {
    let held = Inventory { trust: Some(github()), ..Inventory::default() };
    let claim = signal(Kind::Offboarding, None);
    taken(open(Mode::Enforce, &claim, subject(SubjectKind::Role, "app"), Profile::default(), held), &[Went::Well])
}

fn set_times(case: &mut Case, revoked: i64, shut: i64) {
    for record in &mut case.steps {
        match record.step.countermeasure {
            Countermeasure::RevokeRoleSessions(_) => {
                record.outcome = Some(Outcome::Applied { at: later(revoked), note: None });
            }
            Countermeasure::CloseRoleTrust(_) | Countermeasure::LeaveRolesAnywhere(_) => {
                record.confirmation = Some(Confirmation::Confirmed { at: later(shut), observed: String::new() });
            }
            _ => {}
        }
    }
}

#[test]
fn a_moment_advances_until_it_is_later_than_whatever_came_in_before_the_door_was_seen_shut() {
    for (revoked, shut, advances) in [(1, 2, true), (16, 2, true), (17, 2, false), (90, 80, true), (95, 80, false)] {
        let mut case = contained_role(Some(github()));
        set_times(&mut case, revoked, shut);
        let present = after(&case);
        let seen = recheck(&mut case, &present, &[]);
        assert!(seen.found.is_empty(), "it is quiet: {:?}", seen.found);
        let wanted: &[&str] = if advances { &["revoke_role_sessions"] } else { &[] };
        let steps: Vec<&str> = seen.steps.iter().map(|step| step.countermeasure.as_str()).collect();
        assert_eq!(steps, wanted, "revoked after {revoked} s, shut after {shut} s");
        assert_eq!(case.verdict, Some(Verdict::VerifiedRevoked));
    }
    // A door that was never seen shut is not waited for, and costs the word by itself; who leaves is no thief.
    let mut case = contained_role(Some(github()));
    for record in &mut case.steps {
        take(record, Went::Unseen);
    }
    let present = after(&case);
    assert!(recheck(&mut case, &present, &[]).steps.is_empty());
    assert_eq!(case.verdict, Some(Verdict::RevokedUnverified));
    let mut case = offboarded_role();
    let present = after(&case);
    assert!(recheck(&mut case, &present, &[]).steps.is_empty());
}

#[test]
fn a_trust_that_is_opened_where_none_was_to_be_closed_is_closed() {
    let closed = Trust { closed: true, ..github() };
    for before in [by_service(), closed] {
        let mut case = contained_role(Some(before));
        let mut present = after(&case);
        present.trust = Some(trust(r#"{"Service":"ec2.amazonaws.com","AWS":"arn:aws:iam::666666666666:root"}"#));
        let seen = recheck(&mut case, &present, &[]);
        assert_eq!(seen.found, ["the trust policy of role app was opened again"]);
        assert_eq!(seen.steps[0].countermeasure.as_str(), "close_role_trust");
        assert_eq!(case.verdict, Some(Verdict::Partial), "nobody has rechecked since");
    }
}

#[test]
fn what_a_contained_role_wrote_into_its_own_trust_is_not_given_back() {
    let answer_of = |case: &Case| {
        let restoration = Restoration::of(case, request("it was a drill"), later(90));
        let close = restoration.steps.into_iter().find(|of| of.countermeasure.as_str() == "close_role_trust");
        close.unwrap().answer
    };
    let mut case = contained_role(Some(github()));
    assert_eq!(answer_of(&case), ReturnAnswer::Undo);
    wrote_own_trust(&mut case, later(-60));
    wrote_own_trust(&mut case, later(-90));
    let ReturnAnswer::Keep { why } = answer_of(&case) else { panic!("{:?}", answer_of(&case)) };
    assert!(why.contains("wrote the trust policy itself"), "{why}");
    let role = "app".try_into().unwrap();
    let written = Countermeasure::CloseRoleTrust(card::CloseRoleTrust { role, written_at: Some(later(-60)) });
    assert!(case.steps.iter().any(|record| record.step.countermeasure == written));
    // It is closed all the same, so the word is not lost.
    case.conclude(later(95));
    assert_eq!(case.verdict, Some(Verdict::VerifiedRevoked));
}

#[test]
fn a_trust_policy_that_was_written_is_read_from_the_trail_and_a_refused_one_is_none() {
    let record = |error: &str| {
        format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"UpdateAssumeRolePolicy","eventID":"e-1",{error}
            "eventTime":"2026-03-01T11:58:00Z","requestParameters":{{"roleName":"shared","policyDocument":"{{}}"}},
            "responseElements":null}}"#
        )
    };
    let trace = Trace::read(&record("")).unwrap();
    assert_eq!(trace.made, Made::Trust { role: "shared".try_into().unwrap() });
    assert_eq!(trace.made.words(), "the trust policy of role shared");
    assert_eq!(Trace::read(&record(r#""errorCode":"AccessDenied","#)), None);
}
