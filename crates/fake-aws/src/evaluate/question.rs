//! What the policies are asked, and what they answer.

use std::collections::BTreeMap;

use crate::caller::Caller;

/// A question to the policies.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// `iam:CreateAccessKey`.
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
    /// Condition keys that the request brings, beside those that follow from the caller. `aws:CurrentTime` is the view's moment
    /// unless it is given here; a settled view has none.
    pub context: BTreeMap<String, Vec<String>>,
}

/// The policies' answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Something allows it and nothing denies it.
    Allowed,
    /// Nothing allows it: this kind of policy would have to.
    NotAllowed(&'static str),
    /// A statement denies it; this kind of policy.
    Denied(&'static str),
}
