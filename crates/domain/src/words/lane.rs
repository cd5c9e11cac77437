//! Which breaker a claim is counted by.

use crate::words::signal::Signal;

/// What waits for nobody has breakers of its own, so that no amount of hygiene keeps danger from being dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// What may wait for a person.
    Hygiene,
    /// Somebody else may be using the identity right now, or a person has asked for it.
    Danger,
}

impl Lane {
    /// The lane of a claim; none for one that follows from a containment: it shares the admission of the case that it follows, which
    /// bounds how many follow.
    pub fn of(signal: &Signal) -> Option<Self> {
        if signal.follows.is_some() {
            return None;
        }
        let is_danger = signal.kind.is_immediate_danger() || signal.request.is_some();
        Some(if is_danger { Self::Danger } else { Self::Hygiene })
    }
}
