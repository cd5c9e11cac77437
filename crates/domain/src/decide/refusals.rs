//! What Severance never does, whatever any policy says. All of it stands here.

use std::collections::BTreeSet;

use crate::words::ids::{AccountId, Arn};
use crate::words::profile::Profile;
use crate::words::subject::{Subject, SubjectKind};

/// The roles by which this stack acts: full ARNs of what is deployed. A name alone shields nobody, for whoever may make a role may
/// call it so, in another account or in the place of a function that is switched off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnRoles {
    /// The roles of the functions that are deployed.
    pub of_functions: BTreeSet<Arn>,
    /// The role in member accounts; none where the stack acts in its own account only.
    pub of_members: Option<MemberRoles>,
}

/// The role in member accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRoles {
    /// `arn:aws:iam::ACCOUNT:role/NAME` of one such account, but for the account: it has no path, for sessions are asked for under
    /// this ARN.
    pub partition: String,
    /// Its name.
    pub name: String,
    /// The account of the stack, in which it acts by the functions' own roles and no role of this name is ours.
    pub hub: AccountId,
    /// The accounts that may be entered; empty for all that let the stack in.
    pub accounts: Vec<AccountId>,
}

impl OwnRoles {
    /// Whether this role is one of them.
    pub fn holds(&self, role: &Subject) -> bool {
        let Some(arn) = &role.arn else { return false };
        let is_member = self.of_members.as_ref().is_some_and(|member| {
            let listed = member.accounts.is_empty() || member.accounts.contains(&role.account);
            let own = format!("arn:{}:iam::{}:role/{}", member.partition, role.account, member.name);
            listed && role.account != member.hub && own == arn.as_str()
        });
        is_member || self.of_functions.contains(arn)
    }

    /// Whether this caller is a session of one of the functions. They ask each other for nothing that needs somebody's word.
    pub fn speaks(&self, caller: &Arn) -> bool {
        let role = caller.resource().strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
        role.filter(|_| caller.service() == "sts").is_some_and(|role| {
            let own = format!("arn:{}:iam::{}:role/{role}", caller.partition(), caller.account());
            self.of_functions.iter().any(|function| function.as_str() == own)
        })
    }
}

