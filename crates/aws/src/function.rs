//! What all functions share: start, one invocation, and how its failures are told to Lambda.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_sts::config::retry::RetryPartition;
use jiff::SignedDuration;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::Value;
use severance_catalogue::function::Function as Card;
use severance_catalogue::reader::Reader;
use severance_domain::countermeasure::Kind;
use severance_domain::ids::AccountId;
use severance_domain::intake::{self, EventSource, Ignored, Malformed};
use severance_domain::playbook::Mode;
use severance_domain::policy::Policy;
use severance_domain::respond::Reacted as Reaction;
use severance_domain::rotation::StepRequest;
use severance_policy::{self as policy, PolicyError};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::alarm::Alarms;
use crate::announce::Announcer;
use crate::caller::Callers;
use crate::calls::CallCounter;
use crate::cases::Cases;
use crate::clock;
use crate::config::{self, InvalidSetting, Settings};
use crate::copies::{CopiesFunction, CopiesSearch, KeyFormats};
use crate::countermeasures::{
    self, AdoptAccessKey, Driver, LeaveRolesAnywhere, QuarantineByScp, RemoveAccountAssignment, RemoveGroupMembership,
    RotateSecret,
};
use crate::evidence_store::EvidenceStore;
use crate::guardrails::{Guardrails, Limits};
use crate::identity::Identities;
use crate::identity::directory::Directory;
use crate::identity::roles_anywhere::RolesAnywhere;
use crate::logs;
use crate::publish::Publisher;
use crate::reach::{Hands, Reach};
use crate::react::{ReactError, Reactor};
use crate::rotation::{Keys, RotationError, Rotator, Vault};
use crate::sessions::Sessions;
use crate::signer::Signer;
use crate::trail::{Trail, region_of_iam};

/// What a function is composed from. Each client is made where it is asked for, so a function holds only those it uses.
#[derive(Clone)]
pub struct Parts {
    /// The stack's settings.
    pub settings: Settings,
    /// The account that identities are read and ended in, and the configuration that acts there.
    account: AccountId,
    there: SdkConfig,
    /// For what the stack itself keeps.
    sdk: SdkConfig,
    calls: CallCounter,
    policy: Arc<dyn Policy>,
}

/// A client over a configuration, whose calls are counted and which has an allowance of retries of its own: the SDK keeps one for
/// each service and process, so that one account's throttling would use up the retries in every other one.
macro_rules! client_over {
    ($sdk:ident, $config:expr, $calls:expr) => {
        $sdk::Client::from_conf(
            $config
                .retry_partition(RetryPartition::custom(stringify!($sdk)).build())
                .interceptor($calls.clone())
                .build(),
        )
    };
}

/// A client over the stack's own configuration.
macro_rules! client {
    ($parts:expr, $sdk:ident) => {
        client_over!($sdk, $sdk::config::Builder::from(&$parts.sdk), $parts.calls)
    };
}

/// The same over the configuration of the account that identities live in.
macro_rules! client_there {
    ($parts:expr, $sdk:ident) => {
        client_over!($sdk, $sdk::config::Builder::from(&$parts.there), $parts.calls)
    };
}

impl Parts {
    /// From this configuration of the SDK, under this policy.
    pub fn new(settings: Settings, sdk: SdkConfig, policy: Arc<dyn Policy>) -> Self {
        let (account, there) = (settings.account.clone(), sdk.clone());
        Self { settings, account, there, sdk, calls: CallCounter::default(), policy }
    }

    /// The same for another account, in which this configuration acts.
    fn in_account(&self, there: &SdkConfig, account: &AccountId) -> Self {
        Self { account: account.clone(), there: there.clone(), ..self.clone() }
    }

