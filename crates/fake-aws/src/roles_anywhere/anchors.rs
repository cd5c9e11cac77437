//! Trust anchors are made, changed and shown.

use serde_json::{Value, json};

use super::refusals::{gone, invalid, name_of};
use super::tables::{TrustAnchor, arn, key_of};
use crate::call::{Answer, Call};
use crate::pages::{Names, page_of, seen_by, uuid};
use crate::state::State;
use crate::store::View;

pub(super) fn list(state: &State, call: &Call) -> Answer {
    let all = state.roles_anywhere.anchors.of(seen_by(call), call.account(), &call.request.region);
    let all = all.map(|(id, of)| shown(call, id, of)).collect();
    let names = Names { list: "trustAnchors", token: "nextToken", most: "pageSize" };
    page_of(all, names, state.page, &call.request.input)
}

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let (account, region, id) = key_of(call.account(), &call.request.region, call.text("trustAnchorId"));
    let found = state.roles_anywhere.anchor(seen_by(call), &account, &region, &id);
    let found = found.ok_or_else(|| gone("Trust Anchor"))?;
    Ok(json!({ "trustAnchor": shown(call, &id, found) }))
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let name = name_of(call)?;
    let source = call.request.input["source"].clone();
    if source.is_null() {
        return Err(invalid("1 validation error detected: Value null at 'source'"));
    }
    let id = uuid(&state.unique("trust-anchor"));
    let anchor = TrustAnchor { name, enabled: call.flag("enabled"), source, created: call.at };
    Ok(write(state, call, &id, anchor))
}

pub(super) fn change(state: &mut State, call: &Call) -> Answer {
    let key = key_of(call.account(), &call.request.region, call.text("trustAnchorId"));
    let held = state.roles_anywhere.anchors.get(View::Settled, &key).cloned();
    let mut anchor = held.ok_or_else(|| gone("Trust Anchor"))?;
    if call.request.operation == "DeleteTrustAnchor" {
        let (at, lag) = state.writing(call);
        state.roles_anywhere.anchors.remove(at, &lag, &key);
        return Ok(json!({ "trustAnchor": shown(call, &key.2, &anchor) }));
    }
    anchor.enabled = call.request.operation == "EnableTrustAnchor";
    Ok(write(state, call, &key.2, anchor))
}

fn write(state: &mut State, call: &Call, id: &str, anchor: TrustAnchor) -> Value {
    let (at, lag) = state.writing(call);
    let answer = json!({ "trustAnchor": shown(call, id, &anchor) });
    state.roles_anywhere.anchors.put(at, &lag, key_of(call.account(), &call.request.region, id), anchor);
    answer
}

fn shown(call: &Call, id: &str, of: &TrustAnchor) -> Value {
    json!({
        "trustAnchorId": id, "trustAnchorArn": arn(&call.request.region, call.account(), "trust-anchor", id),
        "name": of.name, "enabled": of.enabled, "source": of.source, "createdAt": of.created.to_string(),
    })
}
