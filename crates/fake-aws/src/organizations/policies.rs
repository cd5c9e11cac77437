//! Service control policies: made, changed, attached.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::evaluate::is_policy;
use crate::state::State;
use crate::store::View;

use super::lists::{page, reads};
use super::refusals::{constraint, refused};
use super::tables::{FULL_ACCESS, Scp, of};

/// The only type that there is here.
const TYPE: &str = "SERVICE_CONTROL_POLICY";

fn not_found() -> Refusal {
    refused("PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
}

fn invalid(reason: &str) -> Refusal {
    let mut refusal = refused("InvalidInputException", format!("You specified an invalid value: {reason}"));
    *refusal.extra = json!({ "Reason": reason });
    refusal
}

fn key(state: &State, id: &str) -> (String, String, String) {
    of(state.organizations.management().unwrap_or_default(), id)
}

fn settled(state: &State, id: &str) -> Result<Scp, Refusal> {
    state.organizations.policies.get(View::Settled, &key(state, id)).cloned().ok_or_else(not_found)
}

fn summary(state: &State, id: &str, scp: &Scp) -> Value {
    json!({
        "Id": id,
        "Arn": state.organizations.policy_arn(id),
        "Name": scp.name,
        "Description": scp.description,
        "Type": TYPE,
        "AwsManaged": id == FULL_ACCESS,
    })
}

fn shown(state: &State, id: &str, scp: &Scp) -> Value {
    json!({ "Policy": { "PolicySummary": summary(state, id, scp), "Content": scp.content } })
}

/// "Maximum size of an SCP: 5,120 bytes" (Quotas for AWS Organizations); the console alone takes white space away.
fn check_content(content: &str) -> Result<(), Refusal> {
    if content.len() > 5_120 {
        return Err(constraint("POLICY_CONTENT_LIMIT_EXCEEDED"));
    }
    let document = serde_json::from_str::<Value>(content).ok();
    if document.is_none_or(|document| !is_policy(&document)) {
        return Err(refused(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements.",
        ));
    }
    Ok(())
}

fn check_name(state: &State, id: &str, name: &str) -> Result<(), Refusal> {
    if name.is_empty() || name.len() > 128 {
        return Err(invalid("MAX_LENGTH_EXCEEDED"));
    }
    let management = state.organizations.management().unwrap_or_default();
    let mut others = state.organizations.policies.in_account(View::Settled, management);
    if others.any(|(other, _, scp)| other != id && scp.name == name) {
        return Err(refused("DuplicatePolicyException", "A policy with the same name already exists."));
    }
    Ok(())
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    if call.text("Type") != TYPE {
        return Err(invalid("INVALID_ENUM_POLICY_TYPE"));
    }
    check_name(state, "", call.text("Name"))?;
    check_content(call.text("Content"))?;
    let id = state.unique("p-").to_ascii_lowercase();
    let scp = Scp {
        name: call.text("Name").to_owned(),
        description: call.text("Description").to_owned(),
        content: call.text("Content").to_owned(),
    };
    let (at, lag) = state.writing(call);
    let address = key(state, &id);
    state.organizations.policies.put(at, &lag, address, scp.clone());
    put_tags(state, call, &id);
    Ok(shown(state, &id, &scp))
}

pub(super) fn update(state: &mut State, call: &Call) -> Answer {
    let id = call.text("PolicyId");
    let mut scp = settled(state, id)?;
    if id == FULL_ACCESS {
        return Err(invalid("IMMUTABLE_POLICY"));
    }
    if !call.text("Name").is_empty() {
        check_name(state, id, call.text("Name"))?;
        call.text("Name").clone_into(&mut scp.name);
    }
    if call.request.input["Description"].is_string() {
        call.text("Description").clone_into(&mut scp.description);
    }
    if !call.text("Content").is_empty() {
        check_content(call.text("Content"))?;
        call.text("Content").clone_into(&mut scp.content);
    }
    let (at, lag) = state.writing(call);
    let address = key(state, id);
    state.organizations.policies.put(at, &lag, address, scp.clone());
    Ok(shown(state, id, &scp))
}

fn targets(state: &State, view: View, id: &str) -> Vec<String> {
    let organizations = &state.organizations;
    let accounts = organizations.members.accounts();
    let attached = accounts.into_iter().filter(|account| organizations.attached.get(view, &of(account, id)).is_some());
    attached.map(str::to_owned).collect()
}

pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let id = call.text("PolicyId");
    settled(state, id)?;
    if id == FULL_ACCESS {
        return Err(invalid("IMMUTABLE_POLICY"));
    }
    if !targets(state, View::Settled, id).is_empty() {
        return Err(refused("PolicyInUseException", "The policy is attached to one or more entities."));
    }
    let (at, lag) = state.writing(call);
    let address = key(state, id);
    state.organizations.policies.remove(at, &lag, &address);
    Ok(json!({}))
}

pub(super) fn describe(state: &State, call: &Call) -> Answer {
    let id = call.text("PolicyId");
    let scp = state.organizations.policies.get(reads(call), &key(state, id)).ok_or_else(not_found)?;
    Ok(shown(state, id, scp))
}

