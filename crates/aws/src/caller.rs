//! Who asks: the caller's own call of `sts:GetCallerIdentity`, signed by the caller and sent by us.
//!
//! Lambda does not tell a function who invoked it, and what a caller says of itself proves nothing. So the caller signs a call
//! of STS and hands over its headers (the way of Vault's AWS login and of aws-iam-authenticator): only who holds the
//! credentials can make that signature, and only AWS can check it. STS answers with the ARN and the unique id; whether that caller is let in, the settings say
//! ([`severance_domain::standing`]).
//!
//! Two of the signed headers bind the signature to one request and one function, so that whoever sees a proof (this function, a
//! log) can do nothing else with it. A proof is good for 5 minutes; within them the same request can be sent again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_config::SdkConfig;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use severance_domain::caller::Caller;
use severance_domain::digest::Digest;
use severance_domain::ids::Arn;
use severance_domain::respond::{AUDIENCE_HEADER, Call, Proof, REQUEST_DIGEST_HEADER};

use crate::clock;
use crate::error::AwsError;

/// The call that a proof signs. No other body bears the signature.
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

const ACTION: &str = "sts:GetCallerIdentity";
const AUTHORIZATION: &str = "authorization";
const CONTENT_TYPE: &str = "content-type";
const DATE: &str = "x-amz-date";
const HOST: &str = "host";
const TOKEN: &str = "x-amz-security-token";

/// What a proof must sign. The host is sent by the HTTP client, for the address that it really asks.
const MUST_SIGN: [&str; 4] = [HOST, DATE, REQUEST_DIGEST_HEADER, AUDIENCE_HEADER];
/// What a proof may sign. Nothing else is ever sent on.
const MAY_SIGN: [&str; 6] = [CONTENT_TYPE, HOST, DATE, TOKEN, REQUEST_DIGEST_HEADER, AUDIENCE_HEADER];

/// How old a proof may be, and how far ahead the caller's clock.
const VALID_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Why nobody knows who asks. Never holds a header's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallerError {
    /// There is none.
    #[error("this request changes something, so it needs a proof of who asks: use sever, which adds one")]
    NoProof,
    /// It proves something else, or is none.
    #[error("the proof of who asks is not one for this request: {0}")]
    Mismatch(&'static str),
    /// It is too old, or from the future.
    #[error(
        "the proof of who asks is not of the last 5 minutes: set the clock of the machine that it was made on, and ask again"
    )]
    Expired,
    /// STS does not accept it.
    #[error("AWS STS does not vouch for the caller: {0}")]
    Refused(AwsError),
    /// STS did not say.
    #[error("AWS STS did not say who asks: {0}")]
    Unanswered(AwsError),
}

impl CallerError {
    /// Whether the same proof may fare better a moment later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unanswered(_))
    }
}

/// Asks STS who a caller is.
#[derive(Debug, Clone)]
pub struct Callers {
    sts: aws_sdk_sts::Client,
}

impl Callers {
    /// Takes the endpoint, the Region and the HTTP client from the function's own configuration, and nothing from a caller.
    pub fn new(sdk: &SdkConfig) -> Self {
        // Were a caller's headers ever not put in place of ours, STS must refuse the call and not vouch for the function itself.
        let nobody = Credentials::new("NOBODY", "nobody", None, None, "caller");
        let config = aws_sdk_sts::config::Builder::from(sdk)
            .credentials_provider(SharedCredentialsProvider::new(nobody))
            .build();
        Self { sts: aws_sdk_sts::Client::from_conf(config) }
    }

    /// Who made this call of the function of this name, as STS vouches for it.
    ///
    /// # Errors
    /// Where the proof is missing, is for something else, is not of now, or is not accepted by STS.
    pub async fn who(&self, call: &Call, function_name: &str) -> Result<Caller, CallerError> {
        let proof = call.proof.as_ref().ok_or(CallerError::NoProof)?;
        let request = serde_json::to_value(&call.request)
            .map_err(|_| CallerError::Mismatch("the request has no canonical form"))?;
        let headers = check(proof, Digest::of_json(&request).as_hex(), function_name, clock::now())?;
        let other_host = Arc::new(AtomicBool::new(false));
        let host = proof.headers.get(HOST).cloned();
        let forward = Forward { headers, host, other_host: Arc::clone(&other_host) };
        let answer = self.sts.get_caller_identity().customize().interceptor(forward).send().await;
        let answer = answer.map_err(|error| {
            if other_host.load(Ordering::Relaxed) {
                return CallerError::Mismatch(
                    "it is signed for the STS of another Region or endpoint: give sever the stack's --region",
                );
            }
            refused(AwsError::of(ACTION, &error), error.raw_response().map(|response| response.status().as_u16()))
        })?;
        let arn = answer.arn().and_then(|arn| Arn::try_from(arn).ok());
        let arn = arn.filter(|arn| answer.account().is_none_or(|account| account == arn.account()));
        let Some(arn) = arn else {
            let message = "the answer names no ARN of its account".to_owned();
            let error = AwsError { action: ACTION, code: "InvalidResponse".to_owned(), message, retryable: true };
            return Err(CallerError::Unanswered(error));
        };
        let principal_id = answer.user_id().map(str::to_owned);
        Ok(Caller { arn, principal_id })
    }
}

