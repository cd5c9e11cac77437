//! OIDC and SAML providers.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::lists::time;
use super::names::{invalid, new_name};
use super::{Provider, of_id};

fn taken(what: &str) -> Refusal {
    Refusal::new(409, "EntityAlreadyExists", format!("Provider with {what} already exists."))
}

pub(super) fn create_oidc(state: &mut State, call: &Call) -> Answer {
    let Some(url) = call.required("Url")?.strip_prefix("https://").filter(|url| !url.is_empty()) else {
        return Err(invalid("Invalid Open ID Connect Provider URL"));
    };
    let url = url.trim_end_matches('/');
    let arn = format!("arn:aws:iam::{}:oidc-provider/{url}", call.account());
    let address = of_id(call.account(), &arn);
    if state.iam.providers.get(View::Settled, &address).is_some() {
        return Err(taken(&format!("url https://{url}")));
    }
    let clients = call.request.input["ClientIDList"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let clients = clients.map(str::to_owned).collect();
    let (at, lag) = state.writing(call);
    state.iam.providers.put(at, &lag, address, Provider { created: at, url: url.to_owned(), clients });
    Ok(json!({ "OpenIDConnectProviderArn": arn }))
}

fn found(state: &State, view: View, call: &Call, parameter: &str) -> Result<(String, Provider), Refusal> {
    let arn = call.required(parameter)?;
    let provider = state.iam.providers.get(view, &of_id(call.account(), arn));
    Ok((arn.to_owned(), provider.ok_or_else(|| Refusal::no_such(&format!("Provider {arn}")))?.clone()))
}

pub(super) fn get_oidc(state: &State, call: &Call) -> Answer {
    let (_, provider) = found(state, View::Reads(call.at), call, "OpenIDConnectProviderArn")?;
    Ok(json!({
        "Url": provider.url, "ClientIDList": provider.clients, "ThumbprintList": [], "CreateDate": time(provider.created),
    }))
}

/// Adding an audience that is there, and removing one that is not, succeeds ("this operation is idempotent").
pub(super) fn add_client(state: &mut State, call: &Call) -> Answer {
    let client = call.required("ClientID")?;
    change_clients(state, call, |clients| clients.push(client.to_owned()))
}

pub(super) fn remove_client(state: &mut State, call: &Call) -> Answer {
    call.required("ClientID")?;
    change_clients(state, call, |_| {})
}

fn change_clients(state: &mut State, call: &Call, change: impl FnOnce(&mut Vec<String>)) -> Answer {
    let (arn, mut provider) = found(state, View::Settled, call, "OpenIDConnectProviderArn")?;
    provider.clients.retain(|client| client != call.text("ClientID"));
    change(&mut provider.clients);
    let (at, lag) = state.writing(call);
    state.iam.providers.put(at, &lag, of_id(call.account(), &arn), provider);
    Ok(json!({}))
}

/// "This operation is idempotent; it does not fail or return an error if you call it for a provider that does not exist."
pub(super) fn delete_oidc(state: &mut State, call: &Call) -> Answer {
    let arn = call.required("OpenIDConnectProviderArn")?;
    let (at, lag) = state.writing(call);
    state.iam.providers.remove(at, &lag, &of_id(call.account(), arn));
    Ok(json!({}))
}

pub(super) fn list_oidc(state: &State, call: &Call) -> Value {
    let all = state.iam.providers.in_account(View::Reads(call.at), call.account());
    let arns = all.filter(|(_, _, provider)| !provider.url.is_empty()).map(|(arn, ..)| json!({ "Arn": arn }));
    json!({ "OpenIDConnectProviderList": arns.collect::<Vec<_>>() })
}

pub(super) fn create_saml(state: &mut State, call: &Call) -> Answer {
    let name = new_name(call, "Name", 128)?;
    call.required("SAMLMetadataDocument")?;
    let arn = format!("arn:aws:iam::{}:saml-provider/{name}", call.account());
    let address = of_id(call.account(), &arn);
    if state.iam.providers.get(View::Settled, &address).is_some() {
        return Err(taken(&format!("name {name}")));
    }
    let (at, lag) = state.writing(call);
    state.iam.providers.put(at, &lag, address, Provider { created: at, url: String::new(), clients: vec![] });
    Ok(json!({ "SAMLProviderArn": arn }))
}

/// Other metadata: whoever writes it says from then on whose assertions are believed. What it says is not modelled.
pub(super) fn update_saml(state: &mut State, call: &Call) -> Answer {
    let (arn, provider) = found(state, View::Settled, call, "SAMLProviderArn")?;
    let (at, lag) = state.writing(call);
    state.iam.providers.put(at, &lag, of_id(call.account(), &arn), provider);
    Ok(json!({ "SAMLProviderArn": arn }))
}

pub(super) fn delete_saml(state: &mut State, call: &Call) -> Answer {
    let arn = call.required("SAMLProviderArn")?;
    let (at, lag) = state.writing(call);
    let removed = state.iam.providers.remove(at, &lag, &of_id(call.account(), arn));
    removed.map(|_| json!({})).ok_or_else(|| Refusal::no_such(&format!("Manifest for {arn}")))
}

pub(super) fn list_saml(state: &State, call: &Call) -> Value {
    let all = state.iam.providers.in_account(View::Reads(call.at), call.account());
    let saml = all.filter(|(_, _, provider)| provider.url.is_empty());
    let saml = saml.map(|(arn, _, provider)| json!({ "Arn": arn, "CreateDate": time(provider.created) }));
    json!({ "SAMLProviderList": saml.collect::<Vec<_>>() })
}
