//! What the policies of a user or a role say, its groups' and its boundary's among them.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{try_join, try_join4};
use futures::{StreamExt as _, TryStreamExt as _};
use severance_domain::ids::IamName;
use severance_domain::radius::permissions::{GrantedPolicy, Permissions, PolicyDocument, Via};
use severance_domain::right::iam;
use severance_domain::subject::{Subject, SubjectKind};

use super::found::document;
use super::reader::Identities;
use crate::error::AwsError;

const GET_USER: &str = iam::GET_USER.action;
const GET_ROLE: &str = iam::GET_ROLE.action;
const GET_USER_POLICY: &str = iam::GET_USER_POLICY.action;
const GET_ROLE_POLICY: &str = iam::GET_ROLE_POLICY.action;
const GET_GROUP_POLICY: &str = iam::GET_GROUP_POLICY.action;
const GET_POLICY: &str = iam::GET_POLICY.action;
const GET_POLICY_VERSION: &str = iam::GET_POLICY_VERSION.action;

/// Documents that are read at the same time: a user has at most 10 managed policies and 10 groups unless AWS raised its
/// quota, and IAM slows down who asks for more at once.
const AT_ONCE: usize = 8;

/// Whose policies.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    User(String),
    Role(String),
    Group(String),
}

/// A managed policy, by name and ARN.
type Attached = (String, String);

/// One document to read.
enum Wanted {
    Managed(String),
    Inline(Holder, String),
}

/// What was read, or why not.
type Told<T> = Result<T, String>;

/// All pages of a list.
macro_rules! listed {
    ($action:literal, $call:expr, $page:ident => $items:expr) => {{
        let mut found = Vec::new();
        let mut pages = $call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let $page = page.map_err(|error| AwsError::of($action, &error))?;
            found.extend($items);
        }
        Ok(found)
    }};
}

macro_rules! attached {
    ($action:literal, $call:expr) => {
        listed!($action, $call, page => page.attached_policies().iter().filter_map(|policy| {
            Some((policy.policy_name()?.to_owned(), policy.policy_arn()?.to_owned()))
        }))
    };
}

impl Identities {
    /// The policies that apply to a user or a role. What AWS refuses to tell is listed as unread; only what another try
    /// may mend is an error. Of another subject nothing is read: it has no such policies.
    pub async fn permissions(&self, subject: &Subject) -> Result<Permissions, AwsError> {
        let name = || IamName::try_from(subject.name.as_str()).map(String::from);
        let holder = match subject.kind {
            SubjectKind::User => name().map(Holder::User),
            SubjectKind::Role => name().map(Holder::Role),
            _ => return Ok(Permissions::default()),
        };
        let Ok(holder) = holder else {
            let unread = vec!["its policies: its name is not one that IAM allows".to_owned()];
            return Ok(Permissions { unread, ..Permissions::default() });
        };
        let mut unread = Vec::new();
        let (boundary, attached, inline, groups) = try_join4(
            told("its permissions boundary", self.boundary(&holder)),
            told("the policies attached to it", self.attached(&holder)),
            told("its inline policies", self.inline(&holder)),
            told("its groups", self.groups(&holder)),
        )
        .await?;
        let boundary = keep(boundary, &mut unread);
        let mut managed: Vec<(Attached, Via)> = Vec::new();
        let mut inlined: Vec<(Holder, String, Via)> = Vec::new();
        managed.extend(keep(attached, &mut unread).into_iter().map(|policy| (policy, Via::Attached)));
        inlined.extend(keep(inline, &mut unread).into_iter().map(|name| (holder.clone(), name, Via::Inline)));
        let of_groups = futures::stream::iter(keep(groups, &mut unread).into_iter().map(|group| async move {
            let holder = Holder::Group(group.clone());
            let (attached, inline) =
                (format!("the policies attached to group {group}"), format!("the inline policies of group {group}"));
            let both = try_join(told(&attached, self.attached(&holder)), told(&inline, self.inline(&holder))).await?;
            Ok::<_, AwsError>((group, both))
        }))
        // Two lists each.
        .buffered(AT_ONCE / 2)
        .try_collect::<Vec<_>>()
        .await?;
        for (group, (attached, inline)) in of_groups {
            let via = Via::Group(group.clone());
            managed.extend(keep(attached, &mut unread).into_iter().map(|policy| (policy, via.clone())));
            let names = keep(inline, &mut unread).into_iter();
            inlined.extend(names.map(|name| (Holder::Group(group.clone()), name, via.clone())));
        }
        self.documents(boundary, managed, inlined, unread).await
    }

