//! IAM, as far as Severance uses it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::fake_aws::{Principal, State};
use super::protocol::Answer;
use super::{ACCOUNT, CREATED};

#[allow(clippy::too_many_lines, reason = "one arm for each call, and nothing else")]
pub(crate) fn answer(state: &mut State, operation: &str, form: &Value) -> Answer {
    let text = |name: &str| form[name].as_str().unwrap_or_default().to_owned();
    let (user, role) = (text("UserName"), text("RoleName"));
    let result = match operation {
        "GetUser" => format!("<User>{}</User>", principal("User", "user", &user, find(&mut state.users, &user)?)),
        "GetRole" => format!("<Role>{}</Role>", principal("Role", "role", &role, find(&mut state.roles, &role)?)),
        "ListUsers" => {
            list(&state.users, "Users", state.page, &text("Marker"), |name, of| principal("User", "user", name, of))
        }
        "ListRoles" => {
            list(&state.roles, "Roles", state.page, &text("Marker"), |name, of| principal("Role", "role", name, of))
        }
        "GetAccountAuthorizationDetails" => details(state, &text("Marker")),
        "ListAccessKeys" => {
            let lags = state.lags("ListAccessKeys");
            let page = state.page;
            let keys = find(&mut state.users, &user)?.keys.clone();
            list(&keys, "AccessKeyMetadata", page, &text("Marker"), |id, active| {
                let status = if *active || lags { "Active" } else { "Inactive" };
                format!("<AccessKeyId>{id}</AccessKeyId><Status>{status}</Status><CreateDate>{CREATED}</CreateDate>")
            })
        }
        "GetAccessKeyLastUsed" => {
            let id = text("AccessKeyId");
            let holder = state.users.iter().find(|(_, user)| user.keys.contains_key(&id)).ok_or_else(gone)?.0;
            let last_use =
                state.last_used.get(&id).map(|at| format!("<LastUsedDate>{at}</LastUsedDate>")).unwrap_or_default();
            format!(
                "<UserName>{holder}</UserName><AccessKeyLastUsed>{last_use}<ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>"
            )
        }
        "CreateAccessKey" => super::vault::create_key(state, &user)?,
        "DeleteAccessKey" => {
            find(&mut state.users, &user)?.keys.remove(&text("AccessKeyId")).ok_or_else(gone)?;
            String::new()
        }
        "GetLoginProfile" if find(&mut state.users, &user)?.password => {
            format!("<LoginProfile><UserName>{user}</UserName><CreateDate>{CREATED}</CreateDate></LoginProfile>")
        }
        "GetLoginProfile" => return Err(gone()),
        "DeleteLoginProfile" => {
            let user = find(&mut state.users, &user)?;
            if !std::mem::take(&mut user.password) {
                return Err(gone());
            }
            String::new()
        }
        "ListSSHPublicKeys" => {
            let page = state.page;
            list(&find(&mut state.users, &user)?.ssh_keys, "SSHPublicKeys", page, &text("Marker"), |id, status| {
                format!(
                    "<UserName>{user}</UserName><SSHPublicKeyId>{id}</SSHPublicKeyId><Status>{status}</Status>\
                     <UploadDate>{CREATED}</UploadDate>"
                )
            })
        }
        "ListSigningCertificates" => {
            let page = state.page;
            list(&find(&mut state.users, &user)?.certificates, "Certificates", page, &text("Marker"), |id, status| {
                format!(
                    "<UserName>{user}</UserName><CertificateId>{id}</CertificateId><CertificateBody>c</CertificateBody>\
                     <Status>{status}</Status><UploadDate>{CREATED}</UploadDate>"
                )
            })
        }
        "ListServiceSpecificCredentials" => {
            let page = state.page;
            let held = &find(&mut state.users, &user)?.service_credentials;
            list(held, "ServiceSpecificCredentials", page, &text("Marker"), |id, status| {
                format!(
                    "<UserName>{user}</UserName><ServiceSpecificCredentialId>{id}</ServiceSpecificCredentialId>\
                     <ServiceName>bedrock.amazonaws.com</ServiceName><Status>{status}</Status>\
                     <CreateDate>{CREATED}</CreateDate>"
                )
            })
        }
        "UpdateSSHPublicKey" => {
            let keys = &mut find(&mut state.users, &user)?.ssh_keys;
            *keys.get_mut(&text("SSHPublicKeyId")).ok_or_else(gone)? = text("Status");
            String::new()
        }
        "UpdateSigningCertificate" => {
            let certificates = &mut find(&mut state.users, &user)?.certificates;
            *certificates.get_mut(&text("CertificateId")).ok_or_else(gone)? = text("Status");
            String::new()
        }
        "UpdateServiceSpecificCredential" => {
            let credentials = &mut find(&mut state.users, &user)?.service_credentials;
            *credentials.get_mut(&text("ServiceSpecificCredentialId")).ok_or_else(gone)? = text("Status");
            String::new()
        }
        "UpdateAssumeRolePolicy" => {
            let document = text("PolicyDocument");
            // The default quota on a role trust policy; white space does not count.
            if document.chars().filter(|c| !c.is_whitespace()).count() > 2_048 {
                return Err((409, "LimitExceeded".to_owned()));
            }
            if !is_taken(&document) {
                return Err((400, "MalformedPolicyDocument".to_owned()));
            }
            find(&mut state.roles, &role)?.trust = Some(document);
            String::new()
        }
        "GetPolicy" if state.policies.contains_key(&text("PolicyArn")) => {
            let policy = state.policies.get(&text("PolicyArn")).ok_or_else(gone)?;
            format!(
                "<Policy><Arn>{}</Arn><DefaultVersionId>v{}</DefaultVersionId></Policy>",
                text("PolicyArn"),
                policy.default
            )
        }
        "ListPolicyVersions" => {
            let policy = state.policies.get(&text("PolicyArn")).ok_or_else(gone)?;
            let versions = policy.versions.keys().rev().map(|n| {
                let is_default = *n == policy.default;
                let written = written(*n);
                let shown = format!(
                    "<VersionId>v{n}</VersionId><IsDefaultVersion>{is_default}</IsDefaultVersion><CreateDate>{written}</CreateDate>"
                );
                ("Versions", shown)
            });
            paged(&versions.collect::<Vec<_>>(), &["Versions"], state.page, &text("Marker"))
        }
        "SetDefaultPolicyVersion" => {
            let policy = state.policies.get_mut(&text("PolicyArn")).ok_or_else(gone)?;
            policy.default = text("VersionId").trim_start_matches('v').parse().unwrap();
            String::new()
        }
        "DeletePolicyVersion" => {
            let policy = state.policies.get_mut(&text("PolicyArn")).ok_or_else(gone)?;
            let n = text("VersionId").trim_start_matches('v').parse().unwrap();
            if policy.default == n {
                return Err((409, "DeleteConflict".to_owned()));
            }
            policy.versions.remove(&n).ok_or_else(gone)?;
            String::new()
        }
        "GetPolicyVersion" if state.policies.contains_key(&text("PolicyArn")) => {
            let policy = state.policies.get(&text("PolicyArn")).ok_or_else(gone)?;
            let version = text("VersionId");
            let document = policy.versions.get(&version.trim_start_matches('v').parse().unwrap()).ok_or_else(gone)?;
            let document = utf8_percent_encode(document, NON_ALPHANUMERIC);
            format!("<PolicyVersion><Document>{document}</Document><VersionId>{version}</VersionId></PolicyVersion>")
        }
        "CreatePolicyVersion" => {
            let policy = state.policies.get_mut(&text("PolicyArn")).ok_or_else(gone)?;
            if policy.versions.len() >= 5 {
                return Err((409, "LimitExceeded".to_owned()));
            }
            let n = policy.versions.keys().max().unwrap() + 1;
            policy.versions.insert(n, text("PolicyDocument"));
            policy.default = n;
            format!(
                "<PolicyVersion><VersionId>v{n}</VersionId><IsDefaultVersion>true</IsDefaultVersion></PolicyVersion>"
            )
        }
        "ListAttachedUserPolicies" | "ListAttachedRolePolicies" | "ListAttachedGroupPolicies" => {
            let page = state.page;
            let attached = holder(state, &user, &role, &text("GroupName"))?.attached.clone();
            let named = attached.into_iter().map(|arn| (arn.clone(), arn)).collect();
            list(&named, "AttachedPolicies", page, &text("Marker"), |arn, _| {
                let name = arn.rsplit('/').next().unwrap();
                format!("<PolicyName>{name}</PolicyName><PolicyArn>{arn}</PolicyArn>")
            })
        }
        "ListUserPolicies" | "ListRolePolicies" | "ListGroupPolicies" => {
            let page = state.page;
            let policies = holder(state, &user, &role, &text("GroupName"))?.policies.clone();
            list(&policies, "PolicyNames", page, &text("Marker"), |name, _| name.to_owned())
        }
        "ListGroupsForUser" => {
            let page = state.page;
            let names = find(&mut state.users, &user)?.groups.clone();
            let groups = names.into_iter().map(|name| (name, ())).collect();
            list(&groups, "Groups", page, &text("Marker"), |name, ()| {
                principal("Group", "group", name, &Principal { id: format!("AGPA{name}"), ..Principal::default() })
            })
        }
        "GetPolicy" | "GetPolicyVersion" => {
            let document = state.managed.get(&text("PolicyArn")).ok_or_else(gone)?;
            let document = utf8_percent_encode(document, NON_ALPHANUMERIC);
            if operation == "GetPolicy" {
                "<Policy><DefaultVersionId>v7</DefaultVersionId></Policy>".to_owned()
            } else {
                assert_eq!(text("VersionId"), "v7", "the version in force");
                format!("<PolicyVersion><Document>{document}</Document></PolicyVersion>")
            }
        }
        "UpdateAccessKey" => {
            let key = find(&mut state.users, &user)?.keys.get_mut(&text("AccessKeyId")).ok_or_else(gone)?;
            *key = text("Status") == "Active";
            state.wrote("ListAccessKeys");
            String::new()
        }
        "PutUserPolicy" | "PutRolePolicy" if exceeds(state, &text)? => {
            return Err((409, "LimitExceeded".to_owned()));
        }
        "AttachUserPolicy" | "AttachRolePolicy" => {
            let attached = &mut holder(state, &user, &role, "")?.attached;
            // The default quota on managed policies of a user or a role.
            if attached.len() >= 10 && !attached.contains(&text("PolicyArn")) {
                return Err((409, "LimitExceeded".to_owned()));
            }
            attached.retain(|held| *held != text("PolicyArn"));
            attached.push(text("PolicyArn"));
            String::new()
        }
        "DetachUserPolicy" | "DetachRolePolicy" => {
            let attached = &mut holder(state, &user, &role, "")?.attached;
            if !attached.contains(&text("PolicyArn")) {
                return Err(gone());
            }
            attached.retain(|held| *held != text("PolicyArn"));
            String::new()
        }
        "PutUserPolicy" => {
            find(&mut state.users, &user)?.policies.insert(text("PolicyName"), text("PolicyDocument"));
            state.wrote("GetUserPolicy");
            String::new()
        }
        "PutRolePolicy" => {
            find(&mut state.roles, &role)?.policies.insert(text("PolicyName"), text("PolicyDocument"));
            state.wrote("GetRolePolicy");
            String::new()
        }
        "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary" => {
            let holder = if role.is_empty() { find(&mut state.users, &user)? } else { find(&mut state.roles, &role)? };
            holder.boundary = Some(text("PermissionsBoundary"));
            String::new()
        }
        "DeleteUserPermissionsBoundary" | "DeleteRolePermissionsBoundary" => {
            let holder = if role.is_empty() { find(&mut state.users, &user)? } else { find(&mut state.roles, &role)? };
            holder.boundary.take().ok_or_else(gone)?;
            String::new()
        }
        "DeleteUserPolicy" | "DeleteRolePolicy" => {
            let holder = if role.is_empty() { find(&mut state.users, &user)? } else { find(&mut state.roles, &role)? };
            holder.policies.remove(&text("PolicyName")).ok_or_else(gone)?;
            String::new()
        }
        "GetUserPolicy" | "GetRolePolicy" | "GetGroupPolicy" => {
            let lags = state.lags(if role.is_empty() { "GetUserPolicy" } else { "GetRolePolicy" });
            let holder = holder(state, &user, &role, &text("GroupName"))?;
            let document = holder.policies.get(&text("PolicyName")).filter(|_| !lags).ok_or_else(gone)?;
            let document = utf8_percent_encode(document, NON_ALPHANUMERIC);
            format!("<PolicyName>p</PolicyName><PolicyDocument>{document}</PolicyDocument>")
        }
        "TagUser" => {
            let user = find(&mut state.users, &user)?;
            user.tags.insert(text("Tags.member.1.Key"), text("Tags.member.1.Value"));
            String::new()
        }
        "UntagUser" => {
            find(&mut state.users, &user)?.tags.remove(&text("TagKeys.member.1"));
            String::new()
        }
        other => panic!("IAM was asked for {other}"),
    };
    Ok(format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"))
}

impl State {
    pub(crate) fn wrote(&mut self, seen_by: &'static str) {
        self.stale.insert(seen_by, self.lag);
    }

    /// Whether this read still shows what was before the last write.
    pub(crate) fn lags(&mut self, read: &'static str) -> bool {
        match self.stale.get_mut(read) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

/// When a version of a managed policy was written: in the minute of its number.
pub(crate) fn written(version: u64) -> String {
    format!("2026-01-01T00:{version:02}:00Z")
}

/// Whether an inline policy would exceed what all of a user or a role may have together, white space aside.
fn exceeds(state: &mut State, text: &impl Fn(&str) -> String) -> Result<bool, (u16, String)> {
    let (user, role, name) = (text("UserName"), text("RoleName"), text("PolicyName"));
    let most = if role.is_empty() { 2_048 } else { 10_240 };
    let size = |document: &str| document.chars().filter(|c| !c.is_whitespace()).count();
    let policies = &holder(state, &user, &role, "")?.policies;
    let others: usize = policies.iter().filter(|(other, _)| **other != name).map(|(_, held)| size(held)).sum();
    Ok(others + size(&text("PolicyDocument")) > most)
}

fn gone() -> (u16, String) {
    (404, "NoSuchEntity".to_owned())
}

fn find<'a>(among: &'a mut BTreeMap<String, Principal>, name: &str) -> Result<&'a mut Principal, (u16, String)> {
    among.get_mut(name).ok_or_else(gone)
}

/// Whoever a call about policies names.
fn holder<'a>(state: &'a mut State, user: &str, role: &str, group: &str) -> Result<&'a mut Principal, (u16, String)> {
    match (user, role) {
        ("", "") => find(&mut state.groups, group),
        ("", role) => find(&mut state.roles, role),
        (user, _) => find(&mut state.users, user),
    }
}

