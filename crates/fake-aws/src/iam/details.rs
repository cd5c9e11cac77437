//! `GetAccountAuthorizationDetails`: everybody and all policies in one list.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::View;

use super::lists::{Page, encoded, time, unless_empty};
use super::managed::MANAGED;
use super::names::{Kind, invalid};
use super::{Iam, Identity, attachments, instance_profiles, of_id, policies, roles, tags};

/// What can be asked for, and the list of the result that it comes in, in the order of the pages.
const LISTS: [(&str, &str); 5] = [
    ("User", "UserDetailList"),
    ("Role", "RoleDetailList"),
    ("Group", "GroupDetailList"),
    ("LocalManagedPolicy", "Policies"),
    ("AWSManagedPolicy", "Policies"),
];

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let (view, account, iam) = (View::Reads(call.at), call.account(), &state.iam);
    let asked = asked(call)?;
    let mut items: Vec<(String, Value)> = Vec::new();
    // A key begins with the place of its list, so that a marker says in which list the next page begins.
    for (place, (filter, list)) in LISTS.iter().enumerate() {
        if !asked.is_empty() && !asked.contains(filter) {
            continue;
        }
        let details: Vec<(&str, Option<Value>)> = match *filter {
            "User" => each(iam, view, account, Kind::User),
            "Role" => each(iam, view, account, Kind::Role),
            "Group" => each(iam, view, account, Kind::Group),
            "LocalManagedPolicy" => {
                let own = iam.policies.in_account(view, account);
                own.map(|(arn, ..)| (arn, policies::detailed(iam, view, account, arn))).collect()
            }
            // Of AWS's own policies those that are attached somewhere.
            _ => {
                let all = MANAGED.iter().map(|(arn, _)| (*arn, policies::detailed(iam, view, account, arn)));
                all.filter(|(_, policy)| policy.as_ref().is_some_and(|policy| policy["AttachmentCount"] != 0)).collect()
            }
        };
        let found =
            details.into_iter().filter_map(|(id, detail)| Some((format!("{place} {id}"), json!([list, detail?]))));
        items.extend(found);
    }
    let part = Page::asked(state, call)?.of(items);
    let mut answer: Value = part.result().into();
    for (_, list) in LISTS {
        let of_list = part.items.iter().filter(|(_, item)| item[0] == list).map(|(_, item)| item[1].clone());
        answer[list] = of_list.collect();
    }
    Ok(answer)
}

fn asked(call: &Call) -> Result<Vec<&str>, Refusal> {
    let asked: Vec<&str> =
        call.request.input["Filter"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match asked.iter().find(|asked| !LISTS.iter().any(|(filter, _)| filter == *asked)) {
        Some(other) => Err(invalid(&format!("Value '{other}' at 'filter' failed to satisfy constraint"))),
        None => Ok(asked),
    }
}

fn each<'a>(iam: &'a Iam, view: View, account: &str, kind: Kind) -> Vec<(&'a str, Option<Value>)> {
    let all = kind.table(iam).in_account(view, account);
    all.map(|(id, _, identity)| (id, Some(detail(iam, view, account, kind, id, identity)))).collect()
}

fn detail(iam: &Iam, view: View, account: &str, kind: Kind, id: &str, identity: &Identity) -> Value {
    let word = kind.word();
    let inline = iam.inline.of(view, account, id);
    let inline = inline.map(|(name, document)| json!({ "PolicyName": name, "PolicyDocument": encoded(document) }));
    let mut detail = json!({
        "Path": identity.path, "Arn": super::arn(account, kind.in_arn(), identity), "CreateDate": time(identity.created),
        "AttachedManagedPolicies": attachments::shown(iam, view, account, id),
    });
    detail[kind.parameter()] = identity.name.as_str().into();
    detail[format!("{word}Id")] = id.into();
    detail[format!("{word}PolicyList")] = inline.collect();
    if kind == Kind::Group {
        return detail;
    }
    detail["Tags"] = unless_empty(&tags::shown(iam, view, account, id));
    detail["PermissionsBoundary"] = attachments::boundary_shown(iam, view, account, id);
    if kind == Kind::User {
        let groups = iam.groups_of(view, account, id);
        let names = groups.iter().filter_map(|id| iam.groups.get(view, &of_id(account, id)));
        detail["GroupList"] = names.map(|group| group.name.as_str()).collect();
    } else {
        let trust = &roles::listed(iam, view, account, id, identity)["AssumeRolePolicyDocument"];
        detail["AssumeRolePolicyDocument"] = trust.clone();
        let profiles = instance_profiles::of_role(iam, view, account, id);
        detail["InstanceProfileList"] = profiles.into_iter().map(|(_, profile)| profile).collect();
        detail["RoleLastUsed"] = roles::last_used(iam, id);
    }
    detail
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{FakeAws, Request, Setup};

    #[tokio::test]
    async fn pages_go_from_users_to_policies_and_skip_nobody() {
        let aws = FakeAws::new(Setup::default());
        let ask = |operation: &str, input| aws.stage("111111111111", Request::new("iam", operation, input));
        aws.state().page = 2;
        for n in 0..3 {
            let tags = json!([{ "Key": "n", "Value": n.to_string() }]);
            ask("CreateUser", json!({ "UserName": format!("u{n}"), "Tags": tags })).unwrap();
        }
        ask("CreateGroup", json!({ "GroupName": "g" })).unwrap();
        ask("AddUserToGroup", json!({ "GroupName": "g", "UserName": "u1" })).unwrap();
        let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
        ask("AttachGroupPolicy", json!({ "GroupName": "g", "PolicyArn": admin })).unwrap();
        let trust = json!({ "Statement": [
            { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }
        ] });
        ask("CreateRole", json!({ "RoleName": "r", "AssumeRolePolicyDocument": trust.to_string() })).unwrap();
        ask("CreateInstanceProfile", json!({ "InstanceProfileName": "i" })).unwrap();
        ask("AddRoleToInstanceProfile", json!({ "InstanceProfileName": "i", "RoleName": "r" })).unwrap();
        assert_eq!(ask("DeleteRole", json!({ "RoleName": "r" })).unwrap_err().code, "DeleteConflict");

        let (mut input, mut pages) = (json!({}), Vec::new());
        loop {
            let page = ask("GetAccountAuthorizationDetails", input).unwrap();
            input = json!({ "Marker": page["Marker"] });
            let more = page["IsTruncated"] == true;
            pages.push(page);
            if !more {
                break;
            }
        }
        let all = |list: &str| pages.iter().flat_map(|page| page[list].as_array().unwrap().clone()).collect::<Vec<_>>();
        assert_eq!(pages.len(), 3);
        let users = all("UserDetailList");
        assert_eq!(users.len(), 3);
        let of = |name: &str| users.iter().find(|user| user["UserName"] == name).unwrap();
        assert_eq!(of("u1")["GroupList"], json!(["g"]));
        assert_eq!(of("u2")["Tags"], json!([{ "Key": "n", "Value": "2" }]));
        assert_eq!(all("RoleDetailList")[0]["InstanceProfileList"][0]["InstanceProfileName"], "i");
        assert_eq!(all("GroupDetailList")[0]["AttachedManagedPolicies"][0]["PolicyArn"], admin);
        assert_eq!(all("Policies")[0]["PolicyVersionList"][0]["VersionId"], "v1");
    }
}
