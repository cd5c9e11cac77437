//! What may be taken for so where nobody states it: a guess, with what it rests on.

use crate::words::profile::{Basis, Class, Confidence, Field, Origin, Profile};
use crate::words::subject::{Inventory, Subject, SubjectKind};

/// What says nothing itself but lets a profile be inferred.
#[derive(Debug, Clone, Copy)]
pub struct Clues<'a> {
    /// The identity.
    pub subject: &'a Subject,
    /// What it holds.
    pub inventory: &'a Inventory,
    /// A role's trust policy, as JSON.
    pub trust: Option<&'a str>,
}

impl Profile {
    /// Fills what nobody states with what the clues suggest, each with its basis and confidence.
    #[must_use]
    pub fn inferred(mut self, clues: &Clues<'_>) -> Self {
        let inferred = if self.class.is_none() { infer_class(clues) } else { None };
        if let Some((class, detail, confidence)) = inferred {
            self.class = Some(class);
            self.basis.insert(Field::Class, Basis { origin: Origin::Inferred, detail, confidence });
        }
        if self.owners.is_empty() && clues.subject.kind == SubjectKind::User && is_mail_address(&clues.subject.name) {
            self.owners = vec![clues.subject.name.to_lowercase()];
            let detail = "its name is a mail address".to_owned();
            let basis = Basis { origin: Origin::Inferred, detail, confidence: Confidence::Medium };
            self.basis.insert(Field::Owners, basis);
        }
        let administers = clues
            .inventory
            .attached_policies
            .iter()
            .flatten()
            .find(|name| ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"].contains(&name.as_str()));
        if let Some(policy) = administers.filter(|_| self.privileged.is_none()) {
            self.privileged = Some(true);
            let detail = format!("policy {policy} is attached");
            let basis = Basis { origin: Origin::Inferred, detail, confidence: Confidence::High };
            self.basis.insert(Field::Privileged, basis);
        }
        self
    }
}

fn is_mail_address(name: &str) -> bool {
    name.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
}

/// Who may assume a role says most about who uses it; a user's name says little.
fn infer_class(clues: &Clues<'_>) -> Option<(Class, String, Confidence)> {
    match clues.subject.kind {
        SubjectKind::Role => infer_from_trust(clues.trust?, clues.subject.account.as_str()),
        SubjectKind::User if clues.inventory.console_password == Some(true) => {
            Some((Class::Human, "it has a console password".to_owned(), Confidence::Medium))
        }
        SubjectKind::User if is_mail_address(&clues.subject.name) => {
            Some((Class::Human, "its name is a mail address".to_owned(), Confidence::Medium))
        }
        SubjectKind::User => infer_from_name(&clues.subject.name),
        _ => None,
    }
}

fn infer_from_name(name: &str) -> Option<(Class, String, Confidence)> {
    const WORDS: [(Class, &[&str]); 3] = [
        (Class::Pipeline, &["ci", "cd", "cicd", "deploy", "deployer", "github", "gitlab", "jenkins", "terraform"]),
        (Class::Agent, &["agent", "copilot", "llm", "bedrock"]),
        (Class::Workload, &["svc", "service", "app", "smtp", "backup"]),
    ];
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    WORDS.iter().find_map(|(class, known)| {
        let word = words.iter().find(|word| known.contains(word))?;
        Some((*class, format!("its name holds the word {word}"), Confidence::Low))
    })
}

fn infer_from_trust(document: &str, own_account: &str) -> Option<(Class, String, Confidence)> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    let statements = document.get("Statement")?;
    let statements = statements.as_array().map_or_else(|| std::slice::from_ref(statements), Vec::as_slice);
    let of = |kind: &str| -> Vec<String> {
        let principals = statements.iter().filter_map(|statement| statement.get("Principal")?.get(kind));
        principals
            .flat_map(|value| value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice))
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    };
    let found = |class, who: &str, confidence| Some((class, format!("its trust policy names {who}"), confidence));
    let federated = of("Federated");
    if let Some(who) = federated
        .iter()
        .find(|who| ["githubusercontent", "gitlab", "bitbucket", "circleci"].iter().any(|p| who.contains(p)))
    {
        return found(Class::Pipeline, who, Confidence::High);
    }
    if let Some(who) = federated.iter().find(|who| who.contains(":saml-provider/")) {
        return found(Class::Human, who, Confidence::Medium);
    }
    let services = of("Service");
    if let Some(who) = services.iter().find(|who| who.starts_with("bedrock")) {
        return found(Class::Agent, who, Confidence::High);
    }
    if let Some(who) = services.iter().find(|who| who.starts_with("code")) {
        return found(Class::Pipeline, who, Confidence::High);
    }
    if let Some(who) = services.first() {
        return found(Class::Workload, who, Confidence::High);
    }
    let outside = of("AWS").into_iter().find(|who| !who.contains(own_account) && who != "*")?;
    found(Class::ThirdParty, &outside, Confidence::Medium)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ids::AccountId;

    fn subject(kind: SubjectKind, name: &str) -> Subject {
        let account = AccountId::try_from("111122223333").unwrap();
        Subject { kind, account, name: name.to_owned(), arn: None, unique_id: None }
    }

    #[test]
    fn what_nobody_states_is_inferred_with_its_basis() {
        let trust = |principal: &str| format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal}}}]}}"#);
        let infer = |kind, name: &str, password: Option<bool>, trust: Option<&str>| {
            let inventory = Inventory { console_password: password, ..Inventory::default() };
            let subject = subject(kind, name);
            let clues = Clues { subject: &subject, inventory: &inventory, trust };
            let profile = Profile::default().inferred(&clues);
            assert!(!profile.is_class_stated());
            profile.class.map(|class| (class, profile.basis[&Field::Class].confidence))
        };
        let role = |principal: &str| infer(SubjectKind::Role, "r", None, Some(&trust(principal)));
        assert_eq!(role(r#"{"Service":"lambda.amazonaws.com"}"#), Some((Class::Workload, Confidence::High)));
        assert_eq!(role(r#"{"Service":["bedrock.amazonaws.com"]}"#), Some((Class::Agent, Confidence::High)));
        assert_eq!(
            role(r#"{"Federated":"arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"}"#),
            Some((Class::Pipeline, Confidence::High))
        );
        assert_eq!(role(r#"{"AWS":"arn:aws:iam::999988887777:root"}"#), Some((Class::ThirdParty, Confidence::Medium)));
        assert_eq!(role(r#"{"AWS":"arn:aws:iam::111122223333:root"}"#), None);
        assert_eq!(role(r#""*""#), None);
        assert_eq!(infer(SubjectKind::User, "x", Some(true), None), Some((Class::Human, Confidence::Medium)));
        assert_eq!(infer(SubjectKind::User, "ci-runner", None, None), Some((Class::Pipeline, Confidence::Low)));
        assert_eq!(infer(SubjectKind::User, "cinema", None, None), None, "whole words only");
    }

    #[test]
    fn a_stated_class_is_never_inferred_away() {
        let user = subject(SubjectKind::User, "alice@x.io");
        let inventory = Inventory { console_password: Some(true), ..Inventory::default() };
        let stated = Profile { class: Some(Class::Agent), owners: vec!["bob".to_owned()], ..Profile::default() };
        let profile = stated.inferred(&Clues { subject: &user, inventory: &inventory, trust: None });
        assert_eq!((profile.class, profile.owners), (Some(Class::Agent), vec!["bob".to_owned()]));
    }
}
