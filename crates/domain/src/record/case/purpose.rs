//! What a revision of a case is for.

use super::{Case, Verification};
use crate::record::restoration::{Restoration, Return};

/// What a revision is for. A stored case says it by what it holds besides its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// Access is ended, or it is said what would end it.
    React,
    /// Access that the case had ended is given back.
    Restore(&'a Restoration),
    /// All that the case had ended is read back once more.
    Verify(&'a Verification),
}

impl Case {
    /// What this revision is for.
    pub fn purpose(&self) -> Purpose<'_> {
        match (&self.restoration, &self.verification) {
            // What was given back is not read back as dead.
            (Some(restoration), _) => Purpose::Restore(restoration),
            (None, Some(verification)) => Purpose::Verify(verification),
            (None, None) => Purpose::React,
        }
    }

    /// What is done about each step of the case to give its access back: nothing, unless the revision is for that.
    pub fn returns(&self) -> &[Return] {
        match self.purpose() {
            Purpose::Restore(restoration) => &restoration.steps,
            Purpose::React | Purpose::Verify(_) => &[],
        }
    }
}
