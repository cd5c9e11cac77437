//! Asking the stack's responder: a Lambda function that is invoked and waited for.

mod proof;

use std::error::Error;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_sts::config::{Credentials, ProvideCredentials};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use severance_domain::copies::{CopiesFound, CopiesRequest};
use severance_domain::ids::{AccessKeyId, AccountId, Arn};
use severance_domain::respond::{Answer, Ask, Call};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::clock;
use crate::exit::Failure;
use crate::progress::Progress;
use crate::remote::proof::{Audience, prove};

/// After this long a reader is told that the command waits.
const QUIET_FOR: Duration = Duration::from_secs(2);
/// On a terminal, how often they are told so again.
const TOLD_EVERY: Duration = Duration::from_secs(5);
/// Longer than the function may run (300 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(330);

/// Longer than any function may run (15 minutes).
const SEARCH_WITHIN: Duration = Duration::from_secs(930);

/// For a question that STS answers at once.
const ACCOUNT_WITHIN: Duration = Duration::from_secs(30);

/// The stack that is asked, and as whom.
#[derive(Debug)]
pub(crate) struct Stack<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its Region, unless the environment or the profile says it.
    pub(crate) region: Option<&'a str>,
    /// Whose credentials are used, unless AWS's usual order finds them.
    pub(crate) profile: Option<&'a str>,
    /// Where AWS is, if not where it always is.
    pub(crate) endpoint_url: Option<&'a str>,
}

/// The responder of one stack, or another function that is asked in its own words.
pub(crate) struct Responder {
    runtime: Runtime,
    lambda: aws_sdk_lambda::Client,
    sts: aws_sdk_sts::Client,
    credentials: Credentials,
    audience: Audience,
}

impl Stack<'_> {
    /// Finds the stack's responder. Nothing is sent yet but what a profile needs to sign in.
    pub(crate) fn connect(&self) -> Result<Responder, Failure> {
        self.connect_to("responder")
    }

    /// Finds a function of the stack by the end of its name.
    pub(crate) fn connect_to(&self, function: &str) -> Result<Responder, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::Unanswered(format!("cannot start: {error}")))?;
        let function = format!("{}-{function}", self.name);
        let (sdk, credentials, audience) = runtime.block_on(self.load(function))?;
        let lambda = aws_sdk_lambda::config::Builder::from(&sdk).credentials_provider(credentials.clone()).build();
        let sts = aws_sdk_sts::config::Builder::from(&sdk).credentials_provider(credentials.clone()).build();
        let (lambda, sts) = (aws_sdk_lambda::Client::from_conf(lambda), aws_sdk_sts::Client::from_conf(sts));
        Ok(Responder { runtime, lambda, sts, credentials, audience })
    }

    async fn load(&self, function: String) -> Result<(SdkConfig, Credentials, Audience), Failure> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(region) = self.region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if let Some(endpoint) = self.endpoint_url {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(profile) = self.profile {
            // The SDK would prefer credentials in the environment even to a profile that is named: somebody else would act.
            let credentials = ProfileFileCredentialsProvider::builder().profile_name(profile).build();
            loader = loader.profile_name(profile).credentials_provider(credentials);
        }
        let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).build();
        let sdk = loader.timeout_config(timeouts).load().await;
        let Some(region) = sdk.region().map(ToString::to_string).filter(|region| !region.is_empty()) else {
            let what = "the stack's Region is not known: give --region, or set AWS_REGION";
            return Err(Failure::Unanswered(what.to_owned()));
        };
        let Some(provider) = sdk.credentials_provider() else { return Err(self.signed_out("there is none")) };
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| self.signed_out(&chain(&error)))?;
        let sts = sts_address(&sdk, &region).await?;
        Ok((sdk, credentials, Audience { function, region, sts }))
    }

    fn signed_out(&self, why: &str) -> Failure {
        // Below its first line the SDK lists all that it has tried.
        let why = why.lines().next().unwrap_or_default().trim_end_matches(". Attempted:");
        let how = match self.profile {
            Some(profile) => format!("sign in (aws sso login --profile {profile}), or correct the profile"),
            None => "sign in and name the profile (--profile), or set AWS_ACCESS_KEY_ID and its companions".to_owned(),
        };
        Failure::Unanswered(format!("no AWS credentials: {why}; {how}"))
    }
}

