//! Access keys of users.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::lists::{paged, time};
use super::names::{named_or_own, one_of, user_name};
use super::{AccessKey, key};

/// Access keys of a user; inactive ones count (IAM quotas, not adjustable).
const MOST: usize = 2;

fn status(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

fn missing(id: &str) -> Refusal {
    Refusal::no_such(&format!("Access Key with id {id}"))
}

pub(super) fn create(state: &mut State, call: &Call) -> Answer {
    let user = named_or_own(state, View::Settled, call)?;
    let account = call.account();
    if state.iam.access_keys.of(View::Settled, account, &user).count() >= MOST {
        return Err(Refusal::limit("AccessKeysPerUser: 2"));
    }
    let (id, secret) = (state.unique("AKIA"), state.unique("secret/of/this/access/key"));
    let (at, lag) = state.writing(call);
    state.iam.access_keys.put(at, &lag, key(account, &user, &id), AccessKey { active: true, created: at });
    let name = user_name(&state.iam, View::Settled, account, &user);
    Ok(json!({ "AccessKey": {
        "UserName": name, "AccessKeyId": id, "Status": "Active", "SecretAccessKey": secret, "CreateDate": time(at),
    } }))
}

pub(super) fn update(state: &mut State, call: &Call) -> Answer {
    let active = one_of(call, "Status", &["Active", "Inactive"])? == "Active";
    let id = call.required("AccessKeyId")?;
    let user = named_or_own(state, View::Settled, call)?;
    let address = key(call.account(), &user, id);
    let mut held = state.iam.access_keys.get(View::Settled, &address).ok_or_else(|| missing(id))?.clone();
    held.active = active;
    let (at, lag) = state.writing(call);
    state.iam.access_keys.put(at, &lag, address, held);
    Ok(json!({}))
}

pub(super) fn delete(state: &mut State, call: &Call) -> Answer {
    let id = call.required("AccessKeyId")?;
    let user = named_or_own(state, View::Settled, call)?;
    let (at, lag) = state.writing(call);
    let removed = state.iam.access_keys.remove(at, &lag, &key(call.account(), &user, id));
    removed.map(|_| json!({})).ok_or_else(|| missing(id))
}

pub(super) fn list(state: &State, call: &Call) -> Answer {
    let (view, account) = (View::Reads(call.at), call.account());
    let user = named_or_own(state, view, call)?;
    let name = user_name(&state.iam, view, account, &user);
    let keys = state.iam.access_keys.of(view, account, &user).map(|(id, held)| {
        let shown = json!({
            "UserName": name, "AccessKeyId": id, "Status": status(held.active), "CreateDate": time(held.created),
        });
        (id.to_owned(), shown)
    });
    let mut answer = paged(state, call, "AccessKeyMetadata", keys)?;
    answer["UserName"] = Value::from(name);
    Ok(answer)
}

/// The last use of a key of the caller's account. One that is gone, or another account's, is refused as if the caller might not ask
/// (AWS answers 403, not 404).
pub(super) fn last_used(state: &State, call: &Call) -> Answer {
    let id = call.required("AccessKeyId")?;
    let (view, account) = (View::Reads(call.at), call.account());
    let mut all = state.iam.access_keys.in_account(view, account);
    let Some((user, ..)) = all.find(|(_, held, _)| *held == id) else {
        return Err(Refusal::denied(
            "The caller",
            "iam:GetAccessKeyLastUsed",
            &format!("on resource: access key {id}"),
        ));
    };
    let last = match state.iam.last_used.get(id) {
        Some(last) => json!({ "LastUsedDate": time(last.at), "ServiceName": last.service, "Region": last.region }),
        None => json!({ "ServiceName": "N/A", "Region": "N/A" }),
    };
    Ok(json!({ "UserName": user_name(&state.iam, view, account, user), "AccessKeyLastUsed": last }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Credential, FakeAws, Request, Setup};

    const ACCOUNT: &str = "111111111111";

    #[tokio::test]
    async fn a_user_has_two_keys_of_their_own_and_a_deleted_one_has_no_last_use() {
        let aws = FakeAws::new(Setup::default());
        let ask = |operation: &str, input| aws.stage(ACCOUNT, Request::new("iam", operation, input));
        ask("CreateUser", json!({ "UserName": "ann" })).unwrap();
        let made = ask("CreateAccessKey", json!({ "UserName": "ann" })).unwrap();
        let id = made["AccessKey"]["AccessKeyId"].as_str().unwrap();
        let last = || ask("GetAccessKeyLastUsed", json!({ "AccessKeyId": id }));
        assert_eq!(last().unwrap()["AccessKeyLastUsed"].get("LastUsedDate"), None);

        let policy = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] }).to_string();
        ask("PutUserPolicy", json!({ "UserName": "ann", "PolicyName": "all", "PolicyDocument": policy })).unwrap();
        let own = Credential { key_id: id.to_owned(), token: None };
        let by_ann = |operation: &str, input| aws.call(&own, Request::new("iam", operation, input));
        by_ann("UpdateAccessKey", json!({ "AccessKeyId": id, "Status": "Active" })).unwrap();
        assert_eq!(last().unwrap()["UserName"], "ann");
        assert_eq!(last().unwrap()["AccessKeyLastUsed"]["ServiceName"], "iam");

        let other = by_ann("CreateAccessKey", json!({})).unwrap()["AccessKey"]["AccessKeyId"].clone();
        ask("UpdateAccessKey", json!({ "UserName": "ann", "AccessKeyId": other, "Status": "Inactive" })).unwrap();
        assert_eq!(by_ann("CreateAccessKey", json!({})).unwrap_err().code, "LimitExceeded");
        assert_eq!(by_ann("ListAccessKeys", json!({})).unwrap()["AccessKeyMetadata"].as_array().unwrap().len(), 2);
        by_ann("DeleteAccessKey", json!({ "AccessKeyId": id })).unwrap();
        let refusal = last().unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str()), (403, "AccessDenied"));
        assert_eq!(by_ann("ListAccessKeys", json!({})).unwrap_err().code, "InvalidClientTokenId");
    }
}
