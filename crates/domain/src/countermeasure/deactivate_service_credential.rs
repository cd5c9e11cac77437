use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::iam;
use crate::words::ids::{CredentialId, IamName};

/// Set a service-specific credential, such as a long-term API key, to Inactive
/// (`iam:UpdateServiceSpecificCredential`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeactivateServiceCredential {
    /// Whose credential.
    pub user: IamName,
    /// Which credential.
    pub credential: CredentialId,
    /// The service that it is for, such as `bedrock.amazonaws.com`.
    pub service: String,
}

impl DeactivateServiceCredential {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "One credential for one service, such as a Bedrock API key, is set to Inactive.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
        Field { name: "service", is: "text", words: "The service that the credential is for." },
        Field { name: "credential", is: "credential id", words: "The credential." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer",
        "credential": "ACCAEXAMPLE",
        "service": "bedrock.amazonaws.com"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::UPDATE_SERVICE_SPECIFIC_CREDENTIAL],
        confirm: &[iam::LIST_SERVICE_SPECIFIC_CREDENTIALS, iam::GET_USER],
        undo: &[iam::LIST_SERVICE_SPECIFIC_CREDENTIALS, iam::UPDATE_SERVICE_SPECIFIC_CREDENTIAL],
    };
}

impl Card for DeactivateServiceCredential {
    fn describe(&self) -> String {
        let Self { user, credential, service } = self;
        format!("deactivate credential {credential} of user {user} for {service}")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { credential, service, .. } = self;
        format!("credential {credential} for {service} {}", again.came())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user, credential, service } = self;
        UndoWords::access(format!("credential {credential} of user {user} for {service}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str(), self.credential.as_str(), self.service.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::Nothing
    }

    fn ends(&self) -> Option<Ended<'_>> {
        Some(Ended::ServiceCredential { user: &self.user, id: &self.credential, service: &self.service })
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
        Some(Command::aws("iam", "update-service-specific-credential").user(&self.user).option("service-specific-credential-id", &self.credential).option("status", "Inactive"))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "list-service-specific-credentials").user(&self.user))
    }
}
