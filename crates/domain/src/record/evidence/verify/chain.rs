//! Whether the revisions of a case are all there, and follow on each other.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::verified::Verified;
use crate::record::case::Case;
use crate::words::case_id::CaseId;
use crate::words::digest::Digest;

/// The revisions of one case that are at hand.
#[derive(Debug)]
pub struct Chain<'a> {
    /// The records by revision, lowest first. More than one of a revision only where there is a [`ChainFault::Fork`].
    pub records: Vec<&'a Verified>,
    /// Revisions before the last one that are not at hand. What came after the last one cannot be known from files.
    pub missing: Vec<RangeInclusive<u32>>,
    /// What does not fit together.
    pub faults: Vec<ChainFault>,
}

impl Chain<'_> {
    /// The case's name.
    pub fn case(&self) -> Option<&CaseId> {
        self.last().map(|case| &case.id)
    }

    /// The case in its latest revision.
    pub fn last(&self) -> Option<&Case> {
        self.records.last().map(|record| &record.statement.predicate.case)
    }
}

/// Two signed revisions that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// A number below 1.
    #[error("there is no revision 0")]
    RevisionZero,
    /// Two records of the same number.
    #[error("revision {revision} exists twice with different content: {first} and {second}")]
    Fork {
        /// The number.
        revision: u32,
        /// One record.
        first: Digest,
        /// The other.
        second: Digest,
    },
    /// Something came before the first.
    #[error("revision 1 names a revision before it: {previous}")]
    FirstHasPrevious {
        /// What it names.
        previous: Digest,
    },
    /// A later revision that follows on nothing.
    #[error("revision {revision} names no revision before it")]
    NoPrevious {
        /// The number.
        revision: u32,
    },
    /// A later revision that follows on another record than the one at hand.
    #[error("revision {revision} follows on {previous}, but the revision before it here is {found}")]
    OtherPrevious {
        /// The number.
        revision: u32,
        /// What it names.
        previous: Digest,
        /// What is there.
        found: Digest,
    },
}

/// Sorts records into the chains of their cases, and checks each chain.
///
/// Copies of the same record count once, also when signed twice. A case is told apart by installation, name and opening
/// time: the same claim opens a new case of the same name when the first one has been forgotten.
pub fn chains<'a>(records: impl IntoIterator<Item = &'a Verified>) -> Vec<Chain<'a>> {
    let mut cases: BTreeMap<_, BTreeMap<u32, Candidates<'a>>> = BTreeMap::new();
    for record in records {
        let evidence = &record.statement.predicate;
        let (case, stack) = (&evidence.case, &evidence.stack);
        let key = (&case.id, case.opened_at, &stack.account, &stack.region, &stack.name);
        cases.entry(key).or_default().entry(case.revision).or_default().entry(&record.digest).or_insert(record);
    }
    cases.into_values().map(|revisions| check(&revisions)).collect()
}

type Candidates<'a> = BTreeMap<&'a Digest, &'a Verified>;

fn check<'a>(revisions: &BTreeMap<u32, Candidates<'a>>) -> Chain<'a> {
    let mut chain = Chain { records: vec![], missing: vec![], faults: vec![] };
    let mut expected = 1;
    for (&revision, candidates) in revisions {
        if revision > expected {
            chain.missing.push(expected..=revision - 1);
        }
        expected = revision.saturating_add(1);
        let before = revision.checked_sub(1).and_then(|number| revisions.get(&number));
        for record in candidates.values() {
            chain.records.push(record);
            chain.faults.extend(link(&record.statement.predicate.case, before));
        }
        let mut digests = candidates.keys();
        if let (Some(&first), Some(&second)) = (digests.next(), digests.next()) {
            let (first, second) = (first.clone(), second.clone());
            chain.faults.push(ChainFault::Fork { revision, first, second });
        }
    }
    chain
}

/// What is wrong between a revision and the one before it, as far as that is at hand.
fn link(case: &Case, before: Option<&Candidates<'_>>) -> Option<ChainFault> {
    let revision = case.revision;
    match (revision, &case.previous) {
        (0, _) => Some(ChainFault::RevisionZero),
        (1, None) => None,
        (1, Some(previous)) => Some(ChainFault::FirstHasPrevious { previous: previous.clone() }),
        (_, None) => Some(ChainFault::NoPrevious { revision }),
        (_, Some(previous)) => {
            let before = before?;
            // After a fork it is enough to follow on one of the two: the fork is a fault of its own. That a record is about
            // the same claim and subject is in the case's name, which the record itself was checked against.
            if before.contains_key(previous) {
                return None;
            }
            let (previous, found) = (previous.clone(), (*before.keys().next()?).clone());
            Some(ChainFault::OtherPrevious { revision, previous, found })
        }
    }
}
