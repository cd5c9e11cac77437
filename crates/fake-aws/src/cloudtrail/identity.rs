//! Who made a call, as CloudTrail's `userIdentity` says it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::call::Call;
use crate::caller::{Caller, Session, SessionOf, StartedBy};
use crate::iam::arn;
use crate::state::State;
use crate::store::View;

/// A caller in CloudTrail's words.
#[derive(Debug, Clone)]
pub(super) struct Who {
    /// The `userIdentity`.
    pub(super) document: Value,
    /// What `LookupEvents` calls the user name: of a role's session, the session's name.
    pub(super) username: Option<String>,
    /// The unique id of the user or role, the account for its root, the provider and subject for a federated identity.
    pub(super) principal: String,
    /// The key that the call was signed with.
    pub(super) access_key: Option<String>,
}

pub(super) fn of(state: &State, call: &Call) -> Who {
    let access_key = call.caller.key().map(str::to_owned);
    match &call.caller {
        Caller::Stage { account } | Caller::Root { account } => root(account, None),
        Caller::User { account, id, key } => {
            let (name, arn) = user(state, call.at, account, id);
            let document = json!({
                "type": "IAMUser", "principalId": id, "arn": arn, "accountId": account, "accessKeyId": key,
                "userName": name,
            });
            Who { document, username: Some(name), principal: id.clone(), access_key }
        }
        Caller::Session(session) => of_session(state, call.at, session),
        Caller::Service { name, .. } => Who {
            document: json!({ "type": "AWSService", "invokedBy": name }),
            username: None,
            principal: name.clone(),
            access_key: None,
        },
        Caller::Anonymous { .. } => federated(call),
    }
}

/// The same caller, as another account hears of them.
pub(super) fn from_elsewhere(who: &Who, home: &str) -> Who {
    let document = match who.document["type"].as_str() {
        Some("AWSService") => who.document.clone(),
        _ => json!({ "type": "AWSAccount", "principalId": who.document["principalId"], "accountId": home }),
    };
    Who { document, username: None, ..who.clone() }
}

fn of_session(state: &State, at: Timestamp, session: &Session) -> Who {
    let account = &session.account;
    let attributes = json!({ "creationDate": seconds(session.issued_at), "mfaAuthenticated": "false" });
    let mut document = json!({ "accountId": account, "accessKeyId": session.key });
    let (principal, username) = match &session.of {
        SessionOf::Role(id) => {
            let (name, arn) = role(state, at, account, id);
            document["type"] = "AssumedRole".into();
            document["principalId"] = format!("{id}:{}", session.name).into();
            document["arn"] = format!("arn:aws:sts::{account}:assumed-role/{name}/{}", session.name).into();
            document["sessionContext"] = json!({
                "sessionIssuer": {
                    "type": "Role", "principalId": id, "arn": arn, "accountId": account, "userName": name,
                },
                "attributes": attributes,
            });
            if let StartedBy::WebIdentity { provider, .. } = &session.by {
                document["sessionContext"]["webIdFederationData"] =
                    json!({ "federatedProvider": provider, "attributes": {} });
            }
            (id.clone(), session.name.clone())
        }
        SessionOf::User(id) => {
            let (name, arn) = user(state, at, account, id);
            document["type"] = "IAMUser".into();
            document["principalId"] = id.as_str().into();
            document["arn"] = arn.into();
            document["userName"] = name.as_str().into();
            document["sessionContext"] = json!({ "attributes": attributes });
            (id.clone(), name)
        }
        SessionOf::Federated(id) => {
            let (name, arn) = user(state, at, account, id);
            document["type"] = "FederatedUser".into();
            document["principalId"] = format!("{account}:{}", session.name).into();
            document["arn"] = format!("arn:aws:sts::{account}:federated-user/{}", session.name).into();
            document["sessionContext"] = json!({
                "sessionIssuer": {
                    "type": "IAMUser", "principalId": id, "arn": arn, "accountId": account, "userName": name,
                },
                "attributes": attributes,
            });
            (id.clone(), session.name.clone())
        }
        SessionOf::Root => {
            let mut who = root(account, Some(&session.key));
            who.document["sessionContext"] = json!({ "attributes": attributes, "assumedRoot": "true" });
            return who;
        }
    };
    if let Some(source_identity) = &session.source_identity {
        document["sessionContext"]["sourceIdentity"] = source_identity.as_str().into();
    }
    Who { document, username: Some(username), principal, access_key: Some(session.key.clone()) }
}

fn root(account: &str, key: Option<&str>) -> Who {
    let mut document = json!({
        "type": "Root", "principalId": account, "arn": format!("arn:aws:iam::{account}:root"), "accountId": account,
    });
    if let Some(key) = key {
        document["accessKeyId"] = key.into();
    }
    Who {
        document,
        username: Some("root".to_owned()),
        principal: account.to_owned(),
        access_key: key.map(str::to_owned),
    }
}

/// The holder of a token of an identity provider: the fake's tokens are JSON text, and say who they are.
fn federated(call: &Call) -> Who {
    let token = |name: &str| serde_json::from_str::<Value>(call.text(name)).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, provider, subject, principal) = match call.request.operation.as_str() {
        "AssumeRoleWithSAML" => {
            let (provider, subject) = (call.text("PrincipalArn").to_owned(), text(&token("SAMLAssertion")["subject"]));
            let principal = format!("{provider}:{subject}");
            ("SAMLUser", provider, subject, principal)
        }
        "AssumeRoleWithWebIdentity" => {
            let token = token("WebIdentityToken");
            let issuer = text(&token["iss"]).trim_start_matches("https://").to_owned();
            let subject = text(&token["sub"]);
            let principal = format!("{issuer}:{}:{subject}", text(&token["aud"]));
            ("WebIdentityUser", issuer, subject, principal)
        }
        _ => ("Unknown", String::new(), String::new(), String::new()),
    };
    let document = json!({ "type": kind, "principalId": principal, "userName": subject, "identityProvider": provider });
    Who { document, username: Some(subject).filter(|subject| !subject.is_empty()), principal, access_key: None }
}

/// A user's name and ARN, as they were just before the call: a call that renames its caller stands under the old name.
fn user(state: &State, at: Timestamp, account: &str, id: &str) -> (String, String) {
    let found = views(at).into_iter().find_map(|view| state.iam.user(view, account, id));
    found.map_or_else(
        || (id.to_owned(), format!("arn:aws:iam::{account}:user/{id}")),
        |found| (found.name.clone(), arn(account, "user", found)),
    )
}

fn role(state: &State, at: Timestamp, account: &str, id: &str) -> (String, String) {
    let found = views(at).into_iter().find_map(|view| state.iam.role(view, account, id));
    found.map_or_else(
        || (id.to_owned(), format!("arn:aws:iam::{account}:role/{id}")),
        |found| (found.name.clone(), arn(account, "role", found)),
    )
}

fn views(at: Timestamp) -> [View; 3] {
    [View::Enforced(at - SignedDuration::from_millis(1)), View::Enforced(at), View::Settled]
}

/// CloudTrail's times are whole seconds.
pub(super) fn seconds(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}
