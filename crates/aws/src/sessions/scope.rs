//! What of the member role's permissions a session keeps.
//!
//! A session policy gives nothing that the role has not; it takes away. It is as narrow as IAM can be told: exactly
//! these actions, each on the ARNs that this one subject needs. `*` stands for a resource only where the action knows
//! none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName};
use severance_domain::right::{On, Only, Right, cloudtrail, iam, rolesanywhere, secretsmanager};
use severance_domain::signal::{PrincipalHint, SubjectHint};

/// Characters that a session policy may have (the API reference of `sts:AssumeRole`). What AWS packs it into has
/// another limit, which nobody can compute: STS then answers `PackedPolicyTooLarge`.
pub const POLICY_LIMIT: usize = 2_048;

const USER_READS: [Right; 11] = [
    iam::GET_ACCESS_KEY_LAST_USED,
    iam::GET_LOGIN_PROFILE,
    iam::GET_USER,
    iam::GET_USER_POLICY,
    iam::LIST_ACCESS_KEYS,
    iam::LIST_ATTACHED_USER_POLICIES,
    iam::LIST_GROUPS_FOR_USER,
    iam::LIST_SSH_PUBLIC_KEYS,
    iam::LIST_SERVICE_SPECIFIC_CREDENTIALS,
    iam::LIST_SIGNING_CERTIFICATES,
    iam::LIST_USER_POLICIES,
];
const GROUP_READS: [Right; 3] = [iam::GET_GROUP_POLICY, iam::LIST_ATTACHED_GROUP_POLICIES, iam::LIST_GROUP_POLICIES];
const ROLE_READS: [Right; 4] =
    [iam::GET_ROLE, iam::GET_ROLE_POLICY, iam::LIST_ATTACHED_ROLE_POLICIES, iam::LIST_ROLE_POLICIES];
const POLICY_READS: [Right; 2] = [iam::GET_POLICY, iam::GET_POLICY_VERSION];

/// Why a session policy cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A policy takes printable ASCII, and nothing that AWS has is called otherwise but by a path of IAM.
    #[error("{0:?} holds characters that no session policy may hold")]
    Unwritable(String),
    /// Too many actions for one session.
    #[error(
        "the session policy would have {0} characters, and AWS takes {POLICY_LIMIT}: take fewer steps in one session"
    )]
    TooLarge(usize),
}

/// An action, and where it is allowed only with one of the arguments that it may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    action: &'static str,
    only: Option<Argument>,
}

/// The operator, the condition key and the ARN to which an argument is compared.
type Argument = (&'static str, &'static str, String);

/// A session policy in the making. Without any action it denies everything. What cannot be written shows when the policy is
/// needed, which in the hub's own account it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// What is granted, on which resources, as policies write them.
    grants: BTreeMap<Grant, BTreeSet<String>>,
    /// What could not be written, the first of it.
    broken: Option<ScopeError>,
}

