//! Held plans: what answers them, what does not, and what a worker that dies over an answer leaves.

use crate::common::*;
use severance_domain::case::{Case, CaseId};
use severance_domain::ids::Arn;
use severance_domain::plan::Disposition;
use severance_domain::respond::Reacted;
use severance_domain::review::Decision;
use severance_domain::signal::{Signal, SignalKind};
use severance_domain::verdict::Verdict;
use severance_engine::reactor::ReactError;
use severance_engine::review::{Answered, Reviewer};

const CAROL: &str = "arn:aws:iam::111122223333:user/carol";

async fn approve_in(mode: &str, aws: &FakeAws, held: &Reacted, holder: &str) -> Result<Answered, ReactError> {
    let by = asker(CAROL);
    let reviewer = Reviewer { by: &by, plan: held.plan.as_deref().unwrap(), reason: "the owner agreed" };
    Box::pin(reactor(aws, mode).approve(&held.case, reviewer, holder)).await
}

async fn deny(aws: &FakeAws, held: &Reacted) -> Answered {
    let by = asker(CAROL);
    let reviewer = Reviewer { by: &by, plan: held.plan.as_deref().unwrap(), reason: "it stays" };
    Box::pin(reactor(aws, "enforce").deny(&held.case, reviewer, "denied")).await.unwrap()
}

fn done(answered: Answered) -> Reacted {
    match answered {
        Answered::Done(reacted) => reacted,
        Answered::Refused(why) => panic!("refused: {why}"),
    }
}

fn refused(answered: Answered) -> String {
    match answered {
        Answered::Refused(why) => why,
        Answered::Done(reacted) => panic!("done: {reacted:?}"),
    }
}

/// What a stack in review mode holds of this signal.
async fn held(aws: &FakeAws, signal: &Signal) -> Reacted {
    let held = deliver_in("review", aws, signal, "event").await.unwrap();
    assert_eq!((held.verdict, held.revision), (Verdict::AwaitingReview, 1));
    assert!(held.plan.is_some() && mutating(&aws.take_calls()).is_empty());
    held
}

/// A production workload whose key was not used for half a year: silence would end it.
async fn held_until_silence() -> (FakeAws, Reacted) {
    let aws = one_user();
    aws.state()
        .users
        .get_mut(USER)
        .unwrap()
        .tags
        .extend([("severance:class".to_owned(), "workload".to_owned()), ("environment".to_owned(), "prod".to_owned())]);
    let reaction = deliver(&aws, &stale_key(), "event").await.unwrap();
    assert!(case(&aws).review.as_ref().unwrap().enforce_on_silence, "a key that was not used for half a year");
    (aws, reaction)
}

fn case(aws: &FakeAws) -> Case {
    stored(aws).0
}

fn waiting(aws: &FakeAws) -> usize {
    aws.state().table.keys().filter(|key| key.starts_with("REVIEWS")).count()
}

#[tokio::test(start_paused = true)]
async fn review_mode_holds_even_danger_and_a_person_lets_it_go() {
    let aws = one_user();
    let held = held(&aws, &compromised()).await;
    assert_eq!(waiting(&aws), 1);
    let lowered: Vec<_> = case(&aws).steps.iter().map(|record| record.step.ruling.clone().unwrap()).collect();
    assert!(lowered.iter().all(|ruling| ruling.answer == Disposition::Enforce), "{lowered:?}");
    assert!(lowered.iter().all(|ruling| ruling.lowered_by.as_deref() == Some("the stack's mode is review")));

    let reacted = done(approve_in("review", &aws, &held, "approval").await.unwrap());
    assert_eq!((reacted.verdict, reacted.revision), (Verdict::RevokedUnverified, 2));
    assert_eq!(mutating(&aws.take_calls()).len(), 4, "quarantine, its tag, and both keys");
    assert_eq!(waiting(&aws), 0);
    let evidence = evidence(&aws);
    let last = &evidence.iter().find(|(statement, _)| statement.predicate.case.revision == 2).unwrap().0.predicate.case;
    let Some(Decision::Approved { by, .. }) = &last.review.as_ref().unwrap().decision else { panic!("not approved") };
    assert_eq!(by.as_str(), CAROL);
    let again = refused(approve_in("review", &aws, &held, "again").await.unwrap());
    assert!(again.contains("approved by"), "{again}");
}

