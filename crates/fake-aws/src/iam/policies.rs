//! Managed policies of an account, and their versions.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::attachments::name_in;
use super::documents::{Grammar, length, read};
use super::lists::{encoded, paged, time};
use super::managed::MANAGED;
use super::names::{conflict, invalid_input, new_name, path};
use super::{Iam, ManagedPolicy, PolicyVersion, key, managed_document, of_id};

/// Characters of a managed policy, white space aside (IAM quotas, not adjustable).
const LONGEST: usize = 6_144;
/// Versions that are kept of a managed policy (IAM quotas, not adjustable).
const VERSIONS: usize = 5;

fn missing(arn: &str) -> Refusal {
    Refusal::new(404, "NoSuchEntity", format!("Policy {arn} was not found."))
}

fn missing_version(arn: &str, version: &str) -> Refusal {
    Refusal::new(404, "NoSuchEntity", format!("Policy {arn} version {version} does not exist or is not attachable."))
}

/// A document that may be a version.
fn checked(call: &Call) -> Result<&str, Refusal> {
    let document = call.required("PolicyDocument")?;
    read(document, Grammar::Identity)?;
    if length(document) > LONGEST {
        return Err(Refusal::limit("PolicySize: 6144"));
    }
    Ok(document)
}

/// The account's own policy that a call changes. AWS's are nobody's to change.
fn to_change(state: &State, call: &Call) -> Result<(String, ManagedPolicy), Refusal> {
    let arn = call.required("PolicyArn")?;
    let own = format!("arn:aws:iam::{}:policy/", call.account());
    if !arn.starts_with("arn:aws:iam::") {
        return Err(invalid_input(&format!("ARN {arn} is not valid.")));
    }
    if !arn.starts_with(&own) {
        return Err(Refusal::denied("The caller", &call.request.action(), &format!("on resource: policy {arn}")));
    }
    let policy = state.iam.policies.get(View::Settled, &of_id(call.account(), arn)).ok_or_else(|| missing(arn))?;
    Ok((arn.to_owned(), policy.clone()))
}

/// A policy as results have it; AWS's own, too.
fn shown(iam: &Iam, view: View, account: &str, arn: &str) -> Option<Value> {
    let path = &arn[arn.find(":policy/")? + ":policy".len()..=arn.rfind('/')?];
    let attached = iam.attached.in_account(view, account).filter(|(_, held, ())| *held == arn).count();
    let bounds = iam.boundaries.in_account(view, account).filter(|(_, _, held)| **held == arn).count();
    let mut shown = json!({
        "PolicyName": name_in(arn), "Arn": arn, "Path": path, "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": bounds, "IsAttachable": true,
    });
    let of_aws = managed_document(arn).is_some();
    let policy = iam.policies.get(view, &of_id(account, arn));
    if policy.is_none() && !of_aws {
        return None;
    }
    let epoch = jiff::Timestamp::UNIX_EPOCH;
    shown["PolicyId"] = policy.map_or("ANPAOFAWSOFAWSOFAWSO", |policy| &policy.id).into();
    shown["DefaultVersionId"] = policy.map_or("v1", |policy| &policy.default).into();
    shown["CreateDate"] = time(policy.map_or(epoch, |policy| policy.created));
    shown["UpdateDate"] = time(policy.map_or(epoch, |policy| policy.updated));
    Some(shown)
}

/// A policy with all its versions, as `GetAccountAuthorizationDetails` has it.
pub(super) fn detailed(iam: &Iam, view: View, account: &str, arn: &str) -> Option<Value> {
    let mut policy = shown(iam, view, account, arn)?;
    policy["PolicyVersionList"] = versions(iam, view, account, arn).into_iter().map(|(_, version)| version).collect();
    Some(policy)
}

/// The versions of a policy, documents and all.
fn versions(iam: &Iam, view: View, account: &str, arn: &str) -> Vec<(String, Value)> {
    let of = |id: &str, document: &str, default: bool, created| {
        let version = json!({
            "VersionId": id, "Document": encoded(document), "IsDefaultVersion": default, "CreateDate": time(created),
        });
        (id.to_owned(), version)
    };
    if let Some(document) = managed_document(arn) {
        return vec![of("v1", document, true, jiff::Timestamp::UNIX_EPOCH)];
    }
    let default = iam.policies.get(view, &of_id(account, arn)).map(|policy| &policy.default);
    let held = iam.versions.of(view, account, arn);
    held.map(|(id, version)| of(id, &version.document, default.is_some_and(|of| of == id), version.created)).collect()
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let name = new_name(call, "PolicyName", 128)?;
    let path = path(call, "Path")?;
    let account = call.account();
    let document = checked(call)?;
    let mut held = state.iam.policies.in_account(View::Settled, account);
    if held.any(|(arn, ..)| name_in(arn).eq_ignore_ascii_case(name)) {
        let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(Refusal::new(409, "EntityAlreadyExists", message));
    }
    drop(held);
    let arn = format!("arn:aws:iam::{account}:policy{path}{name}");
    let id = state.unique("ANPA");
    let (at, lag) = state.writing(call);
    let document = document.to_owned();
    let version = PolicyVersion { document: document.clone(), created: at };
    let policy = ManagedPolicy { id, created: at, updated: at, default: "v1".to_owned(), document, next: 2 };
    state.iam.versions.put(at, &lag, key(account, &arn, "v1"), version);
    state.iam.policies.put(at, &lag, of_id(account, &arn), policy);
    Ok(json!({ "Policy": shown(&state.iam, View::Settled, account, &arn) }))
}

