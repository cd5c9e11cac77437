//! Sessions by identities that AWS does not know: web identities and SAML.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::caller::{SessionOf, StartedBy};
use crate::state::State;

use super::names::{assumed, named, role, seen_by};
use super::sessions::{Start, credentials, duration, session_policies, start};
use super::tokens::{claims, oidc_provider, saml_attributes};

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidIdentityToken", message)
}

pub(super) fn with_web_identity(state: &mut State, call: &Call) -> Answer {
    let (account, id) = role(state, call)?;
    let name = named(call, "RoleSessionName", 64)?.to_owned();
    let token: Value = serde_json::from_str(call.required("WebIdentityToken")?)
        .map_err(|_| invalid("The ID Token provided is not a valid JWT."))?;
    let (subject, audience) = (token["sub"].as_str().unwrap_or_default(), token["aud"].as_str().unwrap_or_default());
    if token["exp"].as_i64().is_some_and(|exp| exp <= call.at.as_second()) {
        return Err(Refusal::new(400, "ExpiredTokenException", "Token must be redeemed within its lifetime"));
    }
    let provider = oidc_provider(call.text("RoleArn"), &token);
    if provider.starts_with("arn:") {
        let key = (account.clone(), provider.clone(), String::new());
        let Some(known) = state.iam.providers.get(seen_by(call), &key) else {
            let message = format!("No OpenIDConnect provider found in your account for {}", token["iss"]);
            return Err(invalid(message));
        };
        if !known.clients.is_empty() && !known.clients.iter().any(|client| client == audience) {
            return Err(invalid("Incorrect token audience"));
        }
    }
    let longest = state.iam.max_session_seconds(seen_by(call), &account, &id);
    let lasts = duration(call, 3_600, longest, "the MaxSessionDuration set for this role.")?;
    let policies = session_policies(state, call, &account)?;
    let by = StartedBy::WebIdentity { provider: provider.clone(), subject: subject.to_owned() };
    let start_of =
        Start { policies, context: claims(&token), ..Start::new(&account, SessionOf::Role(id), &name, lasts, by) };
    let session = start(state, call.at, start_of);
    Ok(json!({
        "Credentials": credentials(&session),
        "SubjectFromWebIdentityToken": subject,
        "AssumedRoleUser": assumed(state, &session),
        "Provider": provider,
        "Audience": audience,
    }))
}

/// Its session is named by the assertion's `RoleSessionName`, and otherwise as its subject.
pub(super) fn with_saml(state: &mut State, call: &Call) -> Answer {
    let (account, id) = role(state, call)?;
    let provider = call.required("PrincipalArn")?.to_owned();
    let assertion: Value = serde_json::from_str(call.required("SAMLAssertion")?)
        .map_err(|_| invalid("The SAML assertion is not valid."))?;
    let subject = assertion["subject"].as_str().unwrap_or_default();
    let name = assertion["RoleSessionName"].as_str().unwrap_or(subject);
    if state.iam.providers.get(seen_by(call), &(account.clone(), provider.clone(), String::new())).is_none() {
        return Err(invalid(format!("Could not find SAML provider {provider}")));
    }
    let longest = state.iam.max_session_seconds(seen_by(call), &account, &id);
    let lasts = duration(call, 3_600, longest, "the MaxSessionDuration set for this role.")?;
    let policies = session_policies(state, call, &account)?;
    let by = StartedBy::Saml { provider: provider.clone(), subject: subject.to_owned() };
    let start_of = Start {
        policies,
        context: saml_attributes(&assertion),
        ..Start::new(&account, SessionOf::Role(id), name, lasts, by)
    };
    let session = start(state, call.at, start_of);
    Ok(json!({
        "Credentials": credentials(&session),
        "AssumedRoleUser": assumed(state, &session),
        "Subject": subject,
        "SubjectType": "persistent",
        "Issuer": assertion["iss"],
        "Audience": "https://signin.aws.amazon.com/saml",
    }))
}
