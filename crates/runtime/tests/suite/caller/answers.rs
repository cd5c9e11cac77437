//! What comes of a proof: refusals, silence, who is whom, and what the responder makes of it.

use severance_aws::caller::{CallerError, same_person};
use severance_domain::ids::Arn;
use severance_domain::respond::{Answer, Ask, Call};
use severance_engine::requests::Responder;

use super::{ALICE, KEY, Mood, Sts, call, changed, reset, signer};

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final_and_silence_is_not() {
    for (mood, code, is_retryable) in [
        (Mood::Answers(403, "InvalidClientTokenId"), "InvalidClientTokenId", false),
        (Mood::Answers(403, "ExpiredToken"), "ExpiredToken", false),
        (Mood::Answers(403, "AccessDenied"), "AccessDenied", false),
        (Mood::Answers(400, "IncompleteSignature"), "IncompleteSignature", false),
        (Mood::Answers(400, "Throttling"), "Throttling", true),
        (Mood::Answers(500, "InternalFailure"), "InternalFailure", true),
        (Mood::Answers(503, "ServiceUnavailable"), "ServiceUnavailable", true),
        (Mood::Silent, "Timeout", true),
    ] {
        let sts = Sts::new(mood);
        // Time stands still here, and the clock does not.
        let error = sts.who(&changed(|_| {})).await.unwrap_err();
        let (CallerError::Refused(of) | CallerError::Unanswered(of)) = &error else { panic!("{error:?}") };
        assert_eq!((of.code.as_str(), error.is_retryable()), (code, is_retryable), "{error:?}");
        let attempts = sts.sent().len();
        assert!(if is_retryable { attempts > 1 } else { attempts == 1 }, "{code}: {attempts} attempts");
        for sent in sts.sent() {
            assert!(sent.headers["authorization"].contains(KEY), "each attempt is the caller's: {sent:?}");
        }
    }
}

#[test]
fn two_people_are_told_apart_and_in_doubt_are_one() {
    let arn = |text: &str| Arn::try_from(text).unwrap();
    let user = "arn:aws:iam::111122223333:user/alice";
    let sso = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@example.com";
    for (a, b, same) in [
        (user, user, true),
        (user, "arn:aws:iam::111122223333:user/Alice", true),
        (user, "arn:aws:iam::111122223333:user/bob", false),
        (user, "arn:aws:iam::444455556666:user/alice", false),
        (ALICE, ALICE, true),
        (ALICE, "arn:aws:sts::111122223333:assumed-role/Responder/ALICE", true),
        (ALICE, "arn:aws:sts::111122223333:assumed-role/Responder/bob", false),
        (ALICE, "arn:aws:sts::111122223333:assumed-role/Other/alice", false),
        (ALICE, "arn:aws:sts::444455556666:assumed-role/Responder/alice", false),
        (ALICE, "arn:aws:iam::111122223333:role/teams/Responder", true),
        ("arn:aws:iam::111122223333:role/Responder", ALICE, true),
        ("arn:aws:iam::444455556666:role/Responder", ALICE, false),
        ("arn:aws:iam::111122223333:role/Other", ALICE, false),
        (ALICE, user, false),
        (sso, "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_Reader_fedcba9876543210/alice@example.com", true),
        (sso, "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/bob@example.com", false),
    ] {
        assert_eq!(same_person(&arn(a), &arn(b)), same, "{a} {b}");
        assert_eq!(same_person(&arn(b), &arn(a)), same, "{b} {a}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_proof_is_good_once_and_the_request_it_is_for_alone() {
    let aws = crate::common::one_user();
    let sts = Sts::new(Mood::Checks);
    let responder = Responder::new(crate::common::reactor(&aws, "enforce"), sts.callers());
    let asked = call(reset("drill"), signer(&reset("drill")).prove());
    let first = responder.answer(&asked, "first").await.unwrap();
    assert!(matches!(first, Answer::Breakers { .. }), "{first:?}");
    let again = responder.answer(&asked, "again").await.unwrap();
    assert!(matches!(&again, Answer::Refused { why } if why.contains("was made before")), "{again:?}");
    let other = Call { request: reset("another"), ..asked };
    let other = responder.answer(&other, "other").await.unwrap();
    assert!(matches!(&other, Answer::Refused { why } if why.contains("not one for this request")), "{other:?}");
    let unproven = Call { request: reset("drill"), proof: None };
    let unproven = responder.answer(&unproven, "unproven").await.unwrap();
    assert!(matches!(&unproven, Answer::Refused { why } if why.contains("needs a proof")), "{unproven:?}");
    // What only looks needs none.
    let status = Call { request: Ask::BreakerStatus, proof: None };
    assert!(matches!(responder.answer(&status, "status").await, Ok(Answer::Breakers { .. })));
}
