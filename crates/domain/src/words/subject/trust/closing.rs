//! How a trust policy is written so that it lets nobody in, or AWS services alone, and how what stood there comes back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::policy::{MARKS, STARTS, TrustPolicy, Whole, denies, sid, text, texts};
use crate::words::marks::CLOSED_TRUST_SID;

/// What a trust policy becomes where a case gives it back.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenBack {
    /// This is written. Beside it, whom it does not let in again: they were not let in when the case was opened.
    Write(Box<TrustPolicy>, Vec<String>),
    /// Nothing of the case's is there.
    NotThere,
    /// Others have written something else since, so it stays as it is.
    LeftAlone,
}

impl TrustPolicy {
    /// With a denial under this name for everybody who is let in. All else stays, but for what stands under that name.
    #[must_use]
    pub fn denied(&self, own: &str) -> Self {
        let mut statements = self.statements.clone();
        statements.retain(|statement| sid(statement) != own);
        let federated = self.names().federated;
        let claims = self.claims(&federated);
        statements.push(denial(own, &federated, &claims));
        Self { document: self.document.clone(), statements }
    }

    /// A policy of a denial alone. IAM takes it whatever it does not take of another one.
    pub fn denial_alone(own: &str) -> Self {
        let document = Map::from_iter([("Version".to_owned(), json!("2012-10-17"))]);
        Self { document, statements: vec![denial(own, &BTreeSet::new(), &BTreeSet::new())] }
    }

    /// What it says of AWS services, and nothing else. A statement that lets others in beside them lets them in alone; of denials
    /// stays what may bind a service.
    #[must_use]
    pub fn of_services_alone(&self) -> Self {
        let statements = self.statements.iter().filter_map(of_services).collect();
        Self { document: self.document.clone(), statements }
    }

    /// Whether the statement of this name keeps everybody of AWS accounts out, and nobody is let in beside services.
    pub fn is_closed_by(&self, name: &str) -> bool {
        let is_denial = |statement: &Map<String, Value>| {
            sid(statement) == name && Whole::read(statement).is_some_and(|denial| denial.is_of_everybody())
        };
        self.statements.iter().any(is_denial) && self.lets_in().is_no_other_than_services()
    }

    /// The name of another case's statement by which it is closed, if one does.
    pub fn closed_by_another(&self, own: &str) -> Option<&str> {
        let mut names = self.statements.iter().map(sid);
        names.find(|name| name.starts_with(CLOSED_TRUST_SID) && *name != own && self.is_closed_by(name))
    }

    /// Whether a statement of this name is there, whatever it says.
    pub fn has(&self, name: &str) -> bool {
        self.statements.iter().any(|statement| sid(statement) == name)
    }

    /// What it becomes where the case whose statement has this name gives back what it closed. `before` is what was there when the
    /// case was opened; `known_alone` says that nobody comes in again who was not let in then.
    pub fn given_back(&self, own: &str, before: Option<&Self>, known_alone: bool) -> GivenBack {
        let write = |statements: Vec<Map<String, Value>>, left: Vec<String>| {
            GivenBack::Write(Box::new(Self { document: self.document.clone(), statements }), left)
        };
        if !self.has(own) {
            return match before {
                Some(before) if self.is_of_services_of(before) => GivenBack::Write(Box::new(before.clone()), vec![]),
                _ => GivenBack::NotThere,
            };
        }
        let of_others: Vec<_> = self.statements.iter().filter(|of| sid(of) != own).cloned().collect();
        let is_held = |of: &Map<String, Value>| sid(of).starts_with(CLOSED_TRUST_SID) && denies(of);
        let said: Vec<_> = before.map(|before| before.statements.clone()).unwrap_or_default();
        let has_said = said.iter().any(|of| !is_held(of) && sid(of) != own);
        // A denial alone was written, so all that was there is what was remembered.
        if of_others.iter().all(is_held) && has_said {
            let back = said.into_iter().filter(|of| sid(of) != own && !is_held(of)).chain(of_others).collect();
            return write(back, vec![]);
        }
        if of_others.is_empty() {
            return GivenBack::LeftAlone;
        }
        if !known_alone || !has_said {
            return write(of_others, vec![]);
        }
        let is_known = |of: &Map<String, Value>| denies(of) || said.iter().any(|before| is_within(of, before));
        let (back, left): (Vec<_>, Vec<_>) = of_others.into_iter().partition(is_known);
        if back.iter().all(denies) {
            return GivenBack::LeftAlone;
        }
        let left = Self { document: Map::new(), statements: left }.names();
        let left = [left.principals, left.federated, left.services].into_iter().flatten().collect();
        write(back, left)
    }

