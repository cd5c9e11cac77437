//! Trust policies: whom they may name, and whom they mean afterwards.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::call::Refusal;
use crate::lag::Lag;
use crate::state::State;
use crate::store::View;

use super::documents::{Grammar, length, listed, malformed, read, statements};
use super::names::Kind;
use super::tables::{Iam, Trust, arn, of_id};

/// Providers that many customers share, and the claim that a trust has to evaluate for each ("Identity-provider controls for shared
/// OIDC providers", IAM User Guide).
pub const SHARED_PROVIDERS: &[(&str, &str)] = &[
    ("cognito-identity.amazonaws.com", "cognito-identity.amazonaws.com:aud"),
    ("token.actions.githubusercontent.com", "token.actions.githubusercontent.com:sub"),
    ("oidc-configuration.audit-log.githubusercontent.com", "oidc-configuration.audit-log.githubusercontent.com:sub"),
    ("vstoken.actions.githubusercontent.com", "vstoken.actions.githubusercontent.com:sub"),
    ("gitlab.com", "gitlab.com:sub"),
    ("app.terraform.io", "app.terraform.io:sub"),
    ("agent.buildkite.com", "agent.buildkite.com:sub"),
    ("oidc.codefresh.io", "oidc.codefresh.io:sub"),
    ("studio.datachain.ai/api", "studio.datachain.ai/api:sub"),
    ("api.pulumi.com/oidc", "api.pulumi.com/oidc:aud"),
    ("sandboxes.cloud", "sandboxes.cloud:aud"),
    ("scalr.io", "scalr.io:sub"),
    ("tokens.cloud.shisho.dev", "tokens.cloud.shisho.dev:sub"),
    ("proidc.upbound.io", "proidc.upbound.io:sub"),
    ("oidc.vercel.com", "oidc.vercel.com:aud"),
];

/// The longest trust without white space ("Role trust policy length", IAM quotas).
const LONGEST: usize = 2_048;

impl Trust {
    /// What is written to a role, or why it is not.
    pub(super) fn written(state: &State, account: &str, text: &str) -> Result<Self, Refusal> {
        let document = read(text, Grammar::Trust)?;
        let known = |of: &str| {
            of == account
                || state.organizations.is_member(of)
                || state.organizations.management() == Some(of)
                || accounts(&state.iam).contains(of)
        };
        let mut ids = BTreeMap::new();
        for statement in statements(&document) {
            for principals in [&statement["Principal"], &statement["NotPrincipal"]] {
                check_principals(&state.iam, &known, principals, &mut ids)?;
            }
            check_claims(statement)?;
        }
        if length(text) > LONGEST {
            return Err(Refusal::limit("ACLSizePerRole: 2048"));
        }
        Ok(Self { document: text.to_owned(), ids })
    }

    /// As IAM shows it: a principal by its present ARN, and by its unique id once it is gone.
    pub fn shown(&self, iam: &Iam) -> String {
        let names: BTreeMap<&str, String> = self
            .ids
            .iter()
            .map(|(text, id)| (text.as_str(), arn_of(iam, id).unwrap_or_else(|| id.clone())))
            .filter(|(text, now)| text != now)
            .collect();
        if names.is_empty() {
            return self.document.clone();
        }
        let mut document: Value = serde_json::from_str(&self.document).expect("it was read when it was written");
        match &mut document["Statement"] {
            Value::Array(list) => list.iter_mut().for_each(|statement| rename(statement, &names)),
            one => rename(one, &names),
        }
        document.to_string()
    }
}

fn rename(statement: &mut Value, names: &BTreeMap<&str, String>) {
    for member in ["Principal", "NotPrincipal"] {
        let Some(principals) = statement.get_mut(member).and_then(|principals| principals.get_mut("AWS")) else {
            continue;
        };
        let texts = match principals {
            Value::Array(list) => list.iter_mut().collect(),
            one => vec![one],
        };
        for text in texts {
            if let Some(now) = text.as_str().and_then(|text| names.get(text)) {
                *text = now.as_str().into();
            }
        }
    }
}

