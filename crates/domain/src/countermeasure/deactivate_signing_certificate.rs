use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::iam;
use crate::words::ids::{CredentialId, IamName};

/// Set an X.509 signing certificate to Inactive (`iam:UpdateSigningCertificate`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeactivateSigningCertificate {
    /// Whose certificate.
    pub user: IamName,
    /// Which certificate.
    pub certificate: CredentialId,
}

impl DeactivateSigningCertificate {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "One X.509 signing certificate is set to Inactive.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
        Field { name: "certificate", is: "credential id", words: "The certificate." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer", "certificate": "ASCAEXAMPLE"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::UPDATE_SIGNING_CERTIFICATE],
        confirm: &[iam::LIST_SIGNING_CERTIFICATES, iam::GET_USER],
        undo: &[iam::LIST_SIGNING_CERTIFICATES, iam::UPDATE_SIGNING_CERTIFICATE],
    };
}

impl Card for DeactivateSigningCertificate {
    fn describe(&self) -> String {
        let Self { user, certificate } = self;
        format!("deactivate signing certificate {certificate} of user {user}")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { certificate, .. } = self;
        format!("signing certificate {certificate} {}", again.came())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user, certificate } = self;
        UndoWords::access(format!("signing certificate {certificate} of user {user}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str(), self.certificate.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::Nothing
    }

    fn ends(&self) -> Option<Ended<'_>> {
        Some(Ended::SigningCertificate { user: &self.user, id: &self.certificate })
    }

    fn contains_identity(&self) -> bool {
        false
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn is_irreversible(&self) -> bool {
        false
    }

    fn needs_responder(&self) -> bool {
        false
    }

    fn undoing(&self) -> Undoing {
        Undoing::UnlessExposed
    }

    fn leaves(&self) -> &'static [Residue] {
        &[]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        Some(Command::aws("iam", "update-signing-certificate").user(&self.user).option("certificate-id", &self.certificate).option("status", "Inactive"))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "list-signing-certificates").user(&self.user))
    }
}
