//! What the policy is asked, and what lowers its answers.

use crate::common::cases::dispose;
use crate::common::*;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::exemption::Exemption;
use severance_domain::ids::Arn;
use severance_domain::plan::{Disposition, Plan, Step};
use severance_domain::playbook::{Context, FollowUp, Mode, decide};
use severance_domain::policy::{Attribution, Ruling};
use severance_domain::profile::{Class, Profile};
use severance_domain::signal::SignalKind as Kind;
use severance_domain::subject::{Inventory, Subject, SubjectKind};

use super::{enforce, everything, short};

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
