//! The ways to deny an identity everything in its own account, each tried where the one before is refused: an inline policy,
//! AWS's `AWSDenyAll` attached, `AWSDenyAll` as the permissions boundary. Each has a quota of its own, and none of them can be
//! used up together: an identity has one boundary, whatever else was filled.
//!
//! INVARIANT: which of them holds is read from AWS. What was written by a case, and so is the case's to take away, its outcomes
//! say: `AWSDenyAll` that was there before stays.

use aws_sdk_iam::Client;
use jiff::Timestamp;
use severance_domain::case::{Case, Outcome};
use severance_domain::countermeasure::Countermeasure;
use severance_domain::ids::Arn;

use super::attached::Attachments;
use super::boundary::{Boundaries, Shown};
use super::driver::{Applied, Seen, Undo};
use super::inline::{Holder, InlinePolicies, PUT_ROLE, PUT_USER, nobody};
use crate::error::AwsError;

/// How an outcome says that its step attached the denial.
const ATTACHED: &str = "AWSDenyAll was attached";
/// How an outcome says that its step made the denial the boundary.
const BOUND: &str = "AWSDenyAll was made the permissions boundary";

/// A denial of everything, as its step has it.
#[derive(Clone, Copy)]
pub(super) struct Everything<'a> {
    /// Who is denied everything.
    pub(super) of: Holder<'a>,
    /// The boundary that it had before.
    pub(super) earlier: Option<&'a Arn>,
    /// Whether it is denied in each way, and not in the first that is accepted.
    pub(super) every_way: bool,
}

/// What came of the ways so far.
#[derive(Default)]
struct Ways {
    /// What was written.
    written: Vec<String>,
    /// What denied everything before.
    there: Vec<String>,
    refused: Vec<AwsError>,
}

impl Ways {
    fn holds(&self) -> bool {
        !self.written.is_empty() || !self.there.is_empty()
    }

    /// What was written and why, or what there was. The calls are named without AWS's words, which quote names.
    fn told(self) -> Result<Applied, AwsError> {
        let why: Vec<String> =
            self.refused.iter().map(|error| format!("{} answered {}", error.action, error.code)).collect();
        let since = if why.is_empty() { String::new() } else { format!("; {}", why.join("; ")) };
        if !self.written.is_empty() {
            let all: Vec<String> = self.written.into_iter().chain(self.there).collect();
            return Ok(Applied::Changed(Some(format!("{}{since}", all.join("; ")))));
        }
        if !self.there.is_empty() {
            return Ok(Applied::Already(format!("{}{since}", self.there.join("; "))));
        }
        let mut refused = self.refused.into_iter();
        let Some(mut first) = refused.next() else { return Ok(Applied::Changed(None)) };
        for error in refused {
            first.retryable |= error.retryable;
            first.message = format!("{}; {} answered {}", first.message, error.action, error.code);
        }
        Err(first)
    }
}

/// The denials of users and roles.
pub(super) struct Ladder {
    inline: InlinePolicies,
    attached: Attachments,
    boundaries: Boundaries,
}

impl Ladder {
    pub(super) fn new(iam: Client) -> Self {
        let (attached, boundaries) = (Attachments::new(iam.clone()), Boundaries::new(iam.clone()));
        Self { inline: InlinePolicies::new(iam), attached, boundaries }
    }

    /// Denies everything from now on. What AWS refuses for good is tried in the next way at once; what it refuses for now is an
    /// error, unless another way holds already.
    pub(super) async fn deny(&self, what: Everything<'_>) -> Result<Applied, AwsError> {
        let mut ways = Ways::default();
        match self.inline.quarantine(what.of).await {
            Ok(Applied::Changed(note)) if !what.every_way => return Ok(Applied::Changed(note)),
            Ok(Applied::Changed(_)) => ways.written.push("the inline policy was written".to_owned()),
            Ok(gone @ (Applied::Already(_) | Applied::Gone(_))) => return Ok(gone),
            Err(error) if error.retryable => return Err(error),
            Err(error) => ways.refused.push(error),
        }
        match self.climb(what, &mut ways).await {
            Ok(Some(())) => {}
            Ok(None) => return Ok(Applied::Gone(what.of.gone())),
            Err(error) => ways.refused.push(error),
        }
        ways.told()
    }