#[tokio::test(start_paused = true)]
async fn an_observing_stack_carries_nothing_out_whoever_approves() {
    let aws = one_user();
    let held = held(&aws, &compromised()).await;
    let why = refused(approve_in("observe", &aws, &held, "approval").await.unwrap());
    assert!(why.contains("only observes"), "{why}");
    assert!(mutating(&aws.take_calls()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_at_any_call_of_an_approval_leaves_what_the_next_run_finishes() {
    let aws = one_user();
    let first = held(&aws, &compromised()).await;
    done(approve_in("review", &aws, &first, "whole").await.unwrap());
    let calls = aws.take_calls();
    for (at, call) in calls.iter().enumerate() {
        for takes_effect in [false, true] {
            let aws = one_user();
            let held = held(&aws, &compromised()).await;
            aws.cut(at, takes_effect);
            tokio::select! {
                biased;
                () = aws.until_cut() => {}
                ended = approve_in("review", &aws, &held, "dead") => panic!("call {at} was not reached: {ended:?}"),
            }
            aws.after_the_lease();
            let what = format!("cut at {at}, {call}, effect {takes_effect}");
            let report = Box::pin(reactor(&aws, "review").run_schedule("schedule")).await.unwrap();
            assert!(report.failed.is_empty(), "{what}: {report:?}");
            // What had not begun when the worker died is still to be approved.
            if case(&aws).pending_review().is_some() {
                done(approve_in("review", &aws, &held, "heir").await.unwrap());
            }
            let case = case(&aws);
            assert_eq!((case.verdict, case.revision), (Some(Verdict::RevokedUnverified), 2), "{what}");
            assert!(case.is_approved() && stored(&aws).1, "{what}");
            assert_eq!(waiting(&aws), 0, "{what}");
            let state = aws.state();
            assert_eq!(state.objects.len(), 2, "{what}: one object for each revision");
            assert!(state.users[USER].keys.values().all(|active| !active), "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_denied_stays_so_until_somebody_is_at_it_again() {
    let aws = one_user();
    let first = held(&aws, &compromised()).await;
    assert_eq!(done(deny(&aws, &first).await).verdict, Verdict::Observed);
    assert_eq!(waiting(&aws), 0);
    let repeated = Signal { event_id: "later".to_owned(), ..compromised() };
    assert!(deliver(&aws, &repeated, "repeated").await.unwrap().replayed, "the policy enforces, but a person said no");
    assert!(mutating(&aws.take_calls()).is_empty());
    let active = Signal {
        event_id: "active".to_owned(),
        occurred_at: case(&aws).concluded_at.unwrap() + jiff::SignedDuration::from_secs(60),
        ..compromised()
    };
    let reaction = deliver(&aws, &active, "active").await.unwrap();
    assert_eq!((reaction.verdict, reaction.revision), (Verdict::RevokedUnverified, 3));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_decide_about_is_refused_with_the_way_out() {
    let aws = one_user();
    let reactor = reactor(&aws, "enforce");
    let by = asker(CAROL);
    let reviewer = Reviewer { by: &by, plan: "0123456789abcdef", reason: "yes" };
    let unknown: CaseId = serde_json::from_value(serde_json::json!("sev-00000000000000000000")).unwrap();
    let why = refused(Box::pin(reactor.approve(&unknown, reviewer, "a")).await.unwrap());
    assert!(why.contains("no case sev-") && why.contains("sever reviews"), "{why}");
    // A user has no countermeasure for this claim, so there is nothing to approve.
    let hold = deliver(&aws, &signal(SignalKind::IdentityOverPrivileged), "event").await.unwrap();
    let reviewer = Reviewer { plan: hold.plan.as_deref().unwrap(), ..reviewer };
    let why = refused(Box::pin(reactor.approve(&hold.case, reviewer, "a")).await.unwrap());
    assert!(why.contains("act by hand") && why.contains("sever deny"), "{why}");
    let other = Reviewer { plan: "ffffffffffffffff", ..reviewer };
    let why = refused(Box::pin(reactor.deny(&hold.case, other, "a")).await.unwrap());
    assert!(why.contains("not ffffffffffffffff") && why.contains("sever status"), "{why}");
    // The identity is gone when the answer comes.
    let gone = held(&one_user(), &compromised()).await;
    assert!(gone.plan.is_some());
    let aws = one_user();
    let gone = held(&aws, &compromised()).await;
    aws.state().users.clear();
    let why = refused(approve_in("review", &aws, &gone, "late").await.unwrap());
    assert!(why.contains("not there any more"), "{why}");
    assert!(mutating(&aws.take_calls()).is_empty());
}

/// Two keys that are too old, of which one was used: the policy ends the other at once and asks about this one.
#[tokio::test(start_paused = true)]
async fn what_was_done_at_once_does_not_change_the_question_about_the_rest() {
    let aws = one_user();
    let lately = severance_aws::clock::now() - jiff::SignedDuration::from_hours(48);
    aws.state().last_used.insert(KEY.to_owned(), lately.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    aws.state().users.get_mut(USER).unwrap().tags.insert("severance:class".to_owned(), "workload".to_owned());
    let stale = signal(SignalKind::CredentialStale);
    let reaction = deliver(&aws, &stale, "event").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::Partial);
    assert_eq!(aws.state().users[USER].keys, [(KEY.to_owned(), true), (OTHER_KEY.to_owned(), false)].into());
    let reacted = done(approve_in("enforce", &aws, &reaction, "approval").await.unwrap());
    assert_eq!((reacted.verdict, reacted.revision), (Verdict::VerifiedRevoked, 2));
    assert!(aws.state().users[USER].keys.values().all(|active| !active));
}

#[tokio::test(start_paused = true)]
async fn a_review_of_what_is_gone_ends_with_its_time() {
    let gone: fn(&FakeAws) = |aws| aws.state().users.clear();
    let recreated: fn(&FakeAws) = |aws| "AIDASOMEBODYELSE".clone_into(&mut aws.state().users.get_mut(USER).unwrap().id);
    for then in [gone, recreated] {
        let (aws, reaction) = held_until_silence().await;
        then(&aws);
        aws.pass_review(reaction.case.as_str());
        let report = Box::pin(reactor(&aws, "enforce").run_schedule("schedule")).await.unwrap();
        assert_eq!((report.lapsed.len(), report.failed.len()), (1, 0), "{report:?}");
        let case = case(&aws);
        assert_eq!((case.verdict, case.revision, waiting(&aws)), (Some(Verdict::Observed), 2, 0));
        assert!(matches!(case.review.unwrap().decision, Some(Decision::Lapsed { enforced: false, .. })));
    }
}

/// The claim names the user by its unique id, so who is gone and who cannot be read have the same case: the reader tells them apart.
#[tokio::test(start_paused = true)]
async fn a_review_of_what_cannot_be_read_does_not_end_with_its_time() {
    let (aws, reaction) = held_until_silence().await;
    aws.fault("iam:GetUser", DENIED, usize::MAX);
    aws.pass_review(reaction.case.as_str());
    let report = Box::pin(reactor(&aws, "enforce").run_schedule("schedule")).await.unwrap();
    assert_eq!((report.lapsed.len(), report.failed.len()), (0, 0), "{report:?}");
    let case = case(&aws);
    assert_eq!((case.verdict, case.revision, waiting(&aws)), (Some(Verdict::AwaitingReview), 1, 1));
    assert!(case.pending_review().is_some(), "it may be there");
}

/// The quarterly job ran while nobody answered: what silence may do is for today's facts to say.
#[tokio::test(start_paused = true)]
async fn silence_does_not_cut_a_key_that_is_in_use_again() {
    let (aws, reaction) = held_until_silence().await;
    let lately = severance_aws::clock::now() - jiff::SignedDuration::from_hours(48);
    aws.state().last_used.insert(KEY.to_owned(), lately.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    aws.pass_review(reaction.case.as_str());
    Box::pin(reactor(&aws, "enforce").run_schedule("schedule")).await.unwrap();
    let case = case(&aws);
    assert_eq!((case.verdict, case.revision, waiting(&aws)), (Some(Verdict::Observed), 2, 0));
    assert!(matches!(case.review.unwrap().decision, Some(Decision::Lapsed { enforced: false, .. })));
    assert!(aws.state().users[USER].keys[KEY], "the key in use lives");
}

#[tokio::test(start_paused = true)]
async fn a_denial_of_one_key_outlives_the_finding_that_comes_back_with_another() {
    let aws = one_user();
    let lately = severance_aws::clock::now() - jiff::SignedDuration::from_hours(48);
    aws.state().last_used.insert(KEY.to_owned(), lately.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    aws.state().users.get_mut(USER).unwrap().tags.insert("severance:class".to_owned(), "workload".to_owned());
    aws.state().users.get_mut(USER).unwrap().keys.remove(OTHER_KEY);
    let stale = signal(SignalKind::CredentialStale);
    let first = deliver(&aws, &stale, "event").await.unwrap();
    assert_eq!(done(deny(&aws, &first).await).verdict, Verdict::Observed);
    // The other key turns stale as well, and by now the policy would end both.
    aws.state().users.get_mut(USER).unwrap().keys.insert(OTHER_KEY.to_owned(), true);
    aws.state().last_used.clear();
    let again = Signal { event_id: "again".to_owned(), ..stale };
    let reaction = deliver(&aws, &again, "again").await.unwrap();
    assert_eq!((reaction.verdict, reaction.revision), (Verdict::Partial, 3));
    assert_eq!(aws.state().users[USER].keys, [(KEY.to_owned(), true), (OTHER_KEY.to_owned(), false)].into());
}

/// Nobody delivers what was asked by hand again: the schedule finishes it.
#[tokio::test(start_paused = true)]
async fn a_request_by_hand_whose_worker_died_is_finished_by_the_next_run() {
    let by_hand = || {
        let request = severance_domain::policy::Request {
            by: Arn::try_from(CAROL).unwrap(),
            reason: "seen in a paste".to_owned(),
            ticket: None,
            standing: None,
        };
        Signal { request: Some(request), ..compromised() }
    };
    let aws = one_user();
    deliver(&aws, &by_hand(), "whole").await.unwrap();
    assert_eq!(waiting(&aws), 0);
    let calls = aws.take_calls();
    let taken = calls.iter().position(|call| call == "dynamodb:PutItem").unwrap();
    for (at, call) in calls.iter().enumerate().skip(taken) {
        let aws = one_user();
        let asked = by_hand();
        aws.cut(at, true);
        tokio::select! {
            biased;
            () = aws.until_cut() => {}
            ended = deliver(&aws, &asked, "dead") => panic!("call {at} was not reached: {ended:?}"),
        }
        aws.after_the_lease();
        let report = Box::pin(reactor(&aws, "enforce").run_schedule("schedule")).await.unwrap();
        assert!(report.failed.is_empty(), "cut at {at}, {call}: {report:?}");
        assert_eq!(case(&aws).verdict, Some(Verdict::RevokedUnverified), "cut at {at}, {call}");
        assert!(stored(&aws).1 && waiting(&aws) == 0, "cut at {at}, {call}");
    }
}

/// The same claim about the same credential, said by another finding.
fn again(signal: &Signal, id: &str) -> Signal {
    Signal { finding_id: format!("finding-{id}"), event_id: format!("event-{id}"), ..signal.clone() }
}

#[tokio::test(start_paused = true)]
async fn one_denial_answers_every_finding_of_the_same_claim_and_nothing_new() {
    let aws = one_user();
    let claim = compromised();
    let first = held(&aws, &claim).await;
    done(deny(&aws, &first).await);
    let told = |id: &str| {
        let id = id.to_owned();
        evidence(&aws).into_iter().map(|(statement, _)| statement.predicate.case).find(|case| case.id.to_string() == id)
    };
    // Another source says the same.
    let same = deliver_in("review", &aws, &again(&claim, "same"), "same").await.unwrap();
    assert_eq!((same.verdict, same.plan.clone(), waiting(&aws)), (Verdict::Observed, None, 0));
    let case = told(same.case.as_str()).unwrap();
    let Some(Decision::Denied { by, reason, .. }) = &case.review.as_ref().unwrap().decision else {
        panic!("{case:#?}")
    };
    assert_eq!((by.as_str(), reason.as_str()), (CAROL, "it stays"));
    assert!(
        case.notes.iter().any(|note| note.contains(first.case.as_str()) && note.contains(CAROL)),
        "{:?}",
        case.notes
    );
    assert!(case.steps.iter().all(|of| of.step.ruling.as_ref().unwrap().lowered_by.as_ref().unwrap().contains(CAROL)));

    // Whatever is new is asked.
    let worse = Signal { severity: severance_domain::signal::Severity::Critical, ..again(&claim, "worse") };
    let later = Signal { occurred_at: severance_aws::clock::now(), ..again(&claim, "later") };
    let key = severance_domain::ids::AccessKeyId::try_from(OTHER_KEY).ok();
    let another = Signal { access_key: key, ..again(&claim, "another") };
    let other_kind = Signal { kind: SignalKind::CredentialExposed, ..another.clone() };
    for signal in [worse, later, another, other_kind] {
        let asked = deliver_in("review", &aws, &signal, &signal.event_id).await.unwrap();
        assert_eq!(asked.verdict, Verdict::AwaitingReview, "{}", signal.finding_id);
    }
    assert!(mutating(&aws.take_calls()).is_empty());
}

/// A question that nobody answered says nothing about the next one, nor does one that was approved.
#[tokio::test(start_paused = true)]
async fn what_nobody_denied_is_asked_again() {
    let aws = one_user();
    let first = held(&aws, &compromised()).await;
    let second = deliver_in("review", &aws, &again(&compromised(), "second"), "second").await.unwrap();
    assert_eq!((second.verdict, waiting(&aws)), (Verdict::AwaitingReview, 2));
    done(approve_in("review", &aws, &first, "approval").await.unwrap());
    let third = deliver_in("review", &aws, &again(&compromised(), "third"), "third").await.unwrap();
    assert!(third.plan.is_some());
}