/// STS explains a bad signature by quoting what it was made of, the session's token too: its words are not passed on.
fn refused(error: AwsError, status: Option<u16>) -> CallerError {
    let is_refusal = status.is_some_and(|status| (400..500).contains(&status) && status != 429)
        // Of STS's errors with 400, only this one asks for patience.
        && !error.code.starts_with("Throttl");
    if !is_refusal {
        return CallerError::Unanswered(AwsError { message: "no usable answer".to_owned(), retryable: true, ..error });
    }
    let message = match error.code.as_str() {
        "ExpiredToken" | "ExpiredTokenException" => "the caller's session has ended: sign in again",
        "InvalidClientTokenId" | "UnrecognizedClientException" => "the caller's access key is unknown or inactive",
        "SignatureDoesNotMatch" => "the signature is not the caller's: its secret key, or a header, is another",
        _ => "the proof was not accepted",
    };
    CallerError::Refused(AwsError { message: message.to_owned(), retryable: false, ..error })
}

/// The headers to send: exactly those that are signed, and the signature.
fn check(
    proof: &Proof,
    digest: &str,
    function_name: &str,
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, CallerError> {
    let mismatch = |what| Err(CallerError::Mismatch(what));
    // A line break would begin another header.
    if proof.headers.values().any(|value| value.bytes().any(|b| !(b' '..=b'~').contains(&b))) {
        return mismatch("a header holds characters that no header may hold");
    }
    let value = |name: &str| proof.headers.get(name).map(String::as_str);
    let Some(signed) = value(AUTHORIZATION).and_then(signed_headers) else {
        return mismatch("its authorization header is not one of AWS Signature Version 4 for STS");
    };
    if !MUST_SIGN.iter().all(|name| signed.contains(name)) {
        return mismatch("it does not sign host, x-amz-date, x-severance-request and x-severance-function");
    }
    if !signed.iter().all(|name| MAY_SIGN.contains(name)) {
        return mismatch("it signs headers that are not sent on");
    }
    if value(REQUEST_DIGEST_HEADER) != Some(digest) {
        return mismatch("x-severance-request is the digest of another request");
    }
    if value(AUDIENCE_HEADER) != Some(function_name) {
        return mismatch("x-severance-function names another function");
    }
    if value(HOST).is_none() {
        return mismatch("it does not say which host it is signed for");
    }
    if value(CONTENT_TYPE).is_some_and(|kind| !kind.starts_with("application/x-www-form-urlencoded")) {
        return mismatch("its content type is not application/x-www-form-urlencoded");
    }
    let Some(made_at) = value(DATE).and_then(moment) else {
        return mismatch("x-amz-date is not a date such as 20260301T120000Z");
    };
    if now.duration_since(made_at).abs() > VALID_FOR {
        return Err(CallerError::Expired);
    }
    let forwarded = MAY_SIGN.into_iter().filter(|name| *name != HOST && signed.contains(name)).chain([AUTHORIZATION]);
    forwarded
        .map(|name| match value(name) {
            Some(value) => Ok((name, value.to_owned())),
            None => Err(CallerError::Mismatch("a header that it signs is missing")),
        })
        .collect()
}

fn moment(text: &str) -> Option<Timestamp> {
    let written = civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(written.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The names in `SignedHeaders`. The header is read strictly: three parts, each once, in the one order that every SDK writes,
/// and names in order and once. A text that could be read in two ways would let STS check one reading and us another.
fn signed_headers(authorization: &str) -> Option<BTreeSet<&str>> {
    let rest = authorization.strip_prefix("AWS4-HMAC-SHA256 Credential=")?;
    let (credential, rest) = rest.split_once(", SignedHeaders=")?;
    let (names, signature) = rest.split_once(", Signature=")?;
    let scope: Vec<&str> = credential.split('/').collect();
    let [key, day, region, "sts", "aws4_request"] = scope.as_slice() else { return None };
    let is_word =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let is_signature = signature.len() == 64 && signature.bytes().all(|b| b.is_ascii_hexdigit());
    if ![key, day, region].into_iter().all(|part| is_word(part)) || !is_signature {
        return None;
    }
    let listed: Vec<&str> = names.split(';').collect();
    let is_in_order = listed.is_sorted_by(|one, next| one < next);
    (is_in_order && listed.iter().all(|name| is_word(name))).then(|| listed.into_iter().collect())
}

/// Puts the caller's headers in place of all of ours, in each attempt.
struct Forward {
    headers: Vec<(&'static str, String)>,
    host: Option<String>,
    other_host: Arc<AtomicBool>,
}

impl std::fmt::Debug for Forward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forward").finish_non_exhaustive()
    }
}

impl Intercept for Forward {
    fn name(&self) -> &'static str {
        "Forward"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if self.host.as_deref() != host_of(request.uri()) {
            self.other_host.store(true, Ordering::Relaxed);
            return Err("the proof is signed for another host".into());
        }
        let mut headers = Headers::new();
        // Not signed by every caller, and STS needs it.
        headers.try_insert(CONTENT_TYPE, "application/x-www-form-urlencoded")?;
        for (name, value) in &self.headers {
            headers.try_insert(*name, value.clone())?;
        }
        *request.headers_mut() = headers;
        *request.body_mut() = SdkBody::from(BODY);
        Ok(())
    }
}

/// The host as HTTP writes it: with its port only where that is not the scheme's own.
fn host_of(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let default = if scheme == "https" { ":443" } else { ":80" };
    Some(authority.strip_suffix(default).unwrap_or(authority))
}
