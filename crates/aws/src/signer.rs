//! Signing evidence with the stack's KMS key.

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use severance_domain::evidence::SigningKey;
use severance_domain::evidence::dsse::{self, Envelope};
use severance_domain::ids::Arn;
use tokio::sync::OnceCell;

use crate::error::AwsError;

const SIGN: &str = "kms:Sign";
const PUBLIC_KEY: &str = "kms:GetPublicKey";

/// Signs with one asymmetric key (`ECC_NIST_P256`).
pub struct Signer {
    kms: Client,
    key_arn: Arn,
    /// Asked once per process: a key's public half never changes.
    key: OnceCell<SigningKey>,
}

impl Signer {
    /// With this key.
    pub fn new(kms: Client, key_arn: Arn) -> Self {
        Self { kms, key_arn, key: OnceCell::new() }
    }

    /// The key, as evidence names it.
    pub async fn key(&self) -> Result<&SigningKey, AwsError> {
        self.key
            .get_or_try_init(|| async {
                let answer = self.kms.get_public_key().key_id(self.key_arn.as_str()).send().await;
                let answer = answer.map_err(|error| AwsError::of(PUBLIC_KEY, &error))?;
                let spki = answer.public_key().map(Blob::as_ref).unwrap_or_default();
                Ok(SigningKey { arn: self.key_arn.clone(), fingerprint: dsse::fingerprint_of_spki(spki) })
            })
            .await
    }

    /// Signs a payload. The digest is signed, because KMS takes at most 4,096 bytes of a raw message.
    pub async fn sign(&self, payload_type: &str, payload: &[u8]) -> Result<Envelope, AwsError> {
        let fingerprint = &self.key().await?.fingerprint;
        let answer = self
            .kms
            .sign()
            .key_id(self.key_arn.as_str())
            .message_type(MessageType::Digest)
            .message(Blob::new(dsse::digest_to_sign(payload_type, payload)))
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .map_err(|error| AwsError::of(SIGN, &error))?;
        let signature = answer.signature().map(Blob::as_ref).unwrap_or_default();
        Ok(Envelope::seal(payload_type, payload, fingerprint, signature))
    }
}
