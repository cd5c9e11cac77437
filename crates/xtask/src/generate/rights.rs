//! Statements of IAM policies from the rights that cards and readers name.

use std::collections::{BTreeMap, BTreeSet};

use severance_catalogue::function::{FUNCTIONS, Function, RESPONDER};
use severance_domain::countermeasure::Kind;
use severance_domain::plan::QUARANTINE_TAG;
use severance_domain::right::{On, Only, Right};

use super::yaml::Yaml;

/// Where a policy is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the stack's account.
    Hub,
    /// In another one, by the role that lets the stack in.
    Member,
}

/// What every function may do that contains users and roles.
pub(super) fn shared() -> BTreeSet<Right> {
    let mut all = FUNCTIONS.iter().filter(|function| contains(function)).map(Function::rights);
    let first = all.next().unwrap_or_default();
    all.fold(first, |shared, rights| &shared & &rights)
}

/// Whether a function contains users and roles.
pub(super) fn contains(function: &Function) -> bool {
    function.takes(Kind::QuarantineUser)
}

/// What may be done in other accounts: whatever the responder may, but for what is only where the stack is (the organization, its
/// directory, and the rotation of keys).
pub(super) fn in_members() -> BTreeSet<Right> {
    let of_stack = |right: &Right| {
        condition_for(*right).is_some()
            || matches!(right.on, On::OwnSecret | On::OwnRotation | On::CopiesSearch | On::OwnResponder)
            || matches!(right.only, Only::ManagedUsers | Only::ManagedSecrets | Only::NewManagedSecrets)
            || matches!(right.only, Only::ThisTag(tag) if tag != QUARANTINE_TAG)
    };
    RESPONDER.rights().into_iter().filter(|right| !of_stack(right)).collect()
}

/// The condition of the template under which a right is there.
pub(super) fn condition_for(right: Right) -> Option<&'static str> {
    match right.service() {
        "identitystore" | "sso" => Some("HasIdentityCenter"),
        "organizations" => Some("HasScpQuarantine"),
        _ if right.on == On::CopiesSearch => Some("HasCopiesSearch"),
        _ => None,
    }
}

