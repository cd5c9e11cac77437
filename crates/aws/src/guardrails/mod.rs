//! What the guardrails remember: exemptions, breakers, the registry, open reviews, what is due. All in the cases' table.
//!
//! One partition for each kind. What every decision needs (exemptions and breakers) lies together and is read by one query.
//! INVARIANT: what cannot be read is an error and never an absence: a guardrail that nobody can read still holds.

mod beside;
mod breaker;
mod due;
mod exemptions;
mod registry;
mod reviews;
mod rotations;
mod table;

use std::collections::HashMap;

use severance_domain::exemption::Exemption;
use severance_domain::lane::Lane;
use severance_domain::respond::Breaker;

pub use breaker::Admission;
pub use rotations::JournalRow;
pub use table::{Guardrails, Limits};

use crate::error::AwsError;
use table::{GUARDRAILS, QUERY, corrupt, text_of};

/// What every decision needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Every exemption, those that have ended too: the domain knows which are in force.
    pub exemptions: Vec<Exemption>,
    /// The account's breaker and the organization's, then those of danger, where they have a limit.
    pub breakers: Vec<Breaker>,
}

impl Loaded {
    /// Whether a breaker of this lane is open, so that all that it counts is held for review.
    pub fn breaker_open(&self, lane: Lane) -> bool {
        self.breakers.iter().any(|breaker| breaker.open_since.is_some() && breaker::lane_of(&breaker.scope) == lane)
    }
}

impl Guardrails {
    /// Reads exemptions and breakers, by one strongly consistent query. One item that cannot be read fails it: an exemption
    /// that was overlooked would disrupt what somebody has asked to leave alone.
    pub async fn load(&self) -> Result<Loaded, AwsError> {
        let mut exemptions = Vec::new();
        let mut found = HashMap::new();
        for item in self.partition(GUARDRAILS).await? {
            let sk = text_of(QUERY, "an item of the guardrails", &item, "sk")?.to_owned();
            if sk.starts_with(exemptions::PREFIX) {
                exemptions.push(exemptions::read(&sk, &item)?);
            } else if sk.starts_with(breaker::PREFIX) {
                found.insert(sk, item);
            } else {
                return Err(corrupt(QUERY, &sk, "it is neither an exemption nor a breaker"));
            }
        }
        // Another account's breaker is none of ours.
        let own = self.own_scopes();
        let breakers = own.iter().map(|scope| self.shown(QUERY, scope, found.get(&scope.sk)));
        Ok(Loaded { exemptions, breakers: breakers.collect::<Result<_, _>>()? })
    }
}