    /// Without the unique ids of users and roles that are gone, which IAM shows and does not take back. They let nobody in.
    #[must_use]
    pub fn without_gone(&self) -> Self {
        let kept = self.statements.iter().filter_map(|statement| {
            let mut statement = statement.clone();
            let Some(Value::Object(kinds)) = statement.get_mut("Principal") else { return Some(statement) };
            if let Some(names) = kinds.get("AWS").and_then(texts) {
                let kept: Vec<&str> = names.into_iter().filter(|name| !is_gone(name)).collect();
                let kept = json!(kept);
                if kept == json!([]) {
                    kinds.remove("AWS");
                } else {
                    kinds.insert("AWS".to_owned(), kept);
                }
            }
            (!kinds.is_empty()).then_some(statement)
        });
        Self { document: self.document.clone(), statements: kept.collect() }
    }

    /// Without what lets in the users of an identity provider and asks no claim of them: of a provider that many customers share,
    /// IAM does not take that. Beside it, the providers that are not let in any more.
    pub fn without_claimless(&self) -> (Self, Vec<String>) {
        let is_claimless = |of: &Map<String, Value>| {
            let providers = principals_of(of, "Federated");
            !providers.is_empty() && claims_of(of, &providers.into_iter().collect()).is_empty()
        };
        let (out, kept): (Vec<_>, Vec<_>) = self.statements.iter().cloned().partition(is_claimless);
        let out: BTreeSet<String> = out.iter().flat_map(|of| principals_of(of, "Federated")).collect();
        (Self { document: self.document.clone(), statements: kept }, out.into_iter().collect())
    }

    /// Whether nothing is in it. IAM takes no such policy.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Whether it is what another policy says of services, where that one lets in others who are still there.
    pub fn is_of_services_of(&self, before: &Self) -> bool {
        let of_services = before.of_services_alone();
        of_services.statements.len() == self.statements.len()
            && of_services.statements.iter().zip(&self.statements).all(|(one, other)| is_same(one, other))
            && !before.without_gone().lets_in().is_no_other_than_services()
    }

    /// The claims of these providers that the policy evaluates wherever it lets their users in.
    fn claims(&self, providers: &BTreeSet<String>) -> BTreeSet<String> {
        let allows = self.statements.iter().filter(|statement| !denies(statement));
        allows.flat_map(|statement| claims_of(statement, providers)).collect()
    }
}

/// Denies everybody: those of AWS accounts, and the users of these identity providers.
///
/// `"*"` and `{"AWS": "*"}` are the same by AWS's own words
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>), and differ in trust
/// policies by others' experience
/// (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>): the object
/// is the form that is in use there. Whether that covers the users of identity providers is not said anywhere, and a
/// wildcard for `Federated` is not supported
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>): so those that the
/// role trusts are named.
///
/// IAM refuses a statement that names a provider which many customers share without a condition on its claim
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>). The condition here holds for
/// every value of these claims, and without one.
fn denial(own: &str, federated: &BTreeSet<String>, claims: &BTreeSet<String>) -> Map<String, Value> {
    let mut principal = Map::from_iter([("AWS".to_owned(), json!("*"))]);
    if !federated.is_empty() {
        principal.insert("Federated".to_owned(), json!(federated));
    }
    let [assume, saml, web] = STARTS;
    let [tag, identity, _] = MARKS;
    let mut statement = Map::from_iter(
        [
            ("Sid", json!(own)),
            ("Effect", json!("Deny")),
            ("Principal", principal.into()),
            ("Action", json!([assume, saml, web, tag, identity])),
        ]
        .map(|(name, part)| (name.to_owned(), part)),
    );
    if !claims.is_empty() {
        let any: BTreeMap<&str, &str> = claims.iter().map(|claim| (claim.as_str(), "*")).collect();
        statement.insert("Condition".to_owned(), json!({ "StringLikeIfExists": any }));
    }
    statement
}

