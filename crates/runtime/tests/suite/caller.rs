//! Who asks: what a proof must be, what of it is sent to STS and what never is. The STS here checks signatures as AWS does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use severance_aws::caller::{CallerError, Callers, same_person};
use severance_aws::clock;
use severance_domain::digest::Digest;
use severance_domain::ids::Arn;
use severance_domain::respond::{AUDIENCE_HEADER, Answer, Ask, Call, Proof, REQUEST_DIGEST_HEADER};
use severance_engine::requests::Responder;
use severance_engine::settings;

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const FUNCTION: &str = "severance-responder";
const HOST: &str = "sts.eu-west-1.amazonaws.com";
const ALICE: &str = "arn:aws:sts::111122223333:assumed-role/Responder/alice";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKEN";

// ── The caller ───────────────────────────────────────────────────────────────────────────────────────────────────────

/// What a caller signs; each test changes what it is about.
struct Signer {
    host: &'static str,
    service: &'static str,
    secret: &'static str,
    at: Timestamp,
    headers: BTreeMap<String, String>,
}

fn reset(reason: &str) -> Ask {
    Ask::BreakerReset { reason: reason.to_owned() }
}

fn digest(ask: &Ask) -> String {
    Digest::of_json(&serde_json::to_value(ask).unwrap()).as_hex().to_owned()
}

fn signer(ask: &Ask) -> Signer {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        (REQUEST_DIGEST_HEADER, digest(ask)),
        (AUDIENCE_HEADER, FUNCTION.to_owned()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).into();
    Signer { host: HOST, service: "sts", secret: SECRET, at: clock::now(), headers }
}

impl Signer {
    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    fn aged(mut self, seconds: i64) -> Self {
        self.at -= SignedDuration::from_secs(seconds);
        self
    }

    fn prove(self) -> Proof {
        let authorized = authorize(self.service, self.secret, self.at, self.host, &self.headers);
        let mut headers = self.headers;
        headers.insert("host".to_owned(), self.host.to_owned());
        headers.extend(authorized);
        Proof { headers }
    }
}

/// The headers that signing adds.
fn authorize(
    service: &str,
    secret: &str,
    at: Timestamp,
    host: &str,
    headers: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let identity = Credentials::new(KEY, secret, Some(TOKEN.to_owned()), None, "test").into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region("eu-west-1")
        .name(service)
        .time(SystemTime::from(at))
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(BODY.as_bytes());
    let request = SignableRequest::new("POST", format!("https://{host}/"), headers, body).unwrap();
    let (added, _) = sign(request, &params.into()).unwrap().into_parts().0.into_parts();
    added.into_iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect()
}

fn call(ask: Ask, proof: Proof) -> Call {
    Call { request: ask, proof: Some(proof) }
}

/// A good call, after this was done to its proof.
fn changed(change: impl FnOnce(&mut BTreeMap<String, String>)) -> Call {
    let mut proof = signer(&reset("drill")).prove();
    change(&mut proof.headers);
    call(reset("drill"), proof)
}

// ── STS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// What was sent: the address, the headers and the body.
#[derive(Debug, Clone)]
struct Sent {
    uri: String,
    headers: BTreeMap<String, String>,
    body: String,
}

#[derive(Debug, Clone, Copy)]
enum Mood {
    Checks,
    Answers(u16, &'static str),
    Silent,
}

/// Checks a signature by making it again; or answers what it is told to.
#[derive(Debug, Clone)]
struct Sts {
    mood: Mood,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl HttpConnector for Sts {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        let sent = Sent { uri: request.uri().to_owned(), headers, body };
        self.sent.lock().unwrap().push(sent.clone());
        let mood = self.mood;
        HttpConnectorFuture::new(async move {
            let (status, body) = match mood {
                Mood::Silent => std::future::pending().await,
                Mood::Answers(status, code) => (status, error(code, &sent)),
                Mood::Checks if is_signed(&sent) => (200, identity()),
                Mood::Checks => (403, error("SignatureDoesNotMatch", &sent)),
            };
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
        })
    }
}

fn is_signed(sent: &Sent) -> bool {
    let mut headers = sent.headers.clone();
    let (Some(authorization), Some(date)) = (headers.remove("authorization"), headers.remove("x-amz-date")) else {
        return false;
    };
    if headers.remove("x-amz-security-token").as_deref() != Some(TOKEN) {
        return false;
    }
    let signed = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    headers.retain(|name, _| signed.split(';').any(|other| other == name));
    let at = civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &date).unwrap().to_zoned(TimeZone::UTC).unwrap().timestamp();
    let host = sent.uri.split('/').nth(2).unwrap();
    sent.body == BODY && authorize("sts", SECRET, at, host, &headers)["authorization"] == authorization
}

fn identity() -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{ALICE}</Arn><UserId>AROAEXAMPLE:alice</UserId><Account>111122223333</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
}

/// As AWS does, it quotes what was signed, the token too.
fn error(code: &str, sent: &Sent) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>The Canonical String for this request should have been {:?}</Message></Error>\
         <RequestId>r</RequestId></ErrorResponse>",
        sent.headers.values()
    )
}

impl Sts {
    fn new(mood: Mood) -> Self {
        Self { mood, sent: Arc::default() }
    }

    /// The function's own view of STS: its endpoint, its credentials.
    fn callers(&self) -> Callers {
        let own = Credentials::new("AKIAOWN", "own", None, None, "test");
        let sts = self.clone();
        let sdk = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(own))
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(sts.clone())))
            .timeout_config(settings::time_outs())
            .build();
        Callers::new(&sdk)
    }

    async fn who(&self, call: &Call) -> Result<Arn, CallerError> {
        let answer = self.callers().who(call, FUNCTION).await;
        if let Err(error) = &answer {
            let words = format!("{error} {error:?} {call:?}");
            for secret in [TOKEN, SECRET, "Signature="] {
                assert!(!words.contains(secret), "{words}");
            }
        }
        answer
    }

    fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

/// What the function says of a call that it must not even send on.
async fn unsent(call: &Call) -> CallerError {
    let sts = Sts::new(Mood::Checks);
    let error = sts.who(call).await.unwrap_err();
    assert!(sts.sent().is_empty(), "{error}");
    assert!(!error.is_retryable());
    error
}

async fn mismatch(call: &Call, words: &str) {
    let error = unsent(call).await;
    assert!(
        matches!(error, CallerError::Mismatch(_)) && error.to_string().contains(words),
        "{error:?} says no {words}"
    );
}

// ── Tests ────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn sts_says_who_asks_and_is_sent_what_was_signed_and_nothing_else() {
    let sts = Sts::new(Mood::Checks);
    let proof = signer(&reset("drill")).prove();
    let who = sts.who(&call(reset("drill"), proof.clone())).await.unwrap();
    assert_eq!(who.as_str(), ALICE);
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
    assert_eq!(sts.who(&call(reset("drill"), proof)).await.unwrap().as_str(), ALICE);
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
            assert_eq!(answer.unwrap().as_str(), ALICE, "{seconds}");
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
    assert_eq!(sts.who(&smuggled).await.unwrap().as_str(), ALICE);
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

// ── The responder ────────────────────────────────────────────────────────────────────────────────────────────────────

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