/// Deletes a policy that hangs on nobody and has no version beside its default one.
pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let (arn, policy) = to_change(state, call)?;
    let account = call.account();
    let settled = View::Settled;
    let attached = state.iam.attached.in_account(settled, account).any(|(_, held, ())| held == arn);
    let bounds = state.iam.boundaries.in_account(settled, account).any(|(_, _, held)| *held == arn);
    if attached || bounds {
        return Err(conflict("Cannot delete a policy attached to entities."));
    }
    if state.iam.versions.of(settled, account, &arn).count() > 1 {
        return Err(conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The \
             default version is deleted with the policy.",
        ));
    }
    let (at, lag) = state.writing(call);
    state.iam.versions.remove(at, &lag, &key(account, &arn, &policy.default));
    state.iam.policies.remove(at, &lag, &of_id(account, &arn));
    Ok(json!({}))
}

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let arn = call.required("PolicyArn")?;
    let policy = shown(&state.iam, View::Reads(call.at), call.account(), arn).ok_or_else(|| missing(arn))?;
    Ok(json!({ "Policy": policy }))
}

pub(super) fn list(state: &State, call: &Call) -> Answer {
    let (view, account, scope) = (View::Reads(call.at), call.account(), call.text("Scope"));
    let of_aws = MANAGED.iter().filter(|_| scope != "Local").map(|(arn, _)| *arn);
    let local = state.iam.policies.in_account(view, account).filter(|_| scope != "AWS").map(|(arn, ..)| arn);
    let policies = of_aws.chain(local).filter_map(|arn| Some((arn.to_owned(), shown(&state.iam, view, account, arn)?)));
    let only_attached = call.flag("OnlyAttached");
    let prefix = call.text("PathPrefix");
    let policies = policies.filter(|(_, policy)| {
        (!only_attached || policy["AttachmentCount"] != 0)
            && policy["Path"].as_str().is_some_and(|path| path.starts_with(prefix))
    });
    paged(state, call, "Policies", policies)
}

pub(super) fn create_version(state: &mut State, call: &Call) -> Answer {
    let document = checked(call)?.to_owned();
    let (arn, mut policy) = to_change(state, call)?;
    let account = call.account();
    if state.iam.versions.of(View::Settled, account, &arn).count() >= VERSIONS {
        let message = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing \
                       version.";
        return Err(Refusal::new(409, "LimitExceeded", message));
    }
    let id = format!("v{}", policy.next);
    let default = call.flag("SetAsDefault");
    let (at, lag) = state.writing(call);
    policy.next += 1;
    policy.updated = at;
    if default {
        policy.default.clone_from(&id);
        policy.document.clone_from(&document);
    }
    state.iam.versions.put(at, &lag, key(account, &arn, &id), PolicyVersion { document, created: at });
    state.iam.policies.put(at, &lag, of_id(account, &arn), policy);
    Ok(json!({ "PolicyVersion": { "VersionId": id, "IsDefaultVersion": default, "CreateDate": time(at) } }))
}

pub(super) fn delete_version(state: &mut State, call: &Call) -> Answer {
    let id = call.required("VersionId")?;
    let (arn, mut policy) = to_change(state, call)?;
    if policy.default == id {
        return Err(conflict("Cannot delete the default version of a policy."));
    }
    let account = call.account();
    let (at, lag) = state.writing(call);
    state.iam.versions.remove(at, &lag, &key(account, &arn, id)).ok_or_else(|| missing_version(&arn, id))?;
    policy.updated = at;
    state.iam.policies.put(at, &lag, of_id(account, &arn), policy);
    Ok(json!({}))
}

pub(super) fn set_default(state: &mut State, call: &Call) -> Answer {
    let id = call.required("VersionId")?;
    let (arn, mut policy) = to_change(state, call)?;
    let account = call.account();
    let version =
        state.iam.versions.get(View::Settled, &key(account, &arn, id)).ok_or_else(|| missing_version(&arn, id))?;
    policy.document.clone_from(&version.document);
    id.clone_into(&mut policy.default);
    let (at, lag) = state.writing(call);
    policy.updated = at;
    state.iam.policies.put(at, &lag, of_id(account, &arn), policy);
    Ok(json!({}))
}

