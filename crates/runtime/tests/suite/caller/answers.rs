//! What comes of a proof: refusals, silence, who is whom, and what the responder makes of it.

use severance_aws::caller::CallerError;
use severance_domain::caller::Word;
use severance_domain::respond::{Answer, Ask, Call};
use severance_engine::requests::Responder;
use severance_runtime::serve::Serve;

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

/// The responder of a stack with these settings, before an STS that knows the caller as this.
fn responder(aws: &crate::common::FakeAws, set: &[(&str, &str)], sts: &Sts) -> Responder {
    let mut reactor = crate::common::reactor(aws, "enforce");
    reactor.settings.who_may = crate::common::settings_with("enforce", set).who_may;
    Responder::new(reactor, sts.callers())
}

#[tokio::test(start_paused = true)]
async fn whom_no_setting_names_is_refused_whatever_they_prove() {
    let outside = "arn:aws:sts::999988887777:assumed-role/Responder/alice";
    let root = "arn:aws:iam::111122223333:root";
    let federated = "arn:aws:sts::111122223333:federated-user/bob";
    for (caller, set, refused) in [
        (ALICE, &[][..], None),
        ("arn:aws:iam::111122223333:user/people/alice", &[], None),
        (outside, &[], Some("ApproverPrincipals lets in 111122223333")),
        (root, &[], Some("by its own ARN alone")),
        (federated, &[], Some("chooses its name")),
        (outside, &[("SEVERANCE_ASKERS", "999988887777")], Some("ApproverPrincipals lets in 111122223333")),
        (outside, &[("SEVERANCE_APPROVERS", "999988887777")], None),
        (ALICE, &[("SEVERANCE_APPROVERS", "999988887777")], Some("ApproverPrincipals lets in 999988887777")),
        (ALICE, &[("SEVERANCE_APPROVERS", "arn:aws:iam::111122223333:role/teams/Responder")], None),
        (outside, &[("SEVERANCE_APPROVERS", "arn:aws:iam::111122223333:role/Responder")], Some("it is not among them")),
        (root, &[("SEVERANCE_APPROVERS", "arn:aws:iam::111122223333:root")], None),
    ] {
        let aws = crate::common::one_user();
        let sts = Sts::new(Mood::Checks).who_is(caller);
        let asked = call(reset("drill"), signer(&reset("drill")).prove());
        let answer = responder(&aws, set, &sts).answer(&asked, "first").await.unwrap();
        match refused {
            None => assert!(matches!(answer, Answer::Breakers { .. }), "{caller} {set:?}: {answer:?}"),
            Some(words) => {
                let Answer::Refused { why } = &answer else { panic!("{caller} {set:?}: {answer:?}") };
                let says = [caller, words, "have the stack deployed with another ApproverPrincipals"];
                assert!(says.iter().all(|says| why.contains(says)), "{why}");
                assert_eq!(
                    aws.take_calls(),
                    Vec::<String>::new(),
                    "a caller who is not let in leaves nothing in the table"
                );
            }
        }
    }
}

