//! What the responder can be asked by hand, and what it answers. Both ends of `sever` speak this.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::decide::profile::RegistryEntry;
use crate::record::case::Case;
use crate::record::cutover::Cutover;
use crate::record::exemption::{Exemption, ExemptionRequest};
use crate::record::plan::Plan;
use crate::record::restoration::Return;
use crate::words::blast_radius::BlastRadius;
use crate::words::caller::Word;
use crate::words::case_id::CaseId;
use crate::words::ids::{AccessKeyId, Arn};
use crate::words::malformed::Malformed;
use crate::words::mode::Mode;
use crate::words::profile::Profile;
use crate::words::signal::{Severity, SignalKind};
use crate::words::subject::{Inventory, Subject};
use crate::words::verdict::Verdict;

/// One invocation of the responder by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Call {
    /// What is asked.
    pub request: Ask,
    /// Who asks. What changes something is refused without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

impl Call {
    /// Reads a call.
    ///
    /// # Errors
    /// Names the JSON path of the first thing that is not as it must be.
    pub fn read(payload: &serde_json::Value) -> Result<Self, Malformed> {
        serde_path_to_error::deserialize(payload).map_err(|error| {
            let mut malformed = Malformed::of_payload(&error, "a call of the responder (docs/RESPONDER.md)");
            // serde quotes a text that is in the wrong place, and here it may be a signature or a session's token.
            if malformed.found != Malformed::NOTHING
                && error.path().iter().next().is_some_and(|at| at.to_string() == "proof")
            {
                "something that is no proof (not repeated here: it may be secret)".clone_into(&mut malformed.found);
            }
            malformed
        })
    }
}

/// A call of `sts:GetCallerIdentity` that the caller signed and did not send. Sending it, the responder hears from STS who the
/// caller is. One of the signed headers holds the digest of the request, so that the proof is good for nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proof {
    /// The signed headers, by their names in lower case. They hold a signature, and a session's token: never logged.
    pub headers: BTreeMap<String, String>,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof").finish_non_exhaustive()
    }
}

/// The header of a proof that holds the digest of the request, and the one that names the stack it is meant for.
pub const REQUEST_DIGEST_HEADER: &str = "x-severance-request";

/// The header of a proof that names the function it is meant for.
pub const AUDIENCE_HEADER: &str = "x-severance-function";

