//! Asking the copies search, by whoever may not read what it reads. It is not waited for: its answer lies in the table when it
//! is done.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use severance_domain::copies::{CopiesRequest, Search, Update};
use severance_domain::cutover::Cutover;
use severance_domain::right::lambda;

use crate::error::AwsError;

const INVOKE: &str = lambda::INVOKE_COPIES_SEARCH.action;

/// The function that searches.
#[derive(Debug, Clone)]
pub struct CopiesFunction {
    lambda: Client,
    name: String,
}

impl CopiesFunction {
    /// This function, over this client.
    pub fn new(lambda: Client, name: String) -> Self {
        Self { lambda, name }
    }

    /// Asks for the copies of a key that was replaced, and to write the new one into those that are ours.
    pub async fn ask(&self, cutover: &Cutover) -> Result<(), AwsError> {
        let search = Search {
            access_key: Some(cutover.old.clone()),
            equal_to: None,
            update: Some(Update { from: cutover.secret.clone() }),
            // Its role reads the stack's own Region.
            regions: vec![],
            dry_run: false,
        };
        let request = serde_json::json!(CopiesRequest { search, keep: true }).to_string();
        let invoke = self.lambda.invoke().function_name(&self.name).invocation_type(InvocationType::Event);
        let answer = invoke.payload(Blob::new(request)).send().await;
        answer.map(drop).map_err(|error| AwsError::of(INVOKE, &error))
    }
}
