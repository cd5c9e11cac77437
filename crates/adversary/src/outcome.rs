//! What came of a run, before it is judged.

use fake_aws::FakeAws;
use fake_aws::oracle::{Open, Snapshot};
use jiff::{SignedDuration, Timestamp};

use crate::attacker::Attacker;
use crate::product::Product;
use crate::published::Published;
use crate::schedule::Schedule;
use crate::stage::Cast;

/// How long before the claim the credential came into other hands.
pub const STOLEN_BEFORE: SignedDuration = SignedDuration::from_hours(2);

/// What was open when the stack said that nothing was.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Which object said so.
    pub key: String,
    /// The access paths that were open then, once all had settled.
    pub open: Vec<Open>,
}

/// Everything that is judged.
pub struct Outcome<'a> {
    /// The AWS.
    pub aws: &'a FakeAws,
    /// The stack.
    pub product: &'a Product,
    /// The schedule.
    pub schedule: &'a Schedule,
    /// Who is who.
    pub cast: &'a Cast,
    /// The attacker.
    pub attacker: &'a Attacker,
    /// What was published.
    pub published: &'a Published,
    /// When the claim was made.
    pub claimed_at: Timestamp,
    /// The access paths behind each `verified_revoked`, at its time.
    pub claims: &'a [Claimed],
    /// The access paths in the end.
    pub open: &'a [Open],
    /// The honest people before.
    pub before: &'a Snapshot,
    /// The honest people in the end.
    pub after: &'a Snapshot,
    /// Calls that the product made.
    pub calls: usize,
    /// The access paths before a person restored the case; none where nobody did.
    pub before_restore: Option<&'a [Open]>,
    /// When the last act was planned for, or put off to.
    pub last_act: Timestamp,
}
