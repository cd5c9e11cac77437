//! The one alarm that is not a metric's: a breaker opened.

use aws_sdk_sns::Client;
use severance_domain::respond::Breaker;

use crate::error::AwsError;

const PUBLISH: &str = "sns:Publish";

/// The topic for alarms.
#[derive(Clone)]
pub struct Alarms {
    sns: Client,
    topic: String,
    stack: String,
}

impl Alarms {
    /// On this topic, for this stack.
    pub fn new(sns: Client, topic: String, stack: String) -> Self {
        Self { sns, topic, stack }
    }

    /// Says that a breaker is open, why, and how it is closed.
    pub async fn breaker_opened(&self, breaker: &Breaker) -> Result<(), AwsError> {
        let Breaker { scope, limit, window_minutes, open_since, opened_by, .. } = breaker;
        let since = open_since.map(|at| format!(" since {at:.0}")).unwrap_or_default();
        let by = opened_by.as_ref().map(|case| format!("\nThe case that found no room: {case}")).unwrap_or_default();
        let body = format!(
            "The breaker of the {scope} is open{since}: more than {limit} disruptive steps were asked for within \
             {window_minutes} minutes.\nEvery new plan is now held for review, also where danger is immediate.{by}\n\n\
             Do next\n  - see what came in: is it an attack, a leak, or a tool gone wild?\n      \
             sever reviews --stack {stack}\n  - approve what must not wait\n      \
             sever approve CASE --plan PLAN --reason '...' --stack {stack}\n  - then close the breaker\n      \
             sever breaker reset --reason '...' --stack {stack}\n",
            stack = self.stack,
        );
        let subject = format!("[Severance] BREAKER OPEN: {scope}");
        let publish = self.sns.publish().topic_arn(&self.topic).subject(subject).message(body);
        publish.send().await.map(|_| ()).map_err(|error| AwsError::of(PUBLISH, &error))
    }
}
