//! What a proof must be, and what of it is sent to STS.

use std::collections::BTreeMap;

use severance_aws::caller::CallerError;
use severance_domain::respond::{AUDIENCE_HEADER, Call, Proof, REQUEST_DIGEST_HEADER};

use super::{ALICE, BODY, FUNCTION, Mood, Signer, Sts, TOKEN, call, changed, digest, mismatch, reset, signer, unsent};

#[tokio::test]
async fn sts_says_who_asks_and_is_sent_what_was_signed_and_nothing_else() {
    let sts = Sts::new(Mood::Checks);
    let proof = signer(&reset("drill")).prove();
    let who = sts.who(&call(reset("drill"), proof.clone())).await.unwrap();
    assert_eq!(who.arn.as_str(), ALICE);
    let [sent] = sts.sent().try_into().unwrap();
    assert_eq!((sent.uri.as_str(), sent.body.as_str()), ("https://sts.eu-west-1.amazonaws.com/", BODY));
    let mut expected = proof.headers;
    expected.remove("host");
    assert_eq!(sent.headers, expected, "not one header of the function's own");
    assert_eq!(sent.headers["x-amz-security-token"], TOKEN);
}

#[tokio::test]
async fn a_caller_need_not_sign_the_content_type() {
    let sts = Sts::new(Mood::Checks);
    let proof = signer(&reset("drill")).without("content-type").prove();
    assert_eq!(sts.who(&call(reset("drill"), proof)).await.unwrap().arn.as_str(), ALICE);
}

#[tokio::test]
async fn without_a_proof_nobody_asks() {
    let error = unsent(&Call { request: reset("drill"), proof: None }).await;
    assert_eq!(error, CallerError::NoProof);
    mismatch(&call(reset("drill"), Proof { headers: BTreeMap::new() }), "authorization header").await;
}

#[tokio::test]
async fn a_proof_is_good_for_its_own_request_alone() {
    let proof = signer(&reset("drill")).prove();
    mismatch(&call(reset("another reason"), proof), "another request").await;
}

#[tokio::test]
async fn a_proof_is_good_for_its_own_function_alone() {
    let proof = signer(&reset("drill")).header(AUDIENCE_HEADER, "staging-responder").prove();
    mismatch(&call(reset("drill"), proof), "another function").await;
}

#[tokio::test]
async fn what_is_changed_after_signing_is_refused_by_sts() {
    let staging = signer(&reset("drill")).header(AUDIENCE_HEADER, "staging-responder");
    for (signed, name, value) in [
        (signer(&reset("other")), REQUEST_DIGEST_HEADER, digest(&reset("drill"))),
        (staging, AUDIENCE_HEADER, FUNCTION.to_owned()),
        (signer(&reset("drill")), "x-amz-security-token", "another".to_owned()),
    ] {
        let sts = Sts::new(Mood::Checks);
        let mut proof = signed.prove();
        proof.headers.insert(name.to_owned(), value);
        let error = sts.who(&call(reset("drill"), proof)).await.unwrap_err();
        assert!(matches!(&error, CallerError::Refused(of) if of.code == "SignatureDoesNotMatch"), "{name}: {error:?}");
        assert!(!error.is_retryable());
        assert_eq!(sts.sent().len(), 1, "a refusal is not tried again");
    }
}

#[tokio::test]
async fn a_proof_is_good_for_five_minutes_and_a_clock_may_be_that_much_ahead() {
    for (seconds, is_good) in [(290, true), (-290, true), (310, false), (-310, false), (86_400, false)] {
        let sts = Sts::new(Mood::Checks);
        let proof = signer(&reset("drill")).aged(seconds).prove();
        let answer = sts.who(&call(reset("drill"), proof)).await;
        if is_good {
            assert_eq!(answer.unwrap().arn.as_str(), ALICE, "{seconds}");
        } else {
            assert_eq!((answer, sts.sent().len()), (Err(CallerError::Expired), 0), "{seconds}");
        }
    }
    mismatch(&changed(|headers| drop(headers.insert("x-amz-date".into(), "today".into()))), "x-amz-date").await;
}

