//! Whose word counts, and which roles are the stack's own: both by full names.

use severance_aws::sessions::Member;
use severance_catalogue::function::FUNCTIONS;
use severance_catalogue::setting::{self, Setting};
use severance_domain::ids::{AccountId, Arn};
use severance_domain::refusals::{MemberRoles, OwnRoles};
use severance_domain::standing::{InvalidPrincipal, Principals, WhoMay};

/// Whose word counts: nobody but this account's users and roles, unless a setting names others. An error names the setting.
pub(super) fn who_may(
    own: &AccountId,
    said: &impl Fn(&Setting) -> Option<String>,
) -> Result<WhoMay, (&'static Setting, InvalidPrincipal)> {
    let list = |setting: &'static Setting| {
        let text = said(setting).unwrap_or_default();
        Principals::or_account(setting.parameter, &text, own).map_err(|invalid| (setting, invalid))
    };
    let named = &setting::NAMED_SESSION_ROLES;
    let named_sessions = Principals::read(named.parameter, &said(named).unwrap_or_default());
    Ok(WhoMay {
        ask: list(&setting::ASKER_PRINCIPALS)?,
        approve: list(&setting::APPROVER_PRINCIPALS)?,
        named_sessions: named_sessions.map_err(|invalid| (named, invalid))?,
    })
}

/// The names of the functions that are deployed. Behind one that is not always there stands whether it is: `copies-search=false`. Where
/// nothing is said, those that are always there.
pub(super) fn deployed(entries: Vec<String>) -> Vec<String> {
    if entries.is_empty() {
        let always = FUNCTIONS.iter().filter(|function| function.condition.is_none());
        return always.map(|function| function.name.to_owned()).collect();
    }
    let deployed = |entry: String| match entry.split_once('=') {
        Some((name, is_there)) => (is_there == "true").then(|| name.to_owned()),
        None => Some(entry),
    };
    entries.into_iter().filter_map(deployed).collect()
}

/// The roles of these functions of a stack, and the one in member accounts.
pub(super) fn own_roles(
    partition: &str,
    account: &AccountId,
    stack: &str,
    functions: &[String],
    member: Option<&Member>,
) -> OwnRoles {
    let arn = |name: &String| Arn::try_from(format!("arn:{partition}:iam::{account}:role/{stack}-{name}")).ok();
    let of_members = member.map(|member| MemberRoles {
        partition: partition.to_owned(),
        name: member.role_name.clone(),
        hub: account.clone(),
        accounts: member.accounts.clone(),
    });
    OwnRoles { of_functions: functions.iter().filter_map(arn).collect(), of_members }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        AccountId::try_from("012345678901").unwrap()
    }

    #[test]
    fn the_own_roles_are_those_of_the_functions_that_are_deployed() {
        let own = |partition: &str, entries: &[&str]| {
            let functions = deployed(entries.iter().map(|entry| (*entry).to_owned()).collect());
            let own = own_roles(partition, &account(), "severance", &functions, None);
            assert_eq!(own.of_members, None);
            own.of_functions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        let (search, responder) = (
            "arn:aws:iam::012345678901:role/severance-copies-search",
            "arn:aws:iam::012345678901:role/severance-responder",
        );
        assert_eq!(own("aws", &["responder", "copies-search=true"]), format!("{search} {responder}"));
        assert_eq!(own("aws", &["responder", "copies-search=false"]), responder);
        let always = own("aws", &[]);
        assert!(always.contains("role/severance-offboarding ") && !always.contains("copies-search"), "{always}");
        assert!(own("aws-cn", &[]).starts_with("arn:aws-cn:iam::"));
    }

    #[test]
    fn an_entry_that_sts_cannot_vouch_for_is_named_with_its_setting() {
        for (value, words) in [
            ("everybody", "no account id"),
            ("arn:aws:iam::*:role/Responder", "12 digits"),
            ("arn:aws:iam::012345678901:role/team/*", "STS does not say the path"),
            ("arn:aws:sts::012345678901:assumed-role/Responder/alice", "name the role"),
            ("arn:aws:iam::012345678901:group/responders", "no user, no role"),
        ] {
            for wrong in [&setting::ASKER_PRINCIPALS, &setting::APPROVER_PRINCIPALS, &setting::NAMED_SESSION_ROLES] {
                let said = |of: &Setting| (of == wrong).then(|| value.to_owned());
                let (named, invalid) = who_may(&account(), &said).unwrap_err();
                assert_eq!(named, wrong);
                assert!(invalid.to_string().contains(words), "{invalid}");
            }
        }
    }
}
