//! What a driver does, whatever it drives.

use async_trait::async_trait;
use severance_domain::case::{Case, CaseId};
use severance_domain::countermeasure::Countermeasure;

use crate::error::AwsError;

/// What applying a countermeasure came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// AWS accepted the change; a note where a reader should know more.
    Changed(Option<String>),
    /// There was nothing left to change, and why.
    Already(String),
}

/// What reading a countermeasure's effect back showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The effect, and by which call it was seen.
    InEffect(String),
    /// Something else. IAM is eventually consistent, so this may change.
    NotYet(String),
}

/// Takes one kind of countermeasure.
///
/// It calls what [`Kind::rights`](severance_domain::countermeasure::Kind::rights) names, and nothing else.
///
/// Applying is idempotent: a crash after the call and before its outcome is stored leads to a second call.
#[async_trait]
pub trait Driver: Send + Sync {
    /// Whether this step is of its kind.
    fn drives(&self, step: &Countermeasure) -> bool;

    /// Makes the change.
    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError>;

    /// Reads the effect back, once.
    async fn confirm(&self, step: &Countermeasure, case: &CaseId) -> Result<Seen, AwsError>;

    /// Undoes the change, as far as nobody else has changed the same thing since: that is left alone, and said.
    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError>;

    /// Reads back, once, that it is undone, or that somebody else's work was left alone.
    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError>;
}

/// What undoing a step depends on besides the step.
#[derive(Debug, Clone, Copy)]
pub struct Undo<'a> {
    /// The case, whose inventory says how things were before its first step.
    pub case: &'a Case,
    /// Whether sessions that were issued before the step stay denied.
    pub keep_sessions_denied: bool,
}

/// The answer of a driver that was handed a step which it does not drive. Only a wrongly composed function gets it.
pub(super) fn misdirected(action: &'static str) -> AwsError {
    AwsError {
        action,
        code: "NotDriven".to_owned(),
        message: "this step is not one of this countermeasure".to_owned(),
        retryable: false,
    }
}

/// None where AWS says that there is no such thing: whatever was to be done to it has no object any more.
pub(super) fn unless_gone<T>(answer: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_no_such_entity() => Ok(None),
        Err(error) => Err(error),
    }
}