/// What the responder can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Ask {
    /// What would be done about a subject, what it would hit, and which policies say so. Changes nothing.
    #[serde(alias = "plan")]
    Explain(Claim),
    /// React to a claim, as if an event had brought it.
    Contain {
        /// What is claimed.
        claim: Claim,
        /// Why the caller says so.
        reason: String,
        /// The ticket that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
    },
    /// Give back the access that a case ended, as far as it can and may be given back.
    Restore {
        /// Which case.
        case: CaseId,
        /// Why.
        reason: String,
        /// The ticket that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// Whether to say only what would be done.
        #[serde(default)]
        dry_run: bool,
    },
    /// Read back once more whether all that a case ended is still dead, and state it in a new revision.
    Verify {
        /// Which case.
        case: CaseId,
        /// Why.
        reason: String,
    },
    /// The case as it stands.
    Status {
        /// Which.
        case: CaseId,
    },
    /// Every case that waits for a person.
    Reviews,
    /// Carry a held plan out.
    Approve {
        /// Which case.
        case: CaseId,
        /// The plan's digest, or the beginning that the message shows.
        plan: String,
        /// Why.
        reason: String,
    },
    /// Close a held plan without carrying it out.
    Deny {
        /// Which case.
        case: CaseId,
        /// The plan's digest, or the beginning that the message shows.
        plan: String,
        /// Why.
        reason: String,
    },
    /// Exempt a subject or pattern.
    Exempt {
        /// The exemption.
        exemption: ExemptionRequest,
    },
    /// Every exemption.
    Exemptions,
    /// End an exemption before its time.
    EndExemption {
        /// Which.
        id: String,
    },
    /// How much of each window is used, and whether a breaker is open.
    BreakerStatus,
    /// Close the breakers and forget what filled them.
    BreakerReset {
        /// Why.
        reason: String,
    },
    /// Put rows into the registry. One that is there is replaced.
    RegistryImport {
        /// The rows, at most [`IMPORT_AT_ONCE`].
        entries: Vec<RegistryEntry>,
    },
    /// The registry's rows, a page at a time.
    RegistryExport {
        /// The last ARN of the page before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// Take rows out of the registry.
    RegistryRemove {
        /// Their ARNs.
        arns: Vec<String>,
    },
    /// Say that an identity is still needed.
    Recertify {
        /// Which.
        subject: Arn,
        /// Until when nobody need ask again.
        until: Date,
        /// Why it is needed.
        reason: String,
    },
    /// Every access key that a rotation has replaced and that is not gone yet.
    Cutovers,
    /// Deactivate a key that was replaced now, whoever still uses it.
    Cut {
        /// The old key.
        access_key: AccessKeyId,
        /// Why.
        reason: String,
        /// The ticket that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
    },
    /// What the schedule asks for: escalate and end reviews, warn of exemptions, ask for recertification. Depends on the table
    /// and the clock alone, so it needs no proof.
    // Rules of stacks that were deployed before ask by the old name.
    #[serde(alias = "tick")]
    ScheduledRun,
    /// What is asked for every minute: have the cases rechecked of which a recheck is due, and finished whose worker died. Depends on
    /// the table and the clock alone, so it needs no proof.
    RecheckDue,
    /// Recheck one case now, if a recheck of it is due; finish it, if its worker died. Needs no proof either.
    Recheck {
        /// Which.
        case: CaseId,
    },
}

/// Rows of one import call: Lambda takes 6 MB, and a time-out must not leave the caller without knowing what was stored.
pub const IMPORT_AT_ONCE: usize = 500;

impl Ask {
    /// What the caller's word does; none where nothing is changed on it. Each ask stands here once.
    pub fn word(&self) -> Option<Word> {
        match self {
            Self::Explain(_)
            | Self::Restore { dry_run: true, .. }
            | Self::Status { .. }
            | Self::Reviews
            | Self::Exemptions
            | Self::BreakerStatus
            | Self::RegistryExport { .. }
            | Self::Cutovers
            | Self::ScheduledRun
            | Self::RecheckDue
            | Self::Recheck { .. } => None,
            Self::Contain { .. } | Self::Verify { .. } => Some(Word::Asks),
            // What gives back, lets through, keeps from being done, or says who an identity is: from then on others rely on it.
            // A key that is cut while it is used breaks its user, whatever the policies waited for.
            Self::Restore { .. }
            | Self::Approve { .. }
            | Self::Deny { .. }
            | Self::Exempt { .. }
            | Self::EndExemption { .. }
            | Self::BreakerReset { .. }
            | Self::RegistryImport { .. }
            | Self::RegistryRemove { .. }
            | Self::Recertify { .. }
            | Self::Cut { .. } => Some(Word::Approves),
        }
    }

    /// Whether it changes anything, and so needs a proof of who asks.
    pub fn needs_proof(&self) -> bool {
        self.word().is_some()
    }

    /// The case whose end or return somebody decides about.
    pub fn decides_about(&self) -> Option<&CaseId> {
        match self {
            Self::Restore { case, dry_run: false, .. } | Self::Approve { case, .. } | Self::Deny { case, .. } => {
                Some(case)
            }
            _ => None,
        }
    }
}

