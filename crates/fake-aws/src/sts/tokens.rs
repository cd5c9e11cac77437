//! Tokens and assertions of identity providers, as policies see them.

use std::collections::BTreeMap;

use serde_json::Value;

/// Providers that STS knows without being told, by the name that policies call them.
const BUILT_IN: [&str; 4] =
    ["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];

fn issuer(token: &Value) -> &str {
    let issuer = token["iss"].as_str().unwrap_or_default();
    issuer.strip_prefix("https://").unwrap_or(issuer)
}

/// The provider that a role's trust names for a token: an ARN in the role's account, or a name that STS knows.
pub(crate) fn oidc_provider(role_arn: &str, token: &Value) -> String {
    let issuer = issuer(token);
    if BUILT_IN.contains(&issuer) {
        return issuer.to_owned();
    }
    let account = role_arn.split(':').nth(4).unwrap_or_default();
    format!("arn:aws:iam::{account}:oidc-provider/{issuer}")
}

/// A token's claims as condition keys: `<issuer>:sub`, `<issuer>:aud` and whatever else is a text.
pub(crate) fn claims(token: &Value) -> BTreeMap<String, String> {
    let issuer = issuer(token);
    let all = token.as_object().into_iter().flatten().filter(|(name, _)| *name != "iss");
    all.filter_map(|(name, value)| Some((format!("{issuer}:{name}"), value.as_str()?.to_owned()))).collect()
}

/// An assertion's condition keys (IAM User Guide, "Available keys for SAML-based federation").
pub(crate) fn saml_attributes(assertion: &Value) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::from([
        ("saml:aud".to_owned(), "https://signin.aws.amazon.com/saml".to_owned()),
        ("saml:sub_type".to_owned(), "persistent".to_owned()),
    ]);
    for (name, value) in assertion.as_object().into_iter().flatten() {
        let name = if name == "subject" { "sub" } else { name };
        keys.extend(value.as_str().map(|value| (format!("saml:{name}"), value.to_owned())));
    }
    keys
}
