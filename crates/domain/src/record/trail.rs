//! What an identity made, by CloudTrail's record of its calls. Reads the record as CloudTrail writes it; a write that it does not
//! understand is named as such.

mod names;
mod principal;
mod session;
mod write;

use jiff::Timestamp;
use serde_json::Value;

pub use names::{Names, Renaming};
pub use principal::{Principal, Whose};
use session::arn;
pub use session::{Session, SessionOf};

use crate::words::ids::{AccessKeyId, Arn, CredentialId, IamName, UniqueId};
use crate::words::signal::Planted;

/// One call that made something which outlives its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// CloudTrail's id of the call.
    pub event_id: String,
    /// The call, such as `CreateAccessKey`.
    pub event_name: String,
    /// When.
    pub at: Timestamp,
    /// What it made.
    pub made: Made,
}

/// What a call made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A user.
    User(Identity),
    /// A role.
    Role(Identity),
    /// A customer managed policy, or a version of one.
    Policy {
        /// The policy.
        arn: Arn,
        /// The version that the call wrote or made the default one; none for a new policy, whose first version is `v1`.
        version: Option<String>,
    },
    /// A credential of a user: its own or another's.
    Credential {
        /// Whose.
        user: IamName,
        /// Which.
        credential: Planted,
    },
    /// Another trust policy of a role.
    Trust {
        /// The role.
        role: IamName,
    },
    /// Rights that somebody has now, or has no more.
    Rights {
        /// In words.
        words: String,
        /// Whose they are.
        of: Holder,
        /// Whether the call only took away.
        taken: bool,
    },
    /// A session.
    Session(Session),
    /// A change that no step ends and no list of the identity shows.
    Write {
        /// The call, as policies name it: `lambda:AddPermission`.
        action: String,
        /// What it does, in words that follow "which"; none where nobody here understands it.
        does: Option<&'static str>,
    },
}

/// Whose rights a call changed, by the name that it was asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User(String),
    /// A role.
    Role(String),
    /// A group, and with it every user in it.
    Group(String),
}

/// A user or role, as the answer that made it names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: IamName,
    /// Its ARN.
    pub arn: Arn,
    /// Its immutable id.
    pub unique_id: UniqueId,
}

impl Made {
    /// In a reader's words.
    pub fn words(&self) -> String {
        match self {
            Self::User(of) => format!("user {}", of.arn),
            Self::Role(of) => format!("role {}", of.arn),
            Self::Policy { arn, version: None } => format!("policy {arn}"),
            Self::Policy { arn, version: Some(version) } => format!("version {version} of policy {arn}"),
            Self::Credential { user, credential } => match credential {
                Planted::AccessKey(id) => format!("access key {id} of user {user}"),
                Planted::ConsolePassword => format!("a console password of user {user}"),
                Planted::SshPublicKey(id) => format!("SSH public key {id} of user {user}"),
                Planted::SigningCertificate(id) => format!("signing certificate {id} of user {user}"),
                Planted::ServiceCredential(id) => format!("credential {id} of user {user}"),
            },
            Self::Trust { role } => format!("the trust policy of role {role}"),
            Self::Rights { words, .. } => words.clone(),
            Self::Session(session) => session.words(),
            Self::Write { action, does: Some(does) } => format!("{action}, which {does}"),
            Self::Write { action, does: None } => format!("{action}, which nobody here understands"),
        }
    }
}

/// One call, by whom and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// The address that it came from, or the AWS service that made it.
    pub source_ip: String,
    /// What the caller calls itself.
    pub user_agent: String,
    /// The service that was called.
    pub service: String,
    /// In which Region.
    pub region: String,
}

impl Call {
    /// Reads a record, of a call that was refused too: whoever made it tried.
    pub fn read(record: &Value) -> Option<Self> {
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            at: text("eventTime")?.parse().ok()?,
            source_ip: text("sourceIPAddress").unwrap_or_else(|| "an address that CloudTrail does not name".to_owned()),
            user_agent: text("userAgent").unwrap_or_else(|| "no user agent".to_owned()),
            service: text("eventSource")?,
            region: text("awsRegion").unwrap_or_default(),
        })
    }
}

impl Trace {
    /// Reads a record (`CloudTrailEvent` of `cloudtrail:LookupEvents`). None for a call that failed, that only reads, or that leaves
    /// everybody's access as it is. What it makes of a record that is not as CloudTrail writes them is a write that nobody
    /// understands: what was made may be anything.
    pub fn read(record: &str) -> Option<Self> {
        Self::of(&serde_json::from_str(record).ok()?)
    }

