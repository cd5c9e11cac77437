//! Whom a role's trust policy lets in.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::permissions::{Effect, OneOrMany};
use crate::words::ids::{AccountId, Arn};
use crate::words::pattern;

/// Whom a role trusts, each with whether it is only under a condition.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trust {
    /// Anybody at all.
    pub(super) anybody: Option<bool>,
    /// Other accounts.
    pub(super) accounts: BTreeMap<String, bool>,
    /// Identity providers.
    pub(super) providers: BTreeMap<String, bool>,
    /// AWS's services.
    pub(super) services: BTreeMap<String, bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    statement: OneOrMany<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: Effect,
    principal: Option<Principal>,
    not_principal: Option<IgnoredAny>,
    action: Option<OneOrMany<String>>,
    condition: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a principal")]
enum Principal {
    Everybody(String),
    Some(BTreeMap<String, OneOrMany<String>>),
}

const ASSUME: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

impl Trust {
    /// Reads a trust policy's JSON text. Its denials are not looked at: they seldom keep out whom the rest lets in.
    pub(super) fn read(json: &str, own_account: &AccountId) -> Result<Self, String> {
        let document: Document = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut trust = Self::default();
        for statement in document.statement.into_vec() {
            let assumes = statement.action.is_none_or(|actions| {
                actions.into_vec().iter().any(|pattern| ASSUME.iter().any(|action| pattern::fits(pattern, action)))
            });
            if statement.effect == Effect::Deny || !assumes {
                continue;
            }
            let conditional = statement.condition.is_some_and(|operators| !operators.is_empty());
            if statement.not_principal.is_some() {
                trust.let_in_anybody(conditional);
            }
            match statement.principal {
                Some(Principal::Everybody(who)) if who == "*" => trust.let_in_anybody(conditional),
                Some(Principal::Everybody(who)) => return Err(format!("{who} is no principal")),
                Some(Principal::Some(kinds)) => {
                    for (kind, names) in kinds {
                        for name in names.into_vec() {
                            trust.let_in(&kind, name, conditional, own_account);
                        }
                    }
                }
                None => {}
            }
        }
        Ok(trust)
    }

    fn let_in(&mut self, kind: &str, name: String, conditional: bool, own_account: &AccountId) {
        match kind {
            _ if name == "*" => self.let_in_anybody(conditional),
            "Service" => note(&mut self.services, name, conditional),
            "Federated" => note(&mut self.providers, name, conditional),
            "AWS" => {
                let account = Arn::try_from(name.as_str()).map(|arn| arn.account().to_owned()).unwrap_or(name);
                // What is no account is the id of a principal that is gone: nobody.
                if account != own_account.as_str() && AccountId::try_from(account.as_str()).is_ok() {
                    note(&mut self.accounts, account, conditional);
                }
            }
            _ => {}
        }
    }

    fn let_in_anybody(&mut self, conditional: bool) {
        self.anybody = Some(self.anybody.unwrap_or(true) && conditional);
    }
}

/// One access path without a condition is enough.
fn note(among: &mut BTreeMap<String, bool>, name: String, conditional: bool) {
    let known = among.entry(name).or_insert(true);
    *known = *known && conditional;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(principal: &str, more: &str) -> Trust {
        let json = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole*"{more}}}]}}"#
        );
        Trust::read(&json, &AccountId::try_from("111122223333").unwrap()).unwrap()
    }

    #[test]
    fn whom_a_role_trusts_is_told_apart() {
        const CONDITION: &str = r#","Condition":{"StringEquals":{"sts:ExternalId":"x"}}"#;
        assert_eq!(read(r#""*""#, "").anybody, Some(false));
        assert_eq!(read(r#"{"AWS":["*"]}"#, CONDITION).anybody, Some(true));
        let trust = read(
            r#"{"AWS":["arn:aws:iam::111122223333:root","444455556666","arn:aws:iam::999988887777:role/x","AIDA"]}"#,
            CONDITION,
        );
        let accounts = [("444455556666".to_owned(), true), ("999988887777".to_owned(), true)].into();
        assert_eq!(trust, Trust { accounts, ..Trust::default() });
        let trust = read(r#"{"Service":"lambda.amazonaws.com","Federated":"accounts.google.com"}"#, "");
        assert_eq!((trust.services.len(), trust.providers["accounts.google.com"]), (1, false));
    }

    #[test]
    fn only_what_lets_somebody_assume_the_role_counts() {
        let own = AccountId::try_from("111122223333").unwrap();
        let none = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"},
            {"Effect":"Allow","Principal":"*","Action":"sts:TagSession"}]}"#;
        assert_eq!(Trust::read(none, &own), Ok(Trust::default()));
        let all_but = r#"{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"x"},"Action":"sts:AssumeRole"}}"#;
        assert_eq!(Trust::read(all_but, &own).map(|trust| trust.anybody), Ok(Some(false)));
        assert!(Trust::read("{}", &own).is_err());
    }
}
