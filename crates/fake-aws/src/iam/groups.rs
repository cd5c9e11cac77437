//! Groups and who is in them.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::lists::{paged, time};
use super::names::{Kind, conflict, named, new_name, path, to_change};
use super::{Identity, id_of, key, of_id, users};

/// Groups that a user can be in (IAM quotas, not adjustable).
const GROUPS_PER_USER: usize = 10;

fn shown(account: &str, id: &str, group: &Identity) -> Value {
    json!({
        "GroupName": group.name, "GroupId": id, "Path": group.path, "Arn": super::arn(account, "group", group),
        "CreateDate": time(group.created),
    })
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let name = new_name(call, "GroupName", Kind::Group.longest())?;
    let path = path(call, "Path")?;
    let account = call.account();
    if id_of(&state.iam.groups, View::Settled, account, name).is_some() {
        return Err(Kind::Group.taken(name));
    }
    let id = state.unique("AGPA");
    let (at, lag) = state.writing(call);
    let group = Identity { name: name.to_owned(), path, created: at };
    let answer = json!({ "Group": shown(account, &id, &group) });
    state.iam.groups.put(at, &lag, of_id(account, &id), group);
    Ok(answer)
}

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let view = View::Reads(call.at);
    let account = call.account();
    let id = named(state, view, call, Kind::Group)?;
    let members = state.iam.memberships.in_account(view, account).filter(|(_, group, ())| **group == id);
    let members = members.filter_map(|(user, _, ())| {
        Some((user.to_owned(), users::listed(account, user, state.iam.user(view, account, user)?)))
    });
    let mut answer = paged(state, call, "Users", members)?;
    answer["Group"] = shown(account, &id, state.iam.groups.get(view, &of_id(account, &id)).expect("just found"));
    Ok(answer)
}

pub(super) fn list(state: &State, call: &Call) -> Answer {
    let prefix = call.text("PathPrefix");
    let groups = state.iam.groups.in_account(View::Reads(call.at), call.account());
    let groups = groups.filter(|(_, _, group)| group.path.starts_with(prefix));
    let groups = groups.map(|(id, _, group)| (id.to_owned(), shown(call.account(), id, group)));
    paged(state, call, "Groups", groups)
}

pub(super) fn update(state: &mut State, call: &Call) -> Answer {
    let id = to_change(state, call, Kind::Group)?;
    let (at, lag) = state.writing(call);
    let account = call.account();
    let mut group = state.iam.groups.get(View::Settled, &of_id(account, &id)).expect("just found").clone();
    if !call.text("NewGroupName").is_empty() {
        let name = new_name(call, "NewGroupName", Kind::Group.longest())?;
        if id_of(&state.iam.groups, View::Settled, account, name).is_some_and(|other| other != id) {
            return Err(Kind::Group.taken(name));
        }
        name.clone_into(&mut group.name);
    }
    if !call.text("NewPath").is_empty() {
        group.path = path(call, "NewPath")?;
    }
    state.iam.groups.put(at, &lag, of_id(account, &id), group);
    Ok(json!({}))
}

pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let id = to_change(state, call, Kind::Group)?;
    let (at, lag) = state.writing(call);
    let account = call.account();
    let settled = View::Settled;
    let held = [
        (
            state.iam.memberships.in_account(settled, account).any(|(_, group, ())| group == id),
            "remove users from group",
        ),
        (state.iam.attached.of(settled, account, &id).next().is_some(), "detach all policies"),
        (state.iam.inline.of(settled, account, &id).next().is_some(), "delete policies"),
    ];
    if let Some((_, first)) = held.iter().find(|(held, _)| *held) {
        return Err(conflict(&format!("Cannot delete entity, must {first} first.")));
    }
    state.iam.groups.remove(at, &lag, &of_id(account, &id));
    Ok(json!({}))
}

pub(super) fn add(state: &mut State, call: &Call) -> Answer {
    let group = to_change(state, call, Kind::Group)?;
    let user = to_change(state, call, Kind::User)?;
    let account = call.account();
    let groups: Vec<String> =
        state.iam.memberships.of(View::Settled, account, &user).map(|(id, ())| id.to_owned()).collect();
    if groups.contains(&group) {
        return Ok(json!({}));
    }
    if groups.len() >= GROUPS_PER_USER {
        return Err(Refusal::limit("GroupsPerUser: 10"));
    }
    let (at, lag) = state.writing(call);
    state.iam.memberships.put(at, &lag, key(account, &user, &group), ());
    Ok(json!({}))
}

pub(super) fn remove(state: &mut State, call: &Call) -> Answer {
    let group = to_change(state, call, Kind::Group)?;
    let user = to_change(state, call, Kind::User)?;
    let (at, lag) = state.writing(call);
    let removed = state.iam.memberships.remove(at, &lag, &key(call.account(), &user, &group));
    let missing = || Refusal::no_such(&format!("user {} in group {}", call.text("UserName"), call.text("GroupName")));
    removed.map(|()| json!({})).ok_or_else(missing)
}

pub(super) fn list_for_user(state: &State, call: &Call) -> Answer {
    let view = View::Reads(call.at);
    let account = call.account();
    let user = named(state, view, call, Kind::User)?;
    let groups = state.iam.groups_of(view, account, &user).into_iter().filter_map(|id| {
        let group = shown(account, &id, state.iam.groups.get(view, &of_id(account, &id))?);
        Some((id, group))
    });
    paged(state, call, "Groups", groups)
}
