//! Task definitions of Amazon ECS that can still be started (`ACTIVE`): the environments and commands of their containers. AWS
//! gives one definition to a call.

use async_trait::async_trait;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{TaskDefinition, TaskDefinitionStatus};
use futures::StreamExt as _;
use severance_domain::copies::Place;
use severance_domain::right::ecs;

use super::finds::{Finds, Searcher, Wanted, reason};
use crate::error::AwsError;

const LIST: &str = ecs::LIST_TASK_DEFINITIONS.action;
const DESCRIBE: &str = ecs::DESCRIBE_TASK_DEFINITION.action;

/// Definitions that are read at the same time.
const AT_ONCE: usize = 8;

/// Looks into task definitions.
pub(super) struct Tasks {
    client: Client,
}

impl Tasks {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    async fn describe(&self, arn: String) -> (String, Result<Option<TaskDefinition>, AwsError>) {
        let answer = self.client.describe_task_definition().task_definition(&arn).send().await;
        let answer = answer.map(|answer| answer.task_definition).map_err(|error| AwsError::of(DESCRIBE, &error));
        (arn, answer)
    }
}

#[async_trait]
impl Searcher for Tasks {
    fn place(&self) -> Place {
        Place::TaskDefinition
    }

    async fn search(&self, wanted: &Wanted, finds: &mut Finds) -> Result<(), AwsError> {
        let call = self.client.list_task_definitions().status(TaskDefinitionStatus::Active).max_results(100);
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let arns = page.map_err(|error| AwsError::of(LIST, &error))?.task_definition_arns.unwrap_or_default();
            let mut definitions =
                futures::stream::iter(arns.into_iter().map(|arn| self.describe(arn))).buffer_unordered(AT_ONCE);
            while let Some((arn, definition)) = definitions.next().await {
                match definition {
                    Ok(definition) => {
                        finds.looked_at += 1;
                        if let Some(definition) = &definition {
                            search_one(wanted, finds, &arn, definition);
                        }
                    }
                    // AWS knows no resource for this call: who may not read one may read none.
                    Err(error) if error.code.starts_with("AccessDenied") => return Err(error),
                    Err(error) => finds.unread.item(reason(DESCRIBE, &error.code, &error.message), &arn),
                }
            }
        }
        Ok(())
    }
}

fn search_one(wanted: &Wanted, finds: &mut Finds, arn: &str, definition: &TaskDefinition) {
    for container in definition.container_definitions() {
        let of = container.name().unwrap_or_default();
        for variable in container.environment() {
            let (name, value) = (variable.name().unwrap_or_default(), variable.value().unwrap_or_default());
            finds.named(wanted, arn, &format!("{of}/{name}"), value);
        }
        for word in container.command() {
            finds.named(wanted, arn, &format!("{of}/command"), word);
        }
    }
}
