//! The directory: users, groups and who is in which.

use serde_json::{Value, json};

use super::refusals::gone;
use crate::call::{Answer, Call, Refusal};
use crate::pages::{Names, page_of, seen_by, uuid};
use crate::state::State;
use crate::store::View;

pub(super) fn answer(state: &mut State, call: &Call) -> Answer {
    let center = &state.identity_center;
    if !center.sees(call) || call.text("IdentityStoreId") != center.store {
        return Err(Refusal::new(
            400,
            "AccessDeniedException",
            "the caller's account does not administer this directory",
        ));
    }
    let user = call.request.input["MemberId"]["UserId"].as_str().unwrap_or_default();
    match call.request.operation.as_str() {
        "DescribeUser" => {
            let id = call.text("UserId");
            let name = center.users.get(id).ok_or_else(|| gone("USER"))?;
            Ok(json!({ "IdentityStoreId": center.store, "UserId": id, "UserName": name, "DisplayName": name }))
        }
        "ListGroupMembershipsForMember" => {
            if !center.users.contains_key(user) {
                return Err(gone("USER"));
            }
            let all = center.memberships.in_account(seen_by(call), &center.store).filter(|(_, _, (of, _))| of == user);
            let all: Vec<Value> = all
                .map(|(id, _, (of, group))| {
                    json!({
                        "IdentityStoreId": center.store, "MembershipId": id, "GroupId": group, "MemberId": { "UserId": of },
                    })
                })
                .collect();
            let names = Names { list: "GroupMemberships", token: "NextToken", most: "MaxResults" };
            page_of(all, names, state.page, &call.request.input)
        }
        "CreateGroupMembership" => create(state, call, user),
        "DeleteGroupMembership" => {
            let key = (center.store.clone(), call.text("MembershipId").to_owned(), String::new());
            let (at, lag) = state.writing(call);
            state.identity_center.memberships.remove(at, &lag, &key).ok_or_else(|| gone("GROUP_MEMBERSHIP"))?;
            Ok(json!({}))
        }
        _ => Err(call.unknown()),
    }
}

fn create(state: &mut State, call: &Call, user: &str) -> Answer {
    let center = &state.identity_center;
    let group = call.text("GroupId").to_owned();
    if !center.users.contains_key(user) || !center.groups.contains_key(&group) {
        return Err(gone("USER or GROUP"));
    }
    let of = (user.to_owned(), group);
    if center.memberships.in_account(View::Settled, &center.store).any(|(_, _, known)| *known == of) {
        let mut refusal = Refusal::new(400, "ConflictException", "Member and Group relationship already exists.");
        *refusal.extra = json!({ "Reason": "UNIQUENESS_CONSTRAINT_VIOLATION" });
        return Err(refusal);
    }
    let store = center.store.clone();
    let id = uuid(&state.unique("membership"));
    let (at, lag) = state.writing(call);
    state.identity_center.memberships.put(at, &lag, (store.clone(), id.clone(), String::new()), of);
    Ok(json!({ "IdentityStoreId": store, "MembershipId": id }))
}