fn principal(prefix: &str, kind: &str, name: &str, of: &Principal) -> String {
    let mut tags = String::new();
    for (key, value) in &of.tags {
        let _ = write!(tags, "<member><Key>{key}</Key><Value>{value}</Value></member>");
    }
    let trust = of.trust.as_deref().map(|trust| {
        let trust = utf8_percent_encode(trust, NON_ALPHANUMERIC);
        format!("<AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument>")
    });
    let trust = trust.unwrap_or_default();
    let boundary = of.boundary.iter().map(|arn| {
        format!("<PermissionsBoundary><PermissionsBoundaryArn>{arn}</PermissionsBoundaryArn></PermissionsBoundary>")
    });
    let boundary: String = boundary.collect();
    format!(
        "<Path>/</Path><{prefix}Name>{name}</{prefix}Name><{prefix}Id>{}</{prefix}Id>\
         <Arn>arn:aws:iam::{ACCOUNT}:{kind}/{name}</Arn><CreateDate>{CREATED}</CreateDate>\
         <Tags>{tags}</Tags>{trust}{boundary}",
        of.id
    )
}

fn list<T>(
    of: &BTreeMap<String, T>,
    element: &str,
    page: usize,
    marker: &str,
    show: impl Fn(&str, &T) -> String,
) -> String {
    let shown: Vec<(&str, String)> = of.iter().map(|(name, item)| (element, show(name, item))).collect();
    paged(&shown, &[element], page, marker)
}

