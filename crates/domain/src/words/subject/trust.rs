//! Who may start sessions of a role.

use serde::{Deserialize, Serialize};

use crate::words::ids::Arn;

/// Who may start sessions of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trust {
    /// The trust policy as IAM shows it, so that a restore can be compared with it.
    pub document: String,
    /// AWS services that may, such as `ec2.amazonaws.com`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub services: Vec<String>,
    /// Accounts and identities of AWS that may; `*` is everybody.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub principals: Vec<String>,
    /// Identity providers (OIDC, SAML) whose users may.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub federated: Vec<String>,
    /// Whether Severance has closed it already.
    #[serde(default)]
    pub closed: bool,
}

impl Trust {
    /// Reads a trust policy: who is allowed by any of its statements. None if it is no policy.
    pub fn read(document: &str) -> Option<Self> {
        let parsed: serde_json::Value = serde_json::from_str(document).ok()?;
        let statements = match parsed.get("Statement")? {
            serde_json::Value::Array(many) => many.iter().collect::<Vec<_>>(),
            one => vec![one],
        };
        let mut trust = Self {
            document: document.to_owned(),
            services: vec![],
            principals: vec![],
            federated: vec![],
            closed: false,
        };
        for statement in statements {
            let sid = statement.get("Sid").and_then(serde_json::Value::as_str).unwrap_or_default();
            if sid.starts_with(crate::words::marks::CLOSED_TRUST_SID) {
                trust.closed = true;
            }
            if statement.get("Effect").and_then(serde_json::Value::as_str) != Some("Allow") {
                continue;
            }
            match statement.get("Principal") {
                Some(serde_json::Value::Object(kinds)) => {
                    for (kind, who) in kinds {
                        let into = match kind.as_str() {
                            "Service" => &mut trust.services,
                            "Federated" => &mut trust.federated,
                            _ => &mut trust.principals,
                        };
                        into.extend(texts(who));
                    }
                }
                Some(who) => trust.principals.extend(texts(who)),
                // NotPrincipal allows everybody but those that it names.
                None => trust.principals.push("*".to_owned()),
            }
        }
        for list in [&mut trust.services, &mut trust.principals, &mut trust.federated] {
            list.sort();
            list.dedup();
        }
        Some(trust)
    }

    /// Whether an AWS service uses the role: closing its trust would break that service.
    pub fn is_used_by_service(&self) -> bool {
        !self.services.is_empty()
    }
}

fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Array(many) => many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// A profile of IAM Roles Anywhere: by it, whoever holds a certificate starts sessions of its roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolesAnywhereProfile {
    /// Its ARN, which names its Region.
    pub arn: Arn,
    /// Whether it can be used.
    pub enabled: bool,
    /// Its roles.
    pub roles: Vec<String>,
}
