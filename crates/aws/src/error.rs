//! What goes wrong between us and AWS, and whether trying again may help.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// A call that AWS refused or did not answer, after the SDK's own retries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action} answered {code}: {message}")]
pub struct AwsError {
    /// The IAM action, such as `iam:UpdateAccessKey`.
    pub action: &'static str,
    /// AWS's error code, or `Timeout`, `DispatchFailure`, `InvalidResponse` where there was no answer.
    pub code: String,
    /// AWS's own words.
    pub message: String,
    /// Whether another delivery may fare better.
    pub retryable: bool,
}

/// Codes by which AWS asks for patience, whatever the HTTP status beside them.
const TRANSIENT: &[&str] = &[
    "ConcurrentModification",
    "ConcurrentModificationException",
    "EntityTemporarilyUnmodifiable",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalFailure",
    "InternalServiceError",
    "KMSInternalException",
    "OperationAborted",
    "PolicyChangesInProgressException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceFailure",
    "ServiceUnavailable",
    "SlowDown",
    "Throttled",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

impl AwsError {
    /// Reads an SDK error. Its message is AWS's; request contents are not copied.
    pub fn of<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let (code, message) = match error {
            SdkError::ServiceError(service) => (
                service
                    .err()
                    .code()
                    .map_or_else(|| status.map_or("Unknown".to_owned(), |s| s.to_string()), str::to_owned),
                service.err().message().unwrap_or("no message").to_owned(),
            ),
            SdkError::TimeoutError(_) => ("Timeout".to_owned(), "no answer within the time allowed".to_owned()),
            SdkError::DispatchFailure(failure) => {
                let kind = if failure.is_timeout() { "Timeout" } else { "DispatchFailure" };
                (kind.to_owned(), "the request could not be sent".to_owned())
            }
            SdkError::ResponseError(_) => ("InvalidResponse".to_owned(), "the answer could not be read".to_owned()),
            _ => ("ConstructionFailure".to_owned(), "the request could not be built".to_owned()),
        };
        let unanswered =
            matches!(error, SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_));
        let retryable = unanswered
            || TRANSIENT.contains(&code.as_str())
            || status.is_some_and(|status| status == 429 || status >= 500);
        Self { action, code, message, retryable }
    }

    /// Whether IAM says that there is no such thing.
    pub fn is_no_such_entity(&self) -> bool {
        matches!(self.code.as_str(), "NoSuchEntity" | "NoSuchEntityException" | "ResourceNotFoundException")
    }
}