    /// The same, of a record that was taken apart.
    pub fn of(record: &Value) -> Option<Self> {
        // A call that was refused made nothing.
        if record.get("errorCode").is_some_and(|code| !code.is_null()) {
            return None;
        }
        let text = |path: &str| record.pointer(path).and_then(Value::as_str);
        let (source, name, at) = (text("/eventSource")?, text("/eventName")?, text("/eventTime")?.parse().ok()?);
        let service = source.split('.').next().unwrap_or_default();
        let made = match session::started(service, name, record, at) {
            Some(session) => Made::Session(session),
            None => match made_in_iam(name, record).filter(|_| service == "iam") {
                Some(made) => made,
                None if write::is_read(record, name) || is_harmless(service, name, record) => return None,
                None => {
                    let name = write::plain(name);
                    Made::Write { action: format!("{service}:{name}"), does: write::door(service, name) }
                }
            },
        };
        Some(Self { event_id: text("/eventID")?.to_owned(), event_name: name.to_owned(), at, made })
    }
}

/// Whether a call that is no read changes nothing that lives on. One that sets a credential active again is none of these.
fn is_harmless(service: &str, name: &str, record: &Value) -> bool {
    let status = record.pointer("/requestParameters/status").and_then(Value::as_str);
    let sets = matches!(
        name,
        "UpdateAccessKey" | "UpdateSSHPublicKey" | "UpdateSigningCertificate" | "UpdateServiceSpecificCredential"
    );
    write::is_harmless(service, write::plain(name)) && !(sets && status != Some("Inactive"))
}

/// What a call of IAM made, if it made something that outlives its caller.
fn made_in_iam(name: &str, record: &Value) -> Option<Made> {
    let text = |path: &str| record.pointer(path).and_then(Value::as_str);
    let asked = |field: &str| text(&format!("/requestParameters/{field}"));
    // Without a name a call is about whoever makes it.
    let user = || IamName::try_from(asked("userName").or_else(|| text("/userIdentity/userName"))?).ok();
    let is_activated = asked("status") == Some("Active");
    Some(match name {
        "CreateUser" => Made::User(identity(record, "user")?),
        "CreateRole" => Made::Role(identity(record, "role")?),
        "CreatePolicy" => Made::Policy { arn: arn(text("/responseElements/policy/arn"))?, version: None },
        "CreatePolicyVersion" => {
            // One that is not the default version lies in wait: whoever makes it count needs to write nothing.
            let version = text("/responseElements/policyVersion/versionId")?.to_owned();
            Made::Policy { arn: arn(asked("policyArn"))?, version: Some(version) }
        }
        "SetDefaultPolicyVersion" => {
            Made::Policy { arn: arn(asked("policyArn"))?, version: Some(asked("versionId")?.to_owned()) }
        }
        "CreateAccessKey" => {
            let id = AccessKeyId::try_from(text("/responseElements/accessKey/accessKeyId")?).ok()?;
            let holder = text("/responseElements/accessKey/userName").and_then(|name| IamName::try_from(name).ok());
            Made::Credential { user: holder.or_else(user)?, credential: Planted::AccessKey(id) }
        }
        "UpdateAccessKey" if is_activated => {
            let id = AccessKeyId::try_from(asked("accessKeyId")?).ok()?;
            Made::Credential { user: user()?, credential: Planted::AccessKey(id) }
        }
        "CreateLoginProfile" | "UpdateLoginProfile" => {
            Made::Credential { user: user()?, credential: Planted::ConsolePassword }
        }
        "UploadSSHPublicKey" => {
            let id = credential(text("/responseElements/sSHPublicKey/sSHPublicKeyId"))?;
            Made::Credential { user: user()?, credential: Planted::SshPublicKey(id) }
        }
        "UpdateSSHPublicKey" if is_activated => {
            let id = credential(asked("sSHPublicKeyId"))?;
            Made::Credential { user: user()?, credential: Planted::SshPublicKey(id) }
        }
        "UploadSigningCertificate" => {
            let id = credential(text("/responseElements/certificate/certificateId"))?;
            Made::Credential { user: user()?, credential: Planted::SigningCertificate(id) }
        }
        "UpdateSigningCertificate" if is_activated => {
            let id = credential(asked("certificateId"))?;
            Made::Credential { user: user()?, credential: Planted::SigningCertificate(id) }
        }
        "UpdateServiceSpecificCredential" if is_activated => {
            let id = credential(asked("serviceSpecificCredentialId"))?;
            Made::Credential { user: user()?, credential: Planted::ServiceCredential(id) }
        }
        "CreateServiceSpecificCredential" | "ResetServiceSpecificCredential" => {
            let id = credential(
                text("/responseElements/serviceSpecificCredential/serviceSpecificCredentialId")
                    .or_else(|| asked("serviceSpecificCredentialId")),
            )?;
            let holder = text("/responseElements/serviceSpecificCredential/userName");
            let holder = holder.and_then(|name| IamName::try_from(name).ok()).or_else(user)?;
            Made::Credential { user: holder, credential: Planted::ServiceCredential(id) }
        }
        "UpdateAssumeRolePolicy" => Made::Trust { role: IamName::try_from(asked("roleName")?).ok()? },
        rights => rights_given(rights, &asked)?,
    })
}

