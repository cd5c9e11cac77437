//! What the policies of a user or a role say, and what is said where AWS does not tell.

use std::collections::BTreeSet;

use crate::common::*;
use severance_aws::error::AwsError;
use severance_domain::ids::Arn;
use severance_domain::radius::permissions::{Permissions, PolicyDocument, Via};
use severance_domain::radius::{Facts, Level, assess};
use severance_domain::subject::{Inventory, Subject, SubjectKind};

/// By these permissions are read. A function that may not use one reads the rest, and says so.
const PERMISSION_READS: [&str; 14] = [
    "iam:GetUser",
    "iam:GetRole",
    "iam:ListGroupsForUser",
    "iam:ListAttachedUserPolicies",
    "iam:ListAttachedRolePolicies",
    "iam:ListAttachedGroupPolicies",
    "iam:ListUserPolicies",
    "iam:ListRolePolicies",
    "iam:ListGroupPolicies",
    "iam:GetUserPolicy",
    "iam:GetRolePolicy",
    "iam:GetGroupPolicy",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
];

/// A policy that allows one action on everything. Its text has what percent-encoding must keep.
fn allows(action: &str) -> String {
    format!(r#"{{"Statement": [{{"Sid": "a+b %25 ü", "Effect": "Allow", "Action": "{action}", "Resource": "*"}}]}}"#)
}

fn managed(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

fn subject(kind: SubjectKind, name: &str) -> Subject {
    let kind_name = if kind == SubjectKind::Role { "role" } else { "user" };
    let arn = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:{kind_name}/{name}")).ok();
    Subject { kind, account: ACCOUNT.try_into().unwrap(), name: name.to_owned(), arn, unique_id: None }
}

fn user() -> Subject {
    subject(SubjectKind::User, USER)
}

fn role() -> Subject {
    subject(SubjectKind::Role, ROLE)
}

/// A user and a role with policies by every way there is, one to a page.
fn held() -> FakeAws {
    let aws = one_user();
    let own = Principal {
        attached: vec![managed("shared"), managed("own")],
        policies: [("z-inline".to_owned(), allows("s3:GetObject")), ("inline".to_owned(), allows("sqs:*"))].into(),
        groups: vec!["ops".to_owned(), "dev".to_owned()],
        boundary: Some(managed("boundary")),
        ..Principal::default()
    };
    {
        let mut state = aws.state();
        state.page = 1;
        let user = state.users.remove(USER).unwrap();
        state.users.insert(USER.to_owned(), Principal { id: user.id, keys: user.keys, ..own.clone() });
        state.roles.insert(ROLE.to_owned(), Principal { id: "AROAEXAMPLE".to_owned(), groups: vec![], ..own });
        let ops = Principal {
            attached: vec![managed("shared")],
            policies: [("group-inline".to_owned(), allows("iam:PutUserPolicy"))].into(),
            ..Principal::default()
        };
        state.groups = [("ops".to_owned(), ops), ("dev".to_owned(), Principal::default())].into();
        state.managed = [
            (managed("shared"), allows("ec2:*")),
            (managed("own"), allows("sns:*")),
            (managed("boundary"), allows("*")),
        ]
        .into();
    }
    aws
}

async fn read(aws: &FakeAws, subject: &Subject) -> Result<Permissions, AwsError> {
    identities(aws, &settings("enforce")).permissions(subject).await
}

fn listed(permissions: &Permissions) -> Vec<(&str, Via)> {
    permissions.policies.iter().map(|policy| (policy.name.as_str(), policy.via.clone())).collect()
}

#[tokio::test(start_paused = true)]
async fn every_policy_that_applies_is_read_and_each_document_once() {
    let aws = held();
    let of_user = read(&aws, &user()).await.unwrap();
    let group = |name: &str| Via::Group(name.to_owned());
    let own = [("own", Via::Attached), ("shared", Via::Attached), ("inline", Via::Inline), ("z-inline", Via::Inline)];
    assert_eq!(listed(&of_user), [&own[..], &[("group-inline", group("ops")), ("shared", group("ops"))]].concat());
    assert_eq!(of_user.policies[3].document, PolicyDocument::parse(&allows("s3:GetObject")).unwrap());
    assert_eq!(of_user.boundary, Some(PolicyDocument::parse(&allows("*")).unwrap()));
    assert!(of_user.unread.is_empty());
    let mut calls = aws.take_calls();
    assert_eq!(calls.iter().filter(|call| *call == "iam:GetPolicyVersion").count(), 3, "shared, own, boundary");

    let of_role = read(&aws, &role()).await.unwrap();
    assert_eq!((listed(&of_role), of_role.boundary.is_some()), (own.to_vec(), true));
    calls.extend(aws.take_calls());
    let called: BTreeSet<&str> = calls.iter().map(String::as_str).collect();
    assert_eq!(called, PERMISSION_READS.into());

    let radius = assess(&Facts {
        subject: &user(),
        inventory: &Inventory::default(),
        permissions: Some(&of_user),
        trust: None,
        now: "2026-03-01T12:00:00Z".parse().unwrap(),
    });
    assert_eq!(radius.level, Level::Critical);
    assert!(radius.reasons[0].says.contains("iam:PutUserPolicy on itself"), "{radius:#?}");
    assert!(radius.reasons[0].says.contains("policy group-inline of group ops"), "{radius:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_aws_refuses_is_unread_and_all_else_is_read() {
    for action in PERMISSION_READS {
        let aws = held();
        let whole = read(&aws, &user()).await.unwrap().policies.len();
        aws.take_calls();
        for subject in [user(), role()] {
            aws.fault(action, DENIED, usize::MAX);
            let permissions = read(&aws, &subject).await.unwrap();
            let asked = aws.take_calls().iter().any(|call| call == action);
            let said =
                permissions.unread.iter().any(|unread| unread.contains(&format!("{action} answered AccessDenied")));
            assert_eq!(said, asked, "{action}: {permissions:#?}");
            assert!(!permissions.policies.is_empty() && permissions.policies.len() <= whole, "{action}");
            aws.mend();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_try_may_mend_is_an_error() {
    const TOO_MANY: Fault = Fault::Refuse(429, "SomethingNew");
    for action in PERMISSION_READS {
        for fault in [THROTTLED, BROKEN, TOO_MANY, Fault::Silence] {
            let aws = held();
            let subject = if action.contains("Role") { role() } else { user() };
            aws.fault(action, fault, usize::MAX);
            let error = read(&aws, &subject).await.unwrap_err();
            assert!(error.retryable && error.action == action, "{action}: {error}");
            aws.mend();
            assert!(read(&aws, &subject).await.unwrap().unread.is_empty(), "{action}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_that_is_gone_or_no_policy_is_unread() {
    let aws = held();
    {
        let mut state = aws.state();
        state.managed.remove(&managed("own"));
        state.managed.insert(managed("boundary"), "{".to_owned());
        let user = state.users.get_mut(USER).unwrap();
        user.policies.insert("inline".to_owned(), r#"{"Statement":[{"Effect":"Allow"}]}"#.to_owned());
    }
    let permissions = read(&aws, &user()).await.unwrap();
    let unread = &permissions.unread;
    assert_eq!(unread.len(), 4, "{unread:#?}");
    for (unread, expected) in unread.iter().zip([
        "inline policy inline: it is no policy that can be read",
        "its permissions boundary: it may be able to do less",
        "policy arn:aws:iam::111122223333:policy/boundary: it is no policy that can be read",
        "policy arn:aws:iam::111122223333:policy/own: iam:GetPolicy answered NoSuchEntity",
    ]) {
        assert!(unread.contains(expected), "{unread}");
    }
    assert_eq!((permissions.policies.len(), permissions.boundary), (4, None));
}

#[tokio::test(start_paused = true)]
async fn what_has_no_policies_is_not_asked_for_any() {
    let aws = held();
    for kind in [SubjectKind::Secret, SubjectKind::Root, SubjectKind::Person, SubjectKind::Unresolved] {
        assert_eq!(read(&aws, &subject(kind, "x")).await.unwrap(), Permissions::default());
    }
    assert_eq!(read(&aws, &subject(SubjectKind::User, "no name")).await.unwrap().unread.len(), 1);
    assert!(aws.take_calls().is_empty());
}
