//! Let nobody start a session of a role any more, by a denial in its trust policy. All else in it stays, so that taking
//! the one statement out again gives back what was there, and what others changed since.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use serde_json::{Map, Value, json};
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;
use severance_domain::plan::CLOSED_TRUST_SID;
use severance_domain::right::iam;

use super::driver::{Applied, Driver, Seen, Undo, misdirected, unless_gone};
use super::policy;
use crate::error::AwsError;

const GET: &str = iam::GET_ROLE.action;
const UPDATE: &str = iam::UPDATE_ASSUME_ROLE_POLICY.action;

/// Every action by which a session is started, and the two that a trust policy grants beside them.
const ACTIONS: [&str; 5] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
];

/// The identity pools of Amazon Cognito, as a trust policy names them.
const COGNITO: &str = "cognito-identity.amazonaws.com";

/// Drives [`Countermeasure::CloseRoleTrust`].
pub struct CloseRoleTrust {
    iam: Client,
}

impl CloseRoleTrust {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    /// None where there is no such role.
    async fn trust(&self, role: &IamName) -> Result<Option<Trust>, AwsError> {
        let answer = self.iam.get_role().role_name(role.as_str()).send().await;
        let Some(found) = unless_gone(answer.map_err(|error| AwsError::of(GET, &error)))? else { return Ok(None) };
        let document = found.role.and_then(|role| role.assume_role_policy_document);
        document.as_deref().and_then(Trust::read).map(Some).ok_or_else(|| AwsError {
            action: GET,
            code: "InvalidResponse".to_owned(),
            message: "the trust policy could not be read".to_owned(),
            retryable: false,
        })
    }

    /// None where there is no such role any more.
    async fn write(&self, role: &IamName, trust: Trust) -> Result<Option<()>, AwsError> {
        let update = self.iam.update_assume_role_policy().role_name(role.as_str());
        let answer = update.policy_document(trust.into_document()).send().await;
        unless_gone(answer.map(drop).map_err(|error| AwsError::of(UPDATE, &error)))
    }
}

/// A trust policy, whose statements can be told apart.
struct Trust {
    document: Value,
    statements: Vec<Value>,
}

impl Trust {
    fn read(returned: &str) -> Option<Self> {
        let mut document = policy::decode(returned)?;
        let statements = match document.get_mut("Statement")?.take() {
            Value::Array(many) => many,
            one @ Value::Object(_) => vec![one],
            _ => return None,
        };
        Some(Self { document, statements })
    }

    fn into_document(mut self) -> String {
        if let Some(statement) = self.document.get_mut("Statement") {
            *statement = Value::Array(self.statements);
        }
        self.document.to_string()
    }

    /// The identity providers that any statement but ours lets in.
    fn federated(&self) -> Vec<String> {
        let others = self.statements.iter().filter(|statement| !sid(statement).starts_with(CLOSED_TRUST_SID));
        let mut named: Vec<String> =
            others.flat_map(|other| texts(other.pointer("/Principal/Federated"))).map(str::to_owned).collect();
        named.sort();
        named.dedup();
        named
    }

    /// The statement of that name, if it is one by which we close roles and nobody is let in beside it.
    fn closed_under(&self, name: &str) -> bool {
        let federated = self.federated();
        self.statements.iter().any(|statement| sid(statement) == name && closes(statement, &federated))
    }

    /// The case whose statement closes this role, if another than this one does.
    fn closed_by_another(&self, own: &str) -> Option<String> {
        let mut names = self.statements.iter().map(sid);
        let name = names.find(|name| name.starts_with(CLOSED_TRUST_SID) && *name != own && self.closed_under(name))?;
        let case = name.strip_prefix(CLOSED_TRUST_SID).and_then(|rest| rest.strip_prefix("By"));
        Some(case.map_or_else(|| name.to_owned(), |case| format!("sev-{case}")))
    }
}

/// The Sid of this case's statement. IAM takes letters and digits alone, so a case's hyphen is left out.
fn own_sid(case: &CaseId) -> String {
    let name = case.as_str();
    let digits = name.strip_prefix("sev-").unwrap_or(name).chars().filter(char::is_ascii_alphanumeric);
    format!("{CLOSED_TRUST_SID}By{}", digits.collect::<String>())
}

/// Denies everybody.
///
/// `"*"` and `{"AWS": "*"}` are the same by AWS's own words
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>), and differ in trust
/// policies by others' experience
/// (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>): the object
/// is the form that is in use there. Whether that covers the users of identity providers is not said anywhere, and a
/// wildcard for `Federated` is not supported
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>): so those that the
/// role trusts are named.
fn denial(own: &str, federated: &[String]) -> Value {
    let mut principal = Map::from_iter([("AWS".to_owned(), json!("*"))]);
    if !federated.is_empty() {
        principal.insert("Federated".to_owned(), json!(federated));
    }
    let parts =
        [("Sid", json!(own)), ("Effect", json!("Deny")), ("Principal", principal.into()), ("Action", json!(ACTIONS))];
    let condition = federated.iter().any(|provider| provider == COGNITO).then(|| ("Condition", always()));
    parts.into_iter().chain(condition).map(|(name, part)| (name.to_owned(), part)).collect()
}

/// IAM refuses a statement that names Cognito without a condition. This one holds for every value, and without one.
fn always() -> Value {
    json!({"StringLikeIfExists": {"cognito-identity.amazonaws.com:aud": "*"}})
}

