//! Access paths, and whose rights they give.

use jiff::Timestamp;

use crate::state::State;
use crate::store::View;

/// A way to access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessPath {
    /// A long-term key, by its id.
    AccessKey(String),
    /// A session, by its key's id.
    Session(String),
    /// A console password.
    Password,
    /// An SSH key, by its id.
    SshKey(String),
    /// A signing certificate, by its id.
    Certificate(String),
    /// A service-specific credential, by its id.
    ServiceCredential(String),
    /// A role that this principal outside can assume.
    Outsider(String),
    /// A role that can be assumed by tokens or assertions of this provider, an ARN.
    Provider(String),
    /// A role that this profile of Roles Anywhere gives for a certificate, an ARN.
    RolesAnywhere(String),
    /// A role that this service gives a workload of the attacker's.
    Workload(String),
    /// A permission set's role, for this person of Identity Center.
    Person(String),
}

/// Whose rights an access path gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// The account.
    pub account: String,
    /// How the user or role is called now.
    pub arn: String,
    /// Its unique id; the account for root.
    pub id: String,
}

/// An access path that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Which.
    pub access_path: AccessPath,
    /// Whose rights it gives.
    pub holder: Holder,
    /// When it ends by itself. None: it does not.
    pub ends_at: Option<Timestamp>,
    /// Some of what can be done by it: `s3:GetObject on arn:…`.
    pub can: Vec<String>,
    /// Why a session does not end with its own end: the roles that it can assume, the credentials that it can make.
    pub renews: Vec<String>,
}

pub(super) fn holder(state: &State, account: &str, id: &str) -> Holder {
    let iam = &state.iam;
    let arn = iam.user_arn(View::Settled, account, id).or_else(|| iam.role_arn(View::Settled, account, id));
    Holder { account: account.to_owned(), arn: arn.unwrap_or_default(), id: id.to_owned() }
}