/// Where the *function* asks STS, whatever this machine's own settings (FIPS, dual stack, a VPC endpoint) say.
async fn sts_address(sdk: &SdkConfig, region: &str) -> Result<String, Failure> {
    if let Some(endpoint) = sdk.endpoint_url() {
        return Ok(endpoint.to_owned());
    }
    let unknown = |error: &dyn Error| Failure::Usage(format!("AWS has no STS in {region:?}: {}", chain(error)));
    let params =
        Params::builder().region(region).use_global_endpoint(false).build().map_err(|error| unknown(&error))?;
    let endpoint = DefaultResolver::new();
    let endpoint =
        ResolveEndpoint::resolve_endpoint(&endpoint, &params).await.map_err(|error| unknown(error.as_ref()))?;
    Ok(endpoint.url().to_owned())
}

impl Responder {
    /// Asks, and waits for the answer. What the responder refuses is a failure.
    pub(crate) fn ask(&self, ask: Ask) -> Result<Answer, Failure> {
        self.runtime.block_on(self.invoke(ask))
    }

    /// The account that an access key is of, as an ARN. AWS alone knows whose a key is (`sts:GetAccessKeyInfo`).
    pub(crate) fn account_of(&self, key: &AccessKeyId) -> Result<Arn, Failure> {
        let partition = match self.audience.region.split('-').collect::<Vec<_>>().as_slice() {
            ["cn", ..] => "aws-cn",
            ["us", "gov", ..] => "aws-us-gov",
            _ => "aws",
        };
        let unknown = |why: &str| {
            Failure::Unanswered(format!(
                "AWS does not say in which account {key} is ({why}): name its user instead, \
                 arn:{partition}:iam::ACCOUNT:user/NAME --access-key {key}"
            ))
        };
        let asked = self.sts.get_access_key_info().access_key_id(key.as_str()).send();
        let answer = self.runtime.block_on(async { timeout(ACCOUNT_WITHIN, asked).await });
        let answer = answer.map_err(|_| unknown("no answer came"))?.map_err(|error| unknown(&chain(&error)))?;
        let account = answer.account().and_then(|account| AccountId::try_from(account).ok());
        let account = account.ok_or_else(|| unknown("it answered none"))?;
        Arn::try_from(format!("arn:{partition}:iam::{account}:root")).map_err(|error| unknown(&error.to_string()))
    }

    async fn invoke(&self, ask: Ask) -> Result<Answer, Failure> {
        let changes = ask.needs_proof();
        let proof = if changes {
            let proof = prove(&ask, &self.audience, &self.credentials, clock::now());
            Some(proof.map_err(|error| Failure::Unanswered(error.to_string()))?)
        } else {
            None
        };
        let payload = serde_json::to_vec(&Call { request: ask, proof });
        let payload = payload.map_err(|error| Failure::Usage(format!("the request cannot be written: {error}")))?;
        let answer = self.call(payload, changes, ANSWER_WITHIN).await?;
        self.read(&answer, changes)
    }

    /// Asks the copies search, which changes nothing.
    pub(crate) fn search(&self, request: &CopiesRequest) -> Result<CopiesFound, Failure> {
        let payload = serde_json::to_vec(request);
        let payload = payload.map_err(|error| Failure::Usage(format!("the request cannot be written: {error}")))?;
        let answer = self.runtime.block_on(self.call(payload, false, SEARCH_WITHIN))?;
        self.payload(&answer, false)
    }

