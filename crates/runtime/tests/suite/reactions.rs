//! What a reaction comes to: its verdict, its calls, its evidence.

use crate::common::*;
use severance_domain::case::{Confirmation, Outcome};
use severance_domain::signal::{Signal, SignalKind};
use severance_domain::verdict::Verdict;

/// How long a reaction may take that only waits for its effects; timers are as fine as a millisecond.
fn bound() -> std::time::Duration {
    // Once, after the steps: what is seen later is no matter of this invocation.
    settings("enforce").confirm_within + std::time::Duration::from_millis(50)
}

#[tokio::test(start_paused = true)]
async fn a_compromised_user_is_contained_in_this_order() {
    let aws = one_user();
    let reaction = deliver(&aws, &compromised(), "first").await.unwrap();
    assert_eq!((reaction.verdict, reaction.revision, reaction.replayed), (Verdict::RevokedUnverified, 1, false));
    let expected = [
        "iam:GetUser",
        "iam:ListAccessKeys",
        "iam:GetLoginProfile",
        "iam:ListSSHPublicKeys",
        "iam:ListSigningCertificates",
        "iam:ListServiceSpecificCredentials",
        // Exemptions and breakers, read meanwhile; then the registry.
        "dynamodb:Query",
        "dynamodb:GetItem",
        // The schedule knows of it as the case is stored, and so do other cases about the identity.
        "dynamodb:UpdateItem",
        "dynamodb:PutItem",
        "dynamodb:PutItem",
        // Room in both breakers.
        "dynamodb:UpdateItem",
        "dynamodb:UpdateItem",
        "iam:PutUserPolicy",
        "iam:TagUser",
        "dynamodb:UpdateItem",
        "iam:UpdateAccessKey",
        "dynamodb:UpdateItem",
        "iam:UpdateAccessKey",
        "dynamodb:UpdateItem",
        // What it could have done, read while the effects are read back.
        "iam:GetUser",
        "iam:ListAttachedUserPolicies",
        "iam:ListUserPolicies",
        "iam:ListGroupsForUser",
        "iam:GetUserPolicy",
        // Among it, whether who bears the name is still the one who is meant.
        "iam:GetUser",
        "iam:ListAccessKeys",
        "iam:ListAccessKeys",
        "iam:GetUserPolicy",
        "dynamodb:UpdateItem",
        "kms:GetPublicKey",
        "kms:Sign",
        "s3:PutObject",
        "sns:Publish",
        "dynamodb:UpdateItem",
        // When the first recheck is due.
        "dynamodb:UpdateItem",
    ];
    assert_eq!(aws.take_calls(), expected);
    let (case, closed) = stored(&aws);
    assert!(closed);
    let evidence = evidence(&aws);
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].0.predicate.case, case);
    let state = aws.state();
    assert_eq!(reaction.evidence, format!("s3://evidence-bucket/{}", state.objects.keys().next().unwrap()));
    let user = &state.users[USER];
    assert!(user.keys.values().all(|active| !active) && user.policies.len() == 1);
    assert_eq!(user.tags["severance:quarantined-by"], case.id.as_str());
    assert_eq!(state.messages.len(), 1);
    let message = &state.messages[0];
    let attributes: Vec<(&str, &str)> = message.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        attributes,
        [
            ("account", ACCOUNT),
            ("severity", "high"),
            ("signal", "identity_compromised"),
            ("verdict", "revoked_unverified")
        ]
    );
    assert!(message.body.contains(&reaction.evidence) && message.subject.contains(USER), "{message:?}");
}

#[tokio::test(start_paused = true)]
async fn a_compromised_role_loses_its_sessions_and_an_unrotated_secret_its_value() {
    let (aws, role) = (one_role(), about_role(SignalKind::IdentityCompromised));
    assert_eq!(deliver(&aws, &role, "first").await.unwrap().verdict, at_first(&role));
    assert_eq!(mutating(&aws.take_calls()), ["iam:PutRolePolicy"]);

    let aws = one_secret();
    assert_eq!(deliver(&aws, &about_secret(), "first").await.unwrap().verdict, Verdict::VerifiedRevoked);
    assert_eq!(mutating(&aws.take_calls()), ["secretsmanager:RotateSecret"]);
    assert_eq!(current_versions(&aws).len(), 1);
}