    /// None where there is no such holder.
    async fn climb(&self, what: Everything<'_>, ways: &mut Ways) -> Result<Option<()>, AwsError> {
        let of = what.of;
        let Some(shown) = self.boundaries.shown(of).await? else { return Ok(None) };
        match self.attach(of, &shown).await {
            Ok(Some(true)) => ways.written.push(ATTACHED.to_owned()),
            Ok(Some(false)) => ways.there.push("AWSDenyAll is attached already, which stays".to_owned()),
            Ok(None) => return Ok(None),
            Err(error) if error.retryable => return Err(error),
            Err(error) => ways.refused.push(error),
        }
        if ways.holds() && !what.every_way {
            return Ok(Some(()));
        }
        if shown.is_denied() {
            // A try that died before its outcome was stored has set it, where it was another one when the step was planned.
            if !what.every_way && what.earlier.is_none_or(|earlier| earlier.as_str() != shown.denial) {
                ways.written.push(format!("{BOUND} since the step was planned"));
            } else {
                ways.there.push("AWSDenyAll is its permissions boundary already, which stays".to_owned());
            }
            return Ok(Some(()));
        }
        match self.boundaries.put(of, &shown.denial).await {
            Ok(Some(())) => {
                let replaced = shown.boundary.filter(|found| what.earlier.is_none_or(|known| known.as_str() != found));
                let beside = replaced.map(|found| {
                    format!(" in the place of {found}, which somebody set since and a restoration does not bring back")
                });
                ways.written.push(format!("{BOUND}{}", beside.unwrap_or_default()));
                Ok(Some(()))
            }
            Ok(None) => Ok(None),
            Err(error) if error.retryable => Err(error),
            Err(error) => {
                ways.refused.push(error);
                Ok(Some(()))
            }
        }
    }

    /// False where it was attached before; none where there is no such holder.
    async fn attach(&self, of: Holder<'_>, shown: &Shown) -> Result<Option<bool>, AwsError> {
        if self.attached.has(of, &shown.denial).await? {
            return Ok(Some(false));
        }
        Ok(self.attached.attach(of, &shown.denial).await?.map(|()| true))
    }

    /// Whether everything is denied, in whatever way and since whenever.
    pub(super) async fn denied(&self, of: Holder<'_>) -> Result<Seen, AwsError> {
        match self.inline.quarantined(of).await? {
            Seen::NotYet(why) => self.denied_otherwise(of, why).await,
            seen @ Seen::InEffect(_) => Ok(seen),
        }
    }

    /// Whether everything is denied by AWS's own policy, where our inline one does not do so for this reason.
    async fn denied_otherwise(&self, of: Holder<'_>, not_yet: String) -> Result<Seen, AwsError> {
        let show = of.show();
        let Some(shown) = self.boundaries.shown(of).await? else { return Ok(nobody(of)) };
        if shown.is_denied() {
            return Ok(Seen::InEffect(format!("{show} shows the permissions boundary AWSDenyAll")));
        }
        if self.attached.has(of, &shown.denial).await? {
            return Ok(Seen::InEffect(format!("{} shows AWSDenyAll attached", Attachments::list(of))));
        }
        Ok(Seen::NotYet(not_yet))
    }

    /// Lifts all that this case wrote. Where sessions are to stay denied, that is so before anything is lifted.
    pub(super) async fn lift(
        &self,
        what: Everything<'_>,
        step: &Countermeasure,
        undo: Undo<'_>,
    ) -> Result<Applied, AwsError> {
        let (of, wrote) = (what.of, Wrote::by(undo.case, step));
        let lifted = self.inline.lift_quarantine(of, undo, wrote.any()).await?;
        if !wrote.any() {
            return Ok(lifted);
        }
        let Some(shown) = self.boundaries.shown(of).await? else { return Ok(Applied::Gone(of.gone())) };
        let (mut changed, mut notes) = match lifted {
            Applied::Changed(note) => (true, note.into_iter().collect::<Vec<_>>()),
            Applied::Already(note) | Applied::Gone(note) => (false, vec![note]),
        };
        if wrote.bound {
            if shown.is_denied() {
                changed |= self.boundaries.put_back(of, what.earlier).await?.is_some();
                notes.push("its permissions boundary is as it was".to_owned());
            } else {
                notes.push("AWSDenyAll is not its permissions boundary any more: left alone".to_owned());
            }
        }
        if wrote.attached {
            let detached =
                self.attached.has(of, &shown.denial).await? && self.attached.detach(of, &shown.denial).await?.is_some();
            changed |= detached;
            notes.push(
                if detached { "AWSDenyAll was detached" } else { "AWSDenyAll is not attached any more" }.to_owned(),
            );
        }
        let notes = notes.join("; ");
        Ok(if changed { Applied::Changed(Some(notes)) } else { Applied::Already(notes) })
    }

