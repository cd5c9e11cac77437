//! What the service control policies of a stack say: statements of each case in each account, which come and go one by one.

use serde_json::{Value, json};
use severance_domain::case::CaseId;
use severance_domain::digest::Digest;
use severance_domain::ids::{AccountId, Arn, UniqueId};
use severance_domain::plan::QUARANTINE_POLICY;

/// Characters of a service control policy
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>).
const LONGEST: usize = 5_120;

/// Characters of a stack's name that its policies' names have room for: IAM takes 128, CloudFormation as many.
const LONGEST_NAME: usize = 100;

/// What the first policy of a stack is called.
pub(super) fn name_of(stack: &str) -> String {
    if stack.len() <= LONGEST_NAME {
        return format!("{QUARANTINE_POLICY}-{stack}");
    }
    let digest = Digest::of(stack.as_bytes()).to_string();
    let start: String = stack.chars().take(LONGEST_NAME - 20).collect();
    let end: String = digest.chars().filter(char::is_ascii_hexdigit).rev().take(16).collect();
    format!("{QUARANTINE_POLICY}-{start}-{end}")
}

/// One identity that one case denies everything in one account.
pub(super) struct Denial<'a> {
    pub(super) account: &'a AccountId,
    principal: &'a Arn,
    statements: Vec<Value>,
}

impl<'a> Denial<'a> {
    /// By its unique id, which no renaming changes: a user's own credentials and sessions have it in `aws:userid` as it is, those
    /// of a role with the session's name behind it; and by its ARN. A user of Identity Center has a session of a role that others
    /// have as well, so there it is the directory's own key, in this account
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>,
    /// <https://docs.aws.amazon.com/singlesignon/latest/userguide/prereqs-revoking-user-permissions.html>).
    pub(super) fn of(principal: &'a Arn, id: Option<&UniqueId>, account: &'a AccountId, case: &CaseId) -> Self {
        let sid = |what: &str| format!("{}{what}", sid_of(case, account));
        let statements = if let Some(user) = directory_user(principal) {
            let condition = json!({"StringEquals": {
                "identitystore:UserId": user, "aws:PrincipalAccount": account.as_str()
            }});
            vec![deny(&sid("Person"), &condition)]
        } else {
            let by_id = id.map(|id| {
                let ids = [id.to_string(), format!("{id}:*")];
                deny(&sid("Id"), &json!({"StringLike": {"aws:userid": ids}}))
            });
            let by_arn = deny(&sid("Arn"), &json!({"ArnEquals": {"aws:PrincipalArn": principal.as_str()}}));
            by_id.into_iter().chain([by_arn]).collect()
        };
        Self { account, principal, statements }
    }

    /// Whether it is a user of IAM, whose federated sessions are called otherwise.
    pub(super) fn is_user(&self) -> bool {
        self.principal.service() == "iam" && self.principal.name_of("user").is_some()
    }

    /// What an earlier version wrote into a policy of the case's own.
    fn earlier(&self) -> Value {
        let condition = match directory_user(self.principal) {
            Some(user) => json!({"StringEquals": {"identitystore:UserId": user}}),
            None => json!({"ArnEquals": {"aws:PrincipalArn": self.principal.as_str()}}),
        };
        deny("SeveranceQuarantine", &condition)
    }

    fn names(&self, statement: &Value) -> bool {
        self.statements.iter().any(|own| sid_in(own) == sid_in(statement))
    }
}

fn directory_user(principal: &Arn) -> Option<&str> {
    principal.name_of("user").filter(|_| principal.service() == "identitystore")
}

/// How the statements of a case in an account begin. Organizations takes letters and digits alone.
fn sid_of(case: &CaseId, account: &AccountId) -> String {
    let name = case.as_str();
    let of_case: String =
        name.strip_prefix("sev-").unwrap_or(name).chars().filter(char::is_ascii_alphanumeric).collect();
    format!("Case{of_case}{}", in_account(account))
}

fn in_account(account: &AccountId) -> String {
    format!("In{account}")
}

/// The statement that stands where there is no other.
const NOBODY: &str = "Nobody";

fn sid_in(statement: &Value) -> &str {
    statement.get("Sid").and_then(Value::as_str).unwrap_or_default()
}

fn deny(sid: &str, condition: &Value) -> Value {
    json!({"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition})
}

/// The statements of a policy, whoever wrote them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Document {
    statements: Vec<Value>,
}

impl Document {
    /// None where it cannot be read.
    pub(super) fn read(content: &str) -> Option<Self> {
        let mut found = serde_json::from_str::<Value>(content).ok()?;
        let statements = match found.get_mut("Statement")?.take() {
            Value::Array(many) => many,
            one @ Value::Object(_) => vec![one],
            _ => return None,
        };
        Some(Self { statements })
    }

    /// As Organizations takes it. A policy without a statement is none, so one that denies nobody stands for it.
    pub(super) fn text(&self) -> String {
        let nobody = || vec![deny(NOBODY, &json!({"StringEquals": {"aws:userid": "nobody"}}))];
        let statements = if self.is_empty() { nobody() } else { self.statements.clone() };
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }

    pub(super) fn fits(&self) -> bool {
        self.text().chars().count() <= LONGEST
    }

    pub(super) fn is_empty(&self) -> bool {
        self.statements.iter().all(|statement| sid_in(statement) == NOBODY)
    }

    /// Whether it denies exactly this, whatever else it says.
    pub(super) fn holds(&self, denial: &Denial<'_>) -> bool {
        denial.statements.iter().all(|own| self.statements.contains(own))
    }

    /// The same, where it may be the policy of an earlier version.
    pub(super) fn denies(&self, denial: &Denial<'_>, is_earlier: bool) -> bool {
        if is_earlier { self.statements == [denial.earlier()] } else { self.holds(denial) }
    }

    /// Whether something else stands under the names of its statements.
    pub(super) fn has_other(&self, denial: &Denial<'_>) -> bool {
        self.statements.iter().any(|statement| denial.names(statement))
    }

    /// With it, in the place of what stands under the names of its statements.
    pub(super) fn with(&self, denial: &Denial<'_>) -> Self {
        let others = self.without(denial).statements.into_iter().filter(|statement| sid_in(statement) != NOBODY);
        Self { statements: others.chain(denial.statements.iter().cloned()).collect() }
    }

    /// Without it.
    pub(super) fn without(&self, denial: &Denial<'_>) -> Self {
        Self { statements: self.statements.iter().filter(|statement| !denial.names(statement)).cloned().collect() }
    }

    /// Whether any statement is about something in this account, or nobody knows whether it is.
    pub(super) fn names(&self, account: &AccountId) -> bool {
        let others = self.statements.iter().filter(|statement| sid_in(statement) != NOBODY);
        others.map(sid_in).any(|sid| !sid.starts_with("Case") || sid.contains(&in_account(account)))
    }
}
