//! What a driver does, whatever it drives.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use severance_domain::case::{Case, CaseId, StepRecord};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::ids::{IamName, UniqueId};
use severance_domain::subject::{Subject, SubjectKind};

use crate::clock;
use crate::error::AwsError;

/// What applying a countermeasure came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// AWS accepted the change; a note where a reader should know more.
    Changed(Option<String>),
    /// There was nothing left to change, and why.
    Already(String),
    /// AWS knows nobody, or no such credential, under the name that it was asked with. That is no effect: a user who was renamed
    /// lives on under another one.
    Gone(String),
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
    ///
    /// INVARIANT: it is in effect only where AWS has answered so. A call that fails, an answer without what was asked for and a
    /// name that AWS does not know are no effect: who is not found under a name may live on under another.
    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError>;

    /// Undoes the change, as far as nobody else has changed the same thing since: that is left alone, and said.
    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError>;

    /// Reads back, once, that it is undone, or that somebody else's work was left alone.
    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError>;
}

/// For which case an effect is read back, and who the case is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The case.
    pub case: &'a CaseId,
    /// Its subject: a step names a user by a name that others may bear meanwhile, the subject by its unique id.
    pub subject: &'a Subject,
}

impl<'a> About<'a> {
    /// Of this case.
    pub fn of(case: &'a Case) -> Self {
        Self { case: &case.id, subject: &case.subject }
    }

    /// The unique id of the user that a step calls by this name; none where the case does not know it.
    pub(super) fn user(&self, name: &IamName) -> Option<&'a UniqueId> {
        let is_meant = self.subject.kind == SubjectKind::User && self.subject.name == name.as_str();
        self.subject.unique_id.as_ref().filter(|_| is_meant)
    }
}

/// What undoing a step depends on besides the step.
#[derive(Debug, Clone, Copy)]
pub struct Undo<'a> {
    /// The case, whose inventory says how things were before its first step.
    pub case: &'a Case,
    /// Whether sessions that were issued before the restoration stay denied.
    pub keep_sessions_denied: bool,
}

impl Undo<'_> {
    /// Whether another case, by its name, is known to hold nothing of what is undone: the restoration has read it, and else nothing
    /// would be.
    pub(super) fn is_given_up_by(self, case: &str) -> bool {
        self.case.restoration.as_ref().is_some_and(|of| of.beside.iter().any(|other| other.as_str() == case))
    }

    /// The moment before which sessions stay denied, where they do: that of the restoration, and in any case not before the case took
    /// its last step. Until then a credential may have started a session: no policy keeps a user from `sts:GetSessionToken`
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html>).
    pub(super) fn moment(self) -> Option<Timestamp> {
        let restored = self.case.restoration.as_ref().and_then(|of| of.sessions_before);
        restored.max(self.case.steps.iter().filter_map(StepRecord::taken_at).max())
    }
}

/// The code of the error by which a driver says that a mark at AWS names another case, which is the error's message, as one that holds
/// the same. Nothing was changed then.
pub const HELD_BY_CASE: &str = "HeldByCase";

/// The longest that a restoration waits before it lifts a denial.
const MOST_WAIT: Duration = Duration::from_secs(40);

/// Waits until a moment has come: what was written before is in force by then. A session's time of issue has whole seconds, so
/// whoever signs in within the moment's own second would be denied by it: that second is waited out.
pub async fn until(moment: Timestamp) {
    let over = Timestamp::from_second(moment.as_second() + 1).unwrap_or(moment);
    let left = Duration::try_from(over.duration_since(clock::now())).unwrap_or_default();
    tokio::time::sleep(left.min(MOST_WAIT)).await;
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

/// What stands for an answer that does not hold what was asked for. It shows nothing, neither the effect nor its absence.
pub(super) fn without(action: &'static str, what: &str) -> AwsError {
    AwsError {
        action,
        code: "InvalidResponse".to_owned(),
        message: format!("the answer is without {what}"),
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
