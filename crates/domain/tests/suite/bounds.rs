//! Whoever feeds a case makes no record that cannot be stored, loses nothing that undoes it, and gains no better verdict.

use crate::common::cases::*;
use crate::common::contained::*;
use crate::common::*;
use proptest::prelude::*;
use severance_domain::case::{Case, Followed, MOST_BYTES, MOST_NAMED, MOST_STEPS_IN_ALL, Outcome, Recheck, StepRecord};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::plan::Step;
use severance_domain::restoration::Restoration;
use severance_domain::verdict::Verdict;

/// The longest text that stands in DynamoDB as it does here: characters of four bytes, or such as JSON escapes.
fn text(n: usize, length: usize) -> String {
    let characters = ['🔑', '"', '\u{7f}', 'ß', 'x'];
    (0..length).map(|at| characters[(n + at) % characters.len()]).collect()
}

fn fed(many: usize, length: usize) -> Case {
    let mut case = contained_user();
    for number in 1..=60 {
        let all = |of: usize| (0..of).map(|n| format!("{number}/{n} {}", text(n, length))).collect::<Vec<_>>();
        case.rechecks.push(Recheck { number, at: later(number.into()), found: all(many), unread: all(many / 2 + 1) });
    }
    case.notes = (0..many).map(|n| text(n, length)).collect();
    case.inventory.gaps = (0..many).map(|n| text(n, length)).collect();
    case.inventory.unread = (0..many).map(|n| text(n, length)).collect();
    let known = case.steps.len();
    for n in 0..many {
        let user = iam_name("ci");
        let access_key = key_id(&format!("AKIA{n:016}"));
        let step = Step::fitting(
            Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user, access_key }),
            text(n, length),
        );
        let mut record = StepRecord::planned(step, 1, later(1));
        record.outcome = (n % 2 == 0).then(|| Outcome::Failed {
            at: later(2),
            action: "iam:UpdateAccessKey".to_owned(),
            code: "Denied".to_owned(),
            message: text(n, length * 10),
            retryable: false,
        });
        case.steps.push(record);
    }
    case.bound_steps(known, later(3));
    let mut beyond = 0;
    for n in 0..many {
        case.name_followed(format!("user {n} (CreateUser)"), &mut beyond);
    }
    case
}

fn size(case: &Case) -> usize {
    serde_json::to_vec(case).unwrap().len()
}

#[test]
fn a_case_that_nobody_fed_is_kept_as_it_is() {
    for case in [contained_user(), rechecked(), contained_role(None)] {
        let mut fitted = case.clone();
        fitted.fit();
        assert_eq!(fitted, case);
    }
}

#[test]
fn what_it_made_is_named_to_a_number_and_counted_beyond() {
    let mut case = contained_user();
    for _ in 0..3 {
        // CloudTrail tells the same again.
        let mut beyond = 0;
        for n in 0..MOST_NAMED + 40 {
            let what = format!("user {n}");
            if !case.followed.iter().any(|of| of.what == what) {
                case.name_followed(what, &mut beyond);
            }
        }
    }
    assert_eq!((case.followed.len(), case.left_out.unwrap().followed), (MOST_NAMED + 1, 40));
    // Named or counted, nobody followed it.
    case.followed.iter_mut().for_each(|of: &mut Followed| of.verdict = Some(Verdict::VerifiedRevoked));
    case.followed.last_mut().unwrap().verdict = None;
    assert_eq!(Verdict::of(&case), Verdict::Partial);
}

#[test]
fn steps_beyond_a_case_are_counted_and_held_and_denials_stay() {
    let mut case = contained_user();
    let known = case.steps.len();
    let denial = case.steps[0].clone();
    for n in 0..MOST_STEPS_IN_ALL * 2 {
        let access_key = key_id(&format!("AKIA{n:016}"));
        let step = Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user: iam_name("ci"), access_key });
        case.steps.push(StepRecord::planned(Step::fitting(step, "it appeared"), 1, later(1)));
    }
    case.steps.push(StepRecord { recheck: 1, outcome: None, confirmation: None, ..denial.clone() });
    let all = case.steps.len();
    case.bound_steps(known, later(2));
    assert_eq!(case.steps.len(), MOST_STEPS_IN_ALL + 2, "the denial and the question");
    let again = case.steps.iter().filter(|of| of.step.countermeasure == denial.step.countermeasure).count();
    assert_eq!((again, case.left_out.unwrap().steps), (2, all - MOST_STEPS_IN_ALL - 1));
    assert!(case.steps.last().unwrap().step.reason.contains("more steps fit"));
    assert!(matches!(Verdict::of(&case), Verdict::Partial | Verdict::AwaitingReview));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_worst_record_fits_and_undoes_and_says_no_better_than_before(many in 0_usize..400, length in 0_usize..300) {
        let case = fed(many, length);
        let mut fitted = case.clone();
        fitted.fit();
        prop_assert!(size(&fitted) <= MOST_BYTES, "{} bytes of {}", size(&fitted), size(&case));
        prop_assert_eq!(Verdict::of(&fitted), Verdict::of(&case));
        let undo = |case: &Case| {
            let of = Restoration::of(case, request("drill"), later(9));
            of.steps.iter().map(|of| (of.step, of.countermeasure.clone(), of.answer.clone())).collect::<Vec<_>>()
        };
        prop_assert_eq!(undo(&fitted), undo(&case));
        let read: Case = serde_json::from_slice(&serde_json::to_vec(&fitted).unwrap()).unwrap();
        prop_assert_eq!(&read, &fitted);
        // Once is enough.
        let mut again = fitted.clone();
        again.fit();
        prop_assert_eq!(again, fitted);
    }
}
