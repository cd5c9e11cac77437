//! Asking the responder to recheck a case, in an invocation of its own. It is not waited for: what comes of it is published.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use severance_domain::case::CaseId;
use severance_domain::respond::{Ask, Call};
use severance_domain::right::lambda;

use crate::error::AwsError;

const INVOKE: &str = lambda::INVOKE_RESPONDER.action;

/// The function that rechecks.
#[derive(Debug, Clone)]
pub struct RecheckFunction {
    lambda: Client,
    name: String,
}

impl RecheckFunction {
    /// This function, over this client.
    pub fn new(lambda: Client, name: String) -> Self {
        Self { lambda, name }
    }

    /// Asks for a recheck of a case (`lambda:InvokeFunction`, asynchronous). Whether one is due, the function finds out.
    ///
    /// # Errors
    /// Where Lambda does not take the request.
    pub async fn ask(&self, case: &CaseId) -> Result<(), AwsError> {
        let call = Call { request: Ask::Recheck { case: case.clone() }, proof: None };
        let request = serde_json::json!(call).to_string();
        let invoke = self.lambda.invoke().function_name(&self.name).invocation_type(InvocationType::Event);
        let answer = invoke.payload(Blob::new(request)).send().await;
        answer.map(drop).map_err(|error| AwsError::of(INVOKE, &error))
    }
}