fn check_principals(
    iam: &Iam,
    known: &dyn Fn(&str) -> bool,
    principals: &Value,
    ids: &mut BTreeMap<String, String>,
) -> Result<(), Refusal> {
    match principals {
        Value::Null => return Ok(()),
        Value::String(all) if all == "*" => return Ok(()),
        Value::Object(kinds)
            if kinds.keys().all(|kind| ["AWS", "Federated", "Service", "CanonicalUser"].contains(&&**kind)) => {}
        _ => return Err(malformed("Syntax errors in policy.")),
    }
    for principal in listed(&principals["AWS"]) {
        let text = principal.as_str().ok_or_else(|| malformed("Syntax errors in policy."))?;
        match principal_of(iam, known, text) {
            Principal::Unnamed => {}
            Principal::Is(id) => {
                ids.insert(text.to_owned(), id);
            }
            Principal::Invalid => return Err(malformed(format!("Invalid principal in policy: \"AWS\":\"{text}\""))),
        }
    }
    for principal in listed(&principals["Federated"]) {
        let text = principal.as_str().unwrap_or_default();
        let is_arn =
            text.starts_with("arn:aws:iam::") && (text.contains(":oidc-provider/") || text.contains(":saml-provider/"));
        if !is_arn && (text.contains(':') || text.contains('*') || !text.contains('.')) {
            return Err(malformed("Federated principals must be valid domain names or SAML metadata ARNs"));
        }
    }
    Ok(())
}

enum Principal {
    /// Everybody, an account, a session, or somebody in an account that is not here.
    Unnamed,
    /// This user or role.
    Is(String),
    /// Nobody.
    Invalid,
}

fn principal_of(iam: &Iam, known: &dyn Fn(&str) -> bool, text: &str) -> Principal {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if text == "*" || is_account(text) {
        return Principal::Unnamed;
    }
    if text.starts_with("AIDA") || text.starts_with("AROA") {
        return arn_of(iam, text).map_or(Principal::Invalid, |_| Principal::Is(text.to_owned()));
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn_word, "aws", service, "", account, resource] = parts.as_slice() else { return Principal::Invalid };
    if *arn_word != "arn" || !is_account(account) {
        return Principal::Invalid;
    }
    let table = match (*service, resource.split_once('/')) {
        ("iam", None) if *resource == "root" => return Principal::Unnamed,
        ("sts", Some(("assumed-role" | "federated-user", _))) => return Principal::Unnamed,
        ("iam", Some(("user", _))) => Kind::User,
        ("iam", Some(("role", _))) => Kind::Role,
        _ => return Principal::Invalid,
    };
    if !known(account) {
        return Principal::Unnamed;
    }
    let mut all = table.table(iam).in_account(View::Settled, account);
    let found = all.find(|(_, _, identity)| arn(account, table.in_arn(), identity) == text);
    found.map_or(Principal::Invalid, |(id, ..)| Principal::Is(id.to_owned()))
}

fn accounts(iam: &Iam) -> BTreeSet<&str> {
    iam.users.accounts().into_iter().chain(iam.roles.accounts()).collect()
}

/// The ARN that a user or role of this unique id has now, in whatever account.
fn arn_of(iam: &Iam, id: &str) -> Option<String> {
    accounts(iam).into_iter().find_map(|account| {
        iam.user_arn(View::Settled, account, id).or_else(|| iam.role_arn(View::Settled, account, id))
    })
}

/// Each statement that names a shared provider has to evaluate its claim. The guide speaks of the policy as a whole, and not of
/// denials apart: they are held to it, too, because what goes through here goes through there.
fn check_claims(statement: &Value) -> Result<(), Refusal> {
    for principal in listed(&statement["Principal"]["Federated"]) {
        let text = principal.as_str().unwrap_or_default();
        let url = text.split_once(":oidc-provider/").map_or(text, |(_, url)| url);
        let Some((_, claim)) = SHARED_PROVIDERS.iter().find(|(shared, _)| *shared == url) else { continue };
        let operators = statement["Condition"].as_object().into_iter().flatten();
        let mut evaluated = operators
            .filter(|(operator, _)| !operator.eq_ignore_ascii_case("Null"))
            .flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
        if !evaluated.any(|(key, _)| key.eq_ignore_ascii_case(claim)) {
            return Err(malformed(format!("Missing required condition {claim} for the identity provider {url}")));
        }
    }
    Ok(())
}

