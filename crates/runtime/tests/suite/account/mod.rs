//! An account's secrets, parameters and environments, in memory, behind each service's own protocol. What is not named is made
//! up when it is asked for, so that ten thousand of each take no memory of their own.
#![allow(dead_code, reason = "the suite and an example use it, each a part")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::base64;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const ACCOUNT: &str = "111122223333";

pub(crate) fn secret_arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf")
}

pub(crate) fn parameter_arn(name: &str) -> String {
    format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{}", name.trim_start_matches('/'))
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) text: Option<String>,
    pub(crate) binary: Option<Vec<u8>>,
    /// What reading it is refused with: a code and words.
    pub(crate) refused: Option<(&'static str, &'static str)>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) primary_region: Option<String>,
    pub(crate) rotation: bool,
    /// Version ids, the current one last.
    pub(crate) versions: Vec<String>,
}

pub(crate) fn secret(name: &str, text: &str) -> Secret {
    Secret {
        name: name.to_owned(),
        text: Some(text.to_owned()),
        versions: vec!["first".to_owned()],
        ..Secret::default()
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) is_secure: bool,
    /// Whether its key may not be used.
    pub(crate) refused: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Function {
    pub(crate) arn: String,
    pub(crate) variables: Vec<(String, String)>,
    /// Whether its environment cannot be decrypted.
    pub(crate) refused: bool,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) secrets: Vec<Secret>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) functions: Vec<Function>,
    /// `CodeBuild` projects, as `BatchGetProjects` gives them.
    pub(crate) projects: Vec<Value>,
    /// ECS task definitions, as `DescribeTaskDefinition` gives them.
    pub(crate) tasks: Vec<Value>,
    /// How many more secrets, parameters and functions there are.
    pub(crate) fillers: usize,
    /// Bytes of a made up secret, beyond the usual few hundred.
    pub(crate) secret_bytes: usize,
    pub(crate) calls: BTreeMap<String, usize>,
    /// Action, status, code, how many more times.
    pub(crate) faults: Vec<(String, u16, &'static str, usize)>,
    /// Whether a page of parameters is refused in the listing that it does not belong to.
    pub(crate) strict_tokens: bool,
    /// The time that a call takes.
    pub(crate) latency: Duration,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Account(Arc<Mutex<State>>);

impl Account {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn fault(&self, action: &str, status: u16, code: &'static str, times: usize) {
        self.state().faults.push((action.to_owned(), status, code, times));
    }

    pub(crate) fn sdk(&self) -> SdkConfig {
        let account = self.clone();
        let credentials = Credentials::new("AKIAOWN", "own", None, None, "test");
        SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(account.clone())))
            .build()
    }
}

impl HttpConnector for Account {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let host = request.uri().split('/').nth(2).unwrap().split('.').next().unwrap().to_owned();
        let (operation, input) = match request.headers().get("x-amz-target") {
            Some(target) => (
                target.split('.').next_back().unwrap().to_owned(),
                serde_json::from_slice(request.body().bytes().unwrap()).unwrap(),
            ),
            None => lambda_call(request.uri()),
        };
        let action = format!("{host}:{operation}");
        let account = self.clone();
        HttpConnectorFuture::new(async move {
            let latency = account.state().latency;
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            let (status, body) = match account.state().answer(&action, &input) {
                Ok(answer) => (200, answer),
                Err((status, code, words)) => (status, json!({"__type": code, "message": words})),
            };
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string())))
        })
    }
}

fn lambda_call(uri: &str) -> (String, Value) {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let input = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.to_owned(), json!(v)));
    let mut input = Value::Object(input.collect());
    if let Some(rest) = path.split("/functions/").nth(1) {
        input["FunctionName"] = json!(rest.split('/').next().unwrap());
        return ("GetFunctionConfiguration".to_owned(), input);
    }
    ("ListFunctions".to_owned(), input)
}

type Answer = Result<Value, (u16, &'static str, &'static str)>;

