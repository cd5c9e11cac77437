use jiff::Timestamp;
use serde_json::{Value, json};

use super::tables::assignment;
use super::*;
use crate::call::Request;
use crate::caller::Caller;
use crate::iam::Identity;
use crate::lag::Lag;

const HUB: &str = "111122223333";
const MEMBER: &str = "444455556666";
const SET: &str = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn state(lag: Lag) -> State {
    let mut state = State::new(lag);
    let center = &mut state.identity_center;
    HUB.clone_into(&mut center.administrator);
    center.users.insert("u-1".to_owned(), "alice".to_owned());
    center.groups.insert("g-1".to_owned(), "admins".to_owned());
    center.permission_sets.insert(SET.to_owned(), "Admin".to_owned());
    center.assign(at(0), MEMBER, "USER", "u-1", SET);
    center.assign(at(0), HUB, "GROUP", "g-1", SET);
    center.add_member(at(0), "u-1", "g-1");
    state
}

fn ask(state: &mut State, account: &str, second: i64, action: &str, mut input: Value) -> Answer {
    let (service, operation) = action.split_once(':').unwrap();
    if operation != "ListInstances" {
        let name = if service == "sso" { "InstanceArn" } else { "IdentityStoreId" };
        let center = &state.identity_center;
        input[name] = if service == "sso" { &center.instance } else { &center.store }.as_str().into();
    }
    let caller = Caller::Root { account: account.to_owned() };
    answer(state, &Call { request: Request::new(service, operation, input), caller, at: at(second) })
}

fn assigned(state: &mut State, second: i64) -> Vec<Value> {
    let input = json!({ "PrincipalId": "u-1", "PrincipalType": "USER" });
    let answer = ask(state, HUB, second, "sso:ListAccountAssignmentsForPrincipal", input).unwrap();
    answer["AccountAssignments"].as_array().unwrap().clone()
}

#[test]
fn an_account_comes_directly_or_by_a_group_and_goes_a_little_later() {
    let mut state = state(Lag::slow(2));
    let kinds =
        |list: Vec<Value>| list.iter().map(|of| of["PrincipalType"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(kinds(assigned(&mut state, 0)), ["GROUP", "USER"]);
    let change = json!({
        "PrincipalId": "u-1", "PrincipalType": "USER", "TargetId": MEMBER, "TargetType": "AWS_ACCOUNT", "PermissionSetArn": SET,
    });
    let asked = ask(&mut state, HUB, 0, "sso:DeleteAccountAssignment", change.clone()).unwrap();
    let id = asked["AccountAssignmentDeletionStatus"]["RequestId"].clone();
    let status = |state: &mut State, second: i64| {
        let input = json!({ "AccountAssignmentDeletionRequestId": id });
        let answer = ask(state, HUB, second, "sso:DescribeAccountAssignmentDeletionStatus", input).unwrap();
        answer["AccountAssignmentDeletionStatus"]["Status"].as_str().unwrap().to_owned()
    };
    assert_eq!((status(&mut state, 0), status(&mut state, 15)), ("IN_PROGRESS".to_owned(), "SUCCEEDED".to_owned()));
    assert_eq!(kinds(assigned(&mut state, 30)), ["GROUP"]);
    state.identity_center.fails = Some("the role is in use".to_owned());
    let asked = ask(&mut state, HUB, 30, "sso:CreateAccountAssignment", change).unwrap();
    let id = &asked["AccountAssignmentCreationStatus"]["RequestId"];
    let input = json!({ "AccountAssignmentCreationRequestId": id });
    let failed = ask(&mut state, HUB, 60, "sso:DescribeAccountAssignmentCreationStatus", input).unwrap();
    assert_eq!(failed["AccountAssignmentCreationStatus"]["FailureReason"], "the role is in use");
    assert_eq!(kinds(assigned(&mut state, 90)), ["GROUP"]);
}

#[test]
fn a_membership_is_there_once_and_goes_with_what_comes_by_it() {
    let mut state = state(Lag::NONE);
    let list = |state: &mut State| {
        let input = json!({ "MemberId": { "UserId": "u-1" } });
        let answer = ask(state, HUB, 1, "identitystore:ListGroupMembershipsForMember", input).unwrap();
        answer["GroupMemberships"].as_array().unwrap().clone()
    };
    let join = json!({ "MemberId": { "UserId": "u-1" }, "GroupId": "g-1" });
    let refusal = ask(&mut state, HUB, 1, "identitystore:CreateGroupMembership", join.clone()).unwrap_err();
    assert_eq!(
        (refusal.code.as_str(), &refusal.extra["Reason"]),
        ("ConflictException", &json!("UNIQUENESS_CONSTRAINT_VIOLATION"))
    );
    let id = list(&mut state)[0]["MembershipId"].clone();
    ask(&mut state, HUB, 1, "identitystore:DeleteGroupMembership", json!({ "MembershipId": id })).unwrap();
    assert_eq!((list(&mut state).len(), assigned(&mut state, 1).len()), (0, 1));
    let made = ask(&mut state, HUB, 1, "identitystore:CreateGroupMembership", join).unwrap();
    assert_ne!(made["MembershipId"], id);
    state.identity_center.users.clear();
    let gone = ask(&mut state, HUB, 1, "identitystore:DescribeUser", json!({ "UserId": "u-1" })).unwrap_err();
    assert_eq!(gone.code, "ResourceNotFoundException");
}

#[test]
fn only_the_administrator_sees_the_instance_and_only_the_assigned_sign_in() {
    let mut state = state(Lag::NONE);
    let instances = |state: &mut State, account: &str| {
        ask(state, account, 1, "sso:ListInstances", json!({})).unwrap()["Instances"].as_array().unwrap().len()
    };
    assert_eq!((instances(&mut state, HUB), instances(&mut state, MEMBER)), (1, 0));
    let path = "/aws-reserved/sso.amazonaws.com/eu-west-1/".to_owned();
    let role = Identity { name: "AWSReservedSSO_Admin_0123".to_owned(), path, created: at(0) };
    state.iam.roles.put(at(0), &Lag::NONE, (MEMBER.to_owned(), "AROA1".to_owned(), String::new()), role);
    let credential = start_session(&mut state, at(1), "u-1", MEMBER, SET).unwrap();
    assert_eq!(state.sessions[&credential.key_id].context["identitystore:UserId"], "u-1");
    let key = assignment(MEMBER, "USER", "u-1", SET);
    state.identity_center.assignments.remove(at(2), &Lag::NONE, &key);
    assert_eq!(start_session(&mut state, at(2), "u-1", MEMBER, SET).unwrap_err().code, "ForbiddenException");
}