pub(super) fn list(state: &State, call: &Call) -> Value {
    let management = state.organizations.management().unwrap_or_default();
    let found = state.organizations.policies.in_account(reads(call), management);
    let all: Vec<Value> = found.map(|(id, _, scp)| summary(state, id, scp)).collect();
    page(state, call, "Policies", &all)
}

fn target<'a>(state: &State, call: &'a Call) -> Result<&'a str, Refusal> {
    let target = call.text("TargetId");
    match state.organizations.members.get(View::Settled, &of(target, "")) {
        Some(_) => Ok(target),
        None => {
            Err(refused("TargetNotFoundException", "We can't find a root, OU, account, or policy with the TargetId."))
        }
    }
}

pub(super) fn attach(state: &mut State, call: &Call) -> Answer {
    let id = call.text("PolicyId");
    settled(state, id)?;
    let target = target(state, call)?;
    let attached = &state.organizations.attached;
    if attached.get(View::Settled, &of(target, id)).is_some() {
        return Err(refused("DuplicatePolicyAttachmentException", "The policy is already attached to the target."));
    }
    // "Maximum SCPs attached to an account: 5", FullAWSAccess among them (Quotas for AWS Organizations).
    if attached.in_account(View::Settled, target).count() >= 5 {
        return Err(constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
    }
    let (at, lag) = state.writing(call);
    state.organizations.attached.put(at, &lag, of(target, id), ());
    Ok(json!({}))
}

pub(super) fn detach(state: &mut State, call: &Call) -> Answer {
    let id = call.text("PolicyId");
    settled(state, id)?;
    let target = target(state, call)?;
    let attached = &state.organizations.attached;
    if attached.get(View::Settled, &of(target, id)).is_none() {
        return Err(refused("PolicyNotAttachedException", "The policy isn't attached to the specified target."));
    }
    // Every target keeps one (`MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED`).
    if attached.in_account(View::Settled, target).count() == 1 {
        return Err(constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
    }
    let (at, lag) = state.writing(call);
    state.organizations.attached.remove(at, &lag, &of(target, id));
    Ok(json!({}))
}

pub(super) fn list_for_target(state: &State, call: &Call) -> Answer {
    let target = target(state, call)?;
    let view = reads(call);
    let ids = state.organizations.attached.in_account(view, target).map(|(id, ..)| id);
    let found = ids.filter_map(|id| Some((id, state.organizations.policies.get(view, &key(state, id))?)));
    let all: Vec<Value> = found.map(|(id, scp)| summary(state, id, scp)).collect();
    Ok(page(state, call, "Policies", &all))
}

pub(super) fn list_targets(state: &State, call: &Call) -> Answer {
    let id = call.text("PolicyId");
    state.organizations.policies.get(reads(call), &key(state, id)).ok_or_else(not_found)?;
    let all: Vec<Value> = targets(state, reads(call), id)
        .iter()
        .map(|account| {
            let arn = state.organizations.account_arn(account);
            json!({ "TargetId": account, "Arn": arn, "Name": format!("account-{account}"), "Type": "ACCOUNT" })
        })
        .collect();
    Ok(page(state, call, "Targets", &all))
}

fn put_tags(state: &mut State, call: &Call, id: &str) {
    let (at, lag) = state.writing(call);
    let (management, ..) = key(state, id);
    for tag in call.request.input["Tags"].as_array().into_iter().flatten() {
        let text = |member: &str| tag[member].as_str().unwrap_or_default().to_owned();
        state.organizations.tags.put(at, &lag, (management.clone(), id.to_owned(), text("Key")), text("Value"));
    }
}

fn taggable<'a>(state: &State, call: &'a Call) -> Result<&'a str, Refusal> {
    let id = call.text("ResourceId");
    let known = state.organizations.policies.get(View::Settled, &key(state, id)).is_some()
        || state.organizations.members.get(View::Settled, &of(id, "")).is_some();
    if known { Ok(id) } else { Err(refused("TargetNotFoundException", "We can't find the resource.")) }
}

pub(super) fn tag(state: &mut State, call: &Call) -> Answer {
    let id = taggable(state, call)?;
    put_tags(state, call, id);
    Ok(json!({}))
}

pub(super) fn untag(state: &mut State, call: &Call) -> Answer {
    let id = taggable(state, call)?;
    let (at, lag) = state.writing(call);
    let (management, ..) = key(state, id);
    for name in call.request.input["TagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        state.organizations.tags.remove(at, &lag, &(management.clone(), id.to_owned(), name.to_owned()));
    }
    Ok(json!({}))
}

pub(super) fn list_tags(state: &State, call: &Call) -> Answer {
    let id = taggable(state, call)?;
    let (management, ..) = key(state, id);
    let tags = state.organizations.tags.of(reads(call), &management, id);
    let all: Vec<Value> = tags.map(|(name, value)| json!({ "Key": name, "Value": value })).collect();
    Ok(page(state, call, "Tags", &all))
}
