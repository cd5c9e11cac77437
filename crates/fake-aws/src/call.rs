//! What is asked of AWS, and what it answers, whatever the protocol.

use jiff::Timestamp;
use serde_json::Value;

use crate::caller::Caller;

/// A request as a service means it: names and nesting of the service's own model, whatever protocol carried it.
///
/// `Tags.member.1.Key=a` of the query protocol is `{"Tags": [{"Key": "a"}]}`, and every value of that protocol is a string.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// As in an action's name: `iam`, `sts`, `secretsmanager`.
    pub service: String,
    /// As in an action's name: `CreateAccessKey`.
    pub operation: String,
    /// The Region that was called; IAM and Organizations have one for all.
    pub region: String,
    /// What was asked for.
    pub input: Value,
    /// The bytes of an object.
    pub body: Vec<u8>,
}

impl Request {
    /// In `us-east-1`.
    pub fn new(service: &str, operation: &str, input: Value) -> Self {
        Self {
            service: service.to_owned(),
            operation: operation.to_owned(),
            region: "us-east-1".to_owned(),
            input,
            body: vec![],
        }
    }

    /// The same in another Region.
    #[must_use]
    pub fn in_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// As policies name it: `iam:CreateAccessKey`.
    pub fn action(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

/// A request with who makes it, and when.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is asked.
    pub request: Request,
    /// By whom.
    pub caller: Caller,
    /// When.
    pub at: Timestamp,
}

impl Call {
    /// The account that the caller is in.
    pub fn account(&self) -> &str {
        self.caller.account()
    }

    /// A text of the input; empty where it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.request.input[name].as_str().unwrap_or_default()
    }

    /// A text of the input, which must be there.
    ///
    /// # Errors
    /// As AWS says it: a `ValidationError`.
    pub fn required(&self, name: &str) -> Result<&str, Refusal> {
        match self.text(name) {
            "" => Err(Refusal::new(400, "ValidationError", format!("{name} must be given"))),
            text => Ok(text),
        }
    }

    /// A flag of the input, as JSON or as text.
    pub fn flag(&self, name: &str) -> bool {
        match &self.request.input[name] {
            Value::Bool(flag) => *flag,
            Value::String(text) => text == "true",
            _ => false,
        }
    }

    /// The answer to an operation that the service does not know.
    pub(crate) fn unknown(&self) -> Refusal {
        Refusal::new(400, "InvalidAction", format!("Could not find operation {}", self.request.action()))
    }
}

/// An answer in the service's own model, or why there is none.
pub type Answer = Result<Value, Refusal>;

/// What a service refuses a call with.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// As the service calls it: `NoSuchEntity`.
    pub code: String,
    /// In words.
    pub message: String,
    /// More members of the error's document.
    pub extra: Box<Value>,
}

impl Refusal {
    /// With this status, code and message.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), extra: Box::default() }
    }

    /// IAM's answer about what is not there.
    pub fn no_such(what: &str) -> Self {
        Self::new(404, "NoSuchEntity", format!("The {what} cannot be found."))
    }

    /// IAM's answer where a quota is reached.
    pub fn limit(what: &str) -> Self {
        Self::new(409, "LimitExceeded", format!("Cannot exceed quota for {what}"))
    }

    /// The answer to a caller who may not.
    pub fn denied(caller: &str, action: &str, why: &str) -> Self {
        Self::new(403, "AccessDenied", format!("{caller} is not authorized to perform: {action} {why}"))
    }
}