/// Why this subject is never touched, if it is not.
pub fn refusal(subject: &Subject, profile: &Profile, own_roles: &OwnRoles) -> Option<&'static str> {
    let path = subject.arn.as_ref().map(Arn::resource).unwrap_or_default();
    if profile.is_break_glass() && !profile.is_break_glass_by_tag() {
        return Some("break-glass identities are never touched");
    }
    if subject.kind != SubjectKind::Role {
        return None;
    }
    if own_roles.holds(subject) {
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

/// Why a person is asked about this subject first, whatever the policies say.
pub fn hold(profile: &Profile) -> Option<&'static str> {
    profile.is_break_glass_by_tag().then_some(
        "a tag alone says break-glass, and whoever may tag an identity may have written it: only the registry protects",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::profile::{Basis, Class, Confidence, Field, Origin};

    const HUB: &str = "111122223333";
    const MEMBER: &str = "444455556666";

    fn role_in(account: &str, path_and_name: &str) -> Subject {
        Subject {
            kind: SubjectKind::Role,
            account: AccountId::try_from(account).unwrap(),
            name: path_and_name.rsplit('/').next().unwrap().to_owned(),
            arn: Some(Arn::try_from(format!("arn:aws:iam::{account}:role/{path_and_name}")).unwrap()),
            unique_id: None,
        }
    }

    fn role(path_and_name: &str) -> Subject {
        role_in(HUB, path_and_name)
    }

    #[test]
    fn a_function_speaks_by_its_own_role_alone() {
        let speaks = |arn: &str| own().speaks(&Arn::try_from(arn).unwrap());
        assert!(speaks("arn:aws:sts::111122223333:assumed-role/severance-posture-finding/severance-posture-finding"));
        for other in [
            "arn:aws:sts::444455556666:assumed-role/severance-posture-finding/s",
            "arn:aws:sts::111122223333:assumed-role/severance-posture-findings/s",
            "arn:aws:sts::111122223333:assumed-role/SecurityOnCall/severance-posture-finding",
            "arn:aws:iam::111122223333:user/severance-posture-finding",
            "arn:aws:sts::111122223333:federated-user/severance-posture-finding",
        ] {
            assert!(!speaks(other), "{other}");
        }
    }

    /// A stack without the copies search.
    fn own() -> OwnRoles {
        let member = |accounts: &[&str]| MemberRoles {
            partition: "aws".to_owned(),
            name: "SeveranceMember".to_owned(),
            hub: AccountId::try_from(HUB).unwrap(),
            accounts: accounts.iter().map(|account| AccountId::try_from(*account).unwrap()).collect(),
        };
        OwnRoles {
            of_functions: role("severance-posture-finding").arn.into_iter().collect(),
            of_members: Some(member(&[MEMBER])),
        }
    }

    fn glass(origin: Origin) -> Profile {
        let basis = Basis { origin, detail: "x".to_owned(), confidence: Confidence::Stated };
        Profile { class: Some(Class::BreakGlass), basis: [(Field::Class, basis)].into(), ..Profile::default() }
    }

    #[test]
    fn each_refusal_names_its_own_reason() {
        let none = Profile::default();
        let glass = glass(Origin::Registry);
        let cases = [
            (role("severance-posture-finding"), &none, Some("Severance's own")),
            (role("severance-x"), &none, None),
            (role("aws-service-role/x.amazonaws.com/AWSServiceRoleForX"), &none, Some("service-linked")),
            (role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"), &none, Some("Identity Center")),
            (role("app"), &glass, Some("break-glass")),
            (role("app"), &none, None),
        ];
        for (subject, profile, expected) in cases {
            let refusal = refusal(&subject, profile, &own());
            assert_eq!(refusal.is_some(), expected.is_some(), "{}", subject.name);
            assert!(refusal.unwrap_or_default().contains(expected.unwrap_or_default()), "{}", subject.name);
        }
        let user = Subject { kind: SubjectKind::User, ..role("severance-posture-finding") };
        assert_eq!(refusal(&user, &none, &own()), None, "only roles are ours");
    }

    #[test]
    fn a_name_like_ours_shields_nobody() {
        let refused = |subject: &Subject| refusal(subject, &Profile::default(), &own()).is_some();
        // The same name in another account, under a path, in another partition, of a function that is switched off, another case.
        let elsewhere = role_in(MEMBER, "severance-posture-finding");
        let partition = Subject {
            arn: Arn::try_from("arn:aws-cn:iam::111122223333:role/severance-posture-finding").ok(),
            ..role("severance-posture-finding")
        };
        let others = [
            elsewhere,
            role("team/severance-posture-finding"),
            partition,
            role("severance-copies-search"),
            role("Severance-Posture-Finding"),
            // The member role is ours in the accounts that are entered, and there without a path.
            role("SeveranceMember"),
            role_in(MEMBER, "team/SeveranceMember"),
            role_in("777788889999", "SeveranceMember"),
        ];
        for other in others {
            assert!(!refused(&other), "{:?}", other.arn);
        }
        assert!(refused(&role("severance-posture-finding")));
        assert!(refused(&role_in(MEMBER, "SeveranceMember")));
        let all = OwnRoles {
            of_members: own().of_members.map(|member| MemberRoles { accounts: vec![], ..member }),
            ..OwnRoles::default()
        };
        assert!(all.holds(&role_in("777788889999", "SeveranceMember")), "every account that lets the stack in");
        assert!(!all.holds(&role("SeveranceMember")));
        assert!(!OwnRoles::default().holds(&role_in(MEMBER, "SeveranceMember")));
    }

    #[test]
    fn break_glass_protects_by_the_registry_and_a_tag_asks_a_person() {
        let none = OwnRoles::default();
        let (registry, tag) = (glass(Origin::Registry), glass(Origin::Tag));
        assert!(refusal(&role("app"), &registry, &none).is_some() && hold(&registry).is_none());
        assert!(refusal(&role("app"), &tag, &none).is_none() && hold(&tag).is_some());
        assert!(hold(&Profile::default()).is_none());
    }
}