/// One statement for all actions on the same resources under the same conditions.
pub(super) fn statements(rights: &BTreeSet<Right>, place: Place) -> Yaml {
    type Group = (On, Only, Vec<&'static str>);
    let mut groups: BTreeMap<(Option<&str>, String, Only), Group> = BTreeMap::new();
    for right in rights {
        let key = (condition_for(*right), format!("{:?}", resources(right.on, place)), right.only);
        let group = groups.entry(key).or_insert_with(|| (right.on, right.only, vec![]));
        group.2.push(right.action);
    }
    let mut statements: Vec<(String, Yaml)> = groups
        .into_iter()
        .map(|((there_if, ..), (on, only, mut actions))| {
            actions.sort_unstable();
            actions.dedup();
            let sid = sid(on, only, there_if);
            let resource = Yaml::one_or_list(resources(on, place));
            let statement = statement(&sid, "Allow", &actions, resource, condition(only));
            (sid, there_if.map_or(statement.clone(), |there_if| Yaml::only_if(there_if, statement).dense()))
        })
        .collect();
    statements.sort_by(|a, b| a.0.cmp(&b.0));
    Yaml::list(statements.into_iter().map(|(_, statement)| statement))
}

/// A statement.
pub(super) fn statement(sid: &str, effect: &str, actions: &[&str], resource: Yaml, condition: Option<Yaml>) -> Yaml {
    let actions = actions.iter().map(|action| Yaml::text(*action)).collect();
    Yaml::map([("Sid", Yaml::text(sid)), ("Effect", Yaml::text(effect)), ("Action", Yaml::one_or_list(actions))])
        .with("Resource", Some(resource))
        .with("Condition", condition)
        .dense()
}

fn sid(on: On, only: Only, there_if: Option<&str>) -> String {
    let what = match on {
        On::User => "Users",
        On::Group => "Groups",
        On::Role => "Roles",
        On::Policy => "Policies",
        On::AnyPolicy => "ReadPolicies",
        On::Profile => "RolesAnywhereProfiles",
        On::Secret => "Secrets",
        On::SecretAnywhere => "ReadSecrets",
        On::OwnSecret => "OwnSecrets",
        On::RotationFunction => "InvokeRotation",
        On::OwnRotation => "InvokeOwnRotation",
        On::CopiesSearch => "SearchCopies",
        On::OwnResponder => "AskForRechecks",
        On::Parameter => "Parameters",
        On::BuildProject => "BuildProjects",
        On::Organization => "AccountsAndTheirPolicies",
        On::Directory => "UsersOfTheDirectory",
        On::Nothing => match there_if {
            Some("HasIdentityCenter") => "FindTheDirectory",
            Some(_) => "PoliciesOfTheOrganization",
            None => "WithoutResource",
        },
    };
    let which = match only {
        Only::All => String::new(),
        Only::ThisTag(tag) => {
            let (_, name) = tag.rsplit_once(':').unwrap_or(("", tag));
            format!("Tag{}", name.split('-').map(capital).collect::<String>())
        }
        Only::ManagedSecrets | Only::ManagedUsers | Only::NewManagedSecrets => "Managed".to_owned(),
        Only::Attaching(name) => format!("Attaching{name}"),
        Only::Boundary(name) => format!("BoundedBy{name}"),
        Only::OwnBoundary => "BoundedByOwnPolicy".to_owned(),
    };
    format!("{what}{which}")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn arn(service: &str, region: &str, account: &str, rest: &str) -> Yaml {
    Yaml::sub(format!("arn:${{AWS::Partition}}:{service}:{region}:{account}:{rest}"))
}

/// What a right is on.
fn resources(on: On, place: Place) -> Vec<Yaml> {
    const ACCOUNT: &str = "${AWS::AccountId}";
    // In other accounts the secrets of leavers are rotated, in whatever Region.
    let region = if place == Place::Hub { "${AWS::Region}" } else { "*" };
    let iam = |rest: &str| arn("iam", "", ACCOUNT, rest);
    let own_function = |name: &str| arn("lambda", region, ACCOUNT, &format!("function:${{AWS::StackName}}-{name}"));
    match on {
        On::User => vec![iam("user/*")],
        On::Group => vec![iam("group/*")],
        On::Role => vec![iam("role/*")],
        On::Policy => vec![iam("policy/*")],
        On::AnyPolicy => vec![iam("policy/*"), arn("iam", "", "aws", "policy/*")],
        On::Profile => vec![arn("rolesanywhere", "*", ACCOUNT, "profile/*")],
        On::Secret => vec![arn("secretsmanager", region, ACCOUNT, "secret:*")],
        On::SecretAnywhere => vec![arn("secretsmanager", "*", ACCOUNT, "secret:*")],
        On::OwnSecret => vec![arn("secretsmanager", region, ACCOUNT, "secret:severance/*")],
        // Those that the deployment names, or whatever Secrets Manager itself made.
        On::RotationFunction => vec![Yaml::If(
            "HasRotationFunctions".to_owned(),
            Box::new(Yaml::r#ref("RotationFunctionArns")),
            Box::new(arn("lambda", region, ACCOUNT, "function:SecretsManager*")),
        )],
        On::OwnRotation => vec![own_function("secret-rotation")],
        On::CopiesSearch => vec![own_function("copies-search")],
        On::OwnResponder => vec![own_function("responder")],
        On::Parameter => vec![arn("ssm", region, ACCOUNT, "parameter/*")],
        On::BuildProject => vec![arn("codebuild", region, ACCOUNT, "project/*")],
        // Accounts, no organizational units and no root; the organization's own policies, not AWS's.
        On::Organization => vec![
            arn("organizations", "", "*", "account/o-*/*"),
            arn("organizations", "", "*", "policy/o-*/service_control_policy/*"),
        ],
        On::Directory | On::Nothing => vec![Yaml::text("*")],
    }
}

/// Which of them.
fn condition(only: Only) -> Option<Yaml> {
    let keys = |keys: Vec<&str>| ("ForAllValues:StringEquals", Yaml::map([("aws:TagKeys", Yaml::texts(keys))]));
    let there = |key: &str| ("Null", Yaml::map([(key, Yaml::text("false"))]));
    let of_aws = |name: &str| Yaml::sub(format!("arn:${{AWS::Partition}}:iam::aws:policy/{name}"));
    let equals = |key: &str, value: &str| ("StringEquals", Yaml::map([(key, Yaml::text(value))]));
    Some(Yaml::map(match only {
        Only::All => return None,
        // Other tags may carry permissions.
        Only::ThisTag(tag) => vec![keys(vec![tag]), there("aws:TagKeys")],
        Only::ManagedSecrets => vec![equals("secretsmanager:ResourceTag/severance:managed", "true")],
        Only::ManagedUsers => vec![there("aws:ResourceTag/severance:secret")],
        Only::NewManagedSecrets => vec![
            equals("aws:RequestTag/severance:managed", "true"),
            keys(vec!["severance:adopted-key", "severance:managed", "severance:user-name"]),
        ],
        Only::Attaching(name) => vec![("ArnEquals", Yaml::map([("iam:PolicyARN", of_aws(name))]))],
        Only::Boundary(name) => vec![("ArnEquals", Yaml::map([("iam:PermissionsBoundary", of_aws(name))]))],
        Only::OwnBoundary => {
            let own = arn("iam", "", "${AWS::AccountId}", "policy/*");
            vec![("ArnLike", Yaml::map([("iam:PermissionsBoundary", own)]))]
        }
    }))
}