/// Whose session made a call, by its record: the ARN of the user or the role, and the role's unique id.
pub fn issuer(record: &Value) -> Option<(Arn, Option<UniqueId>)> {
    let text = |path: &str| record.pointer(path).and_then(Value::as_str);
    let (at, id) = match text("/userIdentity/type")? {
        // Of a federated session, the user who asked for it.
        "AssumedRole" | "FederatedUser" => (
            text("/userIdentity/sessionContext/sessionIssuer/arn"),
            text("/userIdentity/sessionContext/sessionIssuer/principalId"),
        ),
        "IAMUser" => (text("/userIdentity/arn"), text("/userIdentity/principalId")),
        _ => return None,
    };
    Some((arn(at)?, id.and_then(|id| UniqueId::try_from(id).ok())))
}

/// Whether a record is of a call that deleted this key.
pub fn deletes(record: &Value, key: &AccessKeyId) -> bool {
    let text = |path: &str| record.pointer(path).and_then(Value::as_str);
    record.get("errorCode").is_none_or(Value::is_null)
        && text("/eventName") == Some("DeleteAccessKey")
        && text("/requestParameters/accessKeyId") == Some(key.as_str())
}

fn rights_given<'a>(event: &str, asked: &impl Fn(&str) -> Option<&'a str>) -> Option<Made> {
    let whom = ["userName", "roleName", "groupName"].iter().find_map(|field| Some((*field, asked(field)?)));
    let (kind, name) = whom?;
    let of = match kind {
        "userName" => Holder::User(name.to_owned()),
        "roleName" => Holder::Role(name.to_owned()),
        _ => Holder::Group(name.to_owned()),
    };
    let words = rights_in_words(event, kind.trim_end_matches("Name"), name, asked)?;
    let taken =
        event.starts_with("Detach") || matches!(event, "DeleteUserPolicy" | "DeleteRolePolicy" | "DeleteGroupPolicy");
    Some(Made::Rights { words, of, taken })
}

fn rights_in_words<'a>(
    event: &str,
    kind: &str,
    name: &str,
    asked: &impl Fn(&str) -> Option<&'a str>,
) -> Option<String> {
    let what = asked("policyArn").or_else(|| asked("policyName")).unwrap_or("another policy");
    match event {
        "AttachUserPolicy" | "AttachRolePolicy" | "AttachGroupPolicy" | "PutUserPolicy" | "PutRolePolicy"
        | "PutGroupPolicy" => Some(format!("{event}: {kind} {name} was given {what}")),
        "AddUserToGroup" => {
            let group = asked("groupName")?;
            Some(format!("{event}: user {} was put into group {group}", asked("userName")?))
        }
        "DeleteUserPermissionsBoundary"
        | "DeleteRolePermissionsBoundary"
        | "PutUserPermissionsBoundary"
        | "PutRolePermissionsBoundary" => {
            Some(format!("{event}: the permissions boundary of {kind} {name} was changed"))
        }
        "DetachUserPolicy" | "DetachRolePolicy" | "DetachGroupPolicy" | "DeleteUserPolicy" | "DeleteRolePolicy"
        | "DeleteGroupPolicy" => Some(format!("{event}: {what} was taken from {kind} {name}")),
        "RemoveUserFromGroup" => {
            let group = asked("groupName")?;
            Some(format!("{event}: user {} was taken out of group {group}", asked("userName")?))
        }
        // Policies may go by tags and paths, and whoever is called otherwise is somebody else to them.
        "TagUser" | "UntagUser" | "TagRole" | "UntagRole" => {
            Some(format!("{event}: the tags of {kind} {name} were changed"))
        }
        "UpdateUser" => {
            let to = asked("newUserName").or_else(|| asked("newPath")).unwrap_or("another name");
            Some(format!("{event}: {kind} {name} was renamed to {to}"))
        }
        "EnableMFADevice" | "DeactivateMFADevice" => {
            Some(format!("{event}: the factors by which {kind} {name} signs in were changed"))
        }
        "AddRoleToInstanceProfile" => {
            let profile = asked("instanceProfileName")?;
            Some(format!("{event}: {kind} {name} was given to instances of profile {profile}"))
        }
        _ => None,
    }
}

fn identity(record: &Value, kind: &str) -> Option<Identity> {
    let made = record.pointer(&format!("/responseElements/{kind}"))?;
    let text = |field: &str| made.get(field).and_then(Value::as_str);
    Some(Identity {
        name: IamName::try_from(text(&format!("{kind}Name"))?).ok()?,
        arn: arn(text("arn"))?,
        unique_id: UniqueId::try_from(text(&format!("{kind}Id"))?).ok()?,
    })
}

fn credential(text: Option<&str>) -> Option<CredentialId> {
    CredentialId::try_from(text?).ok()
}
