//! Whom a case is about, where that is not what its claim says: renamed since, or not found yet.

use crate::common::cases::*;
use crate::common::contained::*;
use crate::common::*;
use jiff::SignedDuration;
use severance_domain::case::Case;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::Arn;
use severance_domain::playbook::Mode;
use severance_domain::profile::Profile;
use severance_domain::restoration::Restoration;
use severance_domain::signal::Signal;
use severance_domain::subject::{Inventory, SubjectKind};

fn arn(resource: &str) -> Arn {
    format!("arn:aws:iam::{ACCOUNT}:{resource}").as_str().try_into().unwrap()
}

#[test]
fn aws_is_asked_under_the_present_name_and_what_is_written_keeps_the_one_of_before() {
    let mut case = contained_user();
    let before = case.clone();
    assert_eq!(*case.under_present_name(), before, "nobody was renamed");
    case.found_under(iam_name("elsewhere"), arn("user/x/elsewhere"), later(20));
    case.begin_restoration(Restoration::of(&case, request("a drill"), later(90)), later(90));
    assert_eq!((&case.subject, &case.steps[0].step), (&before.subject, &before.steps[0].step));
    let asked = case.under_present_name();
    assert_eq!((asked.id.clone(), asked.subject.name.as_str()), (before.id.clone(), "elsewhere"));
    assert_eq!(asked.subject.arn, Some(arn("user/x/elsewhere")));
    assert_eq!(asked.subject.unique_id, before.subject.unique_id);
    let steps = asked.steps.iter().map(|record| &record.step.countermeasure);
    let all: Vec<String> =
        steps.chain(asked.returns().iter().map(|of| &of.countermeasure)).map(Countermeasure::describe).collect();
    assert!(all.len() > 10 && all.iter().all(|of| of.contains("elsewhere") && !of.contains("ci-deployer")), "{all:#?}");
    // Back again, nothing is written down of it.
    let (name, home) = (iam_name(&before.subject.name), before.subject.arn.clone().unwrap());
    case.found_under(name, home, later(30));
    assert_eq!(case.renamed, None);
}

#[test]
fn of_every_step_the_user_and_no_other_is_renamed() {
    let (name, by_now) = (iam_name("elsewhere"), arn("user/elsewhere"));
    for step in Countermeasure::samples().unwrap() {
        let mut other = step.clone();
        other.rename_user(&user("somebody-else"), &name, &by_now);
        assert_eq!(other, step, "it is not about that user");
    }
    let before = user("ci");
    let mut boundary = Countermeasure::PutBoundaryDenial(card::PutBoundaryDenial {
        principal: before.arn.clone().unwrap(),
        earlier: None,
    });
    boundary.rename_user(&before, &name, &by_now);
    assert!(matches!(boundary, Countermeasure::PutBoundaryDenial(of) if of.principal == by_now));
}

#[test]
fn whom_nobody_could_find_is_looked_for_as_long_as_cloudtrail_may_tell() {
    let nobody = |claim: &Signal| -> Case {
        let unread = Inventory { unread: vec!["AWS knows no such user".to_owned()], ..Inventory::default() };
        open(Mode::Enforce, claim, subject(SubjectKind::Unresolved, "access key"), Profile::default(), unread)
    };
    let case = nobody(&exposed());
    let after = |minutes| case.opened_at + SignedDuration::from_mins(minutes);
    assert_eq!(case.look_again_at(after(1)), Some(after(3)));
    assert_eq!(case.look_again_at(after(19)), Some(after(21)));
    assert_eq!(case.look_again_at(after(20)), None);
    // Without a key there is nothing to look for; who is known is looked for no more; and what is no danger can wait for a person.
    for other in [nobody(&compromised()), nobody(&leaver(&["alice@x.io"])), contained_user()] {
        assert_eq!(other.look_again_at(after(1)), None);
    }
    let mut answered = case.clone();
    answered.review = None;
    assert_eq!(answered.look_again_at(after(1)), None);
}
