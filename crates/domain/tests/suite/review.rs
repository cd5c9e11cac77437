//! What waits for a person: which plan an answer is for, until when, and what an answer does to the case.

use std::collections::BTreeMap;

use crate::common::cases::*;
use crate::common::*;
use jiff::{SignedDuration, Timestamp};
use severance_domain::case::{Case, Outcome};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::digest::Digest;
use severance_domain::evidence::Statement;
use severance_domain::ids::UniqueId;
use severance_domain::plan::{Disposition, Step};
use severance_domain::playbook::{BREAKER_OPEN, Context, Mode};
use severance_domain::policy::{PolicyReason, Ruling};
use severance_domain::profile::{Basis, Class, Confidence, Criticality, Field, Origin, Profile};
use severance_domain::review::{Decision, Review, ReviewTimes, plan_digest};
use severance_domain::signal::{Signal, SignalKind as Kind};
use severance_domain::subject::{Absence, Inventory, SecretState, Subject, SubjectKind};
use severance_domain::verdict::Verdict;

fn asks() -> Always {
    says(Disposition::Review, &[("ask", "A person decides.")])
}

/// Two keys and a quarantine that wait for a person.
fn waiting() -> Case {
    let owned = profile(&["alice@x.io"], Some(Class::Pipeline));
    open_under(&asks(), &context(Mode::Enforce), &exposed(), user("ci-deployer"), owned, two_keys())
}

fn digest(case: &Case) -> Digest {
    case.plan_digest()
}

fn approval() -> Decision {
    Decision::Approved { by: bob(), reason: "seen".to_owned(), at: later(60), standing: None }
}

fn denial() -> Decision {
    Decision::Denied { by: bob(), reason: "planned".to_owned(), at: later(60), standing: None }
}

#[test]
fn an_answer_stays_good_while_only_time_has_passed() {
    let case = waiting();
    let same = |change: &dyn Fn(&mut Case)| {
        let mut other = case.clone();
        change(&mut other);
        assert_ne!(other, case, "something was changed");
        assert_eq!(digest(&other), digest(&case));
    };
    // Planned anew a day later: every age and every reason that tells one is another.
    let tomorrow = Context { now: later(86_400), ..context(Mode::Enforce) };
    let stale = |context| {
        let owned = profile(&["alice@x.io"], None);
        let claim = signal(Kind::CredentialStale, None);
        open_under(&asks(), &context, &claim, user("ci"), owned, keys([used(key(KEY, 120), 3)]))
    };
    let (today, tomorrow) = (stale(context(Mode::Enforce)), stale(tomorrow));
    assert_ne!(today.steps[0].step.reason, tomorrow.steps[0].step.reason);
    assert_eq!(digest(&today), digest(&tomorrow));
    let revoke = |at| {
        let context = Context { now: at, ..context(Mode::Enforce) };
        let claim = signal(Kind::IdentityCompromised, Some(SESSION_KEY));
        let who = subject(SubjectKind::Role, "app");
        open_under(&asks(), &context, &claim, who, Profile::default(), keys([]))
    };
    assert_ne!(revoke(now()).steps[0].step.countermeasure, revoke(later(9)).steps[0].step.countermeasure);
    assert_eq!(digest(&revoke(now())), digest(&revoke(later(9))));

    same(&|case| case.inventory.access_keys[0].last_used = used(key(KEY, 1), 1).last_used);
    same(&|case| case.inventory.access_keys[0].created_at = None);
    same(&|case| dispose(&mut case.steps[0].step, Disposition::Enforce));
    same(&|case| case.steps[0].step.reason = "in other words".to_owned());
    same(&|case| case.steps[0].step.ruling = None);
    same(&|case| case.signal.event_id = "another delivery".to_owned());
    same(&|case| case.notes.clear());
}