pub(super) fn get_version(state: &State, call: &Call) -> Answer {
    let (arn, id) = (call.required("PolicyArn")?, call.required("VersionId")?);
    let mut held = versions(&state.iam, View::Reads(call.at), call.account(), arn).into_iter();
    let (_, version) = held.find(|(held, _)| held == id).ok_or_else(|| missing_version(arn, id))?;
    Ok(json!({ "PolicyVersion": version }))
}

pub(super) fn list_versions(state: &State, call: &Call) -> Answer {
    let (view, account, arn) = (View::Reads(call.at), call.account(), call.required("PolicyArn")?);
    shown(&state.iam, view, account, arn).ok_or_else(|| missing(arn))?;
    let versions = versions(&state.iam, view, account, arn).into_iter().map(|(id, mut version)| {
        // Lists show no documents.
        version["Document"] = Value::Null;
        (id, version)
    });
    paged(state, call, "Versions", versions)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{FakeAws, Request, Setup, View};

    const ACCOUNT: &str = "111111111111";

    #[tokio::test]
    async fn a_policy_has_five_versions_and_says_what_its_default_one_says_to_ten_at_most() {
        let aws = FakeAws::new(Setup::default());
        let ask = |operation: &str, input| aws.stage(ACCOUNT, Request::new("iam", operation, input));
        let document = |action: &str| {
            json!({ "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] }).to_string()
        };
        let make =
            |name: &str| ask("CreatePolicy", json!({ "PolicyName": name, "PolicyDocument": document("s3:Get*") }));
        let arn = make("p").unwrap()["Policy"]["Arn"].clone();
        assert_eq!(arn, format!("arn:aws:iam::{ACCOUNT}:policy/p"));
        assert_eq!(make("P").unwrap_err().code, "EntityAlreadyExists");
        let version = |action: &str, default: &str| {
            let input = json!({ "PolicyArn": arn, "PolicyDocument": document(action), "SetAsDefault": default });
            ask("CreatePolicyVersion", input)
        };
        for action in ["a:a", "b:b", "c:c", "d:d"] {
            version(action, if action == "b:b" { "true" } else { "false" }).unwrap();
        }
        assert_eq!(version("e:e", "true").unwrap_err().code, "LimitExceeded");
        ask("CreateUser", json!({ "UserName": "ann" })).unwrap();
        ask("CreateGroup", json!({ "GroupName": "g" })).unwrap();
        ask("AddUserToGroup", json!({ "UserName": "ann", "GroupName": "g" })).unwrap();
        ask("AttachGroupPolicy", json!({ "GroupName": "g", "PolicyArn": arn })).unwrap();
        let says = || {
            let state = aws.state();
            let id = state.iam.user_id(View::Settled, ACCOUNT, "ann").unwrap();
            let policies = state.iam.identity_policies(View::Settled, ACCOUNT, &id);
            policies.into_iter().map(|policy| policy.document).collect::<Vec<_>>()
        };
        assert_eq!(says(), [document("b:b")]);
        let of = |id: &str| json!({ "PolicyArn": arn, "VersionId": id });
        assert_eq!(ask("DeletePolicyVersion", of("v3")).unwrap_err().code, "DeleteConflict");
        ask("SetDefaultPolicyVersion", of("v1")).unwrap();
        assert_eq!(says(), [document("s3:Get*")]);
        for id in ["v2", "v3", "v4", "v5"] {
            ask("DeletePolicyVersion", of(id)).unwrap();
        }
        assert_eq!(version("f:f", "false").unwrap()["PolicyVersion"]["VersionId"], "v6");
        assert_eq!(ask("DeletePolicy", of("")).unwrap_err().code, "DeleteConflict");
        let entities = ask("ListEntitiesForPolicy", of("")).unwrap();
        assert_eq!(entities["PolicyGroups"][0]["GroupName"], "g");

        for n in 0..10 {
            let arn = make(&format!("n{n}")).unwrap()["Policy"]["Arn"].clone();
            ask("AttachUserPolicy", json!({ "UserName": "ann", "PolicyArn": arn })).unwrap();
        }
        let denial = json!({ "UserName": "ann", "PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll" });
        assert_eq!(ask("AttachUserPolicy", denial).unwrap_err().code, "LimitExceeded");
        let change = json!({ "PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll", "PolicyDocument": document("g:g") });
        assert_eq!(ask("CreatePolicyVersion", change).unwrap_err().code, "AccessDenied");
    }
}