/// A later case may be carried out before an earlier one that had to wait.
#[tokio::test(start_paused = true)]
async fn an_earlier_moment_never_replaces_a_later_one() {
    let aws = one_role();
    let earlier = about_role(SignalKind::IdentityCompromised);
    let later = Signal { finding_id: "another".to_owned(), ..earlier.clone() };
    aws.fault("iam:PutRolePolicy", THROTTLED, ATTEMPTS);
    deliver(&aws, &earlier, "first").await.unwrap_err();
    // The plan's moment is of the real clock, in milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(5));
    deliver(&aws, &later, "second").await.unwrap();
    let policies = aws.state().roles[ROLE].policies.clone();
    assert_eq!(deliver(&aws, &earlier, "third").await.unwrap().verdict, at_first(&earlier));
    assert_eq!(aws.state().roles[ROLE].policies, policies, "sessions that were denied live again");
}

#[tokio::test(start_paused = true)]
async fn a_denied_call_is_a_failed_step_that_names_the_action_and_never_a_success() {
    for (signal, verdict) in [(stale_key(), Verdict::Failed), (compromised(), Verdict::Partial)] {
        let aws = one_user();
        aws.fault("iam:UpdateAccessKey", DENIED, usize::MAX);
        let reaction = deliver(&aws, &signal, "first").await.unwrap();
        assert_eq!((reaction.verdict, reaction.revision), (verdict, 1));
        let (case, closed) = stored(&aws);
        assert!(closed, "another delivery would be denied as well");
        let failed = case.steps.iter().filter_map(|record| match &record.outcome {
            Some(Outcome::Failed { action, code, retryable: false, .. }) => Some((action.as_str(), code.as_str())),
            _ => None,
        });
        assert!(failed.clone().count() > 0);
        assert!(failed.clone().all(|failed| failed == ("iam:UpdateAccessKey", "AccessDenied")));
        assert!(
            case.steps.iter().all(|record| {
                record.confirmation.is_none() == matches!(record.outcome, Some(Outcome::Failed { .. }))
            })
        );
        let evidence = evidence(&aws);
        assert_eq!((evidence.len(), evidence[0].0.predicate.case.verdict), (1, Some(verdict)));
        let not_proven = evidence[0].0.predicate.proof.not_proven.join("\n");
        assert!(not_proven.contains("failed, iam:UpdateAccessKey answered AccessDenied"), "{not_proven}");
        let state = aws.state();
        assert_eq!(state.messages[0].attributes["verdict"], verdict.as_str());
        assert!(state.messages[0].body.contains("iam:UpdateAccessKey"), "{}", state.messages[0].body);
        assert!(state.users[USER].keys.values().all(|active| *active));
    }
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_shows_at_the_third_read_is_verified() {
    let aws = one_user();
    aws.state().lag = 2;
    let reaction = deliver(&aws, &stale_key(), "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::VerifiedRevoked);
    let looks = aws.take_calls().iter().filter(|call| *call == "iam:ListAccessKeys").count();
    assert_eq!(looks, 1 + 3, "once to plan, three times to confirm");
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_does_not_show_in_time_is_unverified() {
    let secret = one_secret();
    let cases = [
        (one_user(), stale_key(), "iam:ListAccessKeys shows it Active"),
        (secret, about_secret(), "secretsmanager:DescribeSecret shows the rotation unfinished"),
    ];
    for (aws, signal, expected) in cases {
        aws.state().lag = usize::MAX;
        let begun = tokio::time::Instant::now();
        let reaction = deliver(&aws, &signal, "first").await.unwrap();
        assert_eq!(reaction.verdict, Verdict::RevokedUnverified);
        let waited = begun.elapsed();
        assert!(waited < bound() && waited.as_secs() >= 3, "{waited:?}");
        let (case, closed) = stored(&aws);
        assert!(closed);
        assert!(
            matches!(&case.steps[0].confirmation, Some(Confirmation::Unconfirmed { reason, .. }) if reason.contains(expected)),
            "{case:?}"
        );
        assert!(evidence(&aws)[0].0.predicate.proof.state.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_cannot_be_read_back_is_unverified_and_says_why() {
    // The SDK's own tries, with pauses of random length, may outlast the wait.
    let in_vain = ["answered InternalFailure", "in time"];
    for (fault, why) in [(DENIED, &["answered AccessDenied"][..]), (BROKEN, &in_vain), (Fault::Silence, &in_vain[1..])]
    {
        let aws = one_user();
        aws.fault("iam:GetUserPolicy", fault, usize::MAX);
        let begun = tokio::time::Instant::now();
        let reaction = deliver(&aws, &compromised(), "first").await.unwrap();
        assert_eq!(reaction.verdict, Verdict::RevokedUnverified);
        assert!(begun.elapsed() < bound(), "{:?}", begun.elapsed());
        let (case, _) = stored(&aws);
        let quarantine = case.steps[0].confirmation.as_ref();
        assert!(
            matches!(quarantine, Some(Confirmation::Unconfirmed { reason, .. }) if why.iter().any(|why| reason.contains(why))),
            "{quarantine:?}"
        );
        assert!(case.steps[1].is_confirmed());
    }
}

#[tokio::test(start_paused = true)]
async fn observing_changes_nothing_and_says_what_it_would_do() {
    let aws = one_user();
    let reaction = deliver_in("observe", &aws, &compromised(), "first").await.unwrap();
    assert_eq!(reaction.verdict, Verdict::Observed);
    assert!(mutating(&aws.take_calls()).is_empty());
    let statement = evidence(&aws).remove(0).0;
    assert!(statement.predicate.case.steps.iter().all(|record| record.intent_at.is_none() && record.outcome.is_none()));
    assert!(
        statement
            .predicate
            .proof
            .not_proven
            .contains(&format!("quarantine user {USER} with a deny-all policy: not done (observe mode)"))
    );
    assert_eq!(statement.predicate.case.steps.len(), 3);
    assert_eq!(aws.state().messages[0].attributes["verdict"], "observed");
}

#[tokio::test(start_paused = true)]
async fn what_was_only_observed_is_done_once_the_stack_enforces() {
    let aws = one_user();
    deliver_in("observe", &aws, &compromised(), "first").await.unwrap();
    let reaction = deliver(&aws, &compromised(), "second").await.unwrap();
    assert_eq!((reaction.verdict, reaction.revision, reaction.replayed), (Verdict::RevokedUnverified, 2, false));
    let evidence = evidence(&aws);
    assert_eq!(evidence.len(), 2);
    assert_eq!(evidence[1].0.predicate.case.previous.as_ref(), Some(&evidence[0].1));
    // And back: a stack that observes again does not forget what was done.
    let reaction = deliver_in("observe", &aws, &compromised(), "third").await.unwrap();
    assert_eq!((reaction.verdict, reaction.revision, reaction.replayed), (Verdict::RevokedUnverified, 2, true));
}

/// A finding that comes again is a new event: it may find what was not there before.
#[tokio::test(start_paused = true)]
async fn a_later_event_goes_on_with_the_case_only_where_something_is_left_to_do() {
    let aws = one_user();
    deliver(&aws, &compromised(), "first").await.unwrap();
    let later = Signal { event_id: "a later event".to_owned(), ..compromised() };
    let active = Signal { occurred_at: "9999-01-01T00:00:00Z".parse().unwrap(), ..later.clone() };
    let reaction = deliver(&aws, &later, "second").await.unwrap();
    assert_eq!((reaction.revision, reaction.replayed), (1, true), "there is nothing new");

    aws.state().users.get_mut(USER).unwrap().keys.insert("AKIAMINTEDSINCE".to_owned(), true);
    aws.take_calls();
    let reaction = deliver(&aws, &compromised(), "third").await.unwrap();
    assert_eq!((reaction.revision, reaction.replayed), (1, true), "the same event never reopens its case");
    assert!(mutating(&aws.take_calls()).is_empty());
    let reaction = deliver(&aws, &later, "fourth").await.unwrap();
    assert_eq!(
        (reaction.revision, reaction.replayed),
        (1, true),
        "a new key may be its owner's answer to the first one"
    );
    assert!(mutating(&aws.take_calls()).is_empty());
    let reaction = deliver(&aws, &active, "fifth").await.unwrap();
    assert_eq!((reaction.verdict, reaction.revision), (Verdict::RevokedUnverified, 2), "somebody was active since");
    assert!(aws.state().users[USER].keys.values().all(|active| !active));
    let evidence = evidence(&aws);
    assert_eq!(evidence[1].0.predicate.case.previous.as_ref(), Some(&evidence[0].1));
}
