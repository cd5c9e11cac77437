//! Who calls, by the credentials that the call is signed with.

use jiff::Timestamp;
use serde_json::Value;

/// What a call is signed with. Signatures are not checked: only key ids and tokens open access paths here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Credential {
    /// `AKIA…` or `ASIA…`.
    pub key_id: String,
    /// A session's token.
    pub token: Option<String>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Caller {
    /// Whoever sets the stage: everything is allowed, seen at once, and leaves no record.
    Stage {
        /// In this account.
        account: String,
    },
    /// An account's root user.
    Root {
        /// In this account.
        account: String,
    },
    /// An IAM user with a long-term key.
    User {
        /// In this account.
        account: String,
        /// The unique id.
        id: String,
        /// The key.
        key: String,
    },
    /// A session.
    Session(Box<Session>),
    /// Nobody: an unsigned call, as `AssumeRoleWithWebIdentity` is.
    Anonymous {
        /// The account that the call is about.
        account: String,
    },
    /// An AWS service that acts in an account.
    Service {
        /// In this account.
        account: String,
        /// `ec2.amazonaws.com`.
        name: String,
    },
}

/// Temporary credentials, and what they carry.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// `ASIA…`.
    pub key: String,
    /// What is sent beside it.
    pub token: String,
    /// The account that it acts in.
    pub account: String,
    /// Whose rights it has.
    pub of: SessionOf,
    /// The session's name, which whoever started it chose.
    pub name: String,
    /// When it was started.
    pub issued_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Policies that it was cut down with, each a document: it may do what one of them allows. Empty where none was given, which
    /// cuts nothing, but a federated user without any may do nothing.
    pub policies: Vec<Value>,
    /// Who is behind it, as the caller said and no later session can change.
    pub source_identity: Option<String>,
    /// Session tags.
    pub tags: std::collections::BTreeMap<String, String>,
    /// How it was started.
    pub by: StartedBy,
    /// Further condition keys that hold within it, such as `token.actions.githubusercontent.com:sub` or `identitystore:UserId`.
    pub context: std::collections::BTreeMap<String, String>,
}

/// Whose rights a session has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionOf {
    /// A role, by its unique id.
    Role(String),
    /// A user, by unique id: `GetSessionToken`.
    User(String),
    /// A user's federated user, by the user's unique id: `GetFederationToken`. Its name is the session's.
    Federated(String),
    /// The account's root: `AssumeRoot`.
    Root,
}

/// How a session was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartedBy {
    /// By a caller's credentials, named by the key that they hold.
    Key(String),
    /// By a web identity of this provider (an ARN) and subject.
    WebIdentity {
        /// The provider's ARN.
        provider: String,
        /// The token's subject.
        subject: String,
    },
    /// By a SAML assertion of this provider (an ARN) and subject.
    Saml {
        /// The provider's ARN.
        provider: String,
        /// The assertion's subject.
        subject: String,
    },
    /// By a certificate, through this profile of Roles Anywhere (an ARN).
    RolesAnywhere(String),
    /// By an AWS service: an instance, a function.
    Service(String),
    /// By signing in at IAM Identity Center.
    IdentityCenter(String),
}

impl Caller {
    /// The account that the caller acts in.
    pub fn account(&self) -> &str {
        match self {
            Self::Stage { account }
            | Self::Root { account }
            | Self::User { account, .. }
            | Self::Anonymous { account }
            | Self::Service { account, .. } => account,
            Self::Session(session) => &session.account,
        }
    }

    /// The key that the call was signed with.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::User { key, .. } => Some(key),
            Self::Session(session) => Some(&session.key),
            _ => None,
        }
    }
}
