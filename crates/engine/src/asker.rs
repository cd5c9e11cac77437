//! A caller whose word counts.

use severance_domain::caller::{Caller, Standing};
use severance_domain::policy::Request;

/// Who asks, and how they were let in.
#[derive(Debug, Clone)]
pub struct Asker {
    /// As AWS vouches for them.
    pub caller: Caller,
    /// The setting that lets them.
    pub standing: Standing,
}

impl Asker {
    /// What they ask for, in their words, as a case keeps it.
    pub fn request(&self, reason: &str, ticket: Option<&String>) -> Request {
        Request {
            by: self.caller.arn.clone(),
            reason: reason.to_owned(),
            ticket: ticket.cloned(),
            standing: Some(self.standing.clone()),
        }
    }
}
