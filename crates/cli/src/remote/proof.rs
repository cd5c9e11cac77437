//! The proof of who asks: a call of `sts:GetCallerIdentity`, signed with the caller's credentials and not sent.

use std::collections::BTreeMap;
use std::time::SystemTime;

use aws_sdk_sts::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use jiff::Timestamp;
use severance_domain::digest::Digest;
use severance_domain::respond::{AUDIENCE_HEADER, Ask, Proof, REQUEST_DIGEST_HEADER};

/// The call that is signed; the responder sends the same.
const BODY: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";

/// Where a proof counts.
#[derive(Debug, Clone)]
pub(super) struct Audience {
    /// The function's name.
    pub(super) function: String,
    /// The function's Region, whose STS it asks.
    pub(super) region: String,
    /// The address of that STS.
    pub(super) sts: String,
}

/// A proof could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the request could not be signed: {0}")]
pub(super) struct CannotSign(String);

/// Proves to one function who asks for one thing, for 5 minutes.
pub(super) fn prove(
    ask: &Ask,
    audience: &Audience,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<Proof, CannotSign> {
    // The words of the signer's own errors are about requests in general, and hold no header.
    let cannot = |error: &dyn std::fmt::Display| CannotSign(error.to_string());
    let request = serde_json::to_value(ask).map_err(|error| cannot(&error))?;
    let digest = Digest::of_json(&request);
    let host = host_of(&audience.sts).ok_or_else(|| cannot(&"the address of STS has no host"))?;
    let mut headers: BTreeMap<String, String> = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", host),
        (REQUEST_DIGEST_HEADER, digest.as_hex()),
        (AUDIENCE_HEADER, audience.function.as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let identity = credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&audience.region)
        .name("sts")
        .time(SystemTime::from(now))
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| cannot(&error))?;
    let listed = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let uri = format!("{}/", audience.sts.trim_end_matches('/'));
    let signable =
        SignableRequest::new("POST", uri, listed, SignableBody::Bytes(BODY)).map_err(|error| cannot(&error))?;
    let (signature, _) = sign(signable, &params.into()).map_err(|error| cannot(&error))?.into_parts();
    let (signed, _) = signature.into_parts();
    headers.extend(signed.into_iter().map(|header| (header.name().to_owned(), header.value().to_owned())));
    Ok(Proof { headers })
}

/// The host as HTTP writes it: with its port only where that is not the scheme's own.
fn host_of(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let default = if scheme == "https" { ":443" } else { ":80" };
    Some(authority.strip_suffix(default).unwrap_or(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audience() -> Audience {
        Audience {
            function: "severance-responder".to_owned(),
            region: "eu-west-1".to_owned(),
            sts: "https://sts.eu-west-1.amazonaws.com".to_owned(),
        }
    }

    fn headers(ask: &Ask) -> BTreeMap<String, String> {
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", Some("token".to_owned()), None, "test");
        prove(ask, &audience(), &credentials, "2026-03-01T12:00:00Z".parse().unwrap()).unwrap().headers
    }

    #[test]
    fn a_proof_signs_what_it_is_for_and_nothing_that_is_not_sent() {
        let ask = Ask::BreakerReset { reason: "drill".to_owned() };
        let signed = headers(&ask);
        assert_eq!(signed["host"], "sts.eu-west-1.amazonaws.com");
        assert_eq!(signed["x-amz-date"], "20260301T120000Z");
        assert_eq!(signed[AUDIENCE_HEADER], "severance-responder");
        let request = serde_json::to_value(&ask).unwrap();
        assert_eq!(signed[REQUEST_DIGEST_HEADER], Digest::of_json(&request).as_hex());
        let scope = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260301/eu-west-1/sts/aws4_request, SignedHeaders=";
        let names = "content-type;host;x-amz-date;x-amz-security-token;x-severance-function;x-severance-request";
        assert!(signed["authorization"].starts_with(&format!("{scope}{names}, Signature=")), "{signed:?}");
        let sent: Vec<&str> = signed.keys().map(String::as_str).filter(|name| *name != "authorization").collect();
        assert_eq!(sent.join(";"), names);
    }

    #[test]
    fn another_request_has_another_signature() {
        let signature =
            |reason: &str| headers(&Ask::BreakerReset { reason: reason.to_owned() })["authorization"].clone();
        assert_ne!(signature("one"), signature("two"));
        assert_eq!(signature("one"), signature("one"));
    }

    #[test]
    fn a_host_is_written_as_http_does() {
        assert_eq!(host_of("https://sts.eu-west-1.amazonaws.com:443/"), Some("sts.eu-west-1.amazonaws.com"));
        assert_eq!(host_of("http://127.0.0.1:4566"), Some("127.0.0.1:4566"));
        assert_eq!(host_of("127.0.0.1"), None);
    }
}
