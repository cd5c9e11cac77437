//! One invocation, whatever the function: what it answers, how it is measured, and how its failure is told to Lambda.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::Value;
use severance_aws::calls::CallCounter;
use severance_aws::clock;
use severance_aws::copies::CopiesSearch;
use severance_domain::copies::{CopiesFound, CopiesRequest};
use severance_domain::intake::Malformed;
use severance_domain::rotation::StepRequest;
use severance_engine::reactor::ReactError;
use severance_engine::rotation::{RotationError, Rotator};

/// What a function answers one invocation with.
pub trait Serve: Send + Sync {
    /// What it answers with.
    type Answer: Serialize + Send;

    /// Serves one invocation. `delivery` names it, so that concurrent ones can be told apart.
    fn serve(&self, payload: &Value, delivery: &str) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;
}

/// What one invocation took. The layer that times and counts every function alike.
#[derive(Debug)]
pub(crate) struct Measured<'a> {
    begun: Timestamp,
    calls: &'a CallCounter,
}

/// The end of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Took {
    /// The AWS calls that were made, retries too, by name.
    pub(crate) calls: BTreeMap<String, u32>,
    /// How long it took.
    pub(crate) milliseconds: i64,
}

impl<'a> Measured<'a> {
    /// From now on, over this counter.
    pub(crate) fn begin(calls: &'a CallCounter) -> Self {
        Self { begun: clock::now(), calls }
    }

    /// Until now.
    pub(crate) fn end(self) -> Took {
        let milliseconds = clock::now().as_millisecond() - self.begun.as_millisecond();
        Took { calls: self.calls.take(), milliseconds }
    }
}

/// An invocation that did not end well. Lambda tries again, then keeps the raw event in the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The event is for us but broken: trying again will not mend it. What else was in it was handled.
    #[error("the event cannot be read: {}", list(.0))]
    Malformed(Vec<Malformed>),
    /// Not everything could be done. What was done is stored.
    #[error("not everything could be done: {}", list(.0))]
    Unfinished(Vec<ReactError>),
    /// A step of a rotation did not end well. Secrets Manager repeats it.
    #[error(transparent)]
    Rotation(RotationError),
}

fn list<E: ToString>(errors: &[E]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let retryable = match &failure {
            Failure::Malformed(_) => false,
            Failure::Unfinished(errors) => errors.iter().any(ReactError::is_retryable),
            Failure::Rotation(error) => error.is_retryable(),
        };
        Diagnostic {
            error_type: match (&failure, retryable) {
                (Failure::Malformed(_), _) => "Severance.Terminal.MalformedEvent",
                (_, true) => "Severance.Retryable",
                (_, false) => "Severance.Terminal",
            }
            .to_owned(),
            error_message: failure.to_string(),
        }
    }
}

impl Serve for Rotator {
    type Answer = Value;

    async fn serve(&self, payload: &Value, _delivery: &str) -> Result<Value, Failure> {
        let request = StepRequest::read(payload).map_err(|malformed| Failure::Malformed(vec![malformed]))?;
        let measured = Measured::begin(self.calls());
        let done = Box::pin(self.step(&request)).await;
        let Took { calls, milliseconds } = measured.end();
        // LOG: Once per invocation of `secret-rotation` that can be read. Where `done` is false, `the event was not
        // handled` says why.
        // - step: Secrets Manager's name of it, such as `createSecret`
        tracing::info!(
            secret = request.secret_id,
            version = request.client_request_token,
            step = request.step.as_str(),
            done = done.is_ok(),
            calls = ?calls,
            milliseconds,
            "a step of a rotation"
        );
        // Secrets Manager wants no answer; a person who invokes it does.
        done.map(|()| serde_json::json!({ "step": request.step, "calls": calls })).map_err(Failure::Rotation)
    }
}

impl Serve for CopiesSearch {
    type Answer = CopiesFound;

    async fn serve(&self, payload: &Value, _delivery: &str) -> Result<CopiesFound, Failure> {
        let request = CopiesRequest::read(payload).map_err(|malformed| Failure::Malformed(vec![malformed]))?;
        Box::pin(self.answer(&request)).await.map_err(|error| Failure::Unfinished(vec![error.into()]))
    }
}
