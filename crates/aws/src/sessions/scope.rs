//! What of the member role's permissions a session keeps.
//!
//! A session policy gives nothing that the role has not; it takes away. It is as narrow as IAM can be told: exactly
//! these actions, each on the ARNs that this one subject needs. `*` stands for a resource only where the action knows
//! none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName};
use severance_domain::signal::{PrincipalHint, SubjectHint};

/// Characters that a session policy may have (the API reference of `sts:AssumeRole`). What AWS packs it into has
/// another limit, which nobody can compute: STS then answers `PackedPolicyTooLarge`.
pub const POLICY_LIMIT: usize = 2_048;

const USER_READS: [&str; 11] = [
    LAST_USED,
    "iam:GetLoginProfile",
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListAccessKeys",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroupsForUser",
    "iam:ListSSHPublicKeys",
    "iam:ListServiceSpecificCredentials",
    "iam:ListSigningCertificates",
    "iam:ListUserPolicies",
];
const GROUP_READS: [&str; 3] = ["iam:GetGroupPolicy", "iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies"];
const ROLE_READS: [&str; 4] =
    ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"];
const POLICY_READS: [&str; 2] = ["iam:GetPolicy", "iam:GetPolicyVersion"];
const LAST_USED: &str = "iam:GetAccessKeyLastUsed";
const DESCRIBE_SECRET: &str = "secretsmanager:DescribeSecret";

/// Why a session policy cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Patterns, or something else altogether. No wildcard gets into the place of an action.
    #[error("{0:?} is not the name of an IAM action")]
    NotAnAction(String),
    /// A session policy takes printable ASCII.
    #[error("{0:?} holds characters that no session policy may hold")]
    Unwritable(String),
    /// Too many actions for one session.
    #[error(
        "the session policy would have {0} characters, and AWS takes {POLICY_LIMIT}: take fewer steps in one session"
    )]
    TooLarge(usize),
}

/// A session policy in the making. Without any action it denies everything. What cannot be written shows when the policy is
/// needed, which in the hub's own account it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Action to the resources, as policies write them.
    grants: BTreeMap<String, BTreeSet<String>>,
    /// What could not be written, the first of it.
    broken: Option<ScopeError>,
}

impl Scope {
    /// What reading this subject takes: on exactly its ARN where that is known; else on its name under whatever path, which
    /// is one identity all the same, because a name is there once in an account. Where not even the name is known, on all
    /// users or roles, with the calls that search them; those that search the whole account are for leavers and retired
    /// workloads.
    ///
    /// An access key's holder is asked for among all users: a user may have been renamed since the event.
    pub fn read(partition: &str, account: &AccountId, subject: &SubjectHint, access_key: Option<&AccessKeyId>) -> Self {
        let place = Place { partition, account: account.as_str() };
        let mut scope = Self::default();
        match subject {
            SubjectHint::User(hint) => scope.read_user(place, hint, access_key),
            SubjectHint::AccessKeyOnly => scope.read_user(place, &PrincipalHint::default(), access_key),
            SubjectHint::Role(hint) => match place.named("role", hint) {
                Some(role) => {
                    scope.allow(ROLE_READS, role);
                    scope.allow(["rolesanywhere:ListProfiles"], Ok(everything()));
                }
                None if hint.unique_id.is_some() => {
                    scope.allow(["iam:ListRoles"], Ok(everything()));
                    scope.allow(ROLE_READS, Ok(vec![place.iam("role/*")]));
                }
                None => {}
            },
            SubjectHint::Secret { arn } => scope.allow([DESCRIBE_SECRET], written(arn.as_str()).map(|arn| vec![arn])),
            SubjectHint::Person { .. } | SubjectHint::Workload { .. } => {
                scope.allow(["iam:GetAccountAuthorizationDetails", "secretsmanager:ListSecrets"], Ok(everything()));
                scope.allow(USER_READS, Ok(vec![place.iam("user/*")]));
                scope.allow(GROUP_READS, Ok(vec![place.iam("group/*")]));
                scope.allow(ROLE_READS, Ok(vec![place.iam("role/*")]));
                scope.allow([DESCRIBE_SECRET], Ok(vec![place.any_region("secretsmanager", "secret:*")]));
            }
            // The directory is read with the hub's own rights, and nothing about root is read by any call.
            SubjectHint::Root | SubjectHint::DirectoryUser { .. } => {}
        }
        let is_principal = matches!(subject, SubjectHint::User(_) | SubjectHint::AccessKeyOnly | SubjectHint::Role(_));
        if is_principal && !scope.grants.is_empty() {
            // What it may do stands in policies that others share.
            let managed = format!("arn:{partition}:iam::aws:policy/*");
            scope.allow(POLICY_READS, Ok(vec![place.iam("policy/*"), managed]));
        }
        if is_principal && access_key.is_some_and(AccessKeyId::is_temporary) {
            // Whose a session is only CloudTrail knows.
            scope.allow(["cloudtrail:LookupEvents"], Ok(everything()));
        }
        scope
    }

