//! Environments of AWS Lambda functions, fifty to a page, in the listing itself. Published versions too: each keeps the
//! environment that it was published with, and an alias may still lead to it.

use async_trait::async_trait;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::FunctionVersion;
use severance_domain::copies::Place;
use severance_domain::right::lambda;

use super::finds::{Finds, Searcher, Wanted};
use crate::error::AwsError;

const LIST: &str = lambda::LIST_FUNCTIONS.action;

/// Looks into functions.
pub(super) struct Functions {
    client: Client,
}

impl Functions {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Searcher for Functions {
    fn place(&self) -> Place {
        Place::FunctionEnvironment
    }

    async fn search(&self, wanted: &Wanted, finds: &mut Finds) -> Result<(), AwsError> {
        let call = self.client.list_functions().function_version(FunctionVersion::All).max_items(50);
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(LIST, &error))?;
            for function in page.functions() {
                let arn = function.function_arn().unwrap_or_default();
                let arn = arn.strip_suffix(":$LATEST").unwrap_or(arn);
                if let Some(error) = function.environment().and_then(|environment| environment.error()) {
                    let code = error.error_code().unwrap_or("an error");
                    let why = format!(
                        "{LIST} answered {code} for an environment; allow kms:Decrypt on its key to the copies search"
                    );
                    finds.unread.item(why, arn);
                    continue;
                }
                finds.looked_at += 1;
                let variables = function.environment().and_then(|environment| environment.variables());
                for (name, value) in variables.into_iter().flatten() {
                    finds.named(wanted, arn, name, value);
                }
            }
        }
        Ok(())
    }
}
