//! What an identity made, by CloudTrail's record of its calls. Reads the record as CloudTrail writes it; what it does not
//! understand is nothing that was made.

use jiff::Timestamp;
use serde_json::Value;

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
    /// A session, by the id of its key; of a role, if it is one.
    Session {
        /// Its key.
        key: AccessKeyId,
        /// The role.
        role: Option<Arn>,
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
            Self::Session { key, role: Some(role) } => format!("session {key} of role {role}"),
            Self::Session { key, role: None } => format!("session {key}"),
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
    pub fn read(record: &str) -> Option<Self> {
        let record: Value = serde_json::from_str(record).ok()?;
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
    /// Reads a record (`CloudTrailEvent` of `cloudtrail:LookupEvents`). None for a call that failed, or that made nothing.
    pub fn read(record: &str) -> Option<Self> {
        let record: Value = serde_json::from_str(record).ok()?;
        // A call that was refused made nothing.
        if record.get("errorCode").is_some_and(|code| !code.is_null()) {
            return None;
        }
        let text = |path: &str| record.pointer(path).and_then(Value::as_str);
        let name = text("/eventName")?;
        let asked = |field: &str| text(&format!("/requestParameters/{field}"));
        let user = || IamName::try_from(asked("userName")?).ok();
        let made = match (text("/eventSource")?, name) {
            ("iam.amazonaws.com", "CreateUser") => Made::User(identity(&record, "user")?),
            ("iam.amazonaws.com", "CreateRole") => Made::Role(identity(&record, "role")?),
            ("iam.amazonaws.com", "CreatePolicy") => {
                Made::Policy { arn: arn(text("/responseElements/policy/arn"))?, version: None }
            }
            ("iam.amazonaws.com", "CreatePolicyVersion") => {
                // One that is not the default version lies in wait: whoever makes it count needs to write nothing.
                let version = text("/responseElements/policyVersion/versionId")?.to_owned();
                Made::Policy { arn: arn(asked("policyArn"))?, version: Some(version) }
            }
            ("iam.amazonaws.com", "SetDefaultPolicyVersion") => {
                Made::Policy { arn: arn(asked("policyArn"))?, version: Some(asked("versionId")?.to_owned()) }
            }
            ("iam.amazonaws.com", "CreateAccessKey") => {
                let id = AccessKeyId::try_from(text("/responseElements/accessKey/accessKeyId")?).ok()?;
                let holder = text("/responseElements/accessKey/userName").and_then(|name| IamName::try_from(name).ok());
                Made::Credential { user: holder.or_else(user)?, credential: Planted::AccessKey(id) }
            }
            ("iam.amazonaws.com", "UpdateAccessKey") if asked("status") == Some("Active") => {
                let id = AccessKeyId::try_from(asked("accessKeyId")?).ok()?;
                Made::Credential { user: user()?, credential: Planted::AccessKey(id) }
            }
            ("iam.amazonaws.com", "CreateLoginProfile" | "UpdateLoginProfile") => {
                Made::Credential { user: user()?, credential: Planted::ConsolePassword }
            }
            ("iam.amazonaws.com", "UploadSSHPublicKey") => {
                let id = credential(text("/responseElements/sSHPublicKey/sSHPublicKeyId"))?;
                Made::Credential { user: user()?, credential: Planted::SshPublicKey(id) }
            }
            ("iam.amazonaws.com", "UploadSigningCertificate") => {
                let id = credential(text("/responseElements/certificate/certificateId"))?;
                Made::Credential { user: user()?, credential: Planted::SigningCertificate(id) }
            }
            ("iam.amazonaws.com", "CreateServiceSpecificCredential" | "ResetServiceSpecificCredential") => {
                let id = credential(
                    text("/responseElements/serviceSpecificCredential/serviceSpecificCredentialId")
                        .or_else(|| asked("serviceSpecificCredentialId")),
                )?;
                let holder = text("/responseElements/serviceSpecificCredential/userName");
                let holder = holder.and_then(|name| IamName::try_from(name).ok()).or_else(user)?;
                Made::Credential { user: holder, credential: Planted::ServiceCredential(id) }
            }
            ("iam.amazonaws.com", "UpdateAssumeRolePolicy") => {
                Made::Trust { role: IamName::try_from(asked("roleName")?).ok()? }
            }
            ("iam.amazonaws.com", rights) => rights_given(rights, &asked)?,
            ("sts.amazonaws.com", "AssumeRole" | "GetSessionToken" | "GetFederationToken") => {
                let key = AccessKeyId::try_from(text("/responseElements/credentials/accessKeyId")?).ok()?;
                Made::Session { key, role: arn(asked("roleArn")) }
            }
            _ => return None,
        };
        Some(Self {
            event_id: text("/eventID")?.to_owned(),
            event_name: name.to_owned(),
            at: text("/eventTime")?.parse().ok()?,
            made,
        })
    }
}

/// Whose session made a call, by its record: the ARN of the user or the role, and the role's unique id.
pub fn issuer(record: &str) -> Option<(Arn, Option<UniqueId>)> {
    let record: Value = serde_json::from_str(record).ok()?;
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
pub fn deletes(record: &str, key: &AccessKeyId) -> bool {
    let Ok(record) = serde_json::from_str::<Value>(record) else { return false };
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
    let taken = matches!(event, "DetachUserPolicy" | "DetachRolePolicy" | "DeleteUserPolicy" | "DeleteRolePolicy");
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
        "DetachUserPolicy" | "DetachRolePolicy" | "DeleteUserPolicy" | "DeleteRolePolicy" => {
            Some(format!("{event}: {what} was taken from {kind} {name}"))
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

fn arn(text: Option<&str>) -> Option<Arn> {
    Arn::try_from(text?).ok()
}

fn credential(text: Option<&str>) -> Option<CredentialId> {
    CredentialId::try_from(text?).ok()
}