/// The part of a statement that is about services; none where there is no such part.
fn of_services(statement: &Map<String, Value>) -> Option<Map<String, Value>> {
    let is_denial = denies(statement);
    let Some(Value::Object(kinds)) = statement.get("Principal") else {
        // A denial of everybody, or of everybody but some, may bind a service.
        return is_denial.then(|| statement.clone());
    };
    let everybody = is_denial && principals_of(statement, "AWS").iter().any(|name| name == "*");
    let kept = kinds.iter().filter(|(kind, _)| *kind == "Service" || (everybody && *kind == "AWS"));
    let kept: Map<String, Value> = kept.map(|(kind, names)| (kind.clone(), names.clone())).collect();
    let mut statement = statement.clone();
    let is_about_some = !kept.is_empty();
    statement.insert("Principal".to_owned(), kept.into());
    is_about_some.then_some(statement)
}

fn principals_of(statement: &Map<String, Value>, kind: &str) -> Vec<String> {
    let named = statement.get("Principal").and_then(|principals| principals.get(kind)).and_then(texts);
    named.unwrap_or_default().into_iter().map(str::to_owned).collect()
}

/// The claims of these providers that a statement's condition evaluates: `<the provider's address>:<claim>`.
fn claims_of(statement: &Map<String, Value>, providers: &BTreeSet<String>) -> BTreeSet<String> {
    let address = |provider: &str| provider.split_once(":oidc-provider/").map_or(provider, |(_, at)| at).to_owned();
    let addresses: Vec<String> = providers.iter().map(|provider| format!("{}:", address(provider))).collect();
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let keys = operators.filter_map(|(_, keys)| keys.as_object()).flat_map(Map::keys);
    keys.filter(|key| addresses.iter().any(|address| key.starts_with(address))).cloned().collect()
}

/// Whether two statements say the same. IAM may write lists of one as a text, and in another order.
fn is_same(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    text(one, "Sid") == text(other, "Sid") && plain(&one.clone().into()) == plain(&other.clone().into())
}

/// Whether a statement says what another one says, for nobody whom that one does not name.
fn is_within(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let rest = |statement: &Map<String, Value>| {
        let mut statement = statement.clone();
        statement.remove("Principal");
        plain(&statement.into())
    };
    let is_named = |kind: &str| {
        let known = principals_of(other, kind);
        principals_of(one, kind).iter().all(|name| is_gone(name) || known.contains(name))
    };
    let kinds = one.get("Principal").and_then(Value::as_object);
    is_same(one, other)
        || (rest(one) == rest(other) && kinds.is_some_and(|kinds| kinds.keys().all(|kind| is_named(kind))))
}

/// Whether a principal is the unique id of a user or role, which IAM shows once they are gone.
fn is_gone(name: &str) -> bool {
    name.starts_with("AIDA") || name.starts_with("AROA")
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Array(many) => {
            let mut many: Vec<Value> = many.iter().map(plain).collect();
            many.sort_by_key(Value::to_string);
            match <[Value; 1]>::try_from(many) {
                Ok([one]) => one,
                Err(many) => many.into(),
            }
        }
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        one => one.clone(),
    }
}
