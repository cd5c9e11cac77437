//! Deny a user everything, and name the case in a tag on the user. Lifting it gives everything back
//! that still lives.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;
use severance_domain::plan::QUARANTINE_TAG;
use severance_domain::right::iam;

use super::inline::{Holder, PUT_USER, SHOW_USER};
use super::ladder::{Everything, Ladder};
use super::driver::{About, Applied, Driver, HELD_BY_CASE, Seen, Undo, misdirected, unless_gone, without};
use super::named::{Named, on_subject};
use crate::error::AwsError;

const TAG: &str = iam::TAG_USER.action;
const UNTAG: &str = iam::UNTAG_USER.action;

/// Drives [`Countermeasure::QuarantineUser`].
pub struct QuarantineUser {
    iam: Client,
    ladder: Ladder,
}

/// By whom a user is quarantined, as its tag says.
enum TaggedBy {
    NoUser,
    Nobody,
    ThisCase,
    /// The case that the tag names.
    Another(String),
}

impl QuarantineUser {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { ladder: Ladder::new(iam.clone()), iam }
    }

    /// The tag only tells people and later cases who did it, so a quarantine without it is still one: what fails here
    /// is a note.
    async fn tag(&self, user: &IamName, case: &CaseId) -> Option<String> {
        let tag = Tag::builder().key(QUARANTINE_TAG).value(case.as_str()).build().ok()?;
        let answer = self.iam.tag_user().user_name(user.as_str()).tags(tag).send().await;
        let error = AwsError::of(TAG, &answer.err()?);
        Some(format!("the user could not be tagged: {error}"))
    }

    async fn untag(&self, user: &IamName) -> Option<String> {
        let answer = self.iam.untag_user().user_name(user.as_str()).tag_keys(QUARANTINE_TAG).send().await;
        let error = AwsError::of(UNTAG, &answer.err()?);
        Some(format!("the tag {QUARANTINE_TAG} could not be removed: {error}"))
    }

    async fn tagged_by(&self, user: &IamName, case: &CaseId) -> Result<TaggedBy, AwsError> {
        let answer = self.iam.get_user().user_name(user.as_str()).send().await;
        let Some(found) = unless_gone(answer.map_err(|error| AwsError::of(SHOW_USER, &error)))? else {
            return Ok(TaggedBy::NoUser);
        };
        let found = found.user.filter(|user| !user.user_id.is_empty()).ok_or_else(|| without(SHOW_USER, "a user"))?;
        let tags = found.tags();
        Ok(match tags.iter().find(|tag| tag.key() == QUARANTINE_TAG).map(Tag::value) {
            None => TaggedBy::Nobody,
            Some(value) if value == case.as_str() => TaggedBy::ThisCase,
            Some(value) => TaggedBy::Another(value.to_owned()),
        })
    }
}

/// The tag names a case of which the restoration knows nothing yet. Whether there is such a case, and holds the user, its caller finds
/// out: whoever may tag users could write any.
fn held_by(case: &str) -> AwsError {
    AwsError { action: SHOW_USER, code: HELD_BY_CASE.to_owned(), message: case.to_owned(), retryable: false }
}

fn target(step: &Countermeasure) -> Result<(&IamName, Everything<'_>), AwsError> {
    match step {
        Countermeasure::QuarantineUser(card::QuarantineUser { user, earlier, every_way }) => {
            Ok((user, Everything { of: Holder::User(user), earlier: earlier.as_ref(), every_way: *every_way }))
        }
        _ => Err(misdirected(PUT_USER)),
    }
}

#[async_trait]
impl Driver for QuarantineUser {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError> {
        let (user, everything) = target(step)?;
        match self.ladder.deny(everything).await? {
            Applied::Changed(how) => {
                let notes: Vec<String> = how.into_iter().chain(self.tag(user, case).await).collect();
                Ok(Applied::Changed((!notes.is_empty()).then(|| notes.join("; "))))
            }
            nothing @ (Applied::Already(_) | Applied::Gone(_)) => Ok(nothing),
        }
    }

    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let (user, everything) = target(step)?;
        on_subject(self.ladder.denied(everything.of).await?, &self.iam, user, about).await
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        let (user, everything) = target(step)?;
        let by = self.tagged_by(user, &undo.case.id).await?;
        match &by {
            TaggedBy::NoUser => return Ok(Applied::Gone(Holder::User(user).gone())),
            // A case that is read and holds nothing keeps nobody: the tag says who came last, not who still holds the user.
            TaggedBy::Another(case) if !undo.is_given_up_by(case) => {
                return Err(held_by(case));
            }
            TaggedBy::Nobody | TaggedBy::ThisCase | TaggedBy::Another(_) => {}
        }
        let lifted = self.ladder.lift(everything, step, undo).await?;
        // After the policy: a crash in between leaves the tag, and another try finds it.
        let note = match by {
            TaggedBy::ThisCase | TaggedBy::Another(_) => self.untag(user).await,
            TaggedBy::Nobody | TaggedBy::NoUser => None,
        };
        let noted = |first: String| note.iter().fold(first, |first, note| format!("{first}; {note}"));
        Ok(match lifted {
            Applied::Changed(None) => Applied::Changed(note),
            Applied::Changed(Some(first)) => Applied::Changed(Some(noted(first))),
            Applied::Already(first) | Applied::Gone(first) => Applied::Already(noted(first)),
        })
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        let (user, everything) = target(step)?;
        match self.tagged_by(user, &undo.case.id).await? {
            TaggedBy::NoUser => Ok(Seen::NotYet(Named::Nobody.words())),
            TaggedBy::Another(case) if !undo.is_given_up_by(&case) => {
                Ok(Seen::NotYet(format!("{SHOW_USER} shows that case {case} holds the user")))
            }
            TaggedBy::Nobody | TaggedBy::ThisCase | TaggedBy::Another(_) => self.ladder.lifted(everything, step, undo).await,
        }
    }
}