    /// Reads each document once, however often it applies.
    async fn documents(
        &self,
        boundary: Option<String>,
        managed: Vec<(Attached, Via)>,
        inlined: Vec<(Holder, String, Via)>,
        mut unread: Vec<String>,
    ) -> Result<Permissions, AwsError> {
        let arns: BTreeSet<String> = managed.iter().map(|((_, arn), _)| arn.clone()).chain(boundary.clone()).collect();
        let inline = inlined.iter().map(|(holder, name, _)| Wanted::Inline(holder.clone(), name.clone()));
        let wanted: Vec<Wanted> = inline.chain(arns.iter().cloned().map(Wanted::Managed)).collect();
        let mut read = futures::stream::iter(wanted.into_iter().map(|wanted| self.document(wanted)))
            .buffered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?
            .into_iter();
        let mut policies: Vec<GrantedPolicy> = Vec::new();
        for ((_, name, via), document) in inlined.into_iter().zip(read.by_ref()) {
            policies.extend(noted(document, &mut unread).map(|document| GrantedPolicy { name, via, document }));
        }
        let by_arn: BTreeMap<String, Option<PolicyDocument>> =
            arns.into_iter().zip(read.map(|document| noted(document, &mut unread))).collect();
        let of = |arn: &str| by_arn.get(arn).cloned().flatten();
        for ((name, arn), via) in managed {
            policies.extend(of(&arn).map(|document| GrantedPolicy { name, via, document }));
        }
        let boundary = match boundary.map(|arn| of(&arn)) {
            Some(None) => {
                unread.push("its permissions boundary: it may be able to do less than its policies say".to_owned());
                None
            }
            boundary => boundary.flatten(),
        };
        // The order in which AWS lists things must not reach the evidence.
        policies.sort_by(|one, other| (&one.via, &one.name).cmp(&(&other.via, &other.name)));
        unread.sort();
        Ok(Permissions { policies, boundary, unread })
    }

    async fn document(&self, wanted: Wanted) -> Result<Told<PolicyDocument>, AwsError> {
        let (what, read) = match &wanted {
            Wanted::Managed(arn) => (format!("policy {arn}"), told("", self.managed_document(arn)).await?),
            Wanted::Inline(holder, name) => {
                (format!("inline policy {name}"), told("", self.inline_document(holder, name)).await?)
            }
        };
        let text = read.and_then(|text| text.ok_or_else(|| "AWS answered without its text".to_owned()));
        let parsed = text.and_then(|text| PolicyDocument::parse(&text).map_err(|error| error.to_string()));
        Ok(parsed.map_err(|why| format!("{what}: {why}")))
    }

    async fn boundary(&self, of: &Holder) -> Result<Option<String>, AwsError> {
        let boundary = match of {
            Holder::User(name) => {
                let answer = self.iam.get_user().user_name(name).send().await;
                let answer = answer.map_err(|error| AwsError::of(GET_USER, &error))?;
                answer.user.and_then(|user| user.permissions_boundary)
            }
            Holder::Role(name) => {
                let answer = self.iam.get_role().role_name(name).send().await;
                let answer = answer.map_err(|error| AwsError::of(GET_ROLE, &error))?;
                answer.role.and_then(|role| role.permissions_boundary)
            }
            Holder::Group(_) => None,
        };
        Ok(boundary.and_then(|boundary| boundary.permissions_boundary_arn))
    }

