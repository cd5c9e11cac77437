//! From a concluded case to its signed, stored and announced evidence.

use severance_aws::announce::Announcer;
use severance_aws::error::AwsError;
use severance_aws::evidence_store::EvidenceStore;
use severance_aws::signer::Signer;
use severance_domain::case::Case;
use severance_domain::digest::Digest;
use severance_domain::evidence::dsse::Envelope;
use severance_domain::evidence::{PAYLOAD_TYPE, Stack, Statement};
use severance_domain::message::Message;

use crate::settings::Settings;

/// An object that stands where a revision's evidence belongs and is none. Only a person can say how it came there.
fn unreadable(key: &str) -> AwsError {
    AwsError {
        action: "s3:PutObject",
        code: "NotEvidence".to_owned(),
        message: format!("{key} exists and is no DSSE envelope"),
        retryable: false,
    }
}

/// Publishes evidence.
pub struct Publisher {
    signer: Signer,
    store: EvidenceStore,
    announcer: Announcer,
    stack: String,
    account: String,
    region: String,
}

/// Where a revision's evidence is, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The object.
    pub uri: String,
    /// The digest of its payload, which the next revision carries.
    pub digest: Digest,
}

impl Publisher {
    /// With these ports.
    pub fn new(signer: Signer, store: EvidenceStore, announcer: Announcer, settings: &Settings) -> Self {
        Self {
            signer,
            store,
            announcer,
            stack: settings.stack.clone(),
            account: settings.account.to_string(),
            region: settings.region.clone(),
        }
    }

    /// Signs, stores and announces a case's present revision. The statement depends on the stored case alone, so a second
    /// try after a crash states the same.
    pub async fn publish(&self, case: &Case) -> Result<Published, AwsError> {
        let stack = Stack {
            name: self.stack.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            signing_key: self.signer.key().await?.clone(),
        };
        let statement = Statement::of(case, &stack);
        let payload = statement.to_bytes();
        let envelope = self.signer.sign(PAYLOAD_TYPE, &payload).await?;
        let key = Statement::object_key(case);
        let stored = self.store.store(&key, serde_json::to_vec(&envelope).unwrap_or_default()).await?;
        // What lies in the bucket is what the next revision follows on, even if another version of us stored it.
        let payload = match stored {
            None => payload,
            Some(earlier) => serde_json::from_slice::<Envelope>(&earlier)
                .ok()
                .and_then(|envelope| envelope.decode_payload())
                .ok_or_else(|| unreadable(&key))?,
        };
        let published = Published { uri: self.store.uri(&key), digest: Digest::of(&payload) };
        let message = Message::of(case, &self.stack, &statement.predicate.proof, &published.uri, &published.digest);
        self.announcer.announce(&message).await?;
        Ok(published)
    }

    /// Tells people something that is about no case.
    pub async fn announce(&self, message: &Message) -> Result<(), AwsError> {
        self.announcer.announce(message).await
    }

    /// Where a revision's evidence is kept.
    pub fn uri(&self, case: &Case) -> String {
        self.store.uri(&Statement::object_key(case))
    }

    /// Asks for what the first publication of this process needs, so that it does not wait for it.
    pub async fn warm_up(&self) {
        // A failure shows when it matters.
        let _ = self.signer.key().await;
    }
}
