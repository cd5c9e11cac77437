//! Who an event means: the ways in which AWS writes an IAM identity down.

use crate::words::ids::{Arn, IamName, UniqueId};
use crate::words::malformed::Malformed;
use crate::words::signal::{PrincipalHint, SubjectHint};
use crate::words::text::is_unseen;

use super::node::Node;

/// Whom a part of an event is about.
pub(super) enum Meant {
    /// An identity that we can act on.
    Identity(SubjectHint),
    /// Somebody or something else, and the reason why that asks for nothing.
    NotOurs(String),
}

/// The principal that a threat detector describes by a type, a name and the id that IAM puts into its requests.
///
/// All three may be missing, as long as what is there says who it is.
pub(super) fn described(kind: &Node<'_>, name: &Node<'_>, principal_id: &Node<'_>) -> Result<Meant, Malformed> {
    if name.as_str() == Some("ANONYMOUS_PRINCIPAL") {
        return Ok(Meant::NotOurs("the caller was anonymous: no credential of ours was used".to_owned()));
    }
    let id = unique_id(principal_id);
    let kind_text = kind.text_if_any()?.unwrap_or_default();
    match kind_text.to_ascii_lowercase().as_str() {
        "iamuser" | "user" => Ok(Meant::Identity(SubjectHint::User(hint(name, "user", id)?))),
        "assumedrole" | "role" | "iamrole" => {
            Ok(Meant::Identity(SubjectHint::Role(role_hint(name, principal_id, id)?)))
        }
        "root" => Ok(Meant::Identity(SubjectHint::Root)),
        // Where the type is missing, the id tells users and roles apart.
        "" => match id {
            Some(id) if id.as_str().starts_with("AIDA") => {
                Ok(Meant::Identity(SubjectHint::User(hint(name, "user", Some(id))?)))
            }
            Some(id) => Ok(Meant::Identity(SubjectHint::Role(role_hint(name, principal_id, Some(id))?))),
            None => Err(kind.not("the type of the principal (IAMUser, AssumedRole, Role or Root)")),
        },
        // The session of a user dies with its user, where the event says which one that is.
        "federateduser" if id.as_ref().is_some_and(|id| id.as_str().starts_with("AIDA")) => {
            Ok(Meant::Identity(SubjectHint::User(PrincipalHint { unique_id: id, ..PrincipalHint::default() })))
        }
        "federateduser" => Ok(Meant::NotOurs(
            "a federated user's session does not say which IAM user it was made by: see the call to GetFederationToken"
                .to_owned(),
        )),
        _ => Ok(Meant::NotOurs(format!(
            "a principal of type {} is no IAM identity of this account",
            one_line(kind_text)
        ))),
    }
}

/// The identity that an IAM or STS ARN names.
pub(super) fn of_arn(at: &Node<'_>, arn: Arn) -> Result<Meant, Malformed> {
    if arn.service() != "iam" && arn.service() != "sts" {
        return Ok(Meant::NotOurs(format!("{} is no IAM identity", one_line(arn.as_str()))));
    }
    if arn.resource() == "root" {
        return Ok(Meant::Identity(SubjectHint::Root));
    }
    if let Some(session) = arn.resource().strip_prefix("assumed-role/") {
        let name = session.split('/').next().unwrap_or_default();
        let name = IamName::try_from(name).map_err(|_| at.not("the ARN of a role's session"))?;
        return Ok(Meant::Identity(SubjectHint::Role(PrincipalHint { name: Some(name), ..PrincipalHint::default() })));
    }
    for kind in ["user", "role"] {
        let Some(last) = arn.name_of(kind) else { continue };
        // Some senders put the unique id where the name belongs. Such an ARN names nothing, so it is not kept.
        let hint = if let Some(id) = as_unique_id(last) {
            PrincipalHint { unique_id: Some(id), ..PrincipalHint::default() }
        } else {
            let name = IamName::try_from(last).map_err(|_| at.not("the ARN of an IAM identity"))?;
            PrincipalHint { name: Some(name), arn: Some(arn), unique_id: None }
        };
        return Ok(Meant::Identity(if kind == "user" { SubjectHint::User(hint) } else { SubjectHint::Role(hint) }));
    }
    Ok(Meant::NotOurs(format!("{} is neither an IAM user nor a role", one_line(arn.as_str()))))
}

/// A unique id as IAM writes it today: `AIDA` or `AROA` and 17 more. A name of that very form would be taken for one.
pub(super) fn as_unique_id(text: &str) -> Option<UniqueId> {
    let known = text.starts_with("AIDA") || text.starts_with("AROA");
    let form = text.len() == 21 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if known && form { UniqueId::try_from(text).ok() } else { None }
}

/// The unique id in a principal id, which for a session goes on with `:` and the session's name.
fn unique_id(principal_id: &Node<'_>) -> Option<UniqueId> {
    let id = principal_id.as_str()?.split(':').next()?;
    if id.starts_with("AIDA") || id.starts_with("AROA") { UniqueId::try_from(id).ok() } else { None }
}