/// A claim by hand about one identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim {
    /// The ARN of an IAM user, an IAM role, a secret or a user of IAM Identity Center.
    pub subject: Arn,
    /// What is claimed.
    pub signal: SignalKind,
    /// The access key that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<AccessKeyId>,
    /// How bad it is; high unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Since when it has been in other hands, where the caller knows. What it made since then is taken for somebody else's work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// What the responder answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Answer {
    /// To [`Ask::Explain`].
    Explained(Vec<Explanation>),
    /// To what made or continued a case.
    Reacted {
        /// What came of each subject.
        reactions: Vec<Reacted>,
    },
    /// To [`Ask::Restore`] with a dry run.
    Restorable {
        /// The case.
        case: CaseId,
        /// Whom it is about.
        subject: String,
        /// What would be done about each step, the last one first.
        steps: Vec<Return>,
    },
    /// To [`Ask::Status`].
    Case(Box<Case>),
    /// To [`Ask::Reviews`].
    Reviews {
        /// The cases that wait, the first due first.
        cases: Vec<Case>,
    },
    /// To [`Ask::Exempt`] and [`Ask::Exemptions`].
    Exemptions {
        /// They.
        exemptions: Vec<Exemption>,
    },
    /// To [`Ask::BreakerStatus`] and [`Ask::BreakerReset`].
    Breakers {
        /// The account's and the organization's.
        breakers: Vec<Breaker>,
    },
    /// To [`Ask::RegistryExport`].
    Registry {
        /// A page.
        entries: Vec<RegistryEntry>,
        /// What to ask for next; none at the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
    /// To what changes something and has nothing more to tell.
    Done {
        /// What was done.
        what: String,
        /// On how many things.
        count: usize,
    },
    /// To [`Ask::Cutovers`].
    Cutovers {
        /// The oldest first.
        // Its name of before.
        #[serde(alias = "gates")]
        cutovers: Vec<Cutover>,
    },
    /// To [`Ask::ScheduledRun`] and [`Ask::RecheckDue`].
    // Its name of before.
    #[serde(alias = "ticked")]
    ScheduledRun(ScheduledRun),
    /// It was understood, and is refused.
    Refused {
        /// Why, and the way out.
        why: String,
    },
}

/// What would be done about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Who.
    pub subject: Subject,
    /// Who answers for it.
    pub profile: Profile,
    /// What it holds.
    pub inventory: Inventory,
    /// What would be done.
    pub plan: Plan,
    /// What the stack is set to.
    pub mode: Mode,
    /// What would be hit.
    pub blast_radius: Vec<String>,
    /// What the subject could do; none where that was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius: Option<BlastRadius>,
}

/// What came of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reacted {
    /// The case.
    pub case: CaseId,
    /// Its revision.
    pub revision: u32,
    /// Whom it is about.
    pub subject: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Where its evidence is.
    pub evidence: String,
    /// Whether this had been done before, and nothing was changed now.
    pub replayed: bool,
    /// The digest of the plan that now waits for a person, as far as the message shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Until when it is being rechecked; the last verdict is published then. None where this verdict is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rechecked_until: Option<Timestamp>,
}

/// One breaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Breaker {
    /// `account 111122223333` or `organization`; of immediate danger `danger in account 111122223333` or `danger in organization`.
    pub scope: String,
    /// Identities in the window that ends now.
    pub used: usize,
    /// How many the window allows.
    pub limit: usize,
    /// The window, in minutes.
    pub window_minutes: i64,
    /// Since when it is open; none while it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_since: Option<Timestamp>,
    /// The case that opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<String>,
}

/// What a scheduled run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledRun {
    /// Reviews that were announced once more.
    pub escalated: Vec<CaseId>,
    /// Reviews that nobody answered, and that ended as the policy says.
    pub lapsed: Vec<CaseId>,
    /// Exemptions whose owners were warned.
    pub warned: Vec<String>,
    /// Owners that were asked to recertify.
    pub asked: Vec<String>,
    /// Identities that nobody recertified in time: a case was opened for each.
    pub overdue: Vec<String>,
    /// Keys that a rotation has replaced and about which something was done: a case was opened or carried on for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cutovers: Vec<String>,
    /// Cases of which a recheck was due, or whose worker had died, and which were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rechecks: Vec<CaseId>,
    /// Rotations that ended since the last run, and how.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotations: Vec<String>,
    /// What could not be done, and will be tried again at the next scheduled run.
    pub failed: Vec<String>,
}
