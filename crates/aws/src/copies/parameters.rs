//! Parameters of AWS Systems Manager, ten to a page: that is what AWS allows (`GetParametersByPath`), 1,000 calls for 10,000.
//! The path `/` has them all, those without a slash in their names too.
//!
//! AWS refuses a whole page where it may not use the key of one `SecureString` in it. Such a page is asked for once more
//! without decryption, which gives its plain values and its names, and its secure ones are then asked for one by one, so that
//! one forbidden key hides nothing else.

use async_trait::async_trait;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::operation::get_parameters_by_path::GetParametersByPathOutput;
use aws_sdk_ssm::types::{Parameter, ParameterType};
use severance_domain::copies::Place;
use severance_domain::right::ssm;

use super::finds::{Finds, Searcher, Wanted, reason};
use crate::error::AwsError;

const BY_PATH: &str = ssm::GET_PARAMETERS_BY_PATH.action;
const GET: &str = ssm::GET_PARAMETER.action;

/// Looks into parameters.
pub(super) struct Parameters {
    client: Client,
}

impl Parameters {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    async fn page(&self, token: Option<&str>, decrypted: bool) -> Result<GetParametersByPathOutput, AwsError> {
        let call = self.client.get_parameters_by_path().path("/").recursive(true).with_decryption(decrypted);
        let answer = call.max_results(10).set_next_token(token.map(str::to_owned)).send().await;
        answer.map_err(|error| AwsError::of(BY_PATH, &error))
    }

    /// All pages without decryption, for where a page of one listing may not be asked for in the other.
    async fn undecrypted(&self, wanted: &Wanted, finds: &mut Finds) -> Result<(), AwsError> {
        let mut token: Option<String> = None;
        loop {
            let page = self.page(token.as_deref(), false).await?;
            self.piecewise(wanted, finds, page.parameters(), false).await;
            token = page.next_token;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// Looks into a page that was not decrypted. `one_is_refused`: to ask for its secure ones together was refused already.
    async fn piecewise(&self, wanted: &Wanted, finds: &mut Finds, page: &[Parameter], one_is_refused: bool) {
        let is_secure = |parameter: &&Parameter| parameter.r#type() == Some(&ParameterType::SecureString);
        for parameter in page.iter().filter(|parameter| !is_secure(parameter)) {
            search_one(wanted, finds, parameter);
        }
        let secure: Vec<&str> = page.iter().filter(is_secure).filter_map(Parameter::name).collect();
        if secure.is_empty() {
            return;
        }
        if !one_is_refused {
            let names = secure.iter().map(|name| (*name).to_owned()).collect();
            let some = self.client.get_parameters().set_names(Some(names)).with_decryption(true).send().await;
            if let Ok(some) = some {
                some.parameters().iter().for_each(|parameter| search_one(wanted, finds, parameter));
                return;
            }
        }
        for name in secure {
            match self.client.get_parameter().name(name).with_decryption(true).send().await {
                Ok(answer) => answer.parameter().into_iter().for_each(|parameter| search_one(wanted, finds, parameter)),
                Err(error) => {
                    let error = AwsError::of(GET, &error);
                    // Gone since it was listed.
                    if error.code != "ParameterNotFound" {
                        finds.unread.item(reason(GET, &error.code, &error.message), name);
                    }
                }
            }
        }
    }
}

fn search_one(wanted: &Wanted, finds: &mut Finds, parameter: &Parameter) {
    finds.looked_at += 1;
    let arn = parameter.arn().or(parameter.name()).unwrap_or_default();
    let value = parameter.value().unwrap_or_default();
    finds.document(wanted, arn, value, value.as_bytes());
}

#[async_trait]
impl Searcher for Parameters {
    fn place(&self) -> Place {
        Place::Parameter
    }

    async fn search(&self, wanted: &Wanted, finds: &mut Finds) -> Result<(), AwsError> {
        let mut token: Option<String> = None;
        loop {
            let page = match self.page(token.as_deref(), true).await {
                Ok(page) => {
                    page.parameters().iter().for_each(|parameter| search_one(wanted, finds, parameter));
                    page
                }
                Err(error) if error.retryable => return Err(error),
                Err(refused) => match self.page(token.as_deref(), false).await {
                    Ok(page) => {
                        self.piecewise(wanted, finds, page.parameters(), true).await;
                        page
                    }
                    // Then it is not a key that is missing, but the right to the call.
                    Err(_) if token.is_none() => return Err(refused),
                    // That a page of the one listing can be asked for in the other is nowhere promised: from the start, then.
                    Err(_) => {
                        *finds = Finds::new(finds.place, &finds.region);
                        return self.undecrypted(wanted, finds).await;
                    }
                },
            };
            token = page.next_token;
            if token.is_none() {
                return Ok(());
            }
        }
    }
}
