//! What calls of IAM need.

use std::collections::BTreeMap;

use crate::call::Call;
use crate::caller::{Caller, SessionOf};
use crate::iam::arn;
use crate::state::State;
use crate::store::View;

use super::super::context::identity;
use super::need::{Need, pass, set};

type Brought = BTreeMap<String, Vec<String>>;

pub(super) fn needs(state: &State, call: &Call, context: &mut Brought) -> Vec<Need> {
    let operation = call.request.operation.as_str();
    let action = call.request.action();
    set(context, "iam:PermissionsBoundary", call.text("PermissionsBoundary"));
    if operation.starts_with("Attach") || operation.starts_with("Detach") {
        set(context, "iam:PolicyARN", call.text("PolicyArn"));
    }
    let resource = made(call).unwrap_or_else(|| existing(state, call, context));
    let mut needs = vec![Need::new(&action, &resource, context)];
    match operation {
        // "You must have permission for both the source and the target object" (IAM API Reference, UpdateUser and UpdateGroup).
        "UpdateUser" | "UpdateGroup" => {
            let moved = moved(call, &resource);
            if moved != resource {
                needs.push(Need::new(&action, moved, context));
            }
        }
        "AddRoleToInstanceProfile" => {
            let role = state.iam.role_id(View::Settled, call.account(), call.text("RoleName"));
            let role = role.and_then(|id| state.iam.role_arn(View::Settled, call.account(), &id)).unwrap_or_default();
            pass(&mut needs, &role, "ec2.amazonaws.com", context);
        }
        // Tags at creation need the action for tags, too (IAM User Guide, "Tags for IAM resources").
        "CreateUser" | "CreateRole" | "CreatePolicy" if context.contains_key("aws:TagKeys") => {
            needs.push(Need::new(&operation.replace("Create", "iam:Tag"), &resource, context));
        }
        _ => {}
    }
    needs
}

/// The ARN of what a call makes, and `*` where an action knows no resource.
fn made(call: &Call) -> Option<String> {
    let account = call.account();
    let path = match call.text("Path") {
        "" => "/",
        path => path,
    };
    let of = |kind: &str, member: &str| Some(format!("arn:aws:iam::{account}:{kind}{path}{}", call.text(member)));
    match call.request.operation.as_str() {
        "CreateUser" => of("user", "UserName"),
        "CreateRole" => of("role", "RoleName"),
        "CreateGroup" => of("group", "GroupName"),
        "CreatePolicy" => of("policy", "PolicyName"),
        "CreateInstanceProfile" => of("instance-profile", "InstanceProfileName"),
        "CreateOpenIDConnectProvider" => {
            let url = call.text("Url");
            Some(format!("arn:aws:iam::{account}:oidc-provider/{}", url.strip_prefix("https://").unwrap_or(url)))
        }
        "CreateSAMLProvider" => Some(format!("arn:aws:iam::{account}:saml-provider/{}", call.text("Name"))),
        "ListUsers"
        | "ListRoles"
        | "ListGroups"
        | "ListPolicies"
        | "ListInstanceProfiles"
        | "ListOpenIDConnectProviders"
        | "ListSAMLProviders"
        | "GetAccountAuthorizationDetails" => Some("*".to_owned()),
        _ => None,
    }
}

/// The ARN of what a call names and IAM has, as it is called now.
fn existing(state: &State, call: &Call, context: &mut Brought) -> String {
    let (account, iam) = (call.account(), &state.iam);
    let user = call.text("UserName");
    if call.request.operation == "GetAccessKeyLastUsed" {
        let key = call.text("AccessKeyId");
        let found = iam.access_keys.in_account(View::Settled, account).find(|(_, id, _)| *id == key);
        let holder = found.map(|(id, ..)| id.to_owned());
        return holder.map_or("*".to_owned(), |id| holder_arn(state, call, context, Some(&id), "user", &id));
    }
    match (call.text("GroupName"), call.text("RoleName"), call.text("InstanceProfileName")) {
        // Also where a user is put into a group.
        (name, _, _) if !name.is_empty() => {
            let id = iam.group_id(View::Settled, account, name);
            let found = id.and_then(|id| iam.groups.get(View::Settled, &(account.to_owned(), id, String::new())));
            found.map_or_else(|| format!("arn:aws:iam::{account}:group/{name}"), |found| arn(account, "group", found))
        }
        // Also where a role is put into a profile.
        (_, _, profile) if !profile.is_empty() => {
            let key = (account.to_owned(), profile.to_owned(), String::new());
            let path = iam.instance_profiles.get(View::Settled, &key).map_or("/", |known| &known.path);
            format!("arn:aws:iam::{account}:instance-profile{path}{profile}")
        }
        (_, name, _) if !name.is_empty() => {
            let id = iam.role_id(View::Settled, account, name);
            holder_arn(state, call, context, id.as_deref(), "role", name)
        }
        _ if !user.is_empty() => {
            let id = iam.user_id(View::Settled, account, user);
            holder_arn(state, call, context, id.as_deref(), "user", user)
        }
        _ => match ["PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn"].map(|name| call.text(name)) {
            ["", "", ""] => match own_user(&call.caller) {
                // Without a name the caller's own user is meant.
                Some(id) => holder_arn(state, call, context, Some(id), "user", id),
                None => "*".to_owned(),
            },
            [policy, oidc, saml] => format!("{policy}{oidc}{saml}"),
        },
    }
}

/// The ARN of a user or role; its tags and boundary become condition keys.
fn holder_arn(state: &State, call: &Call, context: &mut Brought, id: Option<&str>, kind: &str, name: &str) -> String {
    let (account, iam) = (call.account(), &state.iam);
    let by_name = || format!("arn:aws:iam::{account}:{kind}/{name}");
    let Some(id) = id else { return by_name() };
    for (key, value) in iam.tags.of(View::Settled, account, id) {
        set(context, &format!("aws:ResourceTag/{key}"), value);
        set(context, &format!("iam:ResourceTag/{key}"), value);
    }
    if call.text("PermissionsBoundary").is_empty()
        && let Some(boundary) = iam.boundary(View::Settled, account, id)
    {
        set(context, "iam:PermissionsBoundary", boundary);
    }
    let arn = if kind == "user" {
        iam.user_arn(View::Settled, account, id)
    } else {
        iam.role_arn(View::Settled, account, id)
    };
    arn.unwrap_or_else(by_name)
}

/// What a user or group is called after an update.
fn moved(call: &Call, now: &str) -> String {
    let (kind, member) = match call.request.operation.as_str() {
        "UpdateUser" => ("user", "NewUserName"),
        _ => ("group", "NewGroupName"),
    };
    let (base, old) = now.rsplit_once('/').unwrap_or((now, ""));
    let name = match call.text(member) {
        "" => old,
        name => name,
    };
    match call.text("NewPath") {
        "" => format!("{base}/{name}"),
        path => format!("arn:aws:iam::{}:{kind}{path}{name}", call.account()),
    }
}

fn own_user(caller: &Caller) -> Option<&str> {
    match caller {
        Caller::Session(session) if matches!(session.of, SessionOf::Role(_)) => None,
        _ => identity(caller),
    }
}
