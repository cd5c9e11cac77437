//! What an attacker holds: whatever opens an access path, if the path is still open.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::call::Request;
use crate::caller::{Caller, Credential, SessionOf};
use crate::state::State;
use crate::store::View;

/// A credential other than an access key, by its holder's unique id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The account.
    pub account: String,
    /// The user's unique id.
    pub user: String,
    /// The credential's id: `APKA…`, a certificate's, `ACCA…`.
    pub id: String,
}

/// A console password, by the moment at which the user got one: once it is deleted, it is worthless for good.
///
/// A password that is only changed counts as the same one: nobody remembers here what it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Password {
    /// The account.
    pub account: String,
    /// The user's unique id.
    pub user: String,
    /// When the user got it.
    pub made: Timestamp,
}

/// Tokens or assertions of an identity provider that an attacker can have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tokens {
    /// The provider, by the ARN that it has in the account whose roles trust it.
    pub provider: String,
    /// The subject; None where the provider is the attacker's own, who writes any subject and audience that a trust asks for.
    pub subject: Option<String>,
    /// The audience; empty where it does not matter.
    pub audience: String,
}

/// A program that an attacker runs inside a service, which gives it sessions of a role again and again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    /// The account.
    pub account: String,
    /// The role's unique id.
    pub role: String,
    /// `ec2.amazonaws.com`, `lambda.amazonaws.com`.
    pub service: String,
}

/// What an attacker holds and controls. The test writes it down as the attacker acts; nothing is ever taken out, for what was
/// seen once is known, and whether it still opens anything the oracle asks.
#[derive(Debug, Clone, Default)]
pub struct Attacker {
    /// Access keys and sessions.
    pub credentials: BTreeSet<Credential>,
    /// Console passwords.
    pub passwords: BTreeSet<Password>,
    /// SSH keys.
    pub ssh_keys: BTreeSet<Held>,
    /// Signing certificates.
    pub certificates: BTreeSet<Held>,
    /// Service-specific credentials.
    pub service_credentials: BTreeSet<Held>,
    /// Accounts of accomplices: everybody in them is one, and what is held there opens no access path of ours.
    pub accounts: BTreeSet<String>,
    /// Single principals elsewhere, by ARN, whose credentials an accomplice has.
    pub principals: BTreeSet<String>,
    /// What identity providers say for them.
    pub tokens: BTreeSet<Tokens>,
    /// Trust anchors of Roles Anywhere, by ARN, that take a certificate of theirs.
    pub anchors: BTreeSet<String>,
    /// Instances and functions.
    pub workloads: BTreeSet<Workload>,
    /// People of Identity Center whose sign-in they have, by user id.
    pub people: BTreeSet<String>,
}

impl Attacker {
    /// One who holds this, as most stories begin.
    pub fn with(credential: Credential) -> Self {
        Self { credentials: BTreeSet::from([credential]), ..Self::default() }
    }

    /// Knows the password that a user has now.
    pub fn learn_password(&mut self, state: &State, account: &str, user: &str) {
        let key = (account.to_owned(), user.to_owned(), String::new());
        if let Some(made) = state.iam.passwords.get(View::Settled, &key) {
            self.passwords.insert(Password { account: account.to_owned(), user: user.to_owned(), made: *made });
        }
    }

    /// Keeps what an answer to a call of theirs holds: keys, sessions, passwords, other credentials.
    ///
    /// Not what a call only arranges (a trust for an accomplice, a provider, an instance): that is for the test to say.
    pub fn learn(&mut self, state: &State, caller: &Caller, request: &Request, result: &Value) {
        let account = caller.account();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let named = request.input["UserName"].as_str();
        let user = || match named {
            Some(name) => state.iam.user_id(View::Settled, account, name),
            None => match caller {
                Caller::User { id, .. } => Some(id.clone()),
                Caller::Session(session) => match &session.of {
                    SessionOf::User(id) => Some(id.clone()),
                    _ => None,
                },
                _ => None,
            },
        };
        let held = |id: &Value| user().map(|user| Held { account: account.to_owned(), user, id: text(id) });
        match request.operation.as_str() {
            "CreateAccessKey" => {
                let key_id = text(&result["AccessKey"]["AccessKeyId"]);
                self.credentials.insert(Credential { key_id, token: None });
            }
            "CreateLoginProfile" | "UpdateLoginProfile" => {
                if let Some(user) = user() {
                    self.learn_password(state, account, &user);
                }
            }
            "UploadSSHPublicKey" => self.ssh_keys.extend(held(&result["SSHPublicKey"]["SSHPublicKeyId"])),
            "UploadSigningCertificate" => self.certificates.extend(held(&result["Certificate"]["CertificateId"])),
            "CreateServiceSpecificCredential" | "ResetServiceSpecificCredential" => {
                self.service_credentials
                    .extend(held(&result["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]));
            }
            _ => {
                let session = &result["Credentials"];
                if let (Some(key_id), Some(token)) = (session["AccessKeyId"].as_str(), session["SessionToken"].as_str())
                {
                    self.credentials.insert(Credential { key_id: key_id.to_owned(), token: Some(token.to_owned()) });
                }
            }
        }
    }
}