/// Users first, then roles, page by page.
fn details(state: &State, marker: &str) -> String {
    let users = state.users.iter().map(|(name, of)| ("UserDetailList", principal("User", "user", name, of)));
    let roles = state.roles.iter().map(|(name, of)| ("RoleDetailList", principal("Role", "role", name, of)));
    let all: Vec<(&str, String)> = users.chain(roles).collect();
    paged(&all, &["UserDetailList", "RoleDetailList"], state.page, marker)
}

/// One page of what belongs to these lists together.
fn paged(all: &[(&str, String)], lists: &[&str], page: usize, marker: &str) -> String {
    let from: usize = marker.parse().unwrap_or(0);
    let mut result = String::new();
    for list in lists {
        let _ = write!(result, "<{list}>");
        for (_, item) in all.iter().skip(from).take(page).filter(|(of, _)| of == list) {
            let _ = write!(result, "<member>{item}</member>");
        }
        let _ = write!(result, "</{list}>");
    }
    let more = from + page < all.len();
    let next = if more { format!("<Marker>{}</Marker>", from + page) } else { String::new() };
    format!("{result}<IsTruncated>{more}</IsTruncated>{next}")
}

/// Whether IAM takes this trust policy: it names nobody who is gone, and where it names GitHub, it asks for the subject.
fn is_taken(document: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(document) else { return false };
    let listed = |value: &Value| match value {
        Value::Array(many) => many.clone(),
        one => vec![one.clone()],
    };
    let statements = listed(&document["Statement"]);
    !statements.is_empty()
        && statements.iter().all(|statement| {
            let named = |kind: &str| listed(&statement["Principal"][kind]);
            let is_gone =
                |name: &Value| name.as_str().is_some_and(|name| name.starts_with("AIDA") || name.starts_with("AROA"));
            let is_shared = |name: &Value| name.as_str().is_some_and(|name| name.ends_with(GITHUB));
            let asks = statement["Condition"].to_string().contains(&format!("{GITHUB}:sub"));
            !named("AWS").iter().any(is_gone) && (asks || !named("Federated").iter().any(is_shared))
        })
}

/// An identity provider that many customers share.
const GITHUB: &str = "token.actions.githubusercontent.com";
