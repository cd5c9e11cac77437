//! Evidence in the bucket: one object per case revision, never written twice.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use crate::error::AwsError;

const PUT: &str = "s3:PutObject";
const GET: &str = "s3:GetObject";

/// The evidence bucket. Its Object Lock is the bucket's own default retention.
#[derive(Clone)]
pub struct EvidenceStore {
    s3: Client,
    bucket: String,
}

impl EvidenceStore {
    /// Over this bucket.
    pub fn new(s3: Client, bucket: String) -> Self {
        Self { s3, bucket }
    }

    /// Stores an envelope unless the revision has one already, which an earlier try stored before it died: the first one
    /// counts, and is returned.
    pub async fn store(&self, key: &str, envelope: Vec<u8>) -> Result<Option<Vec<u8>>, AwsError> {
        let answer = self
            .s3
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type("application/vnd.dsse.envelope.v1+json")
            .if_none_match("*")
            .body(ByteStream::from(envelope))
            .send()
            .await;
        match answer.map_err(|error| AwsError::of(PUT, &error)) {
            Ok(_) => Ok(None),
            Err(error) if error.code == "PreconditionFailed" => self.read(key).await.map(Some),
            // Two writers at once: the other one may still fail, so this one tries again.
            Err(error) if error.code == "ConditionalRequestConflict" => Err(AwsError { retryable: true, ..error }),
            Err(error) => Err(error),
        }
    }

    async fn read(&self, key: &str) -> Result<Vec<u8>, AwsError> {
        let answer = self.s3.get_object().bucket(&self.bucket).key(key).send().await;
        let object = answer.map_err(|error| AwsError::of(GET, &error))?;
        let bytes = object.body.collect().await.map_err(|error| AwsError {
            action: GET,
            code: "InvalidResponse".to_owned(),
            message: error.to_string(),
            retryable: true,
        })?;
        Ok(bytes.to_vec())
    }

    /// Where an object is, for a reader.
    pub fn uri(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }
}