#[test]
fn every_request_that_changes_something_belongs_to_one_list() {
    let of = |text: &str| -> Option<Word> {
        let request: Ask = serde_json::from_str(text).unwrap();
        assert_eq!(request.needs_proof(), request.word().is_some(), "{text}");
        request.word()
    };
    let case = r#""case":"sev-0123456789abcdef0123""#;
    let claim = r#"{"subject":"arn:aws:iam::111122223333:user/ci","signal":"credential_exposed"}"#;
    let plan = r#""plan":"0123456789abcdef""#;
    for asks in [
        format!(r#"{{"contain":{{"claim":{claim},"reason":"r"}}}}"#),
        format!(r#"{{"verify":{{{case},"reason":"r"}}}}"#),
    ] {
        assert_eq!(of(&asks), Some(Word::Asks), "{asks}");
    }
    for approves in [
        format!(r#"{{"approve":{{{case},{plan},"reason":"r"}}}}"#),
        format!(r#"{{"deny":{{{case},{plan},"reason":"r"}}}}"#),
        format!(r#"{{"restore":{{{case},"reason":"r"}}}}"#),
        r#"{"end_exemption":{"id":"exm-1"}}"#.to_owned(),
        r#"{"breaker_reset":{"reason":"r"}}"#.to_owned(),
        r#"{"registry_import":{"entries":[]}}"#.to_owned(),
        r#"{"registry_remove":{"arns":[]}}"#.to_owned(),
        r#"{"recertify":{"subject":"arn:aws:iam::111122223333:user/ci","until":"2027-01-01","reason":"r"}}"#.to_owned(),
        r#"{"cut":{"accessKey":"AKIAIOSFODNN7EXAMPLE","reason":"r"}}"#.to_owned(),
    ] {
        assert_eq!(of(&approves), Some(Word::Approves), "{approves}");
    }
    for looks in [
        format!(r#"{{"explain":{claim}}}"#),
        format!(r#"{{"restore":{{{case},"reason":"r","dryRun":true}}}}"#),
        r#""reviews""#.to_owned(),
        r#""scheduled_run""#.to_owned(),
    ] {
        assert_eq!(of(&looks), None, "{looks}");
    }
}

/// What the function behind the URL answers somebody whom Lambda names in the event: the HTTP status, and the body.
async fn at_url(aws: &crate::common::FakeAws, caller: &str, id: &str, request: &serde_json::Value) -> (u64, String) {
    let mut reactor = crate::common::reactor(aws, "enforce");
    reactor.settings.behind_url = true;
    let responder = Responder::new(reactor, Sts::new(Mood::Silent).callers());
    let event = serde_json::json!({
        "requestContext": {
            "authorizer": { "iam": { "userArn": caller, "userId": id } },
            "http": { "method": "POST" },
        },
        "body": serde_json::json!({ "request": request }).to_string(),
    });
    let answer = Box::pin(responder.serve(&event, "at-url")).await.unwrap();
    (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_url_lets_in_whom_the_settings_name_and_no_other() {
    let aws = crate::common::one_user();
    let reset = serde_json::json!({ "breaker_reset": { "reason": "drill" } });
    let (status, body) = at_url(&aws, "arn:aws:iam::999988887777:user/alice", "AIDAEXAMPLEALICE0001", &reset).await;
    assert!(status == 409 && body.contains("ApproverPrincipals lets in 111122223333"), "{status} {body}");
    let (status, body) = at_url(&aws, "arn:aws:iam::111122223333:user/alice", "AIDAEXAMPLEALICE0001", &reset).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test(start_paused = true)]
async fn nobody_decides_about_themselves_under_whatever_name() {
    use crate::common::{USER_ID, compromised, deliver, one_user};
    let aws = one_user();
    let reacted = deliver(&aws, &compromised(), "event").await.unwrap();
    let restore = serde_json::json!({ "restore": { "case": reacted.case, "reason": "a false alarm" } });
    let renamed = "arn:aws:iam::111122223333:user/somebody-else";
    for (caller, id) in [("arn:aws:iam::111122223333:user/ci/build-bot", USER_ID), (renamed, USER_ID)] {
        let (status, body) = at_url(&aws, caller, id, &restore).await;
        assert!(status == 409 && body.contains("somebody else must decide it"), "{caller}: {status} {body}");
    }
    let exempt = |subject: &str| {
        serde_json::json!({ "exempt": { "exemption": {
            "subject": subject, "owner": "o", "reason": "r", "ticket": "t", "wayOut": "w",
            "expiresAt": severance_aws::clock::now() + jiff::SignedDuration::from_hours(24),
        } } })
    };
    let itself = exempt("arn:aws:iam::111122223333:user/some*");
    let (status, body) = at_url(&aws, renamed, "AIDAEXAMPLECAROL0001", &itself).await;
    assert!(status == 409 && body.contains("somebody else must decide it"), "{status} {body}");
    let (status, body) =
        at_url(&aws, renamed, "AIDAEXAMPLECAROL0001", &exempt("arn:aws:iam::111122223333:user/x")).await;
    assert!(status == 200 && body.contains("ApproverPrincipals: 111122223333"), "{status} {body}");
    let (status, body) = at_url(&aws, renamed, "AIDAEXAMPLECAROL0001", &restore).await;
    assert_eq!(status, 200, "{body}");
}
