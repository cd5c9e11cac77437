//! Users.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::state::State;
use crate::store::View;

use super::lists::{paged, time, unless_empty};
use super::names::{Kind, conflict, named_or_own, new_name, path, to_change};
use super::{Identity, attachments, id_of, of_id, tags};

/// A user as lists show them: without tags and boundary.
pub(super) fn listed(account: &str, id: &str, user: &Identity) -> Value {
    json!({
        "UserName": user.name, "UserId": id, "Path": user.path, "Arn": super::arn(account, "user", user),
        "CreateDate": time(user.created),
    })
}

/// A user with all that is said of them alone.
pub(super) fn shown(state: &State, view: View, account: &str, id: &str) -> Value {
    let Some(user) = state.iam.user(view, account, id) else { return Value::Null };
    let mut user = listed(account, id, user);
    user["Tags"] = unless_empty(&tags::shown(&state.iam, view, account, id));
    user["PermissionsBoundary"] = attachments::boundary_shown(&state.iam, view, account, id);
    user
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let name = new_name(call, "UserName", Kind::User.longest())?;
    let path = path(call, "Path")?;
    let account = call.account();
    let tags = tags::asked(call)?;
    if id_of(&state.iam.users, View::Settled, account, name).is_some() {
        return Err(Kind::User.taken(name));
    }
    let boundary = attachments::asked_boundary(state, call)?;
    let id = state.unique("AIDA");
    let (at, lag) = state.writing(call);
    state.iam.users.put(at, &lag, of_id(account, &id), Identity { name: name.to_owned(), path, created: at });
    tags::put(state, call, &id, tags)?;
    if let Some(boundary) = boundary {
        state.iam.boundaries.put(at, &lag, of_id(account, &id), boundary);
    }
    Ok(json!({ "User": shown(state, View::Settled, account, &id) }))
}

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let view = View::Reads(call.at);
    let id = named_or_own(state, view, call)?;
    match shown(state, view, call.account(), &id) {
        Value::Null => Err(Kind::User.missing(&id)),
        user => Ok(json!({ "User": user })),
    }
}

pub(super) fn list(state: &State, call: &Call) -> Answer {
    let prefix = call.text("PathPrefix");
    let users = state.iam.users.in_account(View::Reads(call.at), call.account());
    let users = users.filter(|(_, _, user)| user.path.starts_with(prefix));
    let users = users.map(|(id, _, user)| (id.to_owned(), listed(call.account(), id, user)));
    paged(state, call, "Users", users)
}

/// A new name or path. The unique id stays, and with it the keys, policies and whatever else the user has.
pub(super) fn update(state: &mut State, call: &Call) -> Answer {
    let id = to_change(state, call, Kind::User)?;
    let (at, lag) = state.writing(call);
    let account = call.account();
    let mut user = state.iam.user(View::Settled, account, &id).expect("just found").clone();
    if !call.text("NewUserName").is_empty() {
        let name = new_name(call, "NewUserName", Kind::User.longest())?;
        if id_of(&state.iam.users, View::Settled, account, name).is_some_and(|other| other != id) {
            return Err(Kind::User.taken(name));
        }
        name.clone_into(&mut user.name);
    }
    if !call.text("NewPath").is_empty() {
        user.path = path(call, "NewPath")?;
    }
    state.iam.users.put(at, &lag, of_id(account, &id), user);
    Ok(json!({}))
}

