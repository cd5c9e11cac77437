//! Projects of AWS `CodeBuild`, a hundred to a call: the variables that hold text (others hold the name of a secret or a
//! parameter), and a build specification that stands in the project itself.

use async_trait::async_trait;
use aws_sdk_codebuild::Client;
use aws_sdk_codebuild::types::{EnvironmentVariableType, ProjectEnvironment};
use severance_domain::copies::Place;
use severance_domain::right::codebuild;

use super::finds::{Finds, Searcher, Wanted};
use crate::error::AwsError;

const LIST: &str = codebuild::LIST_PROJECTS.action;
const BATCH: &str = codebuild::BATCH_GET_PROJECTS.action;

/// Looks into projects.
pub(super) struct Builds {
    client: Client,
}

impl Builds {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Searcher for Builds {
    fn place(&self) -> Place {
        Place::BuildProject
    }

    async fn search(&self, wanted: &Wanted, finds: &mut Finds) -> Result<(), AwsError> {
        let mut pages = self.client.list_projects().into_paginator().send();
        while let Some(page) = pages.next().await {
            let names = page.map_err(|error| AwsError::of(LIST, &error))?.projects.unwrap_or_default();
            if names.is_empty() {
                continue;
            }
            let answer = self.client.batch_get_projects().set_names(Some(names)).send().await;
            for project in answer.map_err(|error| AwsError::of(BATCH, &error))?.projects() {
                finds.looked_at += 1;
                let arn = project.arn().unwrap_or_default();
                for variable in project.environment().map(ProjectEnvironment::environment_variables).unwrap_or_default()
                {
                    if matches!(variable.r#type(), None | Some(EnvironmentVariableType::Plaintext)) {
                        finds.named(wanted, arn, variable.name(), variable.value());
                    }
                }
                if let Some(buildspec) = project.source().and_then(|source| source.buildspec()) {
                    finds.named(wanted, arn, "buildspec", buildspec);
                }
            }
        }
        Ok(())
    }
}