    fn read_user(&mut self, place: Place<'_>, hint: &PrincipalHint, access_key: Option<&AccessKeyId>) {
        let all = vec![place.iam("user/*")];
        let key = access_key.filter(|key| !key.is_temporary());
        match place.named("user", hint) {
            Some(user) => self.allow(USER_READS, user),
            None if key.is_some() || hint.unique_id.is_some() => {
                self.allow(USER_READS, Ok(all.clone()));
                if hint.unique_id.is_some() {
                    self.allow(["iam:ListUsers"], Ok(everything()));
                }
            }
            // There is nothing to ask for.
            None => return,
        }
        self.allow(GROUP_READS, Ok(vec![place.iam("group/*")]));
        if key.is_some() {
            self.grants.insert(LAST_USED.to_owned(), all.into_iter().collect());
        }
    }

    /// Exactly these actions on exactly this subject, and as narrow as [`resource_for`] can say where an action is about
    /// something else.
    pub fn act<'a>(subject: &Arn, actions: impl IntoIterator<Item = &'a str>) -> Self {
        let mut scope = Self::default();
        for action in actions {
            scope.allow([action], resource_for(action, subject));
        }
        scope
    }

    /// What either allows.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (action, resources) in other.grants {
            self.grants.entry(action).or_default().extend(resources);
        }
        self.broken = self.broken.or(other.broken);
        self
    }

    fn allow<'a>(&mut self, actions: impl IntoIterator<Item = &'a str>, resources: Result<Vec<String>, ScopeError>) {
        match resources {
            Ok(resources) => {
                for action in actions {
                    self.grants.entry(action.to_owned()).or_default().extend(resources.iter().cloned());
                }
            }
            Err(error) => self.broken = self.broken.take().or(Some(error)),
        }
    }

    /// The policy as STS takes it.
    ///
    /// # Errors
    /// Where something in it cannot be written, or it does not fit however it is written.
    pub fn policy(&self) -> Result<String, ScopeError> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let exact = self.document(str::to_owned);
        if exact.len() <= POLICY_LIMIT {
            return Ok(exact);
        }
        // A path of up to 512 characters, in some ARN of a user or role, makes the difference. What the name alone says
        // is the same identity.
        let short = self.document(without_path);
        if short.len() <= POLICY_LIMIT { Ok(short) } else { Err(ScopeError::TooLarge(short.len())) }
    }

    /// One statement for each set of resources.
    fn document(&self, write: impl Fn(&str) -> String) -> String {
        let mut statements: BTreeMap<BTreeSet<String>, Vec<&str>> = BTreeMap::new();
        for (action, resources) in &self.grants {
            let resources = resources.iter().map(|resource| write(resource)).collect();
            statements.entry(resources).or_default().push(action);
        }
        let mut statements: Vec<Value> = statements
            .into_iter()
            .map(|(resources, actions)| {
                json!({
                    "Effect": "Allow",
                    "Action": one_or_list(actions.into_iter().map(str::to_owned)),
                    "Resource": one_or_list(resources),
                })
            })
            .collect();
        // A session without a policy would have all that the role has.
        if statements.is_empty() {
            statements.push(json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
        }
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }
}

fn one_or_list(texts: impl IntoIterator<Item = String>) -> Value {
    let mut texts: Vec<String> = texts.into_iter().collect();
    match texts.as_mut_slice() {
        [one] => std::mem::take(one).into(),
        _ => texts.into(),
    }
}