#[tokio::test]
async fn what_binds_a_proof_must_be_signed() {
    for name in [REQUEST_DIGEST_HEADER, AUDIENCE_HEADER] {
        let good = signer(&reset("drill"));
        let value = good.headers[name].clone();
        let mut proof = good.without(name).prove();
        proof.headers.insert(name.to_owned(), value);
        mismatch(&call(reset("drill"), proof), "does not sign").await;
    }
    for name in ["host", "x-amz-date"] {
        let unsigned = |headers: &mut BTreeMap<String, String>| {
            let authorization = headers["authorization"].replace(&format!("{name};"), "");
            headers.insert("authorization".into(), authorization);
        };
        mismatch(&changed(unsigned), "does not sign").await;
    }
}

#[tokio::test]
async fn what_is_smuggled_in_is_not_sent() {
    let sts = Sts::new(Mood::Checks);
    let smuggled = changed(|headers| {
        for (name, value) in [
            ("x-forwarded-host", "evil.example.com"),
            ("transfer-encoding", "chunked"),
            ("content-length", "0"),
            ("Authorization", "AWS4-HMAC-SHA256 Credential=other"),
            ("x-amz-target", "AWSSecurityTokenServiceV20110615.AssumeRole"),
            ("endpoint", "https://evil.example.com"),
            (":authority", "evil.example.com"),
        ] {
            headers.insert(name.to_owned(), value.to_owned());
        }
    });
    assert_eq!(sts.who(&smuggled).await.unwrap().arn.as_str(), ALICE);
    let [sent] = sts.sent().try_into().unwrap();
    assert_eq!(sent.uri, "https://sts.eu-west-1.amazonaws.com/");
    let names: Vec<&str> = sent.headers.keys().map(String::as_str).collect();
    let expected =
        ["authorization", "content-type", "x-amz-date", "x-amz-security-token", AUDIENCE_HEADER, REQUEST_DIGEST_HEADER];
    assert_eq!(names, expected);
    let signed = signer(&reset("drill")).header("x-forwarded-host", "evil.example.com").prove();
    mismatch(&call(reset("drill"), signed), "not sent on").await;
    let lines = |headers: &mut BTreeMap<String, String>| {
        headers.insert("x-amz-security-token".into(), "token\r\nhost: evil.example.com".into());
    };
    mismatch(&changed(lines), "characters").await;
    let kind = signer(&reset("drill")).header("content-type", "application/json").prove();
    mismatch(&call(reset("drill"), kind), "content type").await;
}

#[tokio::test]
async fn only_the_functions_own_sts_is_asked() {
    for host in ["evil.example.com", "sts.us-east-1.amazonaws.com", "sts.amazonaws.com"] {
        let proof = Signer { host, ..signer(&reset("drill")) }.prove();
        mismatch(&call(reset("drill"), proof), "another Region or endpoint").await;
    }
    mismatch(&changed(|headers| drop(headers.remove("host"))), "which host").await;
}

/// STS must not read another list of signed headers in it than we do.
#[tokio::test]
async fn an_authorization_that_can_be_read_in_two_ways_is_none() {
    let good = signer(&reset("drill")).prove().headers["authorization"].clone();
    let (start, rest) = good.split_once("SignedHeaders=").unwrap();
    let (names, signature) = rest.split_once(", Signature=").unwrap();
    for wrong in [
        format!("{start}SignedHeaders=host;x-amz-date, SignedHeaders={names}, Signature={signature}"),
        format!("{start}SignedHeaders={names}, SignedHeaders=host;x-amz-date, Signature={signature}"),
        format!("{good}, SignedHeaders=host"),
        format!("{start}SignedHeaders={names};{names}, Signature={signature}"),
        format!("{start}SignedHeaders={}, Signature={signature}", names.to_uppercase()),
        good.replace(", ", ","),
        good.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        good.replace("/sts/", "/iam/"),
        good.replace(signature, ""),
        String::new(),
    ] {
        let call = changed(|headers| drop(headers.insert("authorization".into(), wrong.clone())));
        let error = unsent(&call).await;
        assert!(matches!(error, CallerError::Mismatch(_)), "{wrong}: {error:?}");
    }
    let other = Signer { service: "iam", ..signer(&reset("drill")) }.prove();
    mismatch(&call(reset("drill"), other), "Version 4 for STS").await;
}

#[tokio::test]
async fn a_secret_key_that_is_not_the_callers_proves_nothing() {
    let sts = Sts::new(Mood::Checks);
    let proof = Signer { secret: "guessed", ..signer(&reset("drill")) }.prove();
    let error = sts.who(&call(reset("drill"), proof)).await.unwrap_err();
    assert!(error.to_string().contains("SignatureDoesNotMatch: the signature is not the caller's"), "{error}");
}