    /// Whether all that this case wrote is lifted, or what stands in its place was left alone.
    pub(super) async fn lifted(
        &self,
        what: Everything<'_>,
        step: &Countermeasure,
        undo: Undo<'_>,
    ) -> Result<Seen, AwsError> {
        let (of, wrote) = (what.of, Wrote::by(undo.case, step));
        if wrote.any() {
            let show = of.show();
            let Some(shown) = self.boundaries.shown(of).await? else { return Ok(nobody(of)) };
            if wrote.bound && shown.is_denied() {
                return Ok(Seen::NotYet(format!("{show} still shows the permissions boundary AWSDenyAll")));
            }
            if wrote.attached && self.attached.has(of, &shown.denial).await? {
                return Ok(Seen::NotYet(format!("{} still shows AWSDenyAll attached", Attachments::list(of))));
            }
        }
        self.inline.quarantine_lifted(of, undo, wrote.any()).await
    }

    /// Denies sessions that were issued before `written`, unless those before `needed` are denied already. Where IAM takes no
    /// such policy, an identity that is denied everything needs none: another one would end what is not in question.
    pub(super) async fn revoke(
        &self,
        of: Holder<'_>,
        needed: Timestamp,
        written: Timestamp,
    ) -> Result<Applied, AwsError> {
        match self.inline.revoke(of, needed, written).await {
            Err(error) if !error.retryable && [PUT_ROLE, PUT_USER].contains(&error.action) => {
                match self.denied(of).await? {
                    Seen::InEffect(how) => Ok(Applied::Already(format!(
                        "{how}, older sessions among it; {} answered {}",
                        error.action, error.code
                    ))),
                    Seen::NotYet(_) => Err(error),
                }
            }
            done => done,
        }
    }

    /// Whether sessions before this moment are denied, by that or with everything else; before any moment, where it is not known.
    pub(super) async fn revoked(&self, of: Holder<'_>, needed: Option<Timestamp>) -> Result<Seen, AwsError> {
        match self.inline.revoked(of, needed).await? {
            Seen::NotYet(why) => match self.inline.quarantined(of).await? {
                seen @ Seen::InEffect(_) => Ok(seen),
                Seen::NotYet(_) => self.denied_otherwise(of, why).await,
            },
            seen @ Seen::InEffect(_) => Ok(seen),
        }
    }

    /// Lets older sessions in again, unless others have written under that name since.
    pub(super) async fn lift_revocation(
        &self,
        of: Holder<'_>,
        step: &Countermeasure,
        undo: Undo<'_>,
    ) -> Result<Applied, AwsError> {
        self.inline.lift_revocation(of, step, undo).await
    }

    /// Whether older sessions are let in again, or what stands in its place was left alone.
    pub(super) async fn revocation_lifted(
        &self,
        of: Holder<'_>,
        step: &Countermeasure,
        undo: Undo<'_>,
    ) -> Result<Seen, AwsError> {
        self.inline.revocation_lifted(of, step, undo).await
    }
}

/// What a case wrote beside the inline policy.
#[derive(Clone, Copy)]
struct Wrote {
    attached: bool,
    bound: bool,
}

impl Wrote {
    fn by(case: &Case, step: &Countermeasure) -> Self {
        let notes = || {
            case.steps.iter().filter(|record| record.step.countermeasure.is_same_target(step)).filter_map(|record| {
                match &record.outcome {
                    Some(Outcome::Applied { note: Some(note), .. }) => Some(note.as_str()),
                    _ => None,
                }
            })
        };
        let says = |mark: &str| notes().any(|note| note.contains(mark));
        Self { attached: says(ATTACHED), bound: says(BOUND) }
    }

    fn any(self) -> bool {
        self.attached || self.bound
    }
}
