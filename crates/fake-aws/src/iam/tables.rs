//! What IAM holds, and how names and unique ids lead to each other.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::lag::Lag;
use crate::store::{Key, Table, View};

/// A user, a role or a group; what it holds stands in tables of its own, under its unique id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name, which can change.
    pub name: String,
    /// `/` or more.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
}

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Whether it may be used.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// An SSH key, a signing certificate or a service-specific credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherCredential {
    /// `Active`, `Inactive`, `Expired`.
    pub status: String,
    /// When it was made.
    pub created: Timestamp,
    /// `bedrock.amazonaws.com`; empty for SSH keys and certificates.
    pub service: String,
    /// When it ends by itself, where that was asked for.
    pub expires: Option<Timestamp>,
}

impl OtherCredential {
    /// Its status at a moment: what is past its end is `Expired`, whatever it was set to.
    pub fn status_at(&self, at: Timestamp) -> &str {
        if self.expires.is_some_and(|end| end <= at) { "Expired" } else { &self.status }
    }
}

/// What a role has beside what users and groups have, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSettings {
    /// In words.
    pub description: String,
    /// The longest session, in seconds; whoever assumes the role from a session gets an hour at most.
    pub max_session_seconds: i64,
}

/// A role's trust policy.
///
/// IAM keeps the unique ids of the users and roles that a trust names: a principal that is deleted and made again under the same
/// name is somebody else, and is not trusted ("AWS JSON policy elements: Principal", IAM User Guide).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// As it was written.
    pub document: String,
    /// Unique ids of the users and roles that it names, by the text that names each.
    pub ids: BTreeMap<String, String>,
}

impl Trust {
    /// The document; its principals are texts that [`Self::ids`] knows, where they are users and roles.
    pub fn read(&self) -> Value {
        serde_json::from_str(&self.document).expect("it was read when it was written")
    }
}

/// A managed policy of the account's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// `ANPA…`.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// When its versions last changed.
    pub updated: Timestamp,
    /// The version in force: `v1`.
    pub default: String,
    /// The document of the version in force. It stands here, too, because pointing to another version takes effect as one: no
    /// moment has a pointer to a version that is not there.
    pub document: String,
    /// The number that the next version gets.
    pub next: u32,
}

/// A version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// The document.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
}

/// An OIDC or SAML provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// When it was made.
    pub created: Timestamp,
    /// The issuer without `https://`; empty for SAML.
    pub url: String,
    /// The audiences of an OIDC provider.
    pub clients: Vec<String>,
}

/// An instance profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceProfile {
    /// `AIPA…`.
    pub id: String,
    /// `/` or more.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// The unique id of the one role that it can hold.
    pub role: Option<String>,
}

/// The last use of a key or a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When. Uses within 15 minutes of a recorded one are not recorded.
    pub at: Timestamp,
    /// The service that was called, as actions name it.
    pub service: String,
    /// The Region that was called.
    pub region: String,
}

/// Everything of IAM. Keys of the tables are account, holder's unique id, own name, unless said otherwise.
#[derive(Debug)]
pub struct Iam {
    /// Users: account, unique id, nothing.
    pub users: Table<Identity>,
    /// Roles: account, unique id, nothing.
    pub roles: Table<Identity>,
    /// What roles have beside: account, unique id, nothing.
    pub role_settings: Table<RoleSettings>,
    /// Groups: account, unique id, nothing.
    pub groups: Table<Identity>,
    /// Members of groups: account, user's unique id, group's unique id.
    pub memberships: Table<()>,
    /// Access keys, by key id.
    pub access_keys: Table<AccessKey>,
    /// Console passwords: account, user's unique id, nothing; when each was made.
    pub passwords: Table<Timestamp>,
    /// SSH public keys.
    pub ssh_keys: Table<OtherCredential>,
    /// Signing certificates.
    pub certificates: Table<OtherCredential>,
    /// Service-specific credentials.
    pub service_credentials: Table<OtherCredential>,
    /// Inline policies of users, roles and groups: the document.
    pub inline: Table<String>,
    /// Managed policies attached to users, roles and groups, by ARN.
    pub attached: Table<()>,
    /// Permissions boundaries of users and roles, an ARN: account, unique id, nothing.
    pub boundaries: Table<String>,
    /// Tags of users and roles, by key.
    pub tags: Table<String>,
    /// Trust policies: account, role's unique id, nothing.
    pub trusts: Table<Trust>,
    /// Managed policies of the account: account, ARN, nothing.
    pub policies: Table<ManagedPolicy>,
    /// Their versions: account, ARN, `v1`.
    pub versions: Table<PolicyVersion>,
    /// OIDC and SAML providers: account, ARN, nothing.
    pub providers: Table<Provider>,
    /// Instance profiles: account, name, nothing.
    pub instance_profiles: Table<InstanceProfile>,
    /// When keys and roles were last used, refused calls too: key id or role's unique id.
    pub last_used: BTreeMap<String, LastUse>,
}