    async fn groups(&self, of: &Holder) -> Result<Vec<String>, AwsError> {
        let Holder::User(name) = of else { return Ok(vec![]) };
        listed!("iam:ListGroupsForUser", self.iam.list_groups_for_user().user_name(name),
            page => page.groups().iter().map(|group| group.group_name().to_owned()))
    }

    async fn attached(&self, of: &Holder) -> Result<Vec<Attached>, AwsError> {
        let iam = &self.iam;
        match of {
            Holder::User(name) => {
                attached!("iam:ListAttachedUserPolicies", iam.list_attached_user_policies().user_name(name))
            }
            Holder::Role(name) => {
                attached!("iam:ListAttachedRolePolicies", iam.list_attached_role_policies().role_name(name))
            }
            Holder::Group(name) => {
                attached!("iam:ListAttachedGroupPolicies", iam.list_attached_group_policies().group_name(name))
            }
        }
    }

    async fn inline(&self, of: &Holder) -> Result<Vec<String>, AwsError> {
        let iam = &self.iam;
        match of {
            Holder::User(name) => listed!("iam:ListUserPolicies", iam.list_user_policies().user_name(name),
                page => page.policy_names().iter().cloned()),
            Holder::Role(name) => listed!("iam:ListRolePolicies", iam.list_role_policies().role_name(name),
                page => page.policy_names().iter().cloned()),
            Holder::Group(name) => listed!("iam:ListGroupPolicies", iam.list_group_policies().group_name(name),
                page => page.policy_names().iter().cloned()),
        }
    }

    async fn inline_document(&self, of: &Holder, policy: &str) -> Result<Option<String>, AwsError> {
        let iam = &self.iam;
        match of {
            Holder::User(name) => {
                let answer = iam.get_user_policy().user_name(name).policy_name(policy).send().await;
                let answer = answer.map_err(|error| AwsError::of(GET_USER_POLICY, &error))?;
                Ok(document(Some(answer.policy_document())))
            }
            Holder::Role(name) => {
                let answer = iam.get_role_policy().role_name(name).policy_name(policy).send().await;
                let answer = answer.map_err(|error| AwsError::of(GET_ROLE_POLICY, &error))?;
                Ok(document(Some(answer.policy_document())))
            }
            Holder::Group(name) => {
                let answer = iam.get_group_policy().group_name(name).policy_name(policy).send().await;
                let answer = answer.map_err(|error| AwsError::of(GET_GROUP_POLICY, &error))?;
                Ok(document(Some(answer.policy_document())))
            }
        }
    }

    /// The default version is the one in force, and only the policy says which it is.
    async fn managed_document(&self, arn: &str) -> Result<Option<String>, AwsError> {
        let answer = self.iam.get_policy().policy_arn(arn).send().await;
        let answer = answer.map_err(|error| AwsError::of(GET_POLICY, &error))?;
        let Some(version) = answer.policy().and_then(|policy| policy.default_version_id()) else { return Ok(None) };
        let answer = self.iam.get_policy_version().policy_arn(arn).version_id(version).send().await;
        let answer = answer.map_err(|error| AwsError::of(GET_POLICY_VERSION, &error))?;
        Ok(document(answer.policy_version().and_then(|version| version.document())))
    }
}

/// Turns what no other try can mend into words, and leaves the rest an error.
async fn told<T>(what: &str, read: impl Future<Output = Result<T, AwsError>>) -> Result<Told<T>, AwsError> {
    match read.await {
        Err(error) if error.retryable => Err(error),
        Err(error) if what.is_empty() => Ok(Err(error.to_string())),
        Err(error) => Ok(Err(format!("{what}: {error}"))),
        Ok(read) => Ok(Ok(read)),
    }
}

/// What was told, or nothing, and then it is noted.
fn keep<T: Default>(told: Told<T>, unread: &mut Vec<String>) -> T {
    noted(told, unread).unwrap_or_default()
}

fn noted<T>(told: Told<T>, unread: &mut Vec<String>) -> Option<T> {
    told.map_err(|why| unread.push(why)).ok()
}