    /// IAM.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        client_there!(self, aws_sdk_iam)
    }

    /// Secrets Manager.
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        client_there!(self, aws_sdk_secretsmanager)
    }

    /// IAM Roles Anywhere.
    pub fn roles_anywhere(&self) -> aws_sdk_rolesanywhere::Client {
        client_there!(self, aws_sdk_rolesanywhere)
    }

    /// IAM Identity Center, which only its own account administers.
    pub fn sso(&self) -> aws_sdk_ssoadmin::Client {
        client!(self, aws_sdk_ssoadmin)
    }

    /// The directory of IAM Identity Center, which only its own account administers.
    pub fn directory(&self) -> aws_sdk_identitystore::Client {
        client!(self, aws_sdk_identitystore)
    }

    /// AWS Organizations, which only its management account or a delegated administrator speaks to.
    pub fn organizations(&self) -> aws_sdk_organizations::Client {
        client!(self, aws_sdk_organizations)
    }

    /// Looks for the copies of access keys. It writes copies only where the stack enforces.
    pub fn copies(&self) -> CopiesSearch {
        CopiesSearch::new(self.there.clone(), self.calls.clone(), self.settings.region.clone())
            .updating(self.settings.mode == Mode::Enforce)
            .with_format(Arc::new(KeyFormats))
            .keeping(self.guardrails(), self.settings.account.clone())
    }

    fn partition(&self) -> &str {
        self.settings.signing_key.partition()
    }

    /// Reads CloudTrail's history of IAM; none where the stack is told not to.
    pub fn trail(&self) -> Option<Trail> {
        let hours = self.settings.trail_hours;
        let region = aws_sdk_cloudtrail::config::Region::new(region_of_iam(self.partition()));
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.there).region(region);
        let client = client_over!(aws_sdk_cloudtrail, config, self.calls);
        let mut regions = self.settings.regions.clone();
        regions.extend([self.settings.region.clone(), region_of_iam(self.partition()).to_owned()]);
        regions.sort();
        regions.dedup();
        (hours > 0).then(|| Trail::new(client, SignedDuration::from_hours(hours)).in_regions(regions))
    }

    /// Replaces access keys in secrets.
    pub fn rotator(&self) -> Rotator {
        let settings = &self.settings;
        let role =
            format!("arn:{}:iam::{}:role/{}-secret-rotation", self.partition(), settings.account, settings.stack);
        Rotator::new(
            Vault::new(self.secrets()),
            Keys::new(self.iam()),
            self.guardrails(),
            self.trail(),
            self.sdk.clone(),
            self.calls.clone(),
            settings.account.clone(),
            role,
        )
    }

    /// The guardrails' part of the table.
    pub fn guardrails(&self) -> Guardrails {
        let settings = &self.settings;
        let limits = Limits {
            account: settings.account.clone(),
            account_steps: settings.breaker_account_limit,
            organization_steps: settings.breaker_organization_limit,
            window: settings.breaker_window,
        };
        Guardrails::new(client!(self, aws_sdk_dynamodb), settings.table.clone(), limits)
    }

    /// Who is asking, by the word of AWS STS.
    pub fn callers(&self) -> Callers {
        Callers::new(&self.sdk)
    }

    /// Reads identities: over IAM and the registry.
    pub fn identities(&self, iam: aws_sdk_iam::Client) -> Identities {
        let settings = &self.settings;
        Identities::new(iam, self.account.clone(), settings.tags.clone(), self.guardrails(), settings.precedence)
    }

    /// What IAM Roles Anywhere may start sessions of.
    pub fn roles_anywhere_profiles(&self) -> RolesAnywhere {
        RolesAnywhere::new(self.roles_anywhere(), self.settings.regions.clone())
    }

    /// Reads the directory of IAM Identity Center.
    /// None where the stack does not administer it.
    pub fn directory_users(&self) -> Option<Directory> {
        let (partition, account) = (self.partition().to_owned(), self.settings.account.clone());
        self.settings.identity_center.then(|| Directory::new(self.sso(), self.directory(), account, partition))
    }

    /// What a function with this card reads and ends identities with: these readers, these drivers and no other.
    pub fn hands(&self, card: &Card) -> Hands {
        let reads = |reader| card.readers.contains(&reader);
        // A client is made once, where it is used at all: that costs time at each start.
        let iam = self.iam();
        let secrets = LazyCell::new(|| self.secrets());
        let mut identities = self.identities(iam.clone());
        if reads(Reader::Secrets) {
            identities = identities.with_secrets((*secrets).clone());
        }
        if reads(Reader::RolesAnywhere) {
            identities = identities.with_roles_anywhere(self.roles_anywhere_profiles());
        }
        if reads(Reader::Directory) {
            identities = identities.with_directory(self.directory_users());
        }
        let drivers = card.kinds().filter_map(|kind| self.driver(kind, &iam, &secrets)).collect();
        Hands::new(identities, drivers).with_trail(if reads(Reader::Trail) { self.trail() } else { None })
    }

    /// What takes a countermeasure of this kind; none where the stack is not set up for it.
    fn driver(
        &self,
        kind: Kind,
        iam: &aws_sdk_iam::Client,
        secrets: &LazyCell<aws_sdk_secretsmanager::Client, impl FnOnce() -> aws_sdk_secretsmanager::Client>,
    ) -> Option<Box<dyn Driver>> {
        let settings = &self.settings;
        let more: Box<dyn Driver> = match kind {
            Kind::LeaveRolesAnywhere => Box::new(LeaveRolesAnywhere::new(self.roles_anywhere())),
            Kind::RotateSecret => Box::new(RotateSecret::new((**secrets).clone())),
            Kind::AdoptAccessKey => {
                let rotation = settings.rotation.clone()?;
                Box::new(AdoptAccessKey::new(iam.clone(), (**secrets).clone(), rotation))
            }
            // Identity Center is its own account's to administer, and service control policies the organization's.
            Kind::RemoveGroupMembership if settings.identity_center => {
                Box::new(RemoveGroupMembership::new(self.directory()))
            }
            Kind::RemoveAccountAssignment if settings.identity_center => {
                Box::new(RemoveAccountAssignment::new(self.sso()))
            }
            Kind::QuarantineByScp if settings.scp_quarantine => Box::new(QuarantineByScp::new(self.organizations())),
            other => return countermeasures::over_iam(other, iam),
        };
        Some(more)
    }

    /// A reactor over what reads and ends identities, which is made once for the stack's own account and anew for each session
    /// into another one. What every function shares is added here: the policy among it, so that none can go without.
    pub fn reactor(&self, card: &'static Card) -> Reactor {
        let settings = self.settings.clone();
        let mut reach = Reach::hub(settings.account.clone(), self.hands(card));
        if let Some(member) = &settings.member {
            let (sdk, hub) = (self.sdk.clone(), settings.account.clone());
            let sessions = Sessions::new(sdk, self.calls.clone(), hub, self.partition(), Some(member.clone()));
            let parts = self.clone();
            reach = reach.with_members(sessions, move |there, account| parts.in_account(there, account).hands(card));
        }
        Reactor {
            reach,
            policy: self.policy.clone(),
            guardrails: self.guardrails(),
            alarms: Alarms::new(
                Announcer::new(client!(self, aws_sdk_sns), settings.alarm_topic.clone()),
                settings.stack.clone(),
            ),
            cases: self.cases(),
            publisher: self.publisher(),
            copies: settings
                .copies_function
                .clone()
                .map(|name| CopiesFunction::new(client!(self, aws_sdk_lambda), name)),
            settings,
        }
    }

    /// The cases' table.
    pub fn cases(&self) -> Cases {
        Cases::new(client!(self, aws_sdk_dynamodb), self.settings.table.clone(), self.settings.case_days)
    }

    /// Evidence: signed, stored, announced.
    pub fn publisher(&self) -> Publisher {
        // A local emulator has no host name for each bucket.
        let s3 = aws_sdk_s3::config::Builder::from(&self.sdk).force_path_style(self.sdk.endpoint_url().is_some());
        Publisher::new(
            Signer::new(client!(self, aws_sdk_kms), self.settings.signing_key.clone()),
            EvidenceStore::new(client_over!(aws_sdk_s3, s3, self.calls), self.settings.bucket.clone()),
            Announcer::new(client!(self, aws_sdk_sns), self.settings.topic.clone()),
            &self.settings,
        )
    }
}