    /// Invokes the function, and waits.
    async fn call(&self, payload: Vec<u8>, changes: bool, within: Duration) -> Result<InvokeOutput, Failure> {
        // What changes something is sent once: a second try of a lost answer could do it twice.
        let retries = if changes { RetryConfig::disabled() } else { RetryConfig::standard() };
        let once = aws_sdk_lambda::config::Builder::new().retry_config(retries);
        let call = self.lambda.invoke().function_name(&self.audience.function).payload(Blob::new(payload));
        let mut call = std::pin::pin!(call.customize().config_override(once).send());
        let what = format!("{} in {}", self.audience.function, self.audience.region);
        let mut progress = Progress::on_stderr(&what, within);
        let mut waited = Duration::ZERO;
        let answer = loop {
            let next = if waited.is_zero() { QUIET_FOR } else { TOLD_EVERY };
            match timeout(next, &mut call).await {
                Ok(answer) => break answer,
                Err(_) => waited += next,
            }
            if waited >= within {
                return Err(lost(&format!("no answer came in {} s", waited.as_secs()), changes));
            }
            progress.tell(waited);
        };
        drop(progress);
        answer.map_err(|error| self.unanswered(&error, changes))
    }

    fn read(&self, answer: &InvokeOutput, changes: bool) -> Result<Answer, Failure> {
        match self.payload(answer, changes)? {
            Answer::Refused { why } => Err(Failure::Refused(why)),
            answer => Ok(answer),
        }
    }

    /// What the function answered, unless it failed.
    fn payload<T: DeserializeOwned>(&self, answer: &InvokeOutput, changes: bool) -> Result<T, Failure> {
        /// What Lambda answers in the place of a function that failed.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Failed {
            error_message: Option<String>,
            error_type: Option<String>,
        }
        let payload = answer.payload().map(AsRef::as_ref).unwrap_or_default();
        if answer.function_error().is_some() {
            let failed: Option<Failed> = serde_json::from_slice(payload).ok();
            let (kind, message) = failed.map_or((None, None), |failed| (failed.error_type, failed.error_message));
            let message = message.unwrap_or_else(|| "it did not say why: see its log".to_owned());
            let kind = kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
            return Err(lost(&format!("{} failed: {message}{kind}", self.audience.function), changes));
        }
        serde_json::from_slice(payload).map_err(|_| {
            let version = env!("CARGO_PKG_VERSION");
            let what = format!(
                "{} answered what sever {version} does not read: use the sever of the stack's version",
                self.audience.function
            );
            lost(&what, changes)
        })
    }

    fn unanswered(&self, error: &SdkError<InvokeError>, changes: bool) -> Failure {
        let Audience { function, region, .. } = &self.audience;
        let Some(service) = error.as_service_error() else {
            let what = format!("Lambda in {region} cannot be reached ({})", chain(error));
            return match error {
                SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_user() => {
                    Failure::Unanswered(format!("{what}: look at the network, --region and --endpoint-url"))
                }
                _ => lost(&what, changes),
            };
        };
        let (code, words) = (service.code().unwrap_or("Unknown"), service.message().unwrap_or("no message"));
        let help = match code {
            "AccessDeniedException" | "AccessDenied" => {
                format!("you need lambda:InvokeFunction on the function {function} in {region}")
            }
            "ResourceNotFoundException" if function.ends_with("-copies-search") => format!(
                "copies search is switched off in this stack: deploy it with CopiesSearch=true (there is no function \
                 {function} in {region})"
            ),
            "ResourceNotFoundException" => {
                format!("there is no function {function} in {region}: see --stack and --region")
            }
            "TooManyRequestsException" => "nothing was done: ask again in a moment".to_owned(),
            "UnrecognizedClientException" | "InvalidClientTokenId" | "ExpiredTokenException" | "ExpiredToken" => {
                "your credentials are not accepted: sign in again".to_owned()
            }
            _ => format!("asked was {function} in {region}"),
        };
        Failure::Unanswered(format!("Lambda answered {code}: {words}; {help}"))
    }
}

/// Whoever does not hear what came of a change must look before asking again.
fn lost(what: &str, changes: bool) -> Failure {
    let doubt = if changes { "; it may be done all the same: look before you ask again" } else { "" };
    Failure::Unanswered(format!("{what}{doubt}"))
}

/// An answer to something else.
pub(crate) fn unexpected() -> Failure {
    Failure::Unanswered("the responder answered another question: use the sever of the stack's version".to_owned())
}

/// An error and what led to it, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}
