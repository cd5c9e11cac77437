//! Roles Anywhere, IAM Identity Center with its directory, and Organizations, as far as Severance uses them.

use serde_json::{Value, json};

use super::ACCOUNT;
use super::fake_aws::{Scp, State};
use super::protocol::Answer;

pub(crate) const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-1111222233334444";

fn error(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

/// One page of a list, and where the next one begins.
fn paged(all: &[Value], list: &str, page: usize, token: &Value) -> Value {
    let from: usize = token.as_str().unwrap_or("0").parse().unwrap();
    let mut answer = json!({list: all.iter().skip(from).take(page).collect::<Vec<_>>()});
    if from + page < all.len() {
        answer["NextToken"] = (from + page).to_string().into();
    }
    answer
}

pub(crate) fn profiles(state: &mut State, operation: &str, input: &Value) -> Answer {
    let key = input["profile"].as_str().unwrap();
    if operation == "ListProfiles" {
        let here = state.profiles.iter().filter_map(|(place, profile)| Some((place.strip_prefix(key)?, profile)));
        let listed: Vec<Value> = here
            .map(|(id, profile)| {
                let arn = format!("arn:aws:rolesanywhere:{key}:{ACCOUNT}:profile{id}");
                json!({"profileArn": arn, "enabled": profile.enabled, "roleArns": profile.roles})
            })
            .collect();
        return Ok(json!({"profiles": listed}).to_string());
    }
    let profile = state.profiles.get_mut(key).ok_or((404, "ResourceNotFoundException".to_owned()))?;
    match operation {
        "GetProfile" => {}
        "UpdateProfile" => {
            assert_eq!(input.as_object().unwrap().len(), 2, "nothing else of it is written: {input}");
            profile.roles = serde_json::from_value(input["roleArns"].clone()).unwrap();
            assert!(!profile.roles.is_empty(), "a profile has a role");
        }
        "DisableProfile" => profile.enabled = false,
        "EnableProfile" => profile.enabled = true,
        other => panic!("Roles Anywhere was asked for {other}"),
    }
    let id = key.split('/').nth(1);
    Ok(json!({"profile": {"profileId": id, "enabled": profile.enabled, "roleArns": profile.roles}}).to_string())
}

pub(crate) fn assignments(state: &mut State, operation: &str, input: &Value) -> Answer {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    if operation == "ListInstances" {
        let other = json!({"InstanceArn": "arn:aws:sso:::instance/ssoins-9999888877776666"});
        let all = [other, json!({"InstanceArn": INSTANCE, "IdentityStoreId": "d-1234567890"})];
        return Ok(paged(&all, "Instances", state.page, &input["NextToken"]).to_string());
    }
    assert_eq!(input["InstanceArn"], INSTANCE);
    let user = text("PrincipalId");
    if state.deleted.contains(&user) {
        return Err(error("ResourceNotFoundException"));
    }
    let status = |state: &State, id: &str| match &state.assignments_fail {
        Some(why) => json!({"Status": "FAILED", "FailureReason": why, "RequestId": id}),
        None => json!({"Status": "SUCCEEDED", "RequestId": id}),
    };
    Ok(match operation {
        "ListAccountAssignmentsForPrincipal" => {
            assert_eq!(input["PrincipalType"], "USER");
            let all: Vec<Value> = state
                .assignments
                .iter()
                .filter(|(of, account, ..)| *of == user && input["Filter"]["AccountId"] == **account)
                .map(|(of, account, set, group)| {
                    let (kind, id) = group.as_ref().map_or(("USER", of), |group| ("GROUP", group));
                    json!({"AccountId": account, "PermissionSetArn": set, "PrincipalType": kind, "PrincipalId": id})
                })
                .collect();
            paged(&all, "AccountAssignments", state.page, &input["NextToken"])
        }
        "DeleteAccountAssignment" | "CreateAccountAssignment" => {
            assert_eq!((&input["PrincipalType"], &input["TargetType"]), (&json!("USER"), &json!("AWS_ACCOUNT")));
            let of = (user, text("TargetId"), text("PermissionSetArn"), None);
            let deletes = operation.starts_with("Delete");
            if state.assignments_fail.is_none() && deletes {
                state.assignments.remove(&of);
            } else if state.assignments_fail.is_none() {
                state.assignments.insert(of);
            }
            let list = if deletes { "AccountAssignmentDeletionStatus" } else { "AccountAssignmentCreationStatus" };
            json!({list: {"Status": "IN_PROGRESS", "RequestId": "r-1"}})
        }
        "DescribeAccountAssignmentDeletionStatus" => {
            json!({"AccountAssignmentDeletionStatus": status(state, &text("AccountAssignmentDeletionRequestId"))})
        }
        "DescribeAccountAssignmentCreationStatus" => {
            json!({"AccountAssignmentCreationStatus": status(state, &text("AccountAssignmentCreationRequestId"))})
        }
        other => panic!("Identity Center was asked for {other}"),
    }
    .to_string())
}

pub(crate) fn directory(state: &mut State, operation: &str, input: &Value) -> Answer {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (store, user) = (text(&input["IdentityStoreId"]), text(&input["MemberId"]["UserId"]));
    let gone = || error("ResourceNotFoundException");
    if state.deleted.contains(&user) {
        return Err(gone());
    }
    Ok(match operation {
        "ListGroupMembershipsForMember" => {
            let all: Vec<Value> = state
                .memberships
                .iter()
                .filter(|(_, (of, _))| *of == user)
                .map(|(id, (of, group))| {
                    json!({
                        "IdentityStoreId": store, "MembershipId": id, "GroupId": group, "MemberId": {"UserId": of}
                    })
                })
                .collect();
            paged(&all, "GroupMemberships", state.page, &input["NextToken"])
        }
        "DescribeUser" => json!({
            "IdentityStoreId": store, "UserId": input["UserId"], "UserName": "alice", "DisplayName": "Alice"
        }),
        "DeleteGroupMembership" => {
            state.memberships.remove(&text(&input["MembershipId"])).ok_or_else(gone)?;
            json!({})
        }
        "CreateGroupMembership" => {
            let of = (user, text(&input["GroupId"]));
            if state.deleted.contains(&of.1) {
                return Err(gone());
            }
            if state.memberships.values().any(|known| *known == of) {
                let reason = "UNIQUENESS_CONSTRAINT_VIOLATION";
                return Err((409, json!({"__type": "ConflictException", "Reason": reason}).to_string()));
            }
            let id = format!("membership-{}", state.memberships.len() + 100);
            state.memberships.insert(id.clone(), of);
            json!({"IdentityStoreId": store, "MembershipId": id})
        }
        other => panic!("the directory was asked for {other}"),
    }
    .to_string())
}

/// A service control policy has at most 5,120 characters.
fn fits(content: String) -> Result<String, (u16, String)> {
    if content.len() > 5_120 { Err(error("ConstraintViolationException")) } else { Ok(content) }
}

pub(crate) fn policies(state: &mut State, operation: &str, input: &Value) -> Answer {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let (id, target) = (text("PolicyId"), text("TargetId"));
    let summary = |id: &str, of: &Scp| json!({"Id": id, "Name": of.name, "Type": "SERVICE_CONTROL_POLICY"});
    let missing = || error("PolicyNotFoundException");
    Ok(match operation {
        "CreatePolicy" => {
            assert_eq!(input["Type"], "SERVICE_CONTROL_POLICY");
            assert!(input["Tags"].as_array().is_some_and(|tags| !tags.is_empty()), "it names its case");
            let name = text("Name");
            if state.scps.values().any(|known| known.name == name) {
                return Err(error("DuplicatePolicyException"));
            }
            let id = format!("p-{:08}", state.scps.len());
            let made = Scp { name, content: fits(text("Content"))?, ..Scp::default() };
            let answer = json!({"Policy": {"PolicySummary": summary(&id, &made), "Content": made.content}});
            state.scps.insert(id, made);
            answer
        }
        "UpdatePolicy" => {
            state.scps.get_mut(&id).ok_or_else(missing)?.content = fits(text("Content"))?;
            json!({})
        }
        "AttachPolicy" => {
            if !state.scps.get_mut(&id).ok_or_else(missing)?.targets.insert(target) {
                return Err(error("DuplicatePolicyAttachmentException"));
            }
            json!({})
        }
        "DetachPolicy" => {
            if !state.scps.get_mut(&id).ok_or_else(missing)?.targets.remove(&target) {
                return Err(error("PolicyNotAttachedException"));
            }
            json!({})
        }
        "DeletePolicy" => {
            if !state.scps.get(&id).ok_or_else(missing)?.targets.is_empty() {
                return Err(error("PolicyInUseException"));
            }
            state.scps.remove(&id);
            json!({})
        }
        "DescribePolicy" => {
            let found = state.scps.get(&id).ok_or_else(missing)?;
            json!({"Policy": {"PolicySummary": summary(&id, found), "Content": found.content}})
        }
        "ListPolicies" | "ListPoliciesForTarget" => {
            assert_eq!(input["Filter"], "SERVICE_CONTROL_POLICY");
            let shown = |of: &Scp| target.is_empty() || of.targets.contains(&target);
            let found = state.scps.iter().filter(|(_, of)| shown(of));
            let all: Vec<Value> = found.map(|(id, of)| summary(id, of)).collect();
            paged(&all, "Policies", state.page, &input["NextToken"])
        }
        other => panic!("Organizations was asked for {other}"),
    }
    .to_string())
}