/// A function: the events that it reads, and what it reacts with.
pub struct Function {
    sources: &'static [EventSource],
    reactor: Reactor,
    calls: CallCounter,
}

/// What an invocation came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// One for each subject of each signal.
    pub reactions: Vec<Reaction>,
    /// Parts of the event that ask for nothing, and why.
    pub ignored: Vec<Ignored>,
    /// The AWS calls that were made, retries too, by name.
    pub calls: BTreeMap<String, u32>,
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

impl Function {
    /// A function over these events and this reactor, which is composed from these parts.
    pub fn new(sources: &'static [EventSource], reactor: Reactor, parts: &Parts) -> Self {
        Self { sources, reactor, calls: parts.calls.clone() }
    }

    /// Handles one event. `delivery` names this delivery, so that concurrent ones can be told apart.
    pub async fn handle(&self, event: &Value, delivery: &str) -> Result<Response, Failure> {
        let begun = clock::now();
        let intake = intake::parse(event, self.sources).map_err(|malformed| Failure::Malformed(vec![malformed]))?;
        let mut reactions = Vec::new();
        let mut errors = Vec::new();
        if !intake.signals.is_empty() {
            let react = async {
                // One after the other: several findings about one identity then meet each other's cases in order.
                for signal in &intake.signals {
                    for outcome in self.reactor.react(signal, delivery).await {
                        match outcome {
                            Ok(reaction) => reactions.push(reaction),
                            Err(error) => errors.push(error),
                        }
                    }
                }
            };
            tokio::join!(react, self.reactor.publisher.warm_up());
        }
        let calls = self.calls.take();
        let verdicts: Vec<&str> = reactions.iter().map(|reaction| reaction.verdict.as_str()).collect();
        tracing::info!(
            event = event.get("id").and_then(|value| value.as_str()).unwrap_or_default(),
            source = event.get("source").and_then(|value| value.as_str()).unwrap_or_default(),
            signals = intake.signals.len(),
            ignored = intake.ignored.len(),
            malformed = intake.malformed.len(),
            verdicts = ?verdicts,
            calls = ?calls,
            milliseconds = clock::now().as_millisecond() - begun.as_millisecond(),
            "handled an event"
        );
        for ignored in &intake.ignored {
            tracing::info!(at = ignored.at, reason = ignored.reason, "ignored");
        }
        if !errors.is_empty() {
            return Err(Failure::Unfinished(errors));
        }
        if !intake.malformed.is_empty() {
            return Err(Failure::Malformed(intake.malformed));
        }
        Ok(Response { reactions, ignored: intake.ignored, calls })
    }
}

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