/// What an action about this subject is about, as policies write it: the subject itself, unless AWS knows no resource
/// for the action, or it is about something that belongs to the subject and whose name nobody knows beforehand. By the
/// Service Authorization Reference.
///
/// An action that is missing here gets the subject's own ARN: at worst too little.
///
/// # Errors
/// Where it is none, or the subject's ARN cannot be written into a policy.
pub fn resource_for(action: &str, subject: &Arn) -> Result<Vec<String>, ScopeError> {
    if !is_action(action) {
        return Err(ScopeError::NotAnAction(action.to_owned()));
    }
    let place = Place { partition: subject.partition(), account: subject.account() };
    let (service, name) = action.split_once(':').unwrap_or_default();
    Ok(match (service, name) {
        ("cloudtrail", "LookupEvents")
        | (
            "iam",
            "GenerateCredentialReport"
            | "GetAccountAuthorizationDetails"
            | "GetAccountSummary"
            | "GetCredentialReport"
            | "ListGroups"
            | "ListOpenIDConnectProviders"
            | "ListPolicies"
            | "ListRoles"
            | "ListSAMLProviders"
            | "ListUsers",
        )
        | ("identitystore" | "organizations" | "sso", _)
        | ("rolesanywhere", "ListProfiles" | "ListTrustAnchors")
        | ("secretsmanager", "ListSecrets") => everything(),
        ("iam", "GetGroupPolicy" | "ListAttachedGroupPolicies" | "ListGroupPolicies") => vec![place.iam("group/*")],
        ("iam", "GetPolicy" | "GetPolicyVersion" | "ListPolicyVersions") if !is_policy(subject) => {
            // AWS's own policies are there too.
            vec![place.iam("policy/*"), Place { account: "aws", ..place }.iam("policy/*")]
        }
        ("iam", "CreatePolicyVersion" | "DeletePolicyVersion" | "SetDefaultPolicyVersion") if !is_policy(subject) => {
            vec![place.iam("policy/*")]
        }
        ("rolesanywhere", name) if name.ends_with("TrustAnchor") => {
            vec![place.any_region("rolesanywhere", "trust-anchor/*")]
        }
        ("rolesanywhere", _) => vec![place.any_region("rolesanywhere", "profile/*")],
        // Which function rotates a secret, the member role's own permissions say.
        ("lambda", "InvokeFunction") => vec![place.any_region("lambda", "function:*")],
        _ => vec![written(subject.as_str())?],
    })
}

fn is_policy(arn: &Arn) -> bool {
    arn.name_of("policy").is_some()
}

fn is_action(text: &str) -> bool {
    let is_name = |text: &str, extra: &[u8]| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
    };
    text.split_once(':').is_some_and(|(service, name)| is_name(service, b"-") && is_name(name, b""))
}

fn everything() -> Vec<String> {
    vec!["*".to_owned()]
}

/// An account in a partition.
#[derive(Clone, Copy)]
struct Place<'a> {
    partition: &'a str,
    account: &'a str,
}

impl Place<'_> {
    fn iam(self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account)
    }

    fn any_region(self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:*:{}:{resource}", self.partition, self.account)
    }

    /// The ARNs of the user or role of this hint, if it says more than an id.
    fn named(self, kind: &str, hint: &PrincipalHint) -> Option<Result<Vec<String>, ScopeError>> {
        let from_arn = hint.arn.as_ref().and_then(|arn| IamName::try_from(arn.name_of(kind)?).ok());
        let name = hint.name.as_ref().or(from_arn.as_ref())?;
        // A session's ARN names its role, too, but not as IAM does.
        let exact = hint.arn.as_ref().filter(|arn| {
            from_arn.as_ref() == Some(name)
                && (arn.service(), arn.partition(), arn.account()) == ("iam", self.partition, self.account)
        });
        Some(match exact {
            Some(arn) => written(arn.as_str()).map(|arn| vec![arn]),
            None => Ok(vec![self.iam(&format!("{kind}/{name}")), self.iam(&format!("{kind}/*/{name}"))]),
        })
    }
}

/// An ARN as a policy writes it, so that it means itself: a path may hold `*`, `?` and `$`, and an event anything.
fn written(arn: &str) -> Result<String, ScopeError> {
    if !arn.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(ScopeError::Unwritable(arn.to_owned()));
    }
    let mut text = String::with_capacity(arn.len());
    for character in arn.chars() {
        match character {
            '*' | '?' | '$' => text.extend(['$', '{', character, '}']),
            other => text.push(other),
        }
    }
    Ok(text)
}

/// A user or role by its name under whatever path. IAM knows a name once in an account, so it is the same one.
fn without_path(resource: &str) -> String {
    let shortened = ["user", "role"].iter().find_map(|kind| {
        let (place, rest) = resource.split_once(&format!(":{kind}/"))?;
        let (_, name) = rest.rsplit_once('/')?;
        place.contains(":iam::").then(|| format!("{place}:{kind}/*/{name}"))
    });
    shortened.unwrap_or_else(|| resource.to_owned())
}

#[cfg(test)]
mod tests;
