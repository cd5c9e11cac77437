//! How every function starts.

use std::pin::Pin;
use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use severance_aws::clock;
use severance_domain::intake::EventSource;
use severance_engine::reactor::Reactor;
use severance_engine::settings::{self, InvalidSetting, Settings};
use severance_policy::{self as policy, PolicyError};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::composition::Composition;
use crate::function::Function;
use crate::logs;
use crate::serve::{Failure, Serve};

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template and the function do not agree.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// A policy is broken. Nothing is decided without one.
    #[error("the policies cannot be used: {0}")]
    Policy(#[from] PolicyError),
    /// Lambda's runtime interface failed.
    #[error("the Lambda runtime failed: {0}")]
    Runtime(lambda_runtime::Error),
}

/// Starts a function over these events and serves invocations until Lambda ends it.
pub async fn run(sources: &'static [EventSource], compose: fn(&Composition) -> Reactor) -> Result<(), StartError> {
    run_with(|composition| Function::new(sources, compose(composition), composition)).await
}

/// Starts a function and serves invocations until Lambda ends it.
pub async fn run_with<S: Serve>(compose: impl FnOnce(&Composition) -> S) -> Result<(), StartError> {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).with_ansi(false);
    tracing_subscriber::registry().with(lines).with(logs::filter(logs::levels().as_deref())).init();
    // Boxed, so that this future stays small, whatever settings come.
    let settings = Box::new(Settings::from_environment()?);
    let policy = policy::Guardrails::embedded().inspect_err(|error| {
        // LOG: The function does not start.
        // - error: each problem by file and line
        tracing::error!(error = %error, "the policies are broken, so nothing can be decided");
    })?;
    let composition = Box::new(Composition::new(*settings, settings::sdk().await, Arc::new(policy)));
    let function = compose(&composition);
    let function = &function;
    // Boxed, so that the SDK's deeply nested futures do not become part of the runtime's own type.
    let serve = |event: LambdaEvent<Value>| -> Pin<Box<dyn Future<Output = Result<S::Answer, Failure>> + Send + '_>> {
        Box::pin(async move {
            let delivery = format!("{}/{}", event.context.request_id, clock::now().as_millisecond());
            Box::pin(function.serve(&event.payload, &delivery)).await.inspect_err(|failure| {
                // LOG: The invocation fails; Lambda tries again or keeps the event. Of a request by hand whoever asked
                // is told; of a step of a rotation Secrets Manager, which asks for it again; of a search whoever asked,
                // or its queue.
                tracing::error!(error = %failure, "the event was not handled");
            })
        })
    };
    lambda_runtime::run(service_fn(serve)).await.map_err(StartError::Runtime)
}
