//! Who asks: what a proof must be, what of it is sent to STS and what never is. The STS here checks signatures as AWS does.

mod answers;
mod proofs;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use severance_aws::caller::{CallerError, Callers};
use severance_aws::clock;
use severance_domain::caller::Caller;
use severance_domain::digest::Digest;
use severance_domain::respond::{AUDIENCE_HEADER, Ask, Call, Proof, REQUEST_DIGEST_HEADER};
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
    /// Whom it vouches for.
    caller: &'static str,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl HttpConnector for Sts {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        let sent = Sent { uri: request.uri().to_owned(), headers, body };
        self.sent.lock().unwrap().push(sent.clone());
        let (mood, caller) = (self.mood, self.caller);
        HttpConnectorFuture::new(async move {
            let (status, body) = match mood {
                Mood::Silent => std::future::pending().await,
                Mood::Answers(status, code) => (status, error(code, &sent)),
                Mood::Checks if is_signed(&sent) => (200, identity(caller)),
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

fn identity(caller: &str) -> String {
    let account = caller.split(':').nth(4).unwrap_or_default();
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{caller}</Arn><UserId>AROAEXAMPLE:alice</UserId><Account>{account}</Account></GetCallerIdentityResult>\
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
        Self { mood, caller: ALICE, sent: Arc::default() }
    }

    /// The same, where the key that signs is this caller's.
    fn who_is(self, caller: &'static str) -> Self {
        Self { caller, ..self }
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

    async fn who(&self, call: &Call) -> Result<Caller, CallerError> {
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