impl Iam {
    /// Gives a role a trust that IAM would not take today: "identity-provider controls will not be evaluated for existing role trust
    /// policies", so that a role may trust a shared provider without its claim until somebody changes it.
    pub fn plant_trust(&mut self, at: Timestamp, account: &str, role_id: &str, document: &str) {
        let mut ids = BTreeMap::new();
        let read: Value = serde_json::from_str(document).expect("a trust policy");
        for statement in statements(&read) {
            check_principals(self, &|_| true, &statement["Principal"], &mut ids).expect("principals that exist");
        }
        self.trusts.put(at, &Lag::NONE, of_id(account, role_id), Trust { document: document.to_owned(), ids });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{FakeAws, Refusal, Request, Setup};

    const ACCOUNT: &str = "111111111111";

    fn trusting(principal: &serde_json::Value) -> String {
        json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }
        ] })
        .to_string()
    }

    fn ask(aws: &FakeAws, operation: &str, input: serde_json::Value) -> Result<serde_json::Value, Refusal> {
        aws.stage(ACCOUNT, Request::new("iam", operation, input))
    }

    fn trust_of(aws: &FakeAws, role: &str) -> String {
        let answer = ask(aws, "GetRole", json!({ "RoleName": role })).unwrap();
        let text = answer["Role"]["AssumeRolePolicyDocument"].as_str().unwrap();
        percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
    }

    #[tokio::test]
    async fn a_trust_means_the_user_whom_it_named_and_nobody_who_comes_after_under_that_name() {
        let aws = FakeAws::new(Setup::default());
        let named = json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:user/ann") });
        let create = json!({ "RoleName": "r", "AssumeRolePolicyDocument": trusting(&named) });
        let refusal = ask(&aws, "CreateRole", create.clone()).unwrap_err();
        assert_eq!(refusal.code, "MalformedPolicyDocument");
        assert!(refusal.message.starts_with("Invalid principal in policy"), "{}", refusal.message);

        let id = ask(&aws, "CreateUser", json!({ "UserName": "ann" })).unwrap()["User"]["UserId"]
            .as_str()
            .unwrap()
            .to_owned();
        ask(&aws, "CreateRole", create).unwrap();
        assert_eq!(trust_of(&aws, "r"), trusting(&named));
        ask(&aws, "UpdateUser", json!({ "UserName": "ann", "NewUserName": "bea" })).unwrap();
        assert!(trust_of(&aws, "r").contains(":user/bea"));

        ask(&aws, "DeleteUser", json!({ "UserName": "bea" })).unwrap();
        ask(&aws, "CreateUser", json!({ "UserName": "ann" })).unwrap();
        let shown = trust_of(&aws, "r");
        assert!(shown.contains(&id) && !shown.contains(":user/"), "{shown}");
        // What IAM shows cannot be written back: the principal is gone.
        let refusal =
            ask(&aws, "UpdateAssumeRolePolicy", json!({ "RoleName": "r", "PolicyDocument": shown })).unwrap_err();
        assert!(refusal.message.contains(&id), "{}", refusal.message);
    }

    #[tokio::test]
    async fn a_shared_provider_needs_its_claim_and_an_old_trust_only_once_it_is_changed() {
        let aws = FakeAws::new(Setup::default());
        let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com");
        let without = json!({ "Statement": [
            { "Effect": "Allow", "Principal": { "Federated": provider }, "Action": "sts:AssumeRoleWithWebIdentity" }
        ] });
        let create =
            |document: &serde_json::Value| json!({ "RoleName": "r", "AssumeRolePolicyDocument": document.to_string() });
        assert_eq!(ask(&aws, "CreateRole", create(&without)).unwrap_err().code, "MalformedPolicyDocument");
        let mut with = without.clone();
        with["Statement"][0]["Condition"] =
            json!({ "StringLike": { "token.actions.githubusercontent.com:sub": "repo:a/b:*" } });
        let role = ask(&aws, "CreateRole", create(&with)).unwrap()["Role"]["RoleId"].as_str().unwrap().to_owned();
        let now = aws.now();
        aws.state().iam.plant_trust(now, ACCOUNT, &role, &without.to_string());
        let mut changed: serde_json::Value = serde_json::from_str(&trust_of(&aws, "r")).unwrap();
        assert_eq!(changed, without);
        changed["Version"] = json!("2012-10-17");
        let update = json!({ "RoleName": "r", "PolicyDocument": changed.to_string() });
        assert_eq!(ask(&aws, "UpdateAssumeRolePolicy", update).unwrap_err().code, "MalformedPolicyDocument");
    }
}
