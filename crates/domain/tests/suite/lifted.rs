//! What follows where somebody lifted a denial.

use crate::common::contained::*;
use crate::common::*;
use crate::contain::{seen, short, step_named};
use severance_domain::case::{Case, Recheck, StepRecord};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::Arn;
use severance_domain::plan::Disposition;
use severance_domain::playbook::{Context, Mode, follow_up};
use severance_domain::subject::Inventory;

/// The case after its denial was written anew so often.
fn written_anew(case: &Case, times: u32) -> Case {
    let mut case = case.clone();
    for number in 1..=times {
        let anew = StepRecord { recheck: number, ..case.steps[0].clone() };
        case.steps.push(anew);
        let found = names(&["the deny-all policy of user ci-deployer was lifted"]);
        case.rechecks.push(Recheck { number, at: now(), found, unread: vec![] });
    }
    case
}

#[test]
fn a_denial_that_somebody_lifted_is_written_anew_in_each_way_there_is() {
    let mut case = contained_user();
    let boundary = Arn::try_from("arn:aws:iam::111122223333:policy/developers").unwrap();
    let first = card::QuarantineUser::of(iam_name("ci-deployer"), Some(&boundary));
    case.steps[0].step.countermeasure = Countermeasure::QuarantineUser(first);
    let lifted = step_named(&case, "quarantine_user").clone();
    // What is there now may be the denial itself.
    let denial = Arn::try_from("arn:aws:iam::aws:policy/AWSDenyAll").unwrap();
    let present = Inventory { permissions_boundary: Some(denial), ..after(&case) };
    for (times, steps) in [(0, 1), (1, 1), (2, 2), (3, 2)] {
        let seen = seen(&written_anew(&case, times), &present, &[&lifted]);
        assert_eq!(seen.found, ["the deny-all policy of user ci-deployer was lifted"]);
        let Countermeasure::QuarantineUser(anew) = &seen.steps[0].countermeasure else { panic!("{seen:?}") };
        assert!(anew.every_way && seen.steps[0].reason.contains("each way"));
        assert_eq!(anew.earlier.as_ref(), Some(&boundary), "what was there before the first step comes back");
        assert_eq!(seen.steps.len(), steps, "a person is asked once it is lifted again and again: {seen:?}");
    }
}

#[test]
fn a_denial_that_somebody_lifted_is_taken_to_where_they_cannot_reach() {
    let case = contained_user();
    let lifted = step_named(&case, "quarantine_user");
    let (own, other) = (Some(ACCOUNT.try_into().unwrap()), Some("999988887777".try_into().unwrap()));
    let held = "hold_for_review (held)";
    let rows = [
        (false, None, None, held, "this stack may write none"),
        (false, own.clone(), None, held, "this stack may write none"),
        (true, own, None, held, "do not bind the management account"),
        (true, other, Some("scp 111122223333"), "scp 111122223333", "nobody there can lift this one"),
        (true, None, Some("scp 111122223333"), "scp 111122223333", "nobody there can lift this one"),
    ];
    for (scp_quarantine, management_account, at_first, in_the_end, why) in rows {
        let context = Context { scp_quarantine, management_account, ..context(Mode::Enforce) };
        let again = |case: &Case| follow_up(case, &after(case), &[lifted], &context, &always(Disposition::Enforce));
        let seen = again(&case);
        assert_eq!(short(&seen.steps), ["quarantine_user"].into_iter().chain(at_first).collect::<Vec<_>>());
        let seen = again(&written_anew(&case, 2));
        assert_eq!(short(&seen.steps), ["quarantine_user", in_the_end]);
        assert!(seen.steps[1].reason.contains(why), "{}", seen.steps[1].reason);
    }
    // It is asked for once: the next time that somebody lifts the denial, the question is there already.
    let context = Context { scp_quarantine: true, ..context(Mode::Enforce) };
    let mut asked = case.clone();
    let first = follow_up(&case, &after(&case), &[lifted], &context, &always(Disposition::Review));
    asked.steps.extend(first.steps.into_iter().map(|step| StepRecord::planned(step, 1, now())));
    let again = follow_up(&asked, &after(&case), &[lifted], &context, &always(Disposition::Enforce));
    assert_eq!(short(&again.steps), [] as [&str; 0], "the denial waits for a person now, too");
}