impl Scope {
    /// What reading this subject takes: of a role or a secret on exactly its ARN where that is known; else, and of a user always,
    /// on its name under whatever path, which is one identity all the same, because a name is there once in an account, and a
    /// user can be moved to another path at any time. Where not even the name is known, on all
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
                    scope.allow([rolesanywhere::LIST_PROFILES], Ok(everything()));
                }
                None if hint.unique_id.is_some() => {
                    scope.allow([iam::LIST_ROLES], Ok(everything()));
                    scope.allow(ROLE_READS, Ok(vec![place.iam("role/*")]));
                }
                None => {}
            },
            SubjectHint::Secret { arn } => {
                scope.allow([secretsmanager::DESCRIBE_SECRET], written(arn.as_str()).map(|arn| vec![arn]));
            }
            SubjectHint::Person { .. } | SubjectHint::Workload { .. } => {
                scope.allow([iam::GET_ACCOUNT_AUTHORIZATION_DETAILS, secretsmanager::LIST_SECRETS], Ok(everything()));
                scope.allow(USER_READS, Ok(vec![place.iam("user/*")]));
                scope.allow(GROUP_READS, Ok(vec![place.iam("group/*")]));
                scope.allow(ROLE_READS, Ok(vec![place.iam("role/*")]));
                scope
                    .allow([secretsmanager::DESCRIBE_SECRET], Ok(vec![place.any_region("secretsmanager", "secret:*")]));
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
        if is_principal && access_key.is_some() {
            // Whose a session is only CloudTrail knows, and whose a key was that has been deleted.
            scope.allow([cloudtrail::LOOKUP_EVENTS], Ok(everything()));
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
                // Of a key that was deleted CloudTrail knows the holder's unique id, and IAM finds a user by it in this list alone.
                self.allow([iam::LIST_USERS], Ok(everything()));
            }
            // There is nothing to ask for.
            None => return,
        }
        self.allow(GROUP_READS, Ok(vec![place.iam("group/*")]));
        if key.is_some() {
            let last_used = Grant { action: iam::GET_ACCESS_KEY_LAST_USED.action, only: None };
            self.grants.insert(last_used, all.into_iter().collect());
        }
    }

    /// Exactly these rights on exactly this subject, and as narrow as [`resources`] can say where one is about something else.
    pub fn act(subject: &Arn, rights: impl IntoIterator<Item = Right>) -> Self {
        let mut scope = Self::default();
        for right in rights {
            let only = argument(right.only, subject);
            scope.allow_only([right], only.as_ref(), resources(right.on, subject));
        }
        scope
    }

    /// What either allows.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (grant, resources) in other.grants {
            self.grants.entry(grant).or_default().extend(resources);
        }
        self.broken = self.broken.or(other.broken);
        self
    }

    fn allow(&mut self, rights: impl IntoIterator<Item = Right>, resources: Result<Vec<String>, ScopeError>) {
        self.allow_only(rights, None, resources);
    }

    fn allow_only(
        &mut self,
        rights: impl IntoIterator<Item = Right>,
        only: Option<&Argument>,
        resources: Result<Vec<String>, ScopeError>,
    ) {
        match resources {
            Ok(resources) => {
                for right in rights {
                    let grant = Grant { action: right.action, only: only.cloned() };
                    self.grants.entry(grant).or_default().extend(resources.iter().cloned());
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
        let exact = self.document(str::to_owned, true);
        if exact.len() <= POLICY_LIMIT {
            return Ok(exact);
        }
        // A path of up to 512 characters, in some ARN of a role, makes the difference. What the name alone says is the same
        // identity.
        let short = self.document(without_path, true);
        if short.len() <= POLICY_LIMIT {
            return Ok(short);
        }
        // The member role's own permissions hold the same arguments.
        let shortest = self.document(without_path, false);
        if shortest.len() <= POLICY_LIMIT { Ok(shortest) } else { Err(ScopeError::TooLarge(shortest.len())) }
    }

    /// One statement for each set of resources and each argument, or for each set of resources alone.
    fn document(&self, write: impl Fn(&str) -> String, arguments: bool) -> String {
        let mut statements: BTreeMap<(BTreeSet<String>, Option<&Argument>), BTreeSet<&str>> = BTreeMap::new();
        for (grant, resources) in &self.grants {
            let resources = resources.iter().map(|resource| write(resource)).collect();
            let only = grant.only.as_ref().filter(|_| arguments);
            statements.entry((resources, only)).or_default().insert(grant.action);
        }
        let mut statements: Vec<Value> = statements
            .into_iter()
            .map(|((resources, only), actions)| {
                let mut statement = json!({
                    "Effect": "Allow",
                    "Action": one_or_list(actions.into_iter().map(str::to_owned)),
                    "Resource": one_or_list(resources),
                });
                if let (Some((operator, key, arn)), Some(statement)) = (only, statement.as_object_mut()) {
                    statement.insert("Condition".to_owned(), json!({ *operator: { *key: arn } }));
                }
                statement
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

/// What a right about this subject is on, as policies write it: the subject itself, unless AWS knows no resource for it, or it is
/// about something that belongs to the subject and whose name nobody knows beforehand.
///
/// # Errors
/// Where the subject's ARN cannot be written into a policy.
pub fn resources(on: On, subject: &Arn) -> Result<Vec<String>, ScopeError> {
    let place = Place { partition: subject.partition(), account: subject.account() };
    Ok(match on {
        On::Nothing | On::Directory | On::Organization => everything(),
        On::Group => vec![place.iam("group/*")],
        On::Policy if !is_policy(subject) => vec![place.iam("policy/*")],
        // AWS's own policies are there too.
        On::AnyPolicy if !is_policy(subject) => {
            vec![place.iam("policy/*"), Place { account: "aws", ..place }.iam("policy/*")]
        }
        On::Profile => vec![place.any_region("rolesanywhere", "profile/*")],
        // Which function rotates a secret, the member role's own permissions say.
        On::RotationFunction | On::OwnRotation | On::CopiesSearch | On::OwnResponder => {
            vec![place.any_region("lambda", "function:*")]
        }
        On::User
        | On::Role
        | On::Policy
        | On::AnyPolicy
        | On::Secret
        | On::SecretAnywhere
        | On::OwnSecret
        | On::Parameter
        | On::BuildProject => itself(subject.as_str())?,
    })
}

/// With which argument alone a right holds. What other conditions say, the member role's own permissions hold.
fn argument(only: Only, subject: &Arn) -> Option<Argument> {
    let place = Place { partition: subject.partition(), account: subject.account() };
    let of_aws = |name: &str| Place { account: "aws", ..place }.iam(&format!("policy/{name}"));
    match only {
        Only::Attaching(name) => Some(("ArnEquals", "iam:PolicyARN", of_aws(name))),
        Only::Boundary(name) => Some(("ArnEquals", "iam:PermissionsBoundary", of_aws(name))),
        Only::OwnBoundary => Some(("ArnLike", "iam:PermissionsBoundary", place.iam("policy/*"))),
        Only::All | Only::ThisTag(_) | Only::ManagedSecrets | Only::ManagedUsers | Only::NewManagedSecrets => None,
    }
}

fn is_policy(arn: &Arn) -> bool {
    arn.name_of("policy").is_some()
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
            Some(arn) => itself(arn.as_str()),
            None => Ok(self.under_any_path(kind, name.as_str())),
        })
    }

    fn under_any_path(self, kind: &str, name: &str) -> Vec<String> {
        vec![self.iam(&format!("{kind}/{name}")), self.iam(&format!("{kind}/*/{name}"))]
    }
}

/// What a policy names so that it means this subject alone: a user by its name, under whatever path it is by then.
fn itself(arn: &str) -> Result<Vec<String>, ScopeError> {
    let user = Arn::try_from(arn).ok().filter(|arn| arn.service() == "iam");
    let name = user.as_ref().and_then(|arn| IamName::try_from(arn.name_of("user")?).ok());
    match (user, name) {
        (Some(arn), Some(name)) => {
            let place = Place { partition: arn.partition(), account: arn.account() };
            Ok(place.under_any_path("user", name.as_str()))
        }
        _ => written(arn).map(|arn| vec![arn]),
    }
}

/// The only character that a path of IAM may hold and no policy
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>).
const DELETE: char = '\u{7f}';

/// An ARN as a policy writes it, so that it means itself: a path may hold `*`, `?` and `$`, and an event anything. For the one
/// character of a path that no policy may hold stands the pattern of any character: the name behind it is there once in an
/// account.
fn written(arn: &str) -> Result<String, ScopeError> {
    let name_at = if arn.contains(":iam::") { arn.rfind('/').unwrap_or_default() } else { 0 };
    let mut text = String::with_capacity(arn.len());
    for (at, character) in arn.char_indices() {
        match character {
            '*' | '?' | '$' => text.extend(['$', '{', character, '}']),
            DELETE if at < name_at => text.push('?'),
            ' '..='~' => text.push(character),
            _ => return Err(ScopeError::Unwritable(arn.to_owned())),
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
