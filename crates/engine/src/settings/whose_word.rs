//! Whose word counts.

use severance_catalogue::setting::{self, Setting};
use severance_domain::ids::AccountId;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        AccountId::try_from("012345678901").unwrap()
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
