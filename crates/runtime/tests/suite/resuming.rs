//! Many deliveries, faults and crashes converge on one effect.

use std::time::Duration;

use crate::common::*;
use severance_aws::cases::CaseError;
use severance_domain::signal::{Signal, SignalKind};
use severance_domain::verdict::Verdict;
use severance_engine::reactor::ReactError;

const CONTAINED: [&str; 4] = ["iam:PutUserPolicy", "iam:TagUser", "iam:UpdateAccessKey", "iam:UpdateAccessKey"];

/// One AWS and one claim for each countermeasure.
fn scenes() -> Vec<(fn() -> FakeAws, Signal)> {
    vec![
        (one_user, compromised()),
        (one_role, about_role(SignalKind::IdentityCompromised)),
        (one_secret, about_secret()),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_second_delivery_changes_nothing_and_returns_the_first_ones_verdict() {
    for (aws, signal) in scenes() {
        let aws = aws();
        let first = deliver(&aws, &signal, "first").await.unwrap();
        aws.take_calls();
        let before = stored(&aws);
        let second = deliver(&aws, &signal, "second").await.unwrap();
        assert_eq!(second, severance_domain::respond::Reacted { replayed: true, ..first });
        assert_eq!(stored(&aws), before);
        let calls = aws.take_calls();
        // One: the schedule is told before the case is found closed.
        let told = calls.iter().filter(|call| *call == "dynamodb:UpdateItem").count();
        assert!(mutating(&calls).is_empty() && told <= 1, "{calls:?}");
        assert_eq!(aws.published(), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_step_is_tried_again_alone_and_the_next_revision_follows_on_the_first() {
    let aws = one_user();
    aws.fault("iam:PutUserPolicy", THROTTLED, ATTEMPTS);
    let error = deliver(&aws, &compromised(), "first").await.unwrap_err();
    let (case, closed) = stored(&aws);
    assert!(error.is_retryable() && !closed);
    let failed = "iam:PutUserPolicy answered Throttling".to_owned();
    assert_eq!(error, ReactError::Unsettled { case: case.id, revision: 1, failed });
    assert_eq!(evidence(&aws)[0].0.predicate.case.verdict, Some(Verdict::Partial));
    let calls = aws.take_calls();
    assert_eq!(mutating(&calls)[ATTEMPTS..], ["iam:UpdateAccessKey", "iam:UpdateAccessKey"]);

    let reaction = deliver(&aws, &compromised(), "second").await.unwrap();
    assert_eq!((reaction.verdict, reaction.revision), (Verdict::RevokedUnverified, 2));
    assert_eq!(mutating(&aws.take_calls()), CONTAINED[..2]);
    let evidence = evidence(&aws);
    assert_eq!(evidence.len(), 2);
    assert_eq!(evidence[0].0.predicate.case.previous, None);
    assert_eq!(evidence[1].0.predicate.case.previous.as_ref(), Some(&evidence[0].1));
    assert!(stored(&aws).1);
    let state = aws.state();
    let verdicts: Vec<&str> = state.messages.iter().map(|message| message.attributes["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["partial", "revoked_unverified"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_done_but_not_published_is_published_by_the_next_delivery() {
    let actions: [&'static str; 4] = ["kms:GetPublicKey", "kms:Sign", "s3:PutObject", "sns:Publish"];
    let faults = [(DENIED, "AccessDenied"), (BROKEN, "InternalFailure"), (Fault::Silence, "Timeout")];
    for action in actions {
        for (fault, code) in faults {
            let aws = one_user();
            aws.fault(action, fault, usize::MAX);
            let error = deliver(&aws, &compromised(), "first").await.unwrap_err();
            let ReactError::Aws(said) = &error else { panic!("{action}: {error}") };
            assert_eq!((said.action, said.code.as_str(), error.is_retryable()), (action, code, code != "AccessDenied"));
            assert_eq!(mutating(&aws.take_calls()), CONTAINED);
            assert!(!stored(&aws).1);

            aws.mend();
            let begun = tokio::time::Instant::now();
            let reaction = deliver(&aws, &compromised(), "second").await.unwrap();
            assert!(begun.elapsed() < Duration::from_secs(1), "it waited for a lease that was let go");
            assert_eq!((reaction.verdict, reaction.revision), (Verdict::RevokedUnverified, 1), "{action} {code}");
            assert!(mutating(&aws.take_calls()).is_empty());
            assert_eq!(aws.published(), (1, 1));
            assert!(stored(&aws).1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_at_any_call_leaves_what_the_next_one_finishes() {
    for (fresh, signal) in scenes() {
        let aws = fresh();
        deliver(&aws, &signal, "whole").await.unwrap();
        let calls = aws.take_calls();
        let told = calls.iter().position(|call| call == "sns:Publish").unwrap();
        // After that nothing is left but to say when the first recheck is due.
        let closes = told + calls.iter().skip(told).position(|call| call == "dynamodb:UpdateItem").unwrap();
        for (at, call) in calls.iter().enumerate() {
            for takes_effect in [false, true] {
                let aws = fresh();
                aws.cut(at, takes_effect);
                tokio::select! {
                    biased;
                    () = aws.until_cut() => {}
                    ended = deliver(&aws, &signal, "dead") => panic!("call {at} was not reached: {ended:?}"),
                }
                aws.after_the_lease();
                let what = format!("{} cut at {at}, {call}, effect {takes_effect}", signal.kind.as_str());
                let closed_before = at > closes || takes_effect && at == closes;
                let reaction = deliver(&aws, &signal, "heir").await.unwrap();
                assert_eq!((reaction.verdict, reaction.revision), (at_first(&signal), 1), "{what}");
                assert_eq!(reaction.replayed, closed_before, "{what}");
                assert!(stored(&aws).1, "{what}");
                assert_eq!(evidence(&aws)[0].0.predicate.case, stored(&aws).0, "{what}");
                assert_done_once(&aws, &what);
                let after = deliver(&aws, &signal, "late").await.unwrap();
                assert!(after.replayed && after.verdict == reaction.verdict, "{what}");
                assert_done_once(&aws, &what);
            }
        }
    }
}

fn assert_done_once(aws: &FakeAws, what: &str) {
    let secrets = !aws.state().secrets.is_empty();
    assert!(!secrets || current_versions(aws).len() == 1, "{what}");
    let state = aws.state();
    assert_eq!(state.objects.len(), 1, "{what}");
    assert!(state.users.values().flat_map(|user| user.keys.values()).all(|active| !active), "{what}");
    assert!(state.users.values().chain(state.roles.values()).all(|of| of.policies.len() == 1), "{what}");
    assert!(state.secrets.values().all(|secret| secret.versions.len() == 2), "{what}");
    // A message may come twice, but never say two things.
    assert!((1..=2).contains(&state.messages.len()), "{what}");
    assert!(state.messages.iter().all(|message| message.body == state.messages[0].body), "{what}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_once_does_not_show() {
    for (fresh, signal) in scenes() {
        let aws = fresh();
        deliver(&aws, &signal, "whole").await.unwrap();
        for action in aws.take_calls() {
            let aws = fresh();
            // Longer than one attempt may take, so the SDK asks again for what is done already.
            aws.fault(&action, Fault::Late(Duration::from_secs(6)), 1);
            let reaction = deliver(&aws, &signal, "first").await;
            let verdict = reaction.unwrap_or_else(|error| panic!("{action}: {error}")).verdict;
            let read_back = ["iam:GetUserPolicy", "iam:GetRolePolicy"].contains(&action.as_str());
            assert!(verdict == at_first(&signal) || read_back && verdict == Verdict::RevokedUnverified, "{action}");
            assert_done_once(&aws, &action);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_deliveries_at_once_act_once_and_agree() {
    for seed in 0..40 {
        for (fresh, signal) in scenes() {
            let aws = fresh();
            deliver(&aws, &signal, "alone").await.unwrap();
            let alone: Vec<String> = mutating(&aws.take_calls()).into_iter().map(str::to_owned).collect();

            let aws = fresh();
            aws.random_latency(seed);
            let (one, other) = tokio::join!(deliver(&aws, &signal, "one"), deliver(&aws, &signal, "other"));
            let (one, other) = (one.unwrap(), other.unwrap());
            assert_eq!((one.verdict, other.verdict), (at_first(&signal), at_first(&signal)), "{seed}");
            assert!(one.replayed != other.replayed, "{seed}");
            assert_eq!(mutating(&aws.take_calls()), alone, "{seed}");
            assert_eq!(aws.state().messages.len(), 1, "{seed}");
            assert_done_once(&aws, &format!("seed {seed}"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_was_taken_for_dead_cannot_write_over_its_successor() {
    let aws = one_user();
    aws.fault("iam:PutUserPolicy", Fault::Late(Duration::from_secs(3)), 1);
    let signal = compromised();
    let successor = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        aws.after_the_lease();
        deliver(&aws, &signal, "successor").await
    };
    let (old, new) = tokio::join!(deliver(&aws, &signal, "old"), successor);
    let case = stored(&aws).0.id;
    let old = old.unwrap_err();
    assert_eq!(old, ReactError::Case(CaseError::TakenOver(case)));
    assert!(old.is_retryable());
    assert_eq!(new.unwrap().verdict, at_first(&signal));
    assert_eq!(aws.state().messages.len(), 1);
    assert_done_once(&aws, "taken over");
    assert!(deliver(&aws, &signal, "old again").await.unwrap().replayed);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_waits_for_a_living_worker_and_then_goes_back_to_the_queue() {
    let aws = one_user();
    // Right after the intent was stored.
    aws.cut(9, true);
    let signal = compromised();
    tokio::select! {
        biased;
        () = aws.until_cut() => {}
        ended = deliver(&aws, &signal, "dead") => panic!("{ended:?}"),
    }
    aws.revive();
    let busy = deliver(&aws, &signal, "second").await.unwrap_err();
    assert_eq!(busy, ReactError::Case(CaseError::Busy(stored(&aws).0.id)));
    assert!(busy.is_retryable());
    assert!(mutating(&aws.take_calls()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_case_that_cannot_be_stored_is_not_acted_on() {
    for (fault, code, retryable) in [(DENIED, "AccessDenied", false), (BROKEN, "InternalFailure", true)] {
        let aws = one_user();
        aws.fault("dynamodb:PutItem", fault, usize::MAX);
        let error = deliver(&aws, &compromised(), "first").await.unwrap_err();
        let ReactError::Case(CaseError::Aws(said)) = &error else { panic!("{error}") };
        assert_eq!((said.action, said.code.as_str(), error.is_retryable()), ("dynamodb:PutItem", code, retryable));
        assert!(mutating(&aws.take_calls()).is_empty());
    }
}

/// Switching to observe is how an operator stops everything: what the queue still holds must not act either.
#[tokio::test(start_paused = true)]
async fn a_stack_that_observes_again_takes_no_step_that_was_left_over() {
    let aws = one_user();
    aws.fault("iam:UpdateAccessKey", THROTTLED, usize::MAX);
    deliver(&aws, &compromised(), "first").await.unwrap_err();
    aws.mend();
    aws.take_calls();
    let reaction = deliver_in("observe", &aws, &compromised(), "second").await.unwrap();
    assert_eq!((reaction.verdict, reaction.revision), (Verdict::Partial, 2));
    assert!(mutating(&aws.take_calls()).is_empty());
    let not_proven = evidence(&aws).remove(1).0.predicate.proof.not_proven;
    assert!(not_proven.iter().any(|gap| gap.contains(KEY) && gap.contains("answered ObserveMode")), "{not_proven:?}");
}

/// What an earlier event left over is finished first; then the later one gets what it calls for.
#[tokio::test(start_paused = true)]
async fn a_later_event_that_meets_an_open_case_is_not_lost() {
    let aws = one_user();
    aws.fault("iam:PutUserPolicy", THROTTLED, ATTEMPTS);
    deliver(&aws, &compromised(), "first").await.unwrap_err();
    aws.state().users.get_mut(USER).unwrap().keys.insert("AKIAMINTEDSINCE".to_owned(), true);

    let occurred_at = "9999-01-01T00:00:00Z".parse().unwrap();
    let later = Signal { event_id: "a later event".to_owned(), occurred_at, ..compromised() };
    let reaction = deliver(&aws, &later, "second").await.unwrap();
    // Revision 2 is what was left over, revision 3 what the later event found.
    assert_eq!((reaction.verdict, reaction.revision, reaction.replayed), (Verdict::RevokedUnverified, 3, false));
    assert!(aws.state().users[USER].keys.values().all(|active| !active), "the key that was minted since is dead too");
    let evidence = evidence(&aws);
    for pair in evidence.windows(2) {
        assert_eq!(pair[1].0.predicate.case.previous.as_ref(), Some(&pair[0].1));
    }
}

/// `CloudTrail` may be faster than IAM: a new key that is not listed yet must not be taken for gone.
#[tokio::test(start_paused = true)]
async fn a_new_key_that_is_not_visible_yet_is_looked_at_again() {
    let aws = one_user();
    let key = severance_domain::ids::AccessKeyId::try_from("AKIAJUSTCREATED").unwrap();
    let created = Signal {
        access_key: Some(key.clone()),
        occurred_at: severance_aws::clock::now(),
        ..signal(SignalKind::CredentialCreated)
    };
    let error = deliver(&aws, &created, "first").await.unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("NotYetVisible"), "{error}");
    assert!(aws.state().table.is_empty(), "no case is closed over it");

    // Minutes later it is gone for good.
    let old = Signal { occurred_at: "2026-03-01T11:58:30Z".parse().unwrap(), ..created };
    assert_eq!(deliver(&aws, &old, "second").await.unwrap().verdict, Verdict::Observed);
}