#[test]
fn an_answer_is_no_good_once_any_fact_has_changed() {
    type Change = (&'static str, fn(&mut Case));
    let changes: [Change; 18] = [
        ("a key was added", |case| case.inventory.access_keys.push(key("AKIATHIRD", 0))),
        ("a key is gone", |case| case.inventory.access_keys.truncate(1)),
        ("a key is inactive now", |case| case.inventory.access_keys[1].active = false),
        ("a key was replaced", |case| case.inventory.access_keys[1].id = key_id("AKIATHIRD")),
        ("a password was set", |case| case.inventory.console_password = Some(false)),
        ("a password is not known", |case| case.inventory.console_password = None),
        ("a rotation was configured", |case| case.inventory.secret = Some(SecretState::default())),
        ("another class", |case| case.profile.class = Some(Class::Workload)),
        ("no class", |case| case.profile.class = None),
        ("another owner", |case| case.profile.owners = names(&["bob@x.io"])),
        ("one more owner", |case| case.profile.owners.push("bob@x.io".to_owned())),
        ("another environment", |case| case.profile.environment = Some("prod".to_owned())),
        ("another criticality", |case| case.profile.criticality = Some(Criticality::Critical)),
        ("a step less", |case| {
            case.steps.pop();
        }),
        ("another step", |case| {
            case.steps[2].step.countermeasure =
                Countermeasure::QuarantineUser(card::QuarantineUser::of(iam_name("other"), None));
        }),
        ("a privilege was won", |case| case.profile.privileged = Some(true)),
        ("a step is only recorded, as under an exemption", |case| {
            dispose(&mut case.steps[0].step, Disposition::Observe);
        }),
        ("somebody else of the same name", |case| {
            case.subject.unique_id = Some(UniqueId::try_from("AIDAREBORNEXAMPLE").unwrap());
        }),
    ];
    let case = waiting();
    let mut digests = BTreeMap::from([(digest(&case), "unchanged")]);
    for (what, change) in changes {
        let mut other = case.clone();
        change(&mut other);
        let as_before = digests.insert(digest(&other), what);
        assert_eq!(as_before, None, "{what} is the same plan");
    }
    // A step that is refused now, or that somebody declined, is no more part of the question than one that is recorded.
    for disposition in [Disposition::Refuse, Disposition::Decline] {
        let mut other = case.clone();
        dispose(&mut other.steps[0].step, disposition);
        assert_eq!(digests[&digest(&other)], "a step is only recorded, as under an exemption");
    }
    // What is held because nothing fits is told apart by why.
    let held = |reason: &str| {
        let mut case = case.clone();
        case.steps[0].step.countermeasure = Countermeasure::HoldForReview;
        case.steps[0].step.reason = reason.to_owned();
        digest(&case)
    };
    assert_ne!(held("it has other owners as well: bob"), held("it has other owners as well: carol"));
}

#[test]
fn a_digest_is_of_the_plan_and_of_nothing_else() {
    let case = waiting();
    let steps: Vec<Step> = case.steps.iter().map(|record| record.step.clone()).collect();
    assert_eq!(plan_digest(&case.subject, &case.profile, &case.inventory, &steps), digest(&case));
    assert_eq!(case.review.as_ref().unwrap().plan, digest(&case), "what is asked is what can be answered");
    // A change of this digest makes every review that waits one that nobody can approve: it must be meant.
    let empty = plan_digest(&user("ci"), &Profile::default(), &Inventory::default(), &[]);
    assert_eq!(empty.as_hex(), "7d279efb3600d416f30a5b12868e8c397f92ed712e2d190ff806401d3ec89034");
}

#[test]
fn an_answer_names_the_plan_or_as_much_of_it_as_is_shown() {
    let review = waiting().review.unwrap();
    let whole = review.plan.as_hex();
    assert_eq!((whole.len(), review.short_plan().len()), (64, 16));
    for named in [whole, review.short_plan(), &whole[..17], &whole[..63]] {
        assert!(review.is_named_by(named), "{named}");
    }
    let other = digest(&leavers_user());
    let upper = whole.to_uppercase();
    let longer = format!("{whole}0");
    for named in ["", &whole[..15], &whole[1..], &whole[48..], other.as_hex(), &upper, &longer, "ääääääääää", " "]
    {
        assert!(!review.is_named_by(named), "{named}");
    }
}

#[test]
fn people_have_as_long_as_the_stack_gives_them() {
    let review = waiting().review.unwrap();
    assert_eq!((review.requested_at, review.escalate_at, review.expires_at), (now(), later(14_400), later(86_400)));
    assert_eq!(review.due_at(), review.escalate_at);
    let escalated = Review { escalated_at: Some(later(14_500)), ..review.clone() };
    assert_eq!(escalated.due_at(), review.expires_at);
    // A stack that escalates later than it gives up does not escalate.
    let times = ReviewTimes { escalate_after: SignedDuration::from_hours(48), ..times() };
    let case = waiting();
    let steps: Vec<Step> = case.steps.iter().map(|record| record.step.clone()).collect();
    let review = Review::of(&case.subject, &case.profile, &case.inventory, &steps, times, now()).unwrap();
    assert_eq!(review.due_at(), review.expires_at);
    assert!(review.is_pending() && !Review { decision: Some(denial()), ..review }.is_pending());
}

#[test]
fn silence_ends_only_what_the_policy_gives_it_whole() {
    let step = |countermeasure: Countermeasure, disposition, silence: Option<bool>| {
        let mut step = Step::fitting(countermeasure, "r");
        step.ruling = silence.map(|enforce_on_silence| Ruling {
            answer: disposition,
            policies: vec![PolicyReason { id: "p".to_owned(), says: None }],
            enforce_on_silence,
            lowered_by: None,
        });
        dispose(&mut step, disposition);
        step
    };
    let key = || {
        Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey { user: iam_name("ci"), access_key: key_id(KEY) })
    };
    let (held, review, enforce) = (Countermeasure::HoldForReview, Disposition::Review, Disposition::Enforce);
    let rows = [
        (vec![step(key(), review, Some(true))], Some(true)),
        (vec![step(key(), review, Some(true)), step(key(), review, Some(true))], Some(true)),
        (vec![step(key(), review, Some(true)), step(key(), review, Some(false))], Some(false)),
        (vec![step(key(), review, Some(true)), step(held.clone(), review, None)], Some(false)),
        (vec![step(key(), review, None)], Some(false)),
        // What is not asked about does not count.
        (vec![step(key(), review, Some(true)), step(key(), enforce, Some(false))], Some(true)),
        (vec![step(key(), review, Some(true)), step(key(), Disposition::Observe, Some(false))], Some(true)),
        (vec![step(key(), enforce, Some(true))], None),
        (vec![step(key(), Disposition::Refuse, Some(true))], None),
        (vec![], None),
    ];
    for (steps, wanted) in rows {
        let review = Review::of(&user("ci"), &Profile::default(), &Inventory::default(), &steps, times(), now());
        assert_eq!(review.map(|review| review.enforce_on_silence), wanted, "{steps:?}");
    }
}