/// Deletes a user who has nothing any more: everything in the list of `DeleteUser` in the API Reference has to go first. Tags and
/// boundary go with the user.
pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let id = to_change(state, call, Kind::User)?;
    let account = call.account();
    let settled = View::Settled;
    let iam = &state.iam;
    let held = [
        (iam.passwords.get(settled, &of_id(account, &id)).is_some(), "delete login profile"),
        (iam.access_keys.of(settled, account, &id).next().is_some(), "delete access keys"),
        (iam.certificates.of(settled, account, &id).next().is_some(), "delete signing certificates"),
        (iam.ssh_keys.of(settled, account, &id).next().is_some(), "delete SSH public keys"),
        (iam.service_credentials.of(settled, account, &id).next().is_some(), "delete service specific credentials"),
        (iam.inline.of(settled, account, &id).next().is_some(), "delete policies"),
        (iam.attached.of(settled, account, &id).next().is_some(), "detach all policies"),
        (iam.memberships.of(settled, account, &id).next().is_some(), "remove users from group"),
    ];
    if let Some((_, first)) = held.iter().find(|(held, _)| *held) {
        return Err(conflict(&format!("Cannot delete entity, must {first} first.")));
    }
    let (at, lag) = state.writing(call);
    state.iam.forget(at, &lag, account, &id);
    state.iam.users.remove(at, &lag, &of_id(account, &id));
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use crate::{Caller, FakeAws, Lag, Request, Setup, View};

    const ACCOUNT: &str = "111111111111";

    #[tokio::test]
    async fn a_renamed_user_keeps_id_keys_and_policies_and_cannot_be_deleted_before_them() {
        let aws = FakeAws::new(Setup::default());
        let ask = |operation: &str, input| aws.stage(ACCOUNT, Request::new("iam", operation, input));
        let tags = json!([{ "Key": "Team", "Value": "a" }]);
        let made = ask("CreateUser", json!({ "UserName": "a+b", "Path": "/x/\u{7f}/", "Tags": tags })).unwrap();
        assert_eq!(made["User"]["Tags"], tags);
        let key = ask("CreateAccessKey", json!({ "UserName": "a+b" })).unwrap();
        ask("UpdateUser", json!({ "UserName": "A+B", "NewUserName": "c", "NewPath": "/" })).unwrap();
        let now = ask("GetUser", json!({ "UserName": "c" })).unwrap();
        assert_eq!(now["User"]["UserId"], made["User"]["UserId"]);
        assert_eq!(now["User"]["Arn"], format!("arn:aws:iam::{ACCOUNT}:user/c"));
        assert_eq!(ask("GetUser", json!({ "UserName": "a+b" })).unwrap_err().code, "NoSuchEntity");
        assert_eq!(ask("ListUsers", json!({})).unwrap()["Users"][0].get("Tags"), None);
        let keys = ask("ListAccessKeys", json!({ "UserName": "c" })).unwrap();
        assert_eq!(keys["AccessKeyMetadata"][0]["AccessKeyId"], key["AccessKey"]["AccessKeyId"]);
        assert_eq!(ask("DeleteUser", json!({ "UserName": "c" })).unwrap_err().code, "DeleteConflict");
        ask("DeleteAccessKey", json!({ "UserName": "c", "AccessKeyId": key["AccessKey"]["AccessKeyId"] })).unwrap();
        ask("DeleteUser", json!({ "UserName": "c" })).unwrap();
        let again = ask("CreateUser", json!({ "UserName": "c" })).unwrap();
        assert_ne!(again["User"]["UserId"], made["User"]["UserId"]);
        assert_eq!(again["User"]["Tags"], json!(null));
    }

    #[tokio::test]
    async fn a_user_exists_before_reads_show_it_and_is_shown_after_it_is_gone() {
        let aws = FakeAws::new(Setup { lag: Lag::slow(3), ..Setup::default() });
        let root = Caller::Root { account: ACCOUNT.to_owned() };
        let (made, ask) = (aws.now(), |after, operation: &str| {
            let at = aws.now() + SignedDuration::from_secs(after);
            aws.call_as(at, root.clone(), Request::new("iam", operation, json!({ "UserName": "late" })))
        });
        let id = ask(0, "CreateUser").unwrap()["User"]["UserId"].as_str().unwrap().to_owned();
        assert_eq!(ask(0, "CreateUser").unwrap_err().code, "EntityAlreadyExists");
        assert!(aws.state().iam.user(View::Reads(made), ACCOUNT, &id).is_none());
        assert_eq!(ask(0, "GetUser").unwrap_err().code, "NoSuchEntity");
        ask(16, "GetUser").unwrap();
        ask(16, "DeleteUser").unwrap();
        ask(16, "GetUser").unwrap();
        assert_eq!(ask(16, "DeleteUser").unwrap_err().code, "NoSuchEntity");
        assert_eq!(ask(32, "GetUser").unwrap_err().code, "NoSuchEntity");
    }
}
