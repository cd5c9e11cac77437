//! Inline policies of users, roles and groups.

use serde_json::json;

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::documents::{Grammar, length, read};
use super::key;
use super::lists::{encoded, paged};
use super::names::{Kind, named, new_name, to_change};

/// Characters of all inline policies together, white space aside (IAM quotas, not adjustable).
fn longest(kind: Kind) -> usize {
    match kind {
        Kind::User => 2_048,
        Kind::Group => 5_120,
        Kind::Role => 10_240,
    }
}

fn missing(kind: Kind, name: &str) -> Refusal {
    Refusal::no_such(&format!("{} policy with name {name}", kind.in_arn()))
}

pub(super) fn put(state: &mut State, call: &Call, kind: Kind) -> Answer {
    let name = new_name(call, "PolicyName", 128)?;
    let holder = to_change(state, call, kind)?;
    let document = call.required("PolicyDocument")?;
    read(document, Grammar::Identity)?;
    let account = call.account();
    let others = state.iam.inline.of(View::Settled, account, &holder).filter(|(other, _)| *other != name);
    let longest = longest(kind);
    if others.map(|(_, document)| length(document)).sum::<usize>() + length(document) > longest {
        let who = call.text(&kind.parameter());
        let message = format!("Maximum policy size of {longest} bytes exceeded for {} {who}", kind.in_arn());
        return Err(Refusal::new(409, "LimitExceeded", message));
    }
    let (at, lag) = state.writing(call);
    state.iam.inline.put(at, &lag, key(account, &holder, name), document.to_owned());
    Ok(json!({}))
}

pub(super) fn get(state: &State, call: &Call, kind: Kind) -> Answer {
    let name = call.required("PolicyName")?;
    let view = View::Reads(call.at);
    let holder = named(state, view, call, kind)?;
    let held = state.iam.inline.get(view, &key(call.account(), &holder, name)).ok_or_else(|| missing(kind, name))?;
    let mut answer = json!({ "PolicyName": name, "PolicyDocument": encoded(held) });
    answer[kind.parameter()] =
        kind.table(&state.iam).get(view, &super::of_id(call.account(), &holder)).map(|of| &*of.name).into();
    Ok(answer)
}

pub(super) fn delete(state: &mut State, call: &Call, kind: Kind) -> Answer {
    let name = call.required("PolicyName")?;
    let holder = to_change(state, call, kind)?;
    let (at, lag) = state.writing(call);
    let removed = state.iam.inline.remove(at, &lag, &key(call.account(), &holder, name));
    removed.map(|_| json!({})).ok_or_else(|| missing(kind, name))
}

pub(super) fn list(state: &State, call: &Call, kind: Kind) -> Answer {
    let view = View::Reads(call.at);
    let holder = named(state, view, call, kind)?;
    let names = state.iam.inline.of(view, call.account(), &holder).map(|(name, _)| (name.to_owned(), name.into()));
    paged(state, call, "PolicyNames", names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{FakeAws, Request, Setup};

    #[tokio::test]
    async fn all_inline_text_of_a_user_counts_without_white_space_and_is_read_in_pages() {
        let aws = FakeAws::new(Setup::default());
        let ask = |operation: &str, input| aws.stage("111111111111", Request::new("iam", operation, input));
        ask("CreateUser", json!({ "UserName": "ann" })).unwrap();
        let document = |fill: usize| {
            let resource = format!("arn:aws:s3:::{}", "a".repeat(fill));
            json!({ "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": resource }] }).to_string()
        };
        let put = |name: &str, document: String| {
            ask("PutUserPolicy", json!({ "UserName": "ann", "PolicyName": name, "PolicyDocument": document }))
        };
        let half = 1_024 - document(0).len();
        put("one", document(half).replace(',', ", \n")).unwrap();
        put("two", document(half)).unwrap();
        let refusal = put("two", document(half + 1)).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str()), (409, "LimitExceeded"));
        assert_eq!(put("two", "{".to_owned()).unwrap_err().code, "MalformedPolicyDocument");
        let page = ask("ListUserPolicies", json!({ "UserName": "ann", "MaxItems": "1" })).unwrap();
        assert_eq!((&page["PolicyNames"], &page["IsTruncated"]), (&json!(["one"]), &json!(true)));
        let page = ask("ListUserPolicies", json!({ "UserName": "ann", "Marker": page["Marker"] })).unwrap();
        assert_eq!((&page["PolicyNames"], &page["IsTruncated"]), (&json!(["two"]), &json!(false)));
        let got = ask("GetUserPolicy", json!({ "UserName": "ann", "PolicyName": "two" })).unwrap();
        assert!(got["PolicyDocument"].as_str().unwrap().starts_with("%7B%22Statement%22%3A%5B"));
        ask("DeleteUserPolicy", json!({ "UserName": "ann", "PolicyName": "two" })).unwrap();
        let gone = ask("DeleteUserPolicy", json!({ "UserName": "ann", "PolicyName": "two" })).unwrap_err();
        assert_eq!((gone.status, gone.code.as_str()), (404, "NoSuchEntity"));
    }
}