/// What is meant to be done, and by when it was written down.
fn intents(case: &Case) -> Vec<(Disposition, Option<Timestamp>)> {
    case.steps.iter().map(|record| (record.step.disposition(), record.intent_at)).collect()
}

#[test]
fn an_approval_writes_the_intent_down_and_a_denial_writes_that_there_is_none() {
    let case = waiting();
    assert_eq!(intents(&case), vec![(Disposition::Review, None); 4]);
    assert!(case.pending_review().is_some() && case.can_be_approved() && !case.is_released() && !case.is_approved());
    assert!(case.is_settled(), "nothing is left to be tried while a person thinks");

    let mut approved = case.clone();
    approved.release_held(approval(), later(61));
    assert_eq!(intents(&approved), vec![(Disposition::Enforce, Some(later(61))); 4]);
    assert!(approved.is_released() && approved.is_approved() && approved.pending_review().is_none());
    assert!(!approved.is_settled() && !approved.can_be_approved());
    assert_eq!(digest(&approved), digest(&case), "the very plan that was asked about");
    assert_eq!(taken(approved, &[Went::Well]).verdict, Some(Verdict::VerifiedRevoked));

    let mut lapsed = case.clone();
    lapsed.release_held(Decision::Lapsed { enforced: true, at: later(60) }, later(61));
    assert!(lapsed.is_released() && !lapsed.is_approved(), "silence is no person");

    for decision in [denial(), Decision::Lapsed { enforced: false, at: later(60) }] {
        let mut denied = case.clone();
        denied.decline_held("denied by bob", decision);
        assert_eq!(intents(&denied), vec![(Disposition::Decline, None); 4]);
        assert!(!denied.is_released() && denied.pending_review().is_none() && denied.is_settled());
        for record in &denied.steps {
            let ruling = record.step.ruling.as_ref().unwrap();
            assert_eq!((ruling.answer, ruling.lowered_by.as_deref()), (Disposition::Review, Some("denied by bob")));
        }
        assert_eq!(denied.conclude(later(62)), Verdict::Observed);
    }
}

