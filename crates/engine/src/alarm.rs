//! The one alarm that is not a metric's: a breaker opened.

use severance_aws::announce::Announcer;
use severance_aws::error::AwsError;
use severance_domain::message::Notice;
use severance_domain::respond::Breaker;

/// The topic for alarms.
#[derive(Clone)]
pub struct Alarms {
    announcer: Announcer,
    stack: String,
}

impl Alarms {
    /// On this announcer's topic, for this stack.
    pub fn new(announcer: Announcer, stack: String) -> Self {
        Self { announcer, stack }
    }

    /// Says that a breaker is open, why, and how it is closed.
    pub async fn breaker_opened(&self, breaker: &Breaker) -> Result<(), AwsError> {
        self.announcer.announce(&Notice::breaker_opened(breaker, &self.stack).into()).await
    }
}
