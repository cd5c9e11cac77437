//! Whose resource a finding is about.

use crate::words::ids::{AccessKeyId, AccountId, Arn, IamName, UniqueId};
use crate::words::malformed::Malformed;
use crate::words::signal::{PrincipalHint, SubjectHint};

use super::super::node::Node;
use super::super::principal::{self, Meant};

/// What one entry of `Resources` is.
pub(super) enum Resource {
    /// An identity.
    Identity(Identity),
    /// Something else, and why that asks for nothing.
    Other(String),
}

/// An identity, and what is said about it beside its name.
pub(super) struct Identity {
    pub(super) subject: SubjectHint,
    pub(super) access_key: Option<AccessKeyId>,
    /// The account of its own ARN. It wins over the finding's: an administrator's finding may be about a member.
    pub(super) account: Option<AccountId>,
}

pub(super) fn read(resource: &Node<'_>) -> Result<Resource, Malformed> {
    let kind = resource.field("Type")?;
    let details = resource.get("Details");
    match kind.str()? {
        "AwsIamUser" => {
            let details = details.get("AwsIamUser");
            principal_of(&resource.field("Id")?, &details.get("UserName"), &details.get("UserId"), true)
        }
        "AwsIamRole" => {
            let details = details.get("AwsIamRole");
            principal_of(&resource.field("Id")?, &details.get("RoleName"), &details.get("RoleId"), false)
        }
        "AwsIamAccessKey" => access_key(&resource.field("Id")?, &details.get("AwsIamAccessKey")),
        "AwsAccount" => Ok(Resource::Other("the resource is a whole account and names no identity".to_owned())),
        other => Ok(Resource::Other(format!("{} is no IAM identity", principal::one_line(other)))),
    }
}

/// A user or a role: named by its ARN, by its unique id (bare or inside an ARN), or by its details.
fn principal_of(id: &Node<'_>, name: &Node<'_>, unique_id: &Node<'_>, is_user: bool) -> Result<Resource, Malformed> {
    let text = id.str()?;
    let mut hint = PrincipalHint::default();
    let mut account = None;
    if text.starts_with("arn:") {
        let arn: Arn = id.id(Arn::EXPECTED)?;
        account = account_of(&arn);
        match (principal::of_arn(id, arn)?, is_user) {
            (Meant::Identity(SubjectHint::User(found)), true) | (Meant::Identity(SubjectHint::Role(found)), false) => {
                hint = found;
            }
            // Prowler calls root a user.
            (Meant::Identity(SubjectHint::Root), _) => {
                return Ok(Resource::Identity(Identity { subject: SubjectHint::Root, access_key: None, account }));
            }
            _ => return Err(id.not("the ARN of what the resource's type says")),
        }
    } else {
        hint.unique_id = principal::as_unique_id(text);
    }
    if let Some(said) = name.id_if_any::<IamName>(IamName::EXPECTED)? {
        hint.name = Some(said);
    }
    if let Some(said) = unique_id.id_if_any::<UniqueId>(UniqueId::EXPECTED)? {
        hint.unique_id = Some(said);
    }
    let subject = if is_user { SubjectHint::User(hint) } else { SubjectHint::Role(hint) };
    if !principal::names_somebody(&subject, false) {
        return Err(id.not("the ARN or the unique id of an IAM user or role"));
    }
    Ok(Resource::Identity(Identity { subject, access_key: None, account }))
}

/// An access key: its id ends the resource's, or is `null` where the threat detector saw a login without a key.
fn access_key(id: &Node<'_>, details: &Node<'_>) -> Result<Resource, Malformed> {
    let mut key: Option<AccessKeyId> = details.get("AccessKeyId").id_if_any(AccessKeyId::EXPECTED)?;
    let written = id.str()?.strip_prefix("AWS::IAM::AccessKey:").unwrap_or_default();
    if written.starts_with("GeneratedFinding") {
        return Ok(Resource::Other("the key of a sample finding: there is no such key".to_owned()));
    }
    if key.is_none() && !written.is_empty() && written != "null" {
        key = Some(AccessKeyId::try_from(written).map_err(|_| id.not("AWS::IAM::AccessKey: and a key's id, or null"))?);
    }
    let issuer = details.get("SessionContext").get("SessionIssuer");
    let kind = details.get("PrincipalType");
    let name = [details.get("UserName"), details.get("PrincipalName"), issuer.get("UserName")]
        .into_iter()
        .find(Node::is_present)
        .unwrap_or_else(|| details.get("UserName"));
    let principal_id = [details.get("PrincipalId"), issuer.get("PrincipalId")]
        .into_iter()
        .find(Node::is_present)
        .unwrap_or_else(|| details.get("PrincipalId"));
    // Without a type the older form `UserName` means a user, and a bare long-term key is AWS's to look up.
    let untyped = !kind.is_present() && !principal_id.is_present();
    let meant = if untyped && name.is_present() {
        let hint = PrincipalHint { name: name.id_if_any(IamName::EXPECTED)?, ..PrincipalHint::default() };
        Meant::Identity(SubjectHint::User(hint))
    } else if untyped {
        Meant::Identity(SubjectHint::AccessKeyOnly)
    } else {
        principal::described(&kind, &name, &principal_id)?
    };
    let subject = match meant {
        Meant::Identity(subject) => subject,
        Meant::NotOurs(reason) => return Ok(Resource::Other(reason)),
    };
    if !principal::names_somebody(&subject, key.is_some()) {
        return Err(id.not("an access key with an id, or with details that say whose it is"));
    }
    let account = details.get("AccountId");
    let account = if account.is_present() { Some(account.account()?) } else { None };
    Ok(Resource::Identity(Identity { subject, access_key: key, account }))
}

/// The account in an ARN, where it has one.
fn account_of(arn: &Arn) -> Option<AccountId> {
    AccountId::try_from(arn.account()).ok()
}