impl Default for Iam {
    fn default() -> Self {
        Self {
            users: Table::new("user"),
            roles: Table::new("role"),
            role_settings: Table::new("role settings"),
            groups: Table::new("group"),
            memberships: Table::new("membership"),
            access_keys: Table::new("access key"),
            passwords: Table::new("password"),
            ssh_keys: Table::new("ssh key"),
            certificates: Table::new("certificate"),
            service_credentials: Table::new("service credential"),
            inline: Table::new("inline policy"),
            attached: Table::new("attachment"),
            boundaries: Table::new("boundary"),
            tags: Table::new("tag"),
            trusts: Table::new("trust"),
            policies: Table::new("policy"),
            versions: Table::new("policy version"),
            providers: Table::new("provider"),
            instance_profiles: Table::new("instance profile"),
            last_used: BTreeMap::new(),
        }
    }
}

/// The address of what an id has once, or of the id's own item.
pub(super) fn of_id(account: &str, id: &str) -> Key {
    key(account, id, "")
}

/// The address of what an id has many of.
pub(super) fn key(account: &str, holder: &str, name: &str) -> Key {
    (account.to_owned(), holder.to_owned(), name.to_owned())
}

impl Iam {
    /// A user by unique id.
    pub fn user(&self, view: View, account: &str, id: &str) -> Option<&Identity> {
        self.users.get(view, &of_id(account, id))
    }

    /// A role by unique id.
    pub fn role(&self, view: View, account: &str, id: &str) -> Option<&Identity> {
        self.roles.get(view, &of_id(account, id))
    }

    /// The unique id of the user of this name.
    pub fn user_id(&self, view: View, account: &str, name: &str) -> Option<String> {
        id_of(&self.users, view, account, name)
    }

    /// The unique id of the role of this name.
    pub fn role_id(&self, view: View, account: &str, name: &str) -> Option<String> {
        id_of(&self.roles, view, account, name)
    }

    /// The unique id of the group of this name.
    pub fn group_id(&self, view: View, account: &str, name: &str) -> Option<String> {
        id_of(&self.groups, view, account, name)
    }

    /// The instance profiles that hold a role, by name.
    pub(super) fn profiles_of<'a>(
        &'a self,
        view: View,
        account: &str,
        role: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a InstanceProfile)> {
        let all = self.instance_profiles.in_account(view, account);
        all.filter(move |(_, _, profile)| profile.role.as_deref() == Some(role))
            .map(|(name, _, profile)| (name, profile))
    }

    /// Takes tags and boundary from what is deleted.
    pub(super) fn forget(&mut self, at: Timestamp, lag: &Lag, account: &str, id: &str) {
        let tags: Vec<String> = self.tags.of(View::Settled, account, id).map(|(name, _)| name.to_owned()).collect();
        for name in tags {
            self.tags.remove(at, lag, &key(account, id, &name));
        }
        self.boundaries.remove(at, lag, &of_id(account, id));
    }

    /// The ARN of a user as it is called in this view.
    pub fn user_arn(&self, view: View, account: &str, id: &str) -> Option<String> {
        self.user(view, account, id).map(|of| arn(account, "user", of))
    }

    /// The ARN of a role as it is called in this view.
    pub fn role_arn(&self, view: View, account: &str, id: &str) -> Option<String> {
        self.role(view, account, id).map(|of| arn(account, "role", of))
    }
}

/// Names of identities are not case sensitive, though IAM keeps how they were written.
pub(super) fn id_of(table: &Table<Identity>, view: View, account: &str, name: &str) -> Option<String> {
    let mut found = table.in_account(view, account).filter(|(_, _, of)| of.name.eq_ignore_ascii_case(name));
    found.next().map(|(id, ..)| id.to_owned())
}

/// `arn:aws:iam::<account>:<kind><path><name>`.
pub fn arn(account: &str, kind: &str, of: &Identity) -> String {
    format!("arn:aws:iam::{account}:{kind}{}{}", of.path, of.name)
}