/// The hint about a principal whose name stands here, plainly or as the ARN that it sometimes is.
fn hint(name: &Node<'_>, kind: &str, unique_id: Option<UniqueId>) -> Result<PrincipalHint, Malformed> {
    let unique_id = unique_id.filter(|id| id.as_str().starts_with(if kind == "user" { "AIDA" } else { "AROA" }));
    let mut hint = PrincipalHint::default();
    if name.as_str().is_some_and(|text| text.starts_with("arn:")) {
        if let Meant::Identity(SubjectHint::User(found) | SubjectHint::Role(found)) =
            of_arn(name, name.id(Arn::EXPECTED)?)?
        {
            hint = found;
        }
    } else {
        hint.name = name.id_if_any(IamName::EXPECTED)?;
    }
    hint.unique_id = unique_id.or(hint.unique_id);
    Ok(hint)
}

/// A role has no key that AWS could look its name up by, so the event must say which role it is.
fn role_hint(name: &Node<'_>, principal_id: &Node<'_>, id: Option<UniqueId>) -> Result<PrincipalHint, Malformed> {
    let hint = hint(name, "role", id)?;
    if hint.name.is_none() && hint.unique_id.is_none() {
        return Err(if name.is_present() { name } else { principal_id }.not("the name or the unique id of the role"));
    }
    Ok(hint)
}

/// Whether the hint, together with the key if there is one, says who is meant.
pub(super) fn names_somebody(subject: &SubjectHint, has_key: bool) -> bool {
    match subject {
        SubjectHint::User(hint) | SubjectHint::Role(hint) => {
            has_key || hint.name.is_some() || hint.arn.is_some() || hint.unique_id.is_some()
        }
        SubjectHint::AccessKeyOnly => has_key,
        _ => true,
    }
}

/// A text of an event as one line that can be shown to a reader: no control characters, none that change the direction
/// of writing, no more than 256 characters.
pub(super) fn one_line(text: &str) -> String {
    let shown: String = text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect();
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 256 { line } else { line.chars().take(255).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(kind: &Value, name: &Value, id: &Value) -> Result<Option<SubjectHint>, Malformed> {
        let node = |value, path| Node::root(value, path);
        described(&node(kind, "$.type"), &node(name, "$.name"), &node(id, "$.id")).map(|meant| match meant {
            Meant::Identity(subject) => Some(subject),
            Meant::NotOurs(_) => None,
        })
    }

    #[test]
    fn a_principal_is_told_by_type_or_id() {
        let user = read(&json!("IAMUser"), &json!("bot"), &json!("AIDAEXAMPLEEXAMPLE001")).unwrap().unwrap();
        assert!(matches!(&user, SubjectHint::User(h) if h.name.is_some() && h.unique_id.is_some()));
        let role = read(&Value::Null, &json!("build"), &json!("AROAEXAMPLEEXAMPLE001:session")).unwrap().unwrap();
        assert!(
            matches!(&role, SubjectHint::Role(h) if h.unique_id.as_ref().unwrap().as_str() == "AROAEXAMPLEEXAMPLE001")
        );
        assert_eq!(read(&json!("Root"), &json!("Root"), &json!("000000000000")).unwrap(), Some(SubjectHint::Root));
        for other in ["FederatedUser", "AWSService", "AWSAccount", "WebIdentityUser", "SAMLUser", "Directory"] {
            assert_eq!(read(&json!(other), &json!("x"), &Value::Null).unwrap(), None, "{other}");
        }
        let maker = read(&json!("FederatedUser"), &json!("session"), &json!("AIDAEXAMPLEEXAMPLE001:session")).unwrap();
        assert!(matches!(&maker, Some(SubjectHint::User(h)) if h.name.is_none() && h.unique_id.is_some()), "{maker:?}");
        assert_eq!(read(&json!("AWSAccount"), &json!("ANONYMOUS_PRINCIPAL"), &Value::Null).unwrap(), None);
        assert_eq!(read(&Value::Null, &json!("bot"), &Value::Null).unwrap_err().at, "$.type");
        assert_eq!(read(&json!("Role"), &Value::Null, &json!("x")).unwrap_err().at, "$.id");
        assert_eq!(read(&json!("IAMUser"), &json!("no name/"), &Value::Null).unwrap_err().at, "$.name");
    }

    #[test]
    fn arns_of_every_partition_and_kind_are_read() {
        let meant = |text: &str| {
            let value = json!(text);
            match of_arn(&Node::root(&value, "$"), Arn::try_from(text).unwrap()).unwrap() {
                Meant::Identity(subject) => serde_json::to_value(subject).unwrap(),
                Meant::NotOurs(_) => Value::Null,
            }
        };
        assert_eq!(meant("arn:aws-cn:iam::012345678901:user/a/b/bot")["name"], "bot");
        assert_eq!(meant("arn:aws-us-gov:iam::012345678901:role/x")["type"], "role");
        assert_eq!(meant("arn:aws:sts::012345678901:assumed-role/build/i-1")["name"], "build");
        assert_eq!(meant("arn:aws:iam::012345678901:root"), json!({"type": "root"}));
        assert_eq!(
            meant("arn:aws:iam::012345678901:user/AIDAEXAMPLEEXAMPLE001"),
            json!({"type": "user", "uniqueId": "AIDAEXAMPLEEXAMPLE001"})
        );
        assert_eq!(meant("arn:aws:s3:::bucket"), Value::Null);
        assert_eq!(meant("arn:aws:iam::012345678901:group/g"), Value::Null);
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(one_line("a\nb\u{1b}[31m\u{202e}c  d"), "a b [31m c d");
        assert_eq!(one_line(&"ä".repeat(300)).chars().count(), 256);
    }
}
