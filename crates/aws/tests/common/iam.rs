//! IAM, as far as Severance uses it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::world::{Answer, Principal, State};
use super::{ACCOUNT, CREATED};

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
        "GetLoginProfile" if find(&mut state.users, &user)?.password => {
            format!("<LoginProfile><UserName>{user}</UserName><CreateDate>{CREATED}</CreateDate></LoginProfile>")
        }
        "GetLoginProfile" => return Err(gone()),
        "ListAttachedUserPolicies" => "<AttachedPolicies/>".to_owned(),
        "ListGroupsForUser" => "<Groups/>".to_owned(),
        "UpdateAccessKey" => {
            let key = find(&mut state.users, &user)?.keys.get_mut(&text("AccessKeyId")).ok_or_else(gone)?;
            *key = text("Status") == "Active";
            state.wrote("ListAccessKeys");
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
        "GetUserPolicy" | "GetRolePolicy" => {
            let lags = state.lags(if role.is_empty() { "GetUserPolicy" } else { "GetRolePolicy" });
            let holder = if role.is_empty() { find(&mut state.users, &user)? } else { find(&mut state.roles, &role)? };
            let document = holder.policies.get(&text("PolicyName")).filter(|_| !lags).ok_or_else(gone)?;
            let document = utf8_percent_encode(document, NON_ALPHANUMERIC);
            format!("<UserName>{user}</UserName><PolicyName>p</PolicyName><PolicyDocument>{document}</PolicyDocument>")
        }
        "TagUser" => {
            let user = find(&mut state.users, &user)?;
            user.tags.insert(text("Tags.member.1.Key"), text("Tags.member.1.Value"));
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

fn gone() -> (u16, String) {
    (404, "NoSuchEntity".to_owned())
}

fn find<'a>(among: &'a mut BTreeMap<String, Principal>, name: &str) -> Result<&'a mut Principal, (u16, String)> {
    among.get_mut(name).ok_or_else(gone)
}

fn principal(prefix: &str, kind: &str, name: &str, of: &Principal) -> String {
    let mut tags = String::new();
    for (key, value) in &of.tags {
        let _ = write!(tags, "<member><Key>{key}</Key><Value>{value}</Value></member>");
    }
    format!(
        "<Path>/</Path><{prefix}Name>{name}</{prefix}Name><{prefix}Id>{}</{prefix}Id>\
         <Arn>arn:aws:iam::{ACCOUNT}:{kind}/{name}</Arn><CreateDate>{CREATED}</CreateDate><Tags>{tags}</Tags>",
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