/// Whether a statement denies everybody, these providers' users included. IAM may write lists of one, and in another
/// order.
fn closes(statement: &Value, federated: &[String]) -> bool {
    let of = |pointer: &str| texts(statement.pointer(pointer)).collect::<Vec<_>>();
    let (denied, actions) = (of("/Principal/Federated"), of("/Action"));
    statement.get("Effect").and_then(Value::as_str) == Some("Deny")
        && of("/Principal/AWS").contains(&"*")
        && federated.iter().all(|provider| denied.contains(&provider.as_str()))
        && ACTIONS.iter().all(|action| actions.contains(action))
        && statement.get("Condition").is_none_or(|condition| *condition == always())
}

fn sid(statement: &Value) -> &str {
    statement.get("Sid").and_then(Value::as_str).unwrap_or_default()
}

/// One text, or a list of them.
fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let one = value.and_then(Value::as_str);
    let many = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    one.into_iter().chain(many.iter().filter_map(Value::as_str))
}

fn target(step: &Countermeasure) -> Result<&IamName, AwsError> {
    match step {
        Countermeasure::CloseRoleTrust(card::CloseRoleTrust { role }) => Ok(role),
        _ => Err(misdirected(UPDATE)),
    }
}

const GONE: &str = "the role does not exist any more";

#[async_trait]
impl Driver for CloseRoleTrust {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError> {
        let role = target(step)?;
        let Some(mut trust) = self.trust(role).await? else { return Ok(Applied::Already(GONE.to_owned())) };
        let own = own_sid(case);
        if trust.closed_under(&own) {
            return Ok(Applied::Changed(Some("an earlier try of this case closed it".to_owned())));
        }
        if let Some(other) = trust.closed_by_another(&own) {
            return Ok(Applied::Already(format!("case {other} closed it already")));
        }
        // Sids are unique in a document, and what stands under ours does not close the role any more.
        trust.statements.retain(|statement| sid(statement) != own);
        trust.statements.push(denial(&own, &trust.federated()));
        Ok(match self.write(role, trust).await? {
            Some(()) => Applied::Changed(None),
            None => Applied::Already(GONE.to_owned()),
        })
    }

    async fn confirm(&self, step: &Countermeasure, case: &CaseId) -> Result<Seen, AwsError> {
        let role = target(step)?;
        let own = own_sid(case);
        Ok(match self.trust(role).await? {
            None => Seen::NotYet(format!("{GET} shows no role of that name: it was deleted, or renamed and lives on")),
            Some(trust) if trust.closed_under(&own) => {
                Seen::InEffect(format!("{GET} shows a trust policy that lets nobody in ({own})"))
            }
            Some(trust) => match trust.closed_by_another(&own) {
                Some(other) => Seen::InEffect(format!("{GET} shows a trust policy that case {other} closed")),
                None => Seen::NotYet(format!("{GET} shows a trust policy without our denial")),
            },
        })
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        let role = target(step)?;
        let Some(mut trust) = self.trust(role).await? else { return Ok(Applied::Already(GONE.to_owned())) };
        let own = own_sid(&undo.case.id);
        let before = trust.statements.len();
        trust.statements.retain(|statement| sid(statement) != own);
        if trust.statements.len() == before {
            return Ok(Applied::Already("this case's denial is not there any more".to_owned()));
        }
        let note = trust.closed_by_another(&own).map(|other| format!("case {other} keeps it closed"));
        Ok(match self.write(role, trust).await? {
            Some(()) => Applied::Changed(note),
            None => Applied::Already(GONE.to_owned()),
        })
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        let role = target(step)?;
        let own = own_sid(&undo.case.id);
        Ok(match self.trust(role).await? {
            None => Seen::InEffect(format!("{GET} shows no role of that name")),
            Some(trust) if trust.statements.iter().any(|statement| sid(statement) == own) => {
                Seen::NotYet(format!("{GET} still shows this case's denial in the trust policy"))
            }
            Some(_) => Seen::InEffect(format!("{GET} shows the trust policy without this case's denial")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_covers_accounts_and_every_trusted_provider() {
        let federated = ["arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com".to_owned()];
        let denial = denial("SeveranceClosedBy0", &federated);
        assert!(closes(&denial, &federated) && closes(&denial, &[]));
        assert!(!closes(&denial, &["another".to_owned()]));
        assert!(denial.get("Condition").is_none());
        for (pointer, value) in [("/Effect", json!("Allow")), ("/Principal/AWS", json!("111122223333"))] {
            let mut changed = denial.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            assert!(!closes(&changed, &[]), "{pointer}");
        }
        let mut narrowed = denial.clone();
        narrowed["Condition"] = json!({"StringEquals": {"aws:PrincipalTag/a": "b"}});
        assert!(!closes(&narrowed, &[]));
    }

    #[test]
    fn cognito_is_denied_under_a_condition_that_always_holds() {
        let federated = [COGNITO.to_owned()];
        let denial = denial("SeveranceClosedBy0", &federated);
        assert_eq!(denial["Condition"], always());
        assert!(closes(&denial, &federated));
    }

    #[test]
    fn a_sid_holds_letters_and_digits_alone() {
        let case: CaseId = serde_json::from_value(json!("sev-0123456789abcdef0123")).unwrap();
        assert_eq!(own_sid(&case), "SeveranceClosedBy0123456789abcdef0123");
    }
}