#[test]
fn silence_closes_what_is_gone_and_nothing_else_is_closed_without_its_identity() {
    let silence = |enforced| Decision::Lapsed { enforced, at: later(60) };
    for enforced in [true, false] {
        assert_eq!(silence(enforced).without_subject(Absence::Gone), Some(silence(false)));
        assert_eq!(silence(enforced).without_subject(Absence::Unread), None, "it may be there");
    }
    for answer in [approval(), denial()] {
        for absent in [Absence::Gone, Absence::Unread] {
            assert_eq!(answer.without_subject(absent), None, "{answer:?}");
        }
    }
}

#[test]
fn what_no_countermeasure_fits_can_be_closed_and_not_approved() {
    let claim = Signal { title: "x".to_owned(), ..signal(Kind::TrustExposed, None) };
    let role = subject(SubjectKind::Role, "app");
    let mut case = open(Mode::Enforce, &claim, role, Profile::default(), Inventory::default());
    assert!(case.pending_review().is_some() && !case.can_be_approved());
    let mut by_mistake = case.clone();
    by_mistake.release_held(approval(), later(61));
    assert_eq!(
        intents(&by_mistake),
        [(Disposition::Decline, None)],
        "there is nothing to do, and nothing is left waiting"
    );
    case.decline_held("denied by bob", denial());
    assert_eq!(intents(&case), [(Disposition::Decline, None)]);
    assert_eq!(case.conclude(later(62)), Verdict::Observed);
}

#[test]
fn an_approval_leaves_alone_what_was_not_asked_about() {
    let mut case = waiting();
    dispose(&mut case.steps[0].step, Disposition::Refuse);
    dispose(&mut case.steps[1].step, Disposition::Observe);
    case.steps.truncate(3);
    let mut approved = case.clone();
    approved.release_held(approval(), later(61));
    let wanted = [(Disposition::Refuse, None), (Disposition::Observe, None), (Disposition::Enforce, Some(later(61)))];
    assert_eq!(intents(&approved), wanted);
    case.decline_held("denied", denial());
    let wanted = [(Disposition::Refuse, None), (Disposition::Observe, None), (Disposition::Decline, None)];
    assert_eq!(intents(&case), wanted);
}

#[test]
fn the_breaker_holds_what_lies_ahead_and_nothing_that_was_done() {
    // The first key is dead already, the second could not be asked about in time.
    let mut case = exposed_user(Mode::Enforce);
    case.steps.truncate(3);
    let mut case = taken(case, &[Went::Well, Went::Denied, Went::Throttled]);
    case.reopen(Digest::of(b"before"));
    assert!(case.review.is_none());
    case.hold(BREAKER_OPEN, times(), later(30));
    let wanted =
        [(Disposition::Enforce, Some(now())), (Disposition::Enforce, Some(now())), (Disposition::Review, None)];
    assert_eq!(intents(&case), wanted);
    let review = case.pending_review().unwrap();
    assert_eq!((review.requested_at, &review.plan), (later(30), &digest(&case)));
    assert!(!review.enforce_on_silence);
    let ruling = case.steps[2].step.ruling.as_ref().unwrap();
    assert_eq!((ruling.answer, ruling.lowered_by.as_deref()), (Disposition::Enforce, Some(BREAKER_OPEN)));
    assert_eq!(case.conclude(later(31)), Verdict::Partial);

    // Once a person approves, only what was held is taken.
    case.begin_revision();
    assert_eq!((case.verdict, case.concluded_at), (None, None));
    case.release_held(approval(), later(61));
    assert_eq!(case.steps.iter().filter(|record| record.is_ahead()).count(), 1);
    assert!(matches!(case.steps[0].outcome, Some(Outcome::Applied { .. })));

    // Where nothing lies ahead there is nothing to ask.
    let mut done = taken(exposed_user(Mode::Enforce), &[Went::Well]);
    let before = done.clone();
    done.hold(BREAKER_OPEN, times(), later(30));
    assert_eq!(done, before);
}

