//! What Severance never does, whatever any policy says. All of it stands here.

use crate::words::profile::{Class, Profile};
use crate::words::subject::{Subject, SubjectKind};

/// Why this subject is never touched, if it is not.
pub fn refusal(subject: &Subject, profile: &Profile, own_roles: &[String]) -> Option<&'static str> {
    let path = subject.arn.as_ref().map(crate::words::ids::Arn::resource).unwrap_or_default();
    if profile.class == Some(Class::BreakGlass) {
        return Some("break-glass identities are never touched");
    }
    if subject.kind != SubjectKind::Role {
        return None;
    }
    if own_roles.contains(&subject.name) {
        return Some("this role is Severance's own");
    }
    if path.starts_with("role/aws-service-role/") {
        return Some("service-linked roles belong to the AWS service");
    }
    if path.starts_with("role/aws-reserved/") {
        return Some("permission-set roles can be changed only in IAM Identity Center");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ids::{AccountId, Arn};

    fn role(path_and_name: &str) -> Subject {
        Subject {
            kind: SubjectKind::Role,
            account: AccountId::try_from("111122223333").unwrap(),
            name: path_and_name.rsplit('/').next().unwrap().to_owned(),
            arn: Some(Arn::try_from(format!("arn:aws:iam::111122223333:role/{path_and_name}")).unwrap()),
            unique_id: None,
        }
    }

    #[test]
    fn each_refusal_names_its_own_reason() {
        let none = Profile::default();
        let glass = Profile { class: Some(Class::BreakGlass), ..Profile::default() };
        let cases = [
            (role("severance-posture-finding"), &none, Some("Severance's own")),
            (role("severance-x"), &none, None),
            (role("aws-service-role/x.amazonaws.com/AWSServiceRoleForX"), &none, Some("service-linked")),
            (role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"), &none, Some("Identity Center")),
            (role("app"), &glass, Some("break-glass")),
            (role("app"), &none, None),
        ];
        for (subject, profile, expected) in cases {
            let refusal = refusal(&subject, profile, &["severance-posture-finding".to_owned()]);
            assert_eq!(refusal.is_some(), expected.is_some(), "{}", subject.name);
            assert!(refusal.unwrap_or_default().contains(expected.unwrap_or_default()), "{}", subject.name);
        }
        let user = Subject { kind: SubjectKind::User, ..role("severance-bot") };
        assert_eq!(refusal(&user, &none, &["severance-bot".to_owned()]), None, "only roles are ours");
    }
}
