//! Blast radius: what policies as people write them come to, and what holds of all of them.

mod as_written;
mod properties;
mod reasons;

use crate::common::{ACCOUNT, now};
use severance_domain::ids::Arn;
use severance_domain::radius::permissions::{GrantedPolicy, Permissions, PolicyDocument, Via};
use severance_domain::radius::{BlastRadius, Facts, ReasonKind as Kind, assess};
use severance_domain::subject::{Inventory, Subject, SubjectKind};

fn identity(kind: SubjectKind, name: &str) -> Subject {
    let kind_name = if kind == SubjectKind::Role { "role" } else { "user" };
    let arn = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:{kind_name}/{name}")).ok();
    Subject { kind, account: ACCOUNT.try_into().unwrap(), name: name.to_owned(), arn, unique_id: None }
}

fn user() -> Subject {
    identity(SubjectKind::User, "ci")
}

fn role() -> Subject {
    identity(SubjectKind::Role, "app")
}

fn policy(name: &str, statements: &str) -> GrantedPolicy {
    let document = PolicyDocument::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
    GrantedPolicy { name: name.to_owned(), via: Via::Inline, document: document.unwrap() }
}

fn permissions(statements: &str) -> Permissions {
    Permissions { policies: vec![policy("p", statements)], ..Permissions::default() }
}

fn judge(subject: &Subject, permissions: &Permissions) -> BlastRadius {
    assess(&Facts {
        subject,
        inventory: &Inventory::default(),
        permissions: Some(permissions),
        trust: (subject.kind == SubjectKind::Role).then_some(r#"{"Statement":[]}"#),
        now: now(),
    })
}

fn kinds(radius: &BlastRadius) -> Vec<Kind> {
    radius.reasons.iter().map(|reason| reason.kind).collect()
}

fn says(radius: &BlastRadius, kind: Kind) -> &str {
    &radius.reasons.iter().find(|reason| reason.kind == kind).unwrap_or_else(|| panic!("{radius:?}")).says
}

fn allow(actions: &str, resources: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#)
}

const POWER_USER: &str = r#"{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},
    {"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:ListRoles"],"Resource":"*"}"#;
const OWN_CREDENTIALS: &str = r#"{"Effect":"Allow","Action":["iam:*AccessKey*","iam:*LoginProfile","iam:GetUser"],
    "Resource":"arn:aws:iam::*:user/${aws:username}"}"#;
const LAMBDA_LOGS: &str = r#"{"Effect":"Allow","Resource":"*",
    "Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"]}"#;
const DEPLOY: &str = r#"{"Effect":"Allow","Action":"cloudformation:*","Resource":"*"},
    {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/cfn-deploy"}"#;