#[test]
fn a_plan_that_would_be_enforced_by_now_is_still_the_one_that_was_asked_about() {
    let policy = || says(Disposition::Enforce, &[DANGER]);
    let plan = |breaker_open| {
        let context = Context { breaker_open, ..context(Mode::Enforce) };
        open_under(&policy(), &context, &exposed(), user("ci"), profile(&["alice"], None), two_keys())
    };
    let (asked, mut fresh) = (plan(true), plan(false));
    assert!(asked.review.is_some() && fresh.review.is_none());
    assert_eq!(digest(&asked), digest(&fresh), "the breaker was reset, and the answer still counts");
    fresh.review.clone_from(&asked.review);
    fresh.hold_again();
    assert_eq!(intents(&fresh), vec![(Disposition::Review, None); 4]);
    fresh.release_held(approval(), later(61));
    assert_eq!(intents(&fresh), vec![(Disposition::Enforce, Some(later(61))); 4]);
    assert_eq!(digest(&fresh), digest(&asked));
}

#[test]
fn declining_never_makes_a_verdict_better() {
    let declined = |went: &[Went]| {
        let mut case = taken(exposed_user(Mode::Enforce), went);
        dispose(&mut case.steps[2].step, Disposition::Decline);
        (case.steps[2].outcome, case.steps[2].confirmation, case.steps[2].intent_at) = (None, None, None);
        case.conclude(later(9))
    };
    assert_eq!(declined(&[Went::Denied]), Verdict::Failed);
    assert_eq!(declined(&[Went::Well, Went::Denied, Went::Well]), Verdict::Partial);
    assert_eq!(declined(&[Went::Unseen]), declined(&[Went::Well, Went::Unseen, Went::Well]));
}

/// A case of each answer, in each mode that lets it be answered.
fn answered() -> Vec<Case> {
    let basis = Basis { origin: Origin::Inferred, detail: "a mail address".to_owned(), confidence: Confidence::Medium };
    let owned = Profile { basis: [(Field::Owners, basis)].into(), ..profile(&["alice@x.io"], None) };
    let mut cases = Vec::new();
    for mode in [Mode::Enforce, Mode::Review] {
        let asked = open_under(&asks(), &context(mode), &exposed(), user("ci"), owned.clone(), two_keys());
        for decision in [approval(), Decision::Lapsed { enforced: true, at: later(60) }] {
            let mut case = asked.clone();
            case.release_held(decision, later(61));
            cases.push(taken(case, &[Went::Well, Went::Throttled]));
        }
        for decision in [denial(), Decision::Lapsed { enforced: false, at: later(60) }] {
            let mut case = asked.clone();
            case.decline_held("no", decision);
            cases.push(taken(case, &[Went::Well]));
        }
        cases.push(taken(asked, &[Went::Well]));
    }
    cases
}

#[test]
fn an_answered_case_survives_its_json() {
    for case in answered() {
        let json = serde_json::to_value(&case).unwrap();
        assert_eq!(serde_json::from_value::<Case>(json.clone()).unwrap(), case, "{json}");
        let statement = Statement::of(&case, &stack());
        assert_eq!(serde_json::from_slice::<Statement>(&statement.to_bytes()).unwrap(), statement);
    }
    let json = serde_json::to_value(&answered()[0]).unwrap();
    let decision = &json["review"]["decision"];
    assert_eq!((&decision["answer"], &decision["by"]), (&"approved".into(), &bob().as_str().into()));
    assert_eq!(json["review"]["enforceOnSilence"], false);
    assert_eq!(json["profile"]["basis"]["owners"]["origin"], "inferred");
}

#[test]
fn a_case_from_before_there_were_reviews_is_still_read() {
    let mut json = serde_json::to_value(taken(exposed_user(Mode::Enforce), &[Went::Throttled])).unwrap();
    for step in json["steps"].as_array_mut().unwrap() {
        step.as_object_mut().unwrap().remove("ruling").unwrap();
    }
    let case: Case = serde_json::from_value(json.clone()).unwrap();
    assert!(case.review.is_none() && case.exemptions.is_empty() && case.signal.request.is_none());
    assert_eq!(serde_json::to_value(&case).unwrap(), json, "nor is anything written that was not there");
    let subject: Subject = case.subject;
    assert_eq!(subject, user("ci-deployer"));
}