/// What a function answers one invocation with.
pub trait Serve: Send + Sync {
    /// What it answers with.
    type Answer: Serialize + Send;

    /// Serves one invocation. `delivery` names it, so that concurrent ones can be told apart.
    fn serve(&self, payload: &Value, delivery: &str) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;
}

impl Serve for Function {
    type Answer = Response;

    async fn serve(&self, payload: &Value, delivery: &str) -> Result<Response, Failure> {
        Box::pin(self.handle(payload, delivery)).await
    }
}

impl Serve for Rotator {
    type Answer = Value;

    async fn serve(&self, payload: &Value, _delivery: &str) -> Result<Value, Failure> {
        let request = StepRequest::read(payload).map_err(|malformed| Failure::Malformed(vec![malformed]))?;
        let begun = clock::now();
        let done = Box::pin(self.step(&request)).await;
        let calls = self.take_calls();
        tracing::info!(
            secret = request.secret_id,
            version = request.client_request_token,
            step = request.step.as_str(),
            done = done.is_ok(),
            calls = ?calls,
            milliseconds = clock::now().as_millisecond() - begun.as_millisecond(),
            "a step of a rotation"
        );
        // Secrets Manager wants no answer; a person who invokes it does.
        done.map(|()| serde_json::json!({ "step": request.step, "calls": calls })).map_err(Failure::Rotation)
    }
}

/// Starts a function over these events and serves invocations until Lambda ends it.
pub async fn run(sources: &'static [EventSource], compose: fn(&Parts) -> Reactor) -> Result<(), StartError> {
    run_with(|parts| Function::new(sources, compose(parts), parts)).await
}

/// Starts a function and serves invocations until Lambda ends it.
pub async fn run_with<S: Serve>(compose: impl FnOnce(&Parts) -> S) -> Result<(), StartError> {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).with_ansi(false);
    tracing_subscriber::registry().with(lines).with(logs::filter(logs::levels().as_deref())).init();
    let settings = Settings::from_environment()?;
    let policy = policy::Guardrails::embedded().inspect_err(|error| {
        tracing::error!(error = %error, "the policies are broken, so nothing can be decided");
    })?;
    let parts = Parts::new(settings, config::sdk().await, Arc::new(policy));
    let function = compose(&parts);
    let function = &function;
    // Boxed, so that the SDK's deeply nested futures do not become part of the runtime's own type.
    let serve = |event: LambdaEvent<Value>| -> Pin<Box<dyn Future<Output = Result<S::Answer, Failure>> + Send + '_>> {
        Box::pin(async move {
            let delivery = format!("{}/{}", event.context.request_id, clock::now().as_millisecond());
            Box::pin(function.serve(&event.payload, &delivery)).await.inspect_err(|failure| {
                tracing::error!(error = %failure, "the event was not handled");
            })
        })
    };
    lambda_runtime::run(service_fn(serve)).await.map_err(StartError::Runtime)
}
