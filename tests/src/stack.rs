//! The deployed stack, its functions, and the emulator that it stands in.

use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_lambda::primitives::Blob;
use serde_json::Value;

/// How long anything asynchronous may take before a test gives up. A bound against hanging, not a measure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The account that the emulator gives to its root credentials.
pub const ACCOUNT: &str = "000000000000";

/// One deployed stack, and clients with the emulator's root credentials.
pub struct Stack {
    names: Names,
    sdk: SdkConfig,
    /// IAM, as an administrator.
    pub iam: aws_sdk_iam::Client,
    /// The functions.
    pub lambda: aws_sdk_lambda::Client,
    /// Evidence.
    pub s3: aws_sdk_s3::Client,
    /// Messages and dead letters.
    pub sqs: aws_sdk_sqs::Client,
    /// Secrets.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Cases.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Buses and rules.
    pub events: aws_sdk_eventbridge::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) kms: aws_sdk_kms::Client,
}

/// Which of the deployed stacks.
#[derive(Clone, Copy)]
enum Names {
    Enforcing,
    Observing,
    Limited,
}

/// A function of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `functions/posture-finding`.
    PostureFinding,
    /// `functions/key-creation`.
    KeyCreation,
    /// `functions/offboarding`.
    Offboarding,
    /// `functions/responder`.
    Responder,
}

impl Function {
    fn as_str(self) -> &'static str {
        match self {
            Self::PostureFinding => "POSTURE_FINDING_FUNCTION",
            Self::KeyCreation => "KEY_CREATION_FUNCTION",
            Self::Offboarding => "OFFBOARDING_FUNCTION",
            Self::Responder => "RESPONDER_FUNCTION",
        }
    }

    /// The output that names its dead-letter queue.
    pub fn dead_letters(self) -> &'static str {
        match self {
            Self::PostureFinding => "POSTURE_FINDING_DEAD_LETTERS",
            Self::KeyCreation => "KEY_CREATION_DEAD_LETTERS",
            Self::Offboarding => "OFFBOARDING_DEAD_LETTERS",
            Self::Responder => "RESPONDER_DEAD_LETTERS",
        }
    }
}

impl Stack {
    /// The stack that acts.
    pub async fn enforcing() -> Self {
        Self::new(Names::Enforcing).await
    }

    /// The stack that only observes.
    pub async fn observing() -> Self {
        Self::new(Names::Observing).await
    }

    /// The stack whose breakers allow three identities an hour.
    pub async fn limited() -> Self {
        Self::new(Names::Limited).await
    }

    async fn new(names: Names) -> Self {
        let sdk = aws_config::defaults(BehaviorVersion::latest()).load().await;
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
        Self {
            names,
            iam: aws_sdk_iam::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            secrets: aws_sdk_secretsmanager::Client::new(&sdk),
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
            events: aws_sdk_eventbridge::Client::new(&sdk),
            sns: aws_sdk_sns::Client::new(&sdk),
            kms: aws_sdk_kms::Client::new(&sdk),
            sdk,
        }
    }

    /// A name of this stack, as `scripts/stack.py` exports it: `TABLE`, `BUS`, …
    pub fn name(&self, what: &str) -> String {
        let prefix = match self.names {
            Names::Enforcing => "SEVERANCE",
            Names::Observing => "SEVERANCE_OBSERVE",
            Names::Limited => "SEVERANCE_REVIEW",
        };
        let name = format!("{prefix}_{what}");
        std::env::var(&name)
            .unwrap_or_else(|_| panic!("{name} is not set: these tests need the deployed stack, run `make test`"))
    }

    /// Invokes a function and waits for its answer: the response, or the error that Lambda reports.
    pub async fn invoke(&self, function: Function, event: &Value) -> Result<Value, Value> {
        self.invoke_named(function.as_str(), event).await
    }

    /// The same for a function that reacts to no event, by the output that names it.
    pub async fn invoke_named(&self, output: &str, event: &Value) -> Result<Value, Value> {
        let answer = self
            .lambda
            .invoke()
            .function_name(self.name(output))
            .payload(Blob::new(event.to_string()))
            .send()
            .await
            .expect("Lambda takes the invocation");
        let payload = answer.payload().map(|blob| blob.as_ref().to_vec()).unwrap_or_default();
        let payload: Value = serde_json::from_slice(&payload).unwrap_or(Value::Null);
        if answer.function_error().is_some() { Err(payload) } else { Ok(payload) }
    }

    /// Hands an event to a function as `EventBridge` does: asynchronously.
    pub async fn deliver(&self, function: Function, event: &Value) {
        self.lambda
            .invoke()
            .function_name(self.name(function.as_str()))
            .invocation_type(aws_sdk_lambda::types::InvocationType::Event)
            .payload(Blob::new(event.to_string()))
            .send()
            .await
            .expect("Lambda takes the event");
    }

    /// Waits until something is so.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, holds: impl Fn() -> F) {
        let begun = Instant::now();
        while !holds().await {
            assert!(begun.elapsed() < PATIENCE, "{what}: it never was");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The path of the responder's URL.
    pub fn url_path(&self) -> String {
        let url = self.name("RESPONDER_URL");
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        rest.split_once('/').map_or_else(|| "/".to_owned(), |(_, path)| format!("/{path}"))
    }

    /// Where the emulator listens.
    pub fn endpoint(&self) -> String {
        self.sdk
            .endpoint_url()
            .map(str::to_owned)
            .or_else(|| std::env::var("AWS_ENDPOINT_URL").ok())
            .expect("an address")
    }

    /// The configuration of the root credentials, for clients of other services.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }
}

/// Where moto listens, which `scripts/stack.py` starts beside the emulator.
pub fn moto() -> String {
    std::env::var("SEVERANCE_MOTO").expect("SEVERANCE_MOTO is not set: these tests need moto as well, run `make test`")
}