const GONE: (u16, &str, &str) = (400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
const NO_KEY: (u16, &str, &str) = (
    400,
    "AccessDeniedException",
    "The ciphertext refers to a customer master key that does not exist, or you may not use.",
);

/// The items from a token on, and the token of the next page.
fn page(input: &Value, token: &str, size: usize, all: usize) -> (std::ops::Range<usize>, Option<String>) {
    let from = input[token].as_str().map_or(0, |at| at.split('.').next().unwrap().parse().unwrap());
    let to = (from + size).min(all);
    (from..to, (to < all).then(|| to.to_string()))
}

impl State {
    fn answer(&mut self, action: &str, input: &Value) -> Answer {
        *self.calls.entry(action.to_owned()).or_default() += 1;
        if let Some(fault) = self.faults.iter_mut().find(|fault| fault.0 == action && fault.3 > 0) {
            fault.3 -= 1;
            return Err((fault.1, fault.2, "refused on purpose"));
        }
        match action.split(':').next().unwrap() {
            "secretsmanager" => self.secrets(action, input),
            "ssm" => self.parameters(action, input),
            _ => Ok(self.environments(action, input)),
        }
    }

    fn secrets(&mut self, action: &str, input: &Value) -> Answer {
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        match action {
            "secretsmanager:ListSecrets" => {
                assert_eq!(input["MaxResults"], 100);
                let (range, next) = page(input, "NextToken", 100, self.secrets.len() + self.fillers);
                let list: Vec<Value> = range.map(|n| listed(&self.secret(n))).collect();
                Ok(json!({"SecretList": list, "NextToken": next}))
            }
            "secretsmanager:BatchGetSecretValue" => {
                let ids = input["SecretIdList"].as_array().unwrap();
                assert!((1..=20).contains(&ids.len()));
                let (mut values, mut errors) = (vec![], vec![]);
                for id in ids.iter().map(|id| id.as_str().unwrap()) {
                    match self.value(id) {
                        Ok(value) => values.push(value),
                        Err((_, code, words)) => {
                            errors.push(json!({"SecretId": id, "ErrorCode": code, "Message": words}));
                        }
                    }
                }
                Ok(json!({"SecretValues": values, "Errors": errors}))
            }
            "secretsmanager:GetSecretValue" => self.value(&text("SecretId")),
            "secretsmanager:DescribeSecret" => {
                let secret = self.find(&text("SecretId")).ok_or(GONE)?;
                let mut described = listed(&secret);
                described["VersionIdsToStages"] = described["SecretVersionsToStages"].take();
                Ok(described)
            }
            "secretsmanager:PutSecretValue" => {
                let (id, token) = (text("SecretId"), text("ClientRequestToken"));
                assert!((32..=64).contains(&token.len()), "{token}");
                let secret = self.secrets.iter_mut().find(|secret| secret_arn(&secret.name) == id).ok_or(GONE)?;
                secret.text = Some(text("SecretString"));
                secret.versions.push(token.clone());
                Ok(json!({"ARN": id, "VersionId": token, "VersionStages": ["AWSCURRENT"]}))
            }
            other => panic!("nobody expected {other}"),
        }
    }

    fn parameters(&self, action: &str, input: &Value) -> Answer {
        match action {
            "ssm:GetParametersByPath" => {
                assert_eq!(
                    (&input["Path"], &input["Recursive"], &input["MaxResults"]),
                    (&json!("/"), &json!(true), &json!(10))
                );
                let decrypted = input["WithDecryption"] == true;
                let kind = format!(".{decrypted}");
                if self.strict_tokens && input["NextToken"].as_str().is_some_and(|token| !token.ends_with(&kind)) {
                    return Err((400, "ValidationException", "The token is of another listing."));
                }
                let (range, next) = page(input, "NextToken", 10, self.parameters.len() + self.fillers);
                let list: Vec<Parameter> = range.map(|n| self.parameter(n)).collect();
                if decrypted && list.iter().any(|parameter| parameter.refused) {
                    return Err(NO_KEY);
                }
                let list: Vec<Value> = list.iter().map(|parameter| shown(parameter, decrypted)).collect();
                Ok(json!({"Parameters": list, "NextToken": next.map(|next| next + &kind)}))
            }
            "ssm:DescribeParameters" => {
                let (range, next) = page(input, "NextToken", 50, self.parameters.len() + self.fillers);
                let list: Vec<Value> = range.map(|n| json!({"Name": self.parameter(n).name})).collect();
                Ok(json!({"Parameters": list, "NextToken": next}))
            }
            "ssm:GetParameters" => {
                let names = input["Names"].as_array().unwrap();
                assert!((1..=10).contains(&names.len()));
                let list =
                    names.iter().map(|name| self.named(name.as_str().unwrap())).collect::<Result<Vec<_>, _>>()?;
                if list.iter().any(|parameter| parameter.refused) {
                    return Err(NO_KEY);
                }
                Ok(json!({"Parameters": list.iter().map(|parameter| shown(parameter, true)).collect::<Vec<_>>()}))
            }
            "ssm:GetParameter" => {
                let parameter = self.named(input["Name"].as_str().unwrap())?;
                if parameter.refused { Err(NO_KEY) } else { Ok(json!({"Parameter": shown(&parameter, true)})) }
            }
            other => panic!("nobody expected {other}"),
        }
    }

    fn environments(&self, action: &str, input: &Value) -> Value {
        match action {
            "lambda:ListFunctions" => {
                assert_eq!((&input["MaxItems"], &input["FunctionVersion"]), (&json!("50"), &json!("ALL")));
                let (range, next) = page(input, "Marker", 50, self.functions.len() + self.fillers);
                let list: Vec<Value> = range.map(|n| configured(&self.function(n))).collect();
                json!({"Functions": list, "NextMarker": next})
            }
            "lambda:GetFunctionConfiguration" => {
                let name = input["FunctionName"].as_str().unwrap();
                configured(&self.function(number(name).unwrap() + self.functions.len()))
            }
            "codebuild:ListProjects" => {
                let (range, next) = page(input, "nextToken", 100, self.projects.len());
                let names: Vec<&Value> = self.projects[range].iter().map(|project| &project["name"]).collect();
                json!({"projects": names, "nextToken": next})
            }
            "codebuild:BatchGetProjects" => {
                let names = input["names"].as_array().unwrap();
                assert!((1..=100).contains(&names.len()));
                let asked: Vec<&Value> =
                    self.projects.iter().filter(|project| names.contains(&project["name"])).collect();
                json!({"projects": asked})
            }
            "ecs:ListTaskDefinitions" => {
                assert_eq!((&input["status"], &input["maxResults"]), (&json!("ACTIVE"), &json!(100)));
                let (range, next) = page(input, "nextToken", 100, self.tasks.len());
                let arns: Vec<&Value> = self.tasks[range].iter().map(|task| &task["taskDefinitionArn"]).collect();
                json!({"taskDefinitionArns": arns, "nextToken": next})
            }
            "ecs:DescribeTaskDefinition" => {
                let task = self.tasks.iter().find(|task| task["taskDefinitionArn"] == input["taskDefinition"]).unwrap();
                json!({"taskDefinition": task})
            }
            other => panic!("nobody expected {other}"),
        }
    }

    fn secret(&self, n: usize) -> Secret {
        self.secrets.get(n).cloned().unwrap_or_else(|| {
            let n = n - self.secrets.len();
            secret(
                &format!("filler-{n:05}"),
                &json!({"n": n, "password": "x".repeat(self.secret_bytes.max(400))}).to_string(),
            )
        })
    }

    fn find(&self, arn: &str) -> Option<Secret> {
        let known = self.secrets.iter().find(|secret| secret_arn(&secret.name) == arn).cloned();
        known.or_else(|| number(arn).map(|n| self.secret(n + self.secrets.len())))
    }

    fn value(&self, arn: &str) -> Answer {
        let secret = self.find(arn).ok_or(GONE)?;
        if let Some((code, words)) = secret.refused {
            return Err((400, code, words));
        }
        let mut value = json!({
            "ARN": arn, "Name": secret.name, "VersionId": secret.versions.last(), "VersionStages": ["AWSCURRENT"],
        });
        if let Some(text) = secret.text {
            value["SecretString"] = json!(text);
        }
        if let Some(binary) = secret.binary {
            value["SecretBinary"] = json!(base64::encode(binary));
        }
        Ok(value)
    }

    fn parameter(&self, n: usize) -> Parameter {
        self.parameters.get(n).cloned().unwrap_or_else(|| {
            let n = n - self.parameters.len();
            let (name, value) = (format!("/app/filler-{n:05}"), format!("value {n} {}", "y".repeat(200)));
            Parameter { name, value, is_secure: n.is_multiple_of(2), refused: false }
        })
    }

    fn named(&self, name: &str) -> Result<Parameter, (u16, &'static str, &'static str)> {
        let known = self.parameters.iter().find(|parameter| parameter.name == name).cloned();
        known.or_else(|| number(name).map(|n| self.parameter(n + self.parameters.len()))).ok_or((
            400,
            "ParameterNotFound",
            "",
        ))
    }

    fn function(&self, n: usize) -> Function {
        self.functions.get(n).cloned().unwrap_or_else(|| {
            let n = n - self.functions.len();
            let variables = (0..10).map(|v| (format!("VARIABLE_{v}"), format!("value {n} {v} of something")));
            let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:filler-{n:05}:$LATEST");
            Function { arn, variables: variables.collect(), refused: false }
        })
    }
}

/// The number of what was made up.
fn number(name: &str) -> Option<usize> {
    name.split("filler-").nth(1)?.get(..5)?.parse().ok()
}

fn listed(secret: &Secret) -> Value {
    let tags: Vec<Value> = secret.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let stage = |n: usize| if n + 1 == secret.versions.len() { "AWSCURRENT" } else { "AWSPREVIOUS" };
    let versions: BTreeMap<&String, Vec<&str>> =
        secret.versions.iter().enumerate().map(|(n, version)| (version, vec![stage(n)])).collect();
    json!({
        "ARN": secret_arn(&secret.name), "Name": secret.name, "Tags": tags, "PrimaryRegion": secret.primary_region,
        "RotationEnabled": secret.rotation, "SecretVersionsToStages": versions,
    })
}

fn shown(parameter: &Parameter, decrypted: bool) -> Value {
    let value = if parameter.is_secure && !decrypted { "AQICAHciphertext" } else { &parameter.value };
    let kind = if parameter.is_secure { "SecureString" } else { "String" };
    json!({"Name": parameter.name, "ARN": parameter_arn(&parameter.name), "Type": kind, "Value": value, "Version": 1})
}

fn configured(function: &Function) -> Value {
    let name = function.arn.split(':').nth(6);
    let environment = if function.refused {
        json!({"Error": {"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt"}})
    } else {
        json!({"Variables": function.variables.iter().cloned().collect::<BTreeMap<_, _>>()})
    };
    json!({"FunctionName": name, "FunctionArn": function.arn, "Environment": environment})
}
